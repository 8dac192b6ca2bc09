"""An organ sees the documents of those that went into it, as it sees its own."""

from typing import Final

from django.db import migrations
from django.db.migrations.operations import RunSQL

from lienthong.office.core import rls

_OWN: Final = f"organ_id = {rls.ORGAN}"
_OWN_AND_KEPT: Final = f"({_OWN} OR organ_id = ANY ({rls.KEPT}))"


def _policy(here: str) -> str:
    return (
        f"{rls.ALL} OR ({here} AND label <= {rls.CLEARANCE} AND (label < 4 OR {rls.TOP})"
        f" AND (({rls.DESK} AND at_desk AND label < 4)"
        # OFFSET 0: one look-up per row (core.rls.seen).
        f" OR EXISTS (SELECT FROM documents_access taking WHERE taking.document_id = documents_document.id"
        f" AND taking.holder = ANY ({rls.HOLDERS}) OFFSET 0)))"
    )


class Migration(migrations.Migration):
    """The policy of ``0003_protection``. A release that still serves names no such organs, and sees what it saw."""

    dependencies = [("documents", "0013_position"), ("organs", "0010_keeper")]
    operations = [
        RunSQL(
            rls.change("documents_document", _policy(_OWN_AND_KEPT)),
            rls.change("documents_document", _policy(_OWN)),
        )
    ]
