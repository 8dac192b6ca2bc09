"""Who somebody is and what they act as, in one call whose plan the server keeps: every page begins with it.

Planned anew each time, under row-level security, the query costs more than all the rest of a small page. The function
reads as the system, as it finds out what the reader may see; what follows is read in that reader's scope.
"""

from django.db import migrations
from django.db.migrations.operations import RunSQL

CREATE = """
CREATE FUNCTION accounts_acting(asked bigint, wanted_appointment bigint, wanted_substitution bigint, today date)
RETURNS TABLE (
  id bigint, password varchar, last_login timestamptz, email varchar, name varchar, organ_id bigint, state varchar,
  language varchar, is_staff boolean, home_path varchar, revision integer, unread bigint,
  appointment bigint, substitution bigint, behalf varchar, title varchar, roles varchar[],
  unit bigint, unit_name varchar, organ bigint, organ_name varchar, organ_path varchar,
  clearance smallint, known bigint[]
) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE before text := coalesce(current_setting('lienthong.scope', true), 'none');
BEGIN
  PERFORM set_config('lienthong.scope', 'all', false);
  RETURN QUERY
  SELECT me.id, me.password, me.last_login, me.email, me.name, me.organ_id, me.state,
    me.language, me.is_staff, me.organ_path, me.revision,
    (SELECT count(*) FROM (
       SELECT FROM core_notification n WHERE n.person_id = me.id AND n.done_at IS NULL AND n.read_at IS NULL LIMIT 100
     ) unread),
    post.appointment, post.substitution, post.behalf, post.title, post.roles,
    post.unit, post.unit_name, post.organ, post.organ_name, post.path,
    (SELECT c.level FROM accounts_clearance c
     WHERE c.person_id = me.id AND c.revoked_at IS NULL AND c.valid_from <= today AND c.valid_to > today),
    ARRAY(SELECT k.unit_id FROM accounts_needtoknow k WHERE k.person_id = me.id AND k.valid_to > today)
  FROM accounts_person me
  LEFT JOIN LATERAL (
    SELECT own.appointment, own.substitution, own.behalf, p.title, p.roles,
      u.id AS unit, u.name AS unit_name, o.id AS organ, o.name AS organ_name, o.path
    FROM (
      SELECT a.id AS appointment, 0::bigint AS substitution, ''::varchar AS behalf, a.position_id, a.is_main
      FROM accounts_appointment a
      WHERE a.person_id = me.id AND a.valid_from <= today AND (a.valid_to IS NULL OR a.valid_to > today)
      UNION ALL
      SELECT a.id, s.id, absent.name, a.position_id, false
      FROM accounts_substitution s
      JOIN accounts_appointment a ON a.id = s.appointment_id
      JOIN accounts_person absent ON absent.id = a.person_id
      WHERE s.substitute_id = me.id AND s.ended_at IS NULL AND s.valid_from <= today AND s.valid_to > today
        AND a.valid_from <= today AND (a.valid_to IS NULL OR a.valid_to > today)
        AND absent.state IN ('active', 'suspended')
    ) own
    JOIN organs_position p ON p.id = own.position_id AND (p.closed_on IS NULL OR p.closed_on > today)
    JOIN organs_unit u ON u.id = p.unit_id AND (u.valid_to IS NULL OR u.valid_to > today)
    JOIN organs_unit o ON o.id = u.organ_id
    ORDER BY
      own.substitution = wanted_substitution AND (own.substitution > 0 OR own.appointment = wanted_appointment) DESC,
      own.substitution = 0 DESC, own.is_main DESC, own.appointment
    LIMIT 1
  ) post ON true
  WHERE me.id = asked;
  PERFORM set_config('lienthong.scope', before, false);
END $$;
"""
_ACTING = RunSQL(CREATE, "DROP FUNCTION accounts_acting(bigint, bigint, bigint, date);")


class Migration(migrations.Migration):
    """The function behind ``accounts.acting``."""

    dependencies = [("accounts", "0002_protection"), ("core", "0002_protection")]
    operations = [_ACTING]
