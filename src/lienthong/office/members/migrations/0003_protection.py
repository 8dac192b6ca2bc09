"""Members are shown to who answers for them, looks after them or audits: of the own organ and of all below it."""

from django.db import migrations

from lienthong.office.core import rls
from lienthong.office.core.rls import protect

_BELOW = f"{rls.ALL} OR ({rls.MEMBERS} AND {rls.below('organ_path')})"
_TABLES = (
    "member", "identifier", "record", "failure", "score", "rulecount", "reviewitem", "decision", "look", "assignment",
    "change",
)  # fmt: skip


class Migration(migrations.Migration):
    """Row-level security of the registry and of the work on it."""

    dependencies = [("members", "0002_work_initial")]
    operations = [
        *(protect(f"members_{table}", _BELOW) for table in _TABLES),
        protect("members_loading", f"{rls.ALL} OR {rls.MEMBERS}"),
    ]
