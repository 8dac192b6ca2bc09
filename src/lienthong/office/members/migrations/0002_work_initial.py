"""What people do with members: look, decide, assign, change."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

import lienthong.office.core.models
import lienthong.office.members.models.registry


class Migration(migrations.Migration):
    dependencies = [("members", "0001_initial"), ("organs", "0009_steward")]

    operations = [
        migrations.CreateModel(
            name="Change",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("record", lienthong.office.members.models.registry.EngineKey(db_collation="C", max_length=64)),
                ("organ_path", lienthong.office.core.models.PathField(db_collation="C", max_length=200)),
                ("field", models.CharField(db_collation="C", max_length=40, verbose_name="field")),
                ("old", models.CharField(blank=True, max_length=500)),
                ("new", models.CharField(blank=True, max_length=500)),
                (
                    "source",
                    models.CharField(
                        choices=[
                            ("page", "on the member's page"),
                            ("sheet", "from a spreadsheet"),
                            ("rule", "proposed by a rule"),
                        ],
                        max_length=10,
                        verbose_name="how it came",
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[("waiting", "to be accepted"), ("entered", "entered"), ("refused", "refused")],
                        default="waiting",
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                ("breaks", models.JSONField(default=list)),
                ("person_id", models.BigIntegerField()),
                ("person_name", models.CharField(max_length=200, verbose_name="proposed by")),
                (
                    "at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name="proposed on"
                    ),
                ),
                ("second_id", models.BigIntegerField(null=True)),
                ("second_name", models.CharField(blank=True, max_length=200, verbose_name="decided by")),
                ("ended_at", models.DateTimeField(null=True)),
            ],
            options={
                "verbose_name": "change",
                "indexes": [
                    models.Index(fields=["organ_path", "state", "-id"], name="change_organ"),
                    models.Index(fields=["record"], name="change_record"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "waiting")), fields=("record", "field"), name="change_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Decision",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("left", lienthong.office.members.models.registry.EngineKey(db_collation="C", max_length=64)),
                ("right", lienthong.office.members.models.registry.EngineKey(db_collation="C", max_length=64)),
                ("organ_path", lienthong.office.core.models.PathField(db_collation="C", max_length=200)),
                (
                    "verdict",
                    models.CharField(
                        choices=[("same", "the same person"), ("different", "two persons")],
                        max_length=10,
                        verbose_name="decision",
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "needs a second pair of eyes"),
                            ("standing", "stands"),
                            ("refused", "refused"),
                            ("undone", "undone"),
                        ],
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                ("probability", models.FloatField(null=True)),
                ("impact", models.PositiveIntegerField()),
                ("person_id", models.BigIntegerField()),
                ("person_name", models.CharField(max_length=200, verbose_name="decided by")),
                (
                    "at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name="decided on"
                    ),
                ),
                ("second_id", models.BigIntegerField(null=True)),
                ("second_name", models.CharField(blank=True, max_length=200, verbose_name="second pair of eyes")),
                ("ended_at", models.DateTimeField(null=True)),
                ("undone_by", models.CharField(blank=True, max_length=200)),
            ],
            options={
                "verbose_name": "decision",
                "indexes": [models.Index(fields=["organ_path", "state", "-id"], name="decision_organ")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state__in", ("waiting", "standing"))),
                        fields=("left", "right"),
                        name="decision_once",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Look",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("member", lienthong.office.members.models.registry.EngineKey(db_collation="C", max_length=64)),
                ("organ_path", lienthong.office.core.models.PathField(db_collation="C", max_length=200)),
                ("person_id", models.BigIntegerField()),
                ("person_name", models.CharField(max_length=200)),
                ("acting_as", models.CharField(blank=True, max_length=400)),
                (
                    "purpose",
                    models.CharField(
                        choices=[
                            ("mend", "mending what is wrong in the record"),
                            ("review", "deciding whether two records are one person's"),
                            ("check", "checking data at the member's request"),
                            ("duty", "work on appointments, transfers or rewards"),
                            ("inspect", "inspection or audit"),
                        ],
                        max_length=10,
                    ),
                ),
                ("words", models.CharField(blank=True, max_length=300)),
                ("sensitive", models.BooleanField()),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
            ],
            options={
                "indexes": [models.Index(fields=["member", "-id"], name="look_member")],
            },
        ),
        migrations.CreateModel(
            name="ReviewItem",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("place", models.PositiveIntegerField(verbose_name="place")),
                (
                    "kind",
                    models.CharField(
                        choices=[("pair", "doubtful pair"), ("cluster", "records that contradict each other")],
                        max_length=10,
                    ),
                ),
                ("organ_path", lienthong.office.core.models.PathField(db_collation="C", max_length=200)),
                ("probability", models.FloatField(null=True)),
                ("weight", models.FloatField(null=True)),
                ("weights", models.JSONField(default=dict)),
                ("reasons", models.JSONField(default=list)),
                ("impact", models.PositiveIntegerField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "to be decided"),
                            ("waiting", "needs a second pair of eyes"),
                            ("same", "the same person"),
                            ("different", "two persons"),
                        ],
                        db_default="open",
                        default="open",
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                (
                    "left",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="members.record",
                    ),
                ),
                (
                    "right",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="members.record",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Assignment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("rule", lienthong.office.members.models.registry.EngineKey(db_collation="C", max_length=64)),
                ("organ_path", lienthong.office.core.models.PathField(db_collation="C", max_length=200)),
                ("due_on", models.DateField(verbose_name="by")),
                ("note", models.CharField(blank=True, max_length=300, verbose_name="note")),
                ("total", models.PositiveIntegerField(verbose_name="records")),
                ("person_id", models.BigIntegerField()),
                ("person_name", models.CharField(max_length=200, verbose_name="assigned by")),
                (
                    "at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name="assigned on"
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[("open", "to be done"), ("done", "done"), ("withdrawn", "withdrawn")],
                        db_default="open",
                        default="open",
                        max_length=10,
                        verbose_name="state",
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
                "verbose_name": "assignment",
                "indexes": [models.Index(fields=["organ_path", "state", "due_on"], name="assignment_organ")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "open")), fields=("rule", "organ"), name="assignment_once"
                    )
                ],
            },
        ),
        migrations.AddIndex(
            model_name="reviewitem",
            index=models.Index(fields=["state", "place"], name="review_queue"),
        ),
        migrations.AddIndex(
            model_name="reviewitem",
            index=models.Index(fields=["organ_path", "state", "place"], name="review_organ"),
        ),
    ]
