"""Persons and what hangs on them are shown within the reader's organs; the keys of the search follow each person."""

from django.db import migrations
from django.db.migrations.operations import RunSQL

from lienthong.office.core import rls
from lienthong.office.core.rls import protect, seen, within

_OWN = f"id = {rls.PERSON}"
_PERSON = f"{within('organ_path')} OR {_OWN} OR {rls.SIGN_IN}"


def _through_person(column: str) -> str:
    return f"{column} = {rls.PERSON} OR {seen('accounts_person', column)}"


_SUBSTITUTION = f"substitute_id = {rls.PERSON} OR {{appointment}} OR {{person}}".format(
    appointment=seen("accounts_appointment", "appointment_id"), person=seen("accounts_person", "substitute_id")
)
_KEYS = RunSQL(
    """
CREATE FUNCTION accounts_person_keys() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE words text[] := string_to_array(NEW.search_key, ' ');
BEGIN
  IF TG_OP = 'UPDATE' THEN
    DELETE FROM accounts_personkey WHERE person_id = NEW.id;
  END IF;
  INSERT INTO accounts_personkey (person_id, key, organ_path)
  SELECT NEW.id, left(array_to_string(words[n:], ' '), 300), NEW.organ_path FROM generate_subscripts(words, 1) n
  UNION ALL SELECT NEW.id, left(NEW.email, 300), NEW.organ_path;
  RETURN NULL;
END $$;
CREATE TRIGGER keys AFTER INSERT OR UPDATE OF search_key, email, organ_path ON accounts_person
  FOR EACH ROW EXECUTE FUNCTION accounts_person_keys();
""",
    "DROP TRIGGER keys ON accounts_person; DROP FUNCTION accounts_person_keys();",
)


class Migration(migrations.Migration):
    """Row-level security of persons."""

    dependencies = [("accounts", "0001_initial"), ("organs", "0002_protection")]
    operations = [
        _KEYS,
        protect("accounts_person", _PERSON),
        protect("accounts_personkey", f"{within('organ_path')} OR {rls.ALL}"),
        protect("accounts_appointment", _through_person("person_id")),
        protect("accounts_substitution", _SUBSTITUTION),
        protect("accounts_clearance", _through_person("person_id")),
        protect("accounts_needtoknow", _through_person("person_id")),
        protect("accounts_invitation", f"{_through_person('person_id')} OR {rls.SIGN_IN}"),
        protect("accounts_token", f"{within('organ_path')} OR person_id = {rls.PERSON} OR {rls.ALL}"),
    ]
