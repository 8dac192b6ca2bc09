"""Units from confidential up are shown to those who are cleared and need to know; the others to everybody signed in."""

from django.db import migrations

from lienthong.office.core import rls
from lienthong.office.core.rls import protect, seen

_SIGNED_IN = "current_setting('lienthong.scope', true) IN ('all', 'person', 'sign-in')"
# The label stands first: for nearly all units nothing else is compared.
_UNIT = (
    f"({_SIGNED_IN} AND label < 2) OR {rls.ALL}"
    f" OR (label <= {rls.CLEARANCE} AND ({rls.within('organ_path')} OR id = ANY ({rls.KNOWN})))"
)


class Migration(migrations.Migration):
    """Row-level security of the tree."""

    dependencies = [("organs", "0001_initial")]
    operations = [
        protect("organs_unit", _UNIT),
        protect("organs_unitversion", seen("organs_unit", "unit_id")),
        protect("organs_succession", seen("organs_unit", "successor_id")),
        protect("organs_position", seen("organs_unit", "unit_id")),
    ]
