"""What stands for files of office programs in the viewer, shown with their file."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

from lienthong.office.core import rls
from lienthong.office.core.rls import protect, seen


class Migration(migrations.Migration):
    """The table, and its row-level security."""

    dependencies = [("documents", "0008_words"), ("vault", "0002_protection")]
    operations = [
        migrations.CreateModel(
            name="Preview",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("state", models.CharField(choices=[("ready", "ready"), ("failed", "failed")], max_length=10)),
                (
                    "made_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                (
                    "blob",
                    models.OneToOneField(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="vault.blob"
                    ),
                ),
                (
                    "file",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="preview", to="documents.file"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("blob__isnull", False), ("state", "ready"))
                        | models.Q(("blob__isnull", True), ("state", "failed")),
                        name="preview_ready_has_pdf",
                    ),
                ],
            },
        ),
        protect("documents_preview", f"{rls.ALL} OR {seen('documents_file', 'file_id')}"),
    ]
