"""Documents and those who work on them."""

import uuid

import django.contrib.postgres.search
import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

import lienthong.kernel.labels
import lienthong.office.core.models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0007_guarded"),
        ("organs", "0006_upload"),
    ]

    operations = [
        migrations.CreateModel(
            name="Chain",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=200, verbose_name="name")),
                ("type", models.CharField(blank=True, max_length=40, verbose_name="type of document")),
                ("closed_at", models.DateTimeField(editable=False, null=True)),
                (
                    "organ",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="organs.unit"),
                ),
            ],
            options={
                "verbose_name": "chain",
            },
        ),
        migrations.CreateModel(
            name="ChainStep",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("place", models.PositiveSmallIntegerField()),
                ("kind", models.CharField(choices=[("approve", "approves"), ("sign", "signs")], max_length=10)),
                (
                    "chain",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="steps", to="documents.chain"
                    ),
                ),
                (
                    "position",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="organs.position"
                    ),
                ),
            ],
            options={
                "ordering": ("place",),
            },
        ),
        migrations.CreateModel(
            name="Document",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uid", models.UUIDField(default=uuid.uuid4, editable=False)),
                (
                    "direction",
                    models.CharField(
                        choices=[("outgoing", "outgoing"), ("incoming", "incoming")],
                        max_length=10,
                        verbose_name="direction",
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("draft", "draft"),
                            ("submitted", "being approved"),
                            ("approved", "to be signed"),
                            ("signed", "to be numbered"),
                            ("issued", "issued"),
                            ("discarded", "discarded"),
                            ("arrived", "arrived"),
                            ("refused", "refused"),
                            ("registered", "registered"),
                            ("assigned", "assigned"),
                            ("processing", "in process"),
                            ("completed", "completed"),
                            ("recalled", "recalled"),
                            ("replaced", "replaced"),
                        ],
                        max_length=12,
                        verbose_name="where it stands",
                    ),
                ),
                (
                    "label",
                    lienthong.office.core.models.LevelField(
                        choices=[(0, "public"), (1, "internal"), (2, "confidential"), (3, "secret"), (4, "top-secret")],
                        default=lienthong.kernel.labels.Level["INTERNAL"],
                        verbose_name="label",
                    ),
                ),
                ("type", models.CharField(blank=True, max_length=40, verbose_name="type of document")),
                ("urgency", models.CharField(default="ordinary", max_length=20, verbose_name="urgency")),
                ("subject", models.CharField(max_length=1000, verbose_name="subject")),
                ("number", models.CharField(blank=True, max_length=80, verbose_name="number")),
                ("number_key", lienthong.office.core.models.KeyField(db_collation="C", editable=False, max_length=80)),
                ("dated", models.DateField(blank=True, null=True, verbose_name="date")),
                ("entry", models.PositiveIntegerField(editable=False, null=True, verbose_name="entry")),
                ("entered_on", models.DateField(editable=False, null=True, verbose_name="entered on")),
                ("author_code", models.CharField(blank=True, db_collation="C", max_length=40)),
                ("author", models.CharField(blank=True, max_length=400, verbose_name="issued by")),
                ("signer", models.CharField(blank=True, max_length=400, verbose_name="signed by")),
                ("place", models.CharField(blank=True, max_length=400, verbose_name="place")),
                ("due", models.DateField(blank=True, null=True, verbose_name="due")),
                ("pages", models.PositiveIntegerField(blank=True, null=True, verbose_name="pages")),
                ("copies", models.PositiveIntegerField(blank=True, null=True, verbose_name="copies")),
                ("note", models.CharField(blank=True, max_length=2000, verbose_name="notes")),
                ("message", models.UUIDField(editable=False, null=True)),
                ("at_desk", models.BooleanField(default=False, editable=False)),
                ("recall_reason", models.CharField(blank=True, editable=False, max_length=2000)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                ("arrived_at", models.DateTimeField(editable=False, null=True)),
                ("completed_at", models.DateTimeField(editable=False, null=True)),
                ("words", django.contrib.postgres.search.SearchVectorField(editable=False, null=True)),
                ("revision", models.PositiveIntegerField(default=1, editable=False)),
                (
                    "created_by",
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
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="organs.unit",
                        verbose_name="organ",
                    ),
                ),
            ],
            options={
                "verbose_name": "document",
            },
        ),
        migrations.CreateModel(
            name="Comment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=200)),
                ("text", models.CharField(max_length=2000, verbose_name="comment")),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.appointment"
                    ),
                ),
                (
                    "document",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="comments", to="documents.document"
                    ),
                ),
            ],
            options={
                "ordering": ("id",),
            },
        ),
        migrations.CreateModel(
            name="Assignment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("duty", models.CharField(choices=[("lead", "leads"), ("support", "supports")], max_length=10)),
                ("holder", models.BigIntegerField()),
                ("name", models.CharField(max_length=400)),
                ("due", models.DateField(null=True, verbose_name="due")),
                ("instruction", models.CharField(blank=True, max_length=2000, verbose_name="instruction")),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ("done_at", models.DateTimeField(null=True)),
                ("result", models.CharField(blank=True, max_length=2000, verbose_name="result")),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.appointment"
                    ),
                ),
                (
                    "document",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="assignments", to="documents.document"
                    ),
                ),
            ],
            options={
                "ordering": ("id",),
            },
        ),
        migrations.CreateModel(
            name="Access",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("holder", models.BigIntegerField()),
                ("writes", models.BooleanField(default=False)),
                ("via", models.BigIntegerField(default=0)),
                ("since", models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                (
                    "document",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="access",
                        to="documents.document",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Relation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[("answers", "answers"), ("replaces", "replaces"), ("based-on", "is based on")],
                        max_length=10,
                    ),
                ),
                ("other_number", models.CharField(blank=True, max_length=80)),
                ("other_uid", models.UUIDField(null=True)),
                (
                    "document",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="relations", to="documents.document"
                    ),
                ),
                (
                    "other",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="related",
                        to="documents.document",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Step",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("round", models.PositiveSmallIntegerField(default=1)),
                ("place", models.PositiveSmallIntegerField()),
                ("kind", models.CharField(choices=[("approve", "approves"), ("sign", "signs")], max_length=10)),
                (
                    "outcome",
                    models.CharField(
                        choices=[("open", "not decided yet"), ("done", "decided"), ("returned", "returned")],
                        default="open",
                        max_length=10,
                    ),
                ),
                ("decided_at", models.DateTimeField(null=True)),
                ("remark", models.CharField(blank=True, max_length=2000)),
                (
                    "decided_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.appointment",
                    ),
                ),
                (
                    "document",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="steps", to="documents.document"
                    ),
                ),
                (
                    "position",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="organs.position"
                    ),
                ),
            ],
            options={
                "ordering": ("round", "place"),
            },
        ),
        migrations.AddConstraint(
            model_name="chain",
            constraint=models.UniqueConstraint(
                condition=models.Q(("closed_at", None)), fields=("organ", "name"), name="chain_name_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="chainstep",
            constraint=models.UniqueConstraint(fields=("chain", "place"), name="chain_step_place"),
        ),
        migrations.AddIndex(
            model_name="document",
            index=models.Index(
                fields=["organ", "direction", "-entered_on", "-entry", "-id"],
                include=("label", "at_desk"),
                name="document_register",
            ),
        ),
        migrations.AddIndex(
            model_name="document",
            index=models.Index(fields=["organ", "state", "-id"], name="document_state"),
        ),
        migrations.AddIndex(
            model_name="document",
            index=models.Index(fields=["organ", "number_key"], name="document_number"),
        ),
        migrations.AddIndex(
            model_name="document",
            index=models.Index(
                condition=models.Q(("completed_at", None)), fields=["organ", "due"], name="document_due"
            ),
        ),
        migrations.AddIndex(
            model_name="document",
            index=models.Index(fields=["uid"], name="document_uid"),
        ),
        migrations.AddConstraint(
            model_name="document",
            constraint=models.UniqueConstraint(fields=("organ", "message"), name="document_arrives_once"),
        ),
        migrations.AddConstraint(
            model_name="document",
            constraint=models.CheckConstraint(
                condition=models.Q(("entry", None), ("entered_on__isnull", False), _connector="OR"),
                name="document_entry_dated",
            ),
        ),
        migrations.AddIndex(
            model_name="assignment",
            index=models.Index(
                condition=models.Q(("done_at", None), ("ended_at", None)),
                fields=["holder", "due"],
                name="assignment_open",
            ),
        ),
        migrations.AddIndex(
            model_name="access",
            index=models.Index(fields=["holder", "-document"], name="access_holder"),
        ),
        migrations.AddConstraint(
            model_name="access",
            constraint=models.UniqueConstraint(fields=("document", "holder", "via"), name="access_once"),
        ),
        migrations.AddConstraint(
            model_name="relation",
            constraint=models.UniqueConstraint(fields=("document", "kind", "other"), name="relation_once"),
        ),
        migrations.AddIndex(
            model_name="step",
            index=models.Index(
                condition=models.Q(("outcome", "open")), fields=["position", "document"], name="step_open"
            ),
        ),
        migrations.AddConstraint(
            model_name="step",
            constraint=models.UniqueConstraint(fields=("document", "round", "place"), name="step_place"),
        ),
    ]
