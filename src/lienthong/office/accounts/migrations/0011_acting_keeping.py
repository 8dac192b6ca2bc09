"""Which units went into one's own is found out together with who acts.

A function beside that of ``0009_acting_marked``, which a release that still serves goes on calling.
"""

from importlib import import_module
from typing import Final

from django.db import migrations
from django.db.migrations.operations import RunSQL

_BEFORE: Final[str] = import_module("lienthong.office.accounts.migrations.0009_acting_marked").NOW
_LAST: Final = "AND c.opens_top_secret)"
_KEPT: Final = (
    "ARRAY(SELECT k.id FROM organs_unit k WHERE k.keeper_id = post.unit),"
    " ARRAY(SELECT k.id FROM organs_unit k WHERE k.keeper_id = post.organ AND k.kind = 'organ')"
)
_NAMED: Final = _BEFORE.replace("accounts_acting_marked(", "accounts_acting_keeping(")
_RETURNED: Final = _NAMED.replace("marked boolean", "marked boolean, kept_units bigint[], kept bigint[]")
_NOW: Final = _RETURNED.replace(_LAST, f"{_LAST}, {_KEPT}")


class Migration(migrations.Migration):
    """The function behind ``accounts.acting``, with two more columns."""

    dependencies = [("accounts", "0010_drop_acting"), ("organs", "0010_keeper")]
    operations = [RunSQL(_NOW, "DROP FUNCTION accounts_acting_keeping(bigint, bigint, bigint, date);")]
