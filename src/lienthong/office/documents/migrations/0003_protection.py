"""Documents stay in their organ, and are shown to who takes part in them, or keeps its registers, and is cleared."""

from django.db import migrations

from lienthong.office.core import rls
from lienthong.office.core.rls import protect, seen

_TAKES_PART = f"holder = ANY ({rls.HOLDERS})"
# The numbers stand first: where they differ, nothing else is looked up.
_DOCUMENT = (
    f"{rls.ALL} OR (organ_id = {rls.ORGAN} AND label <= {rls.CLEARANCE} AND (label < 4 OR {rls.TOP})"
    f" AND (({rls.DESK} AND at_desk AND label < 4)"
    # OFFSET 0: one look-up per row (core.rls.seen).
    f" OR EXISTS (SELECT FROM documents_access taking WHERE taking.document_id = documents_document.id"
    f" AND taking.{_TAKES_PART} OFFSET 0)))"
)
_OWN_ORGAN = f"{rls.ALL} OR organ_id = {rls.ORGAN}"
_OF_DOCUMENT = f"{rls.ALL} OR {seen('documents_document', 'document_id')}"


class Migration(migrations.Migration):
    """Row-level security of documents and all that hangs on them."""

    dependencies = [("documents", "0002_numbers_initial")]
    operations = [
        protect("documents_document", _DOCUMENT),
        # Who else takes part is told by the page, which has asked for the document first.
        protect("documents_access", f"{rls.ALL} OR {_TAKES_PART}"),
        *(
            protect(f"documents_{table}", _OF_DOCUMENT)
            for table in ("relation", "step", "comment", "assignment", "dispatch")
        ),
        protect("documents_delivery", f"{rls.ALL} OR {seen('documents_dispatch', 'dispatch_id')}"),
        *(protect(f"documents_{table}", _OWN_ORGAN) for table in ("chain", "period", "letterhead", "series")),
        protect("documents_chainstep", f"{rls.ALL} OR {seen('documents_chain', 'chain_id')}"),
        protect("documents_takennumber", f"{rls.ALL} OR {seen('documents_series', 'series_id')}"),
    ]
