"""The registry of members, as the quality engine found it."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

import lienthong.office.core.models
import lienthong.office.members.models.registry


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("organs", "0009_steward"),
    ]

    operations = [
        migrations.CreateModel(
            name="Loading",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("run", lienthong.office.members.models.registry.EngineKey(db_collation="C", max_length=64)),
                ("registry", models.CharField(max_length=40)),
                ("on", models.DateField()),
                ("records", models.PositiveIntegerField()),
                ("members", models.PositiveIntegerField()),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
            ],
        ),
        migrations.CreateModel(
            name="Member",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "key",
                    lienthong.office.members.models.registry.EngineKey(db_collation="C", max_length=64, unique=True),
                ),
                ("organ_path", lienthong.office.core.models.PathField(db_collation="C", max_length=200)),
                ("area", models.CharField(blank=True, db_collation="C", max_length=10)),
                ("cell", models.CharField(blank=True, max_length=300, verbose_name="cell")),
                ("name", models.CharField(blank=True, max_length=300, verbose_name="name")),
                ("name_key", lienthong.office.core.models.KeyField(db_collation="C", editable=False, max_length=1000)),
                ("sort_key", lienthong.office.core.models.KeyField(db_collation="C", editable=False, max_length=1000)),
                ("birth", models.CharField(blank=True, max_length=10, verbose_name="date of birth")),
                ("records", models.PositiveIntegerField(verbose_name="records")),
                ("failures", models.PositiveIntegerField(verbose_name="failures")),
                ("values", models.JSONField()),
                ("origins", models.JSONField(default=dict)),
                (
                    "organ",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="organs.unit",
                        verbose_name="organ",
                    ),
                ),
            ],
            options={
                "verbose_name": "member",
            },
        ),
        migrations.CreateModel(
            name="Identifier",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("value", models.CharField(db_collation="C", max_length=40)),
                ("kind", models.CharField(db_collation="C", max_length=40)),
                ("organ_path", lienthong.office.core.models.PathField(db_collation="C", max_length=200)),
                (
                    "member",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="members.member",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Record",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "key",
                    lienthong.office.members.models.registry.EngineKey(db_collation="C", max_length=64, unique=True),
                ),
                ("organ_path", lienthong.office.core.models.PathField(db_collation="C", max_length=200)),
                ("values", models.JSONField()),
                ("unread", models.JSONField(default=dict)),
                ("changes", models.JSONField(default=dict)),
                (
                    "member",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="members.member",
                    ),
                ),
                (
                    "organ",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="organs.unit",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Failure",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("rule", lienthong.office.members.models.registry.EngineKey(db_collation="C", max_length=64)),
                ("organ_path", lienthong.office.core.models.PathField(db_collation="C", max_length=200)),
                (
                    "state",
                    models.CharField(
                        choices=[("open", "to be mended"), ("proposed", "a change is proposed"), ("mended", "mended")],
                        db_default="open",
                        default="open",
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                (
                    "member",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="members.member",
                    ),
                ),
                (
                    "record",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="failures",
                        to="members.record",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="RuleCount",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("area", models.CharField(db_collation="C", max_length=10)),
                ("organ_path", lienthong.office.core.models.PathField(db_collation="C", max_length=200)),
                ("rule", lienthong.office.members.models.registry.EngineKey(db_collation="C", max_length=64)),
                ("records", models.BigIntegerField()),
                ("failures", models.BigIntegerField()),
            ],
            options={
                "indexes": [models.Index(fields=["organ_path"], name="rule_count_organ")],
                "constraints": [models.UniqueConstraint(fields=("area", "rule"), name="rule_count_once")],
            },
        ),
        migrations.CreateModel(
            name="Score",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("area", models.CharField(db_collation="C", max_length=10)),
                ("cell", models.CharField(blank=True, max_length=300)),
                ("parent", models.CharField(blank=True, db_collation="C", max_length=10)),
                ("name", models.CharField(max_length=300)),
                ("organ_path", lienthong.office.core.models.PathField(db_collation="C", max_length=200)),
                (
                    "dimension",
                    models.CharField(
                        choices=[
                            ("correct", "correct"),
                            ("complete", "complete"),
                            ("clean", "clean"),
                            ("current", "current"),
                        ],
                        max_length=10,
                    ),
                ),
                ("checks", models.BigIntegerField()),
                ("failures", models.BigIntegerField()),
                ("score", models.FloatField(null=True)),
            ],
            options={
                "indexes": [models.Index(fields=["parent", "area"], name="score_parent")],
                "constraints": [models.UniqueConstraint(fields=("area", "cell", "dimension"), name="score_once")],
            },
        ),
        migrations.AddIndex(
            model_name="member",
            index=models.Index(fields=["organ_path", "sort_key"], name="member_organ"),
        ),
        migrations.AddIndex(
            model_name="member",
            index=models.Index(fields=["sort_key", "id"], name="member_sorted"),
        ),
        migrations.AddIndex(
            model_name="member",
            index=models.Index(fields=["name_key"], name="member_name"),
        ),
        migrations.AddIndex(
            model_name="identifier",
            index=models.Index(fields=["value"], name="identifier_value"),
        ),
        migrations.AddIndex(
            model_name="failure",
            index=models.Index(fields=["rule", "organ_path", "id"], name="failure_rule"),
        ),
        migrations.AddIndex(
            model_name="failure",
            index=models.Index(fields=["organ_path", "id"], name="failure_organ"),
        ),
        migrations.AddIndex(
            model_name="failure",
            index=models.Index(
                condition=models.Q(("state", "mended")), fields=["rule", "organ_path"], name="failure_mended"
            ),
        ),
    ]
