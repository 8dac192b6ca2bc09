"""Work files stay in their organ, and are shown to who works on them, or keeps its files, and is cleared."""

from django.db import migrations

from lienthong.office.core import rls
from lienthong.office.core.rls import protect, seen

_TAKES_PART = f"holder = ANY ({rls.HOLDERS})"
_HERE = f"organ_id = {rls.ORGAN} AND label <= {rls.CLEARANCE} AND (label < 4 OR {rls.TOP})"
_KEEPS = f"({rls.DESK} OR {rls.GUARD})"
# The numbers stand first: where they differ, nothing else is looked up.
_FILE = (
    f"{rls.ALL} OR ({_HERE}"
    f" AND (({_KEEPS} AND label < 4) OR (mode = 'open' AND label < 2) OR offered_to_id = ANY ({rls.HOLDERS})"
    # OFFSET 0: one look-up per row (core.rls.seen).
    f" OR EXISTS (SELECT FROM records_fileaccess taking WHERE taking.file_id = records_workfile.id"
    f" AND taking.{_TAKES_PART} OFFSET 0)))"
)
_OF_FILE = f"{rls.ALL} OR {seen('records_workfile', 'file_id')}"
_OF_DISPOSAL = f"{rls.ALL} OR {seen('records_disposal', 'disposal_id')}"


class Migration(migrations.Migration):
    """Row-level security of work files and all that hangs on them."""

    dependencies = [("records", "0002_disposals_initial")]
    operations = [
        protect("records_workfile", _FILE),
        # Who else takes part is told by the page, which has asked for the file first.
        protect("records_fileaccess", f"{rls.ALL} OR {_TAKES_PART}"),
        *(protect(f"records_{table}", _OF_FILE) for table in ("item", "hold")),
        protect("records_disposal", f"{rls.ALL} OR ({_HERE} AND {_KEEPS})"),
        *(protect(f"records_{table}", _OF_DISPOSAL) for table in ("disposalfile", "approval")),
        protect("records_fileseries", f"{rls.ALL} OR organ_id = {rls.ORGAN}"),
    ]
