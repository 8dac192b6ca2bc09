"""Who knows of a labelled organ knows its departments; a succession is shown to those who may see both its ends."""

from django.db import migrations
from django.db.migrations.operations import RunSQL

from lienthong.office.core import rls
from lienthong.office.core.rls import within

_SIGNED_IN = "current_setting('lienthong.scope', true) IN ('all', 'person', 'sign-in')"
_BEFORE = (
    f"({_SIGNED_IN} AND label < 2) OR {rls.ALL}"
    f" OR (label <= {rls.CLEARANCE} AND ({rls.within('organ_path')} OR id = ANY ({rls.KNOWN})))"
)
_NOW = (
    f"({_SIGNED_IN} AND label < 2) OR {rls.ALL}"
    f" OR (label <= {rls.CLEARANCE}"
    f" AND ({within('organ_path')} OR id = ANY ({rls.KNOWN}) OR organ_id = ANY ({rls.KNOWN})))"
)
_SUCCESSOR = rls.seen("organs_unit", "successor_id")
_BOTH = f"{_SUCCESSOR} AND (predecessor_id IS NULL OR {rls.seen('organs_unit', 'predecessor_id')})"


def _policy(table: str, rule: str) -> str:
    return f"ALTER POLICY lienthong ON {table} USING ({rule}) WITH CHECK ({rule});"


class Migration(migrations.Migration):
    """The policies of units and successions."""

    dependencies = [("organs", "0002_protection")]
    operations = [
        RunSQL(_policy("organs_unit", _NOW), _policy("organs_unit", _BEFORE)),
        RunSQL(_policy("organs_succession", _BOTH), _policy("organs_succession", _SUCCESSOR)),
    ]
