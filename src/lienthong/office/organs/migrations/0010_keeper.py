"""Who keeps what a unit left that went into another one: also for those that went before there was such a column."""

import django.db.models.deletion
from django.db import migrations, models
from django.db.migrations.operations import RunSQL

# Where each of them ended up, over all mergers between.
_FILL = """
SET LOCAL lienthong.scope = 'all';
WITH RECURSIVE went AS (
  SELECT predecessor_id AS unit, successor_id AS place FROM organs_succession
  WHERE carries AND carried_at IS NOT NULL AND predecessor_id IS NOT NULL
  UNION
  SELECT went.unit, further.successor_id FROM went JOIN organs_succession further ON further.predecessor_id = went.place
  WHERE further.carries AND further.carried_at IS NOT NULL
)
UPDATE organs_unit SET keeper_id = went.place FROM went
WHERE went.unit = organs_unit.id AND went.place <> went.unit AND NOT EXISTS (
  SELECT FROM organs_succession last
  WHERE last.predecessor_id = went.place AND last.carries AND last.carried_at IS NOT NULL
);
"""


class Migration(migrations.Migration):
    """A column, its index, and what it says of the units there are."""

    dependencies = [("organs", "0009_steward")]
    operations = [
        migrations.AddField(
            "unit",
            "keeper",
            models.ForeignKey(
                db_index=False,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="kept",
                to="organs.unit",
            ),
        ),
        migrations.AddIndex(
            "unit",
            models.Index(fields=["keeper"], name="unit_kept", condition=models.Q(keeper__isnull=False)),
        ),
        RunSQL(_FILL, RunSQL.noop),
    ]
