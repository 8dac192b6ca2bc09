"""An organ sees the work files and disposals of those that went into it, as it sees its own."""

from typing import Final

from django.db import migrations
from django.db.migrations.operations import RunSQL

from lienthong.office.core import rls

_OWN: Final = f"organ_id = {rls.ORGAN}"
_OWN_AND_KEPT: Final = f"({_OWN} OR organ_id = ANY ({rls.KEPT}))"
_KEEPS: Final = f"({rls.DESK} OR {rls.GUARD})"


def _cleared(here: str) -> str:
    return f"{here} AND label <= {rls.CLEARANCE} AND (label < 4 OR {rls.TOP})"


def _files(here: str) -> str:
    return (
        f"{rls.ALL} OR ({_cleared(here)}"
        f" AND (({_KEEPS} AND label < 4) OR (mode = 'open' AND label < 2) OR offered_to_id = ANY ({rls.HOLDERS})"
        # OFFSET 0: one look-up per row (core.rls.seen).
        f" OR EXISTS (SELECT FROM records_fileaccess taking WHERE taking.file_id = records_workfile.id"
        f" AND taking.holder = ANY ({rls.HOLDERS}) OFFSET 0)))"
    )


def _disposals(here: str) -> str:
    return f"{rls.ALL} OR ({_cleared(here)} AND {_KEEPS})"


class Migration(migrations.Migration):
    """The policies of ``0003_protection``. A release that still serves names no such organs, and sees what it saw."""

    dependencies = [("records", "0003_protection"), ("organs", "0010_keeper")]
    operations = [
        RunSQL(rls.change(table, policy(_OWN_AND_KEPT)), rls.change(table, policy(_OWN)))
        for table, policy in (("records_workfile", _files), ("records_disposal", _disposals))
    ]
