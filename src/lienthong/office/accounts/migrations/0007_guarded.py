"""How far somebody is cleared, and what is named to them, is for those who guard or audit, and for themselves."""

from django.db import migrations
from django.db.migrations.operations import RunSQL

from lienthong.office.core import rls

_SEEN = rls.seen("accounts_person", "person_id")
_BEFORE = f"person_id = {rls.PERSON} OR {_SEEN}"
_NOW = f"person_id = {rls.PERSON} OR {rls.ALL} OR ({rls.GUARD} AND {_SEEN})"


def _policy(table: str, rule: str) -> str:
    return f"ALTER POLICY lienthong ON {table} USING ({rule}) WITH CHECK ({rule});"


class Migration(migrations.Migration):
    """The policies of clearances and of need-to-know."""

    dependencies = [("accounts", "0006_protect_imports")]
    operations = [
        RunSQL(_policy(table, _NOW), _policy(table, _BEFORE)) for table in ("accounts_clearance", "accounts_needtoknow")
    ]
