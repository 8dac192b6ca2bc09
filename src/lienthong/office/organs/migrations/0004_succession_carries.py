"""Successions that hand positions over; and keys of persons that follow a new path without being made again."""

from django.db import migrations, models
from django.db.migrations.operations import RunSQL

_MAKE = """
  INSERT INTO accounts_personkey (person_id, key, organ_path)
  SELECT NEW.id, left(array_to_string(words[n:], ' '), 300), NEW.organ_path FROM generate_subscripts(words, 1) n
  UNION ALL SELECT NEW.id, left(NEW.email, 300), NEW.organ_path;
  RETURN NULL;
END $$;
"""
_HEAD = """
CREATE OR REPLACE FUNCTION accounts_person_keys() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE words text[] := string_to_array(NEW.search_key, ' ');
BEGIN
"""
_BEFORE = """
  IF TG_OP = 'UPDATE' THEN
    DELETE FROM accounts_personkey WHERE person_id = NEW.id;
  END IF;
"""
# A province that moves takes thousands along: their words stay the same.
_NOW = """
  IF TG_OP = 'UPDATE' THEN
    IF NEW.search_key = OLD.search_key AND NEW.email = OLD.email THEN
      UPDATE accounts_personkey SET organ_path = NEW.organ_path
        WHERE person_id = NEW.id AND organ_path <> NEW.organ_path;
      RETURN NULL;
    END IF;
    DELETE FROM accounts_personkey WHERE person_id = NEW.id;
  END IF;
"""


class Migration(migrations.Migration):
    """Two columns and the trigger's function."""

    dependencies = [("organs", "0003_named_organs"), ("accounts", "0002_protection")]
    operations = [
        migrations.AddField("succession", "carries", models.BooleanField(default=False, db_default=False)),
        migrations.AddField("succession", "carried_at", models.DateTimeField(null=True)),
        RunSQL(_HEAD + _NOW + _MAKE, _HEAD + _BEFORE + _MAKE),
    ]
