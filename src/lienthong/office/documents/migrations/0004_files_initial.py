"""What files of a document are called and are to it."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0007_guarded"),
        ("documents", "0003_protection"),
        ("vault", "0002_protection"),
    ]

    operations = [
        migrations.CreateModel(
            name="File",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("role", models.CharField(choices=[("main", "main file"), ("appendix", "appendix")], max_length=10)),
                ("name", models.CharField(max_length=255, verbose_name="file name")),
                ("media_type", models.CharField(max_length=100)),
                ("size", models.BigIntegerField()),
                ("digest", models.CharField(db_collation="C", max_length=64)),
                ("version", models.PositiveIntegerField(default=1)),
                ("current", models.BooleanField(default=True)),
                ("pages", models.PositiveIntegerField(null=True)),
                ("report", models.JSONField(null=True)),
                (
                    "added_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                (
                    "added_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.appointment",
                    ),
                ),
                (
                    "blob",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="vault.blob"
                    ),
                ),
                (
                    "document",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="files", to="documents.document"
                    ),
                ),
            ],
            options={
                "ordering": ("-role", "id"),
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("current", True), ("role", "main")),
                        fields=("document",),
                        name="file_one_main",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("current", True), ("role", "appendix")),
                        fields=("document", "name"),
                        name="file_name_once",
                    ),
                ],
            },
        ),
    ]
