"""A list that somebody brought is shown to nobody else."""

from django.db import migrations

from lienthong.office.core import rls
from lienthong.office.core.rls import protect

_OWN = f"person_id = {rls.PERSON} OR {rls.ALL}"
_ROWS = f"{rls.ALL} OR {rls.seen('accounts_personimport', 'run_id')}"


class Migration(migrations.Migration):
    """Row-level security of imports."""

    dependencies = [("accounts", "0005_imports_initial")]
    operations = [protect("accounts_personimport", _OWN), protect("accounts_personimportrow", _ROWS)]
