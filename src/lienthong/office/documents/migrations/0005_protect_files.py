"""Files are shown with their document."""

from django.db import migrations

from lienthong.office.core import rls
from lienthong.office.core.rls import protect, seen


class Migration(migrations.Migration):
    """Row-level security of files."""

    dependencies = [("documents", "0004_files_initial")]
    operations = [protect("documents_file", f"{rls.ALL} OR {seen('documents_document', 'document_id')}")]
