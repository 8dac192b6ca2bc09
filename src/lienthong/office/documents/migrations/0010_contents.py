"""Documents are found by the words of their files."""

import django.contrib.postgres.search
import django.db.models.deletion
from django.contrib.postgres.indexes import GinIndex
from django.db import migrations, models

from lienthong.office.core import rls
from lienthong.office.core.rls import protect, seen


class Migration(migrations.Migration):
    """The words of each file, shown with its document."""

    dependencies = [("documents", "0009_preview")]
    operations = [
        migrations.CreateModel(
            name="Content",
            fields=[
                (
                    "file",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="documents.file",
                    ),
                ),
                ("words", django.contrib.postgres.search.SearchVectorField()),
                (
                    "document",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="documents.document"
                    ),
                ),
            ],
            options={
                "indexes": [GinIndex(fields=["words"], name="content_words", fastupdate=False)],
            },
        ),
        protect("documents_content", f"{rls.ALL} OR {seen('documents_document', 'document_id')}"),
    ]
