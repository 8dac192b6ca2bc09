"""Which organ gave the assignments of before 0006: that for which whoever gave it acted, as the audit trail tells."""

from django.db import migrations
from django.db.migrations.operations import RunSQL

# 0006 asked where the person is now. Who has gone elsewhere since, or stood in for somebody, made it the organ's own,
# which could then overrule whoever is above it. Where nothing tells, the organ directly above has the say.
FILL = """
SET LOCAL lienthong.scope = 'all';
UPDATE members_assignment SET giver_path = COALESCE(
  (
    SELECT post.organ_path FROM core_auditentry entry
    JOIN accounts_appointment held ON held.id = entry.appointment_id
    JOIN organs_position post ON post.id = held.position_id
    WHERE entry.object_type = 'members.assignment' AND entry.object_id = members_assignment.id
      AND entry.kind = 'members:assignment:assign'
      AND post.organ_path <> '' AND starts_with(members_assignment.organ_path, post.organ_path)
    ORDER BY entry.id LIMIT 1
  ),
  CASE WHEN giver_path IN ('', organ_path) THEN NULLIF(regexp_replace(organ_path, '[^/]+/$', ''), '') END,
  NULLIF(giver_path, ''),
  organ_path
) WHERE giver_path = ''
  OR at < (SELECT min(applied) FROM django_migrations WHERE app = 'members' AND name = '0006_giver_filled');
"""


class Migration(migrations.Migration):
    """Rows alone, in one statement: nobody who reads waits for it."""

    dependencies = [
        ("members", "0006_giver_filled"), ("core", "0001_initial"), ("accounts", "0001_initial"),
        ("organs", "0001_initial"),
    ]  # fmt: skip
    operations = [RunSQL(FILL, RunSQL.noop)]
