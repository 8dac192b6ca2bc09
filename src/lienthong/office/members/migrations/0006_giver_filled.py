"""Which organ gave the assignments there are: that of the person who did, or the assignment's own."""

from django.db import migrations
from django.db.migrations.operations import RunSQL

# A person who has gone elsewhere since, or acted for somebody there, stands beside the organ: that tells nothing.
FILL = """
SET LOCAL lienthong.scope = 'all';
UPDATE members_assignment SET giver_path = COALESCE(
  (
    SELECT person.organ_path FROM accounts_person person
    WHERE person.id = members_assignment.person_id AND person.organ_path <> ''
      AND starts_with(members_assignment.organ_path, person.organ_path)
  ),
  organ_path
) WHERE giver_path = '';
"""


class Migration(migrations.Migration):
    """Rows alone, in one statement: nobody who reads waits for it."""

    dependencies = [("members", "0005_giver"), ("accounts", "0001_initial")]
    operations = [RunSQL(FILL, RunSQL.noop)]
