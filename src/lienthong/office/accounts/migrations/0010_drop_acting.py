"""The function of ``0003_acting`` goes: since ``0009_acting_marked`` releases call the one beside it."""

from importlib import import_module
from typing import Final

from django.db import migrations
from django.db.migrations.operations import RunSQL

_BEFORE: Final[str] = import_module("lienthong.office.accounts.migrations.0003_acting").CREATE


class Migration(migrations.Migration):
    """A function less."""

    dependencies = [("accounts", "0009_acting_marked")]
    operations = [RunSQL("DROP FUNCTION IF EXISTS accounts_acting(bigint, bigint, bigint, date);", _BEFORE)]
