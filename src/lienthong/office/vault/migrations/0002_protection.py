"""Files and their keys are shown to nobody but the system: who may read one is decided where it is referred to."""

from django.db import migrations

from lienthong.office.core import rls
from lienthong.office.core.rls import protect


class Migration(migrations.Migration):
    """Row-level security of files."""

    dependencies = [("vault", "0001_initial")]
    operations = [protect("vault_unitkey", rls.ALL), protect("vault_blob", rls.ALL)]
