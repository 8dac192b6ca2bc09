"""Organs without this office send and get packets."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

from lienthong.office.core import rls
from lienthong.office.core.rls import protect, seen


class Migration(migrations.Migration):
    """With whom, how something came, and what is told: shown in their organ, and with their document."""

    dependencies = [
        ("documents", "0010_contents"),
        ("organs", "0006_upload"),
    ]

    operations = [
        migrations.AddField(
            model_name="dispatch",
            name="packet_id",
            field=models.CharField(blank=True, db_default="", default="", editable=False, max_length=300),
        ),
        migrations.AddField(
            model_name="letterhead",
            name="agency_code",
            field=models.CharField(
                blank=True, db_collation="C", db_default="", default="", max_length=40, verbose_name="agency code"
            ),
        ),
        migrations.CreateModel(
            name="Answer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("to_code", models.CharField(db_collation="C", max_length=40)),
                ("to", models.CharField(max_length=400)),
                ("code", models.CharField(max_length=2)),
                ("note", models.CharField(blank=True, max_length=2000)),
                ("at", models.DateTimeField()),
                ("taken_at", models.DateTimeField(null=True)),
                (
                    "dispatch",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="answers",
                        to="documents.dispatch",
                    ),
                ),
                (
                    "document",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="answers", to="documents.document"
                    ),
                ),
            ],
            options={
                "ordering": ("id",),
            },
        ),
        migrations.CreateModel(
            name="Correspondent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(db_collation="C", max_length=40, verbose_name="agency code")),
                ("name", models.CharField(max_length=400, verbose_name="name")),
                (
                    "added_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                ("closed_at", models.DateTimeField(null=True)),
                (
                    "organ",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="organs.unit"),
                ),
            ],
            options={
                "ordering": ("name", "code"),
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("closed_at", None)), fields=("organ", "code"), name="correspondent_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Intake",
            fields=[
                (
                    "document",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="intake",
                        serialize=False,
                        to="documents.document",
                    ),
                ),
                ("sender_code", models.CharField(db_collation="C", max_length=40)),
                ("sender", models.CharField(max_length=400)),
                ("packet_id", models.CharField(max_length=300)),
                ("digest", models.CharField(db_collation="C", max_length=64)),
                (
                    "way",
                    models.CharField(
                        choices=[
                            ("page", "brought by a clerk"),
                            ("folder", "found in the folder"),
                            ("system", "sent by an information system"),
                        ],
                        max_length=10,
                    ),
                ),
                ("oddities", models.JSONField(default=list)),
                ("signatures", models.JSONField(default=list)),
                (
                    "organ",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="organs.unit"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("organ", "sender_code", "packet_id", "digest"), name="packet_comes_once"
                    )
                ],
            },
        ),
        protect("documents_correspondent", f"{rls.ALL} OR organ_id = {rls.ORGAN}"),
        *(
            protect(f"documents_{table}", f"{rls.ALL} OR {seen('documents_document', 'document_id')}")
            for table in ("intake", "answer")
        ),
    ]
