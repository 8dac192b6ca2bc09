"""Work files, what lies in them and who works on them."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

import lienthong.kernel.labels
import lienthong.office.core.models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0007_guarded"),
        ("documents", "0003_protection"),
        ("organs", "0006_upload"),
    ]

    operations = [
        migrations.CreateModel(
            name="FileSeries",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "register",
                    models.CharField(
                        choices=[("files", "work files"), ("disposals", "certificates of disposal")], max_length=10
                    ),
                ),
                ("year", models.PositiveSmallIntegerField()),
                ("next", models.PositiveIntegerField(default=1)),
                (
                    "organ",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="organs.unit"),
                ),
            ],
        ),
        migrations.CreateModel(
            name="WorkFile",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("year", models.PositiveSmallIntegerField(editable=False, verbose_name="year")),
                ("entry", models.PositiveIntegerField(editable=False, verbose_name="entry")),
                ("code", models.CharField(db_collation="C", editable=False, max_length=80, verbose_name="file code")),
                ("title", models.CharField(max_length=500, verbose_name="file title")),
                ("title_key", lienthong.office.core.models.KeyField(db_collation="C", editable=False, max_length=1000)),
                (
                    "label",
                    lienthong.office.core.models.LevelField(
                        choices=[(0, "public"), (1, "internal"), (2, "confidential"), (3, "secret"), (4, "top-secret")],
                        default=lienthong.kernel.labels.Level["INTERNAL"],
                        verbose_name="level",
                    ),
                ),
                (
                    "mode",
                    models.CharField(
                        choices=[
                            ("restricted", "restricted: those who work on it"),
                            ("open", "unrestricted: everybody in the organ"),
                        ],
                        default="restricted",
                        max_length=10,
                        verbose_name="access",
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "being filled"),
                            ("closed", "closed"),
                            ("submitted", "submitted to the archive"),
                            ("archived", "in the archive"),
                            ("disposed", "disposed of"),
                        ],
                        default="open",
                        max_length=10,
                        verbose_name="where it stands",
                    ),
                ),
                ("retention", models.PositiveSmallIntegerField(null=True, verbose_name="kept for")),
                ("retention_reason", models.CharField(max_length=500, verbose_name="basis of the term")),
                ("opened_on", models.DateField(editable=False, verbose_name="opened on")),
                ("closed_on", models.DateField(editable=False, null=True, verbose_name="closed on")),
                ("submit_by", models.DateField(editable=False, null=True, verbose_name="submit by")),
                ("submitted_on", models.DateField(editable=False, null=True, verbose_name="submitted on")),
                ("archived_on", models.DateField(editable=False, null=True, verbose_name="in the archive since")),
                ("disposed_on", models.DateField(editable=False, null=True, verbose_name="disposed of on")),
                ("keep_until", models.DateField(editable=False, null=True, verbose_name="kept until")),
                ("close_reason", models.CharField(blank=True, editable=False, max_length=2000)),
                ("documents", models.PositiveIntegerField(default=0, editable=False, verbose_name="documents")),
                ("pages", models.PositiveIntegerField(default=0, editable=False, verbose_name="pages")),
                ("reminded_on", models.DateField(editable=False, null=True)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                ("revision", models.PositiveIntegerField(default=1, editable=False)),
                (
                    "maker",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.appointment",
                        verbose_name="maker",
                    ),
                ),
                (
                    "offered_to",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.appointment",
                    ),
                ),
                (
                    "organ",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="organs.unit",
                        verbose_name="organ",
                    ),
                ),
            ],
            options={
                "verbose_name": "work file",
            },
        ),
        migrations.CreateModel(
            name="Item",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("place", models.PositiveIntegerField()),
                ("pages", models.PositiveIntegerField(default=0, verbose_name="pages")),
                (
                    "added_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                (
                    "added_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.appointment"
                    ),
                ),
                (
                    "document",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="documents.document"
                    ),
                ),
                (
                    "file",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="items", to="records.workfile"
                    ),
                ),
            ],
            options={
                "ordering": ("place", "id"),
            },
        ),
        migrations.CreateModel(
            name="FileAccess",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("holder", models.BigIntegerField()),
                ("writes", models.BooleanField(default=False)),
                ("since", models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                (
                    "file",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="access", to="records.workfile"
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="fileseries",
            constraint=models.UniqueConstraint(fields=("organ", "register", "year"), name="file_series_once"),
        ),
        migrations.AddIndex(
            model_name="workfile",
            index=models.Index(fields=["organ", "-year", "-entry"], name="workfile_register"),
        ),
        migrations.AddIndex(
            model_name="workfile",
            index=models.Index(fields=["organ", "state", "-id"], name="workfile_state"),
        ),
        migrations.AddIndex(
            model_name="workfile",
            index=models.Index(fields=["maker", "state"], name="workfile_maker"),
        ),
        migrations.AddIndex(
            model_name="workfile",
            index=models.Index(
                condition=models.Q(("offered_to__isnull", False)), fields=["offered_to"], name="workfile_offered"
            ),
        ),
        migrations.AddIndex(
            model_name="workfile",
            index=models.Index(condition=models.Q(("state", "closed")), fields=["submit_by"], name="workfile_submit"),
        ),
        migrations.AddIndex(
            model_name="workfile",
            index=models.Index(
                condition=models.Q(("state", "archived")), fields=["organ", "keep_until"], name="workfile_keep"
            ),
        ),
        migrations.AddConstraint(
            model_name="workfile",
            constraint=models.UniqueConstraint(fields=("organ", "year", "entry"), name="workfile_number_once"),
        ),
        migrations.AddConstraint(
            model_name="workfile",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("closed_on", None), ("state", "open")),
                    models.Q(models.Q(("state", "open"), _negated=True), ("closed_on__isnull", False)),
                    _connector="OR",
                ),
                name="workfile_closed",
            ),
        ),
        migrations.AddConstraint(
            model_name="workfile",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("label__lt", lienthong.kernel.labels.Level["CONFIDENTIAL"]),
                    models.Q(("mode", "restricted"), ("title_key", "")),
                    _connector="OR",
                ),
                name="workfile_secret",
            ),
        ),
        migrations.AddIndex(
            model_name="item",
            index=models.Index(fields=["document"], name="item_document"),
        ),
        migrations.AddConstraint(
            model_name="item",
            constraint=models.UniqueConstraint(fields=("file", "document"), name="item_once"),
        ),
        migrations.AddIndex(
            model_name="fileaccess",
            index=models.Index(fields=["holder", "-file"], name="file_access_holder"),
        ),
        migrations.AddConstraint(
            model_name="fileaccess",
            constraint=models.UniqueConstraint(fields=("file", "holder"), name="file_access_once"),
        ),
    ]
