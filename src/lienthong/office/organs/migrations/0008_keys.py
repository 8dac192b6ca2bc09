"""Names of units by each of their words: a search is a range of an index, as that of persons is (ADR 0056)."""

import django.db.models.deletion
from django.db import migrations, models
from django.db.migrations.operations import RunSQL

from lienthong.office.core import rls
from lienthong.office.core.models import KeyField, LevelField

_SIGNED_IN = "current_setting('lienthong.scope', true) IN ('all', 'person', 'sign-in')"
# The label stands here too: for nearly all units nothing else is looked up.
_POLICY = f"({_SIGNED_IN} AND label < 2) OR {rls.seen('organs_unit', 'unit_id')}"
# Of a table, or of the row that a trigger is about.
_WORDS = """
  SELECT u.id, left(array_to_string(u.words[n:], ' '), 300), u.label
    FROM (SELECT id, label, string_to_array(search_key, ' ') words FROM {units}) u, generate_subscripts(u.words, 1) n
  UNION ALL SELECT id, lower(code), label FROM {units}
"""
_TRIGGER = RunSQL(
    """
CREATE FUNCTION organs_unit_keys() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' THEN
    IF NEW.search_key = OLD.search_key AND NEW.code = OLD.code AND NEW.label = OLD.label THEN
      RETURN NULL;
    END IF;
    DELETE FROM organs_unitkey WHERE unit_id = NEW.id;
  END IF;
  INSERT INTO organs_unitkey (unit_id, key, label) {words};
  RETURN NULL;
END $$;
CREATE TRIGGER keys AFTER INSERT OR UPDATE OF search_key, code, label ON organs_unit
  FOR EACH ROW EXECUTE FUNCTION organs_unit_keys();
""".replace("{words}", _WORDS.format(units="(SELECT NEW.*) new")),
    "DROP TRIGGER keys ON organs_unit; DROP FUNCTION organs_unit_keys();",
)
_FILL = RunSQL(
    f"SET LOCAL lienthong.scope = 'all';"
    f"INSERT INTO organs_unitkey (unit_id, key, label) {_WORDS.format(units='organs_unit')};",
    RunSQL.noop,
)


class Migration(migrations.Migration):
    """The table, its trigger, and the keys of the units there are."""

    dependencies = [("organs", "0007_reach")]
    operations = [
        migrations.CreateModel(
            name="UnitKey",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", KeyField(max_length=300)),
                ("label", LevelField()),
                (
                    "unit",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="keys", to="organs.unit"
                    ),
                ),
            ],
            options={"indexes": [models.Index(fields=["key", "unit"], name="unit_key")]},
        ),
        rls.protect("organs_unitkey", _POLICY),
        _TRIGGER,
        _FILL,
    ]
