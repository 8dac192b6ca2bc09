"""Whether an account opens top secret documents is found out together with who acts.

A second function beside that of ``0003_acting``, which a release that still serves goes on calling.
"""

from importlib import import_module
from typing import Final

from django.db import migrations
from django.db.migrations.operations import RunSQL

_BEFORE: Final[str] = import_module("lienthong.office.accounts.migrations.0003_acting").CREATE
_KNOWN: Final = "ARRAY(SELECT k.unit_id FROM accounts_needtoknow k WHERE k.person_id = me.id AND k.valid_to > today)"
_MARKED: Final = (
    "EXISTS (SELECT FROM accounts_clearance c WHERE c.person_id = me.id AND c.revoked_at IS NULL"
    " AND c.valid_from <= today AND c.valid_to > today AND c.opens_top_secret)"
)
_NAMED: Final = _BEFORE.replace("accounts_acting(", "accounts_acting_marked(")
_RETURNED: Final = _NAMED.replace("known bigint[]", "known bigint[], marked boolean")
NOW: Final = _RETURNED.replace(_KNOWN, f"{_KNOWN}, {_MARKED}")


class Migration(migrations.Migration):
    """The function behind ``accounts.acting``, with one more column."""

    dependencies = [("accounts", "0008_clearance_opens_top_secret")]
    operations = [RunSQL(NOW, "DROP FUNCTION accounts_acting_marked(bigint, bigint, bigint, date);")]
