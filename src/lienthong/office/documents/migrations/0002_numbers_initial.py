"""Numbers and deliveries."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0007_guarded"),
        ("documents", "0001_initial"),
        ("organs", "0006_upload"),
    ]

    operations = [
        migrations.CreateModel(
            name="Letterhead",
            fields=[
                (
                    "organ",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="organs.unit",
                    ),
                ),
                ("notation", models.CharField(blank=True, max_length=40, verbose_name="notation")),
                ("place", models.CharField(blank=True, max_length=200, verbose_name="place")),
            ],
        ),
        migrations.CreateModel(
            name="Dispatch",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("receivers", models.JSONField(default=list)),
                ("audience", models.CharField(max_length=400)),
                (
                    "state",
                    models.CharField(
                        choices=[("waiting", "waiting to be sent"), ("sent", "sent"), ("failed", "could not be sent")],
                        default="waiting",
                        max_length=10,
                    ),
                ),
                ("message", models.UUIDField(null=True, unique=True)),
                ("trouble", models.CharField(blank=True, max_length=2000)),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ("sent_at", models.DateTimeField(null=True)),
                ("total", models.PositiveIntegerField(default=0)),
                ("counts", models.JSONField(default=dict)),
                ("followed_at", models.DateTimeField(null=True)),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.appointment"
                    ),
                ),
                (
                    "document",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="dispatches", to="documents.document"
                    ),
                ),
            ],
            options={
                "ordering": ("-id",),
            },
        ),
        migrations.CreateModel(
            name="Series",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "register",
                    models.CharField(choices=[("outgoing", "outgoing"), ("incoming", "incoming")], max_length=10),
                ),
                ("type", models.CharField(blank=True, max_length=40)),
                ("secret", models.BooleanField(default=False)),
                ("since", models.DateField()),
                ("next", models.PositiveIntegerField(default=1)),
                (
                    "organ",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="organs.unit"),
                ),
            ],
        ),
        migrations.CreateModel(
            name="TakenNumber",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField()),
                ("reason", models.CharField(blank=True, max_length=2000, verbose_name="reason")),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.appointment",
                    ),
                ),
                (
                    "document",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="taken",
                        to="documents.document",
                    ),
                ),
                (
                    "series",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="taken", to="documents.series"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Delivery",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("organ_code", models.CharField(db_collation="C", max_length=40)),
                ("organ", models.CharField(max_length=400)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("sent", "on its way"),
                            ("delivered", "delivered"),
                            ("opened", "opened"),
                            ("accepted", "accepted"),
                            ("refused", "refused"),
                            ("dead", "could not be delivered"),
                        ],
                        default="sent",
                        max_length=10,
                    ),
                ),
                ("note", models.CharField(blank=True, max_length=2000)),
                ("code", models.CharField(blank=True, max_length=2)),
                ("changed_at", models.DateTimeField(null=True)),
                (
                    "dispatch",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="deliveries", to="documents.dispatch"
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["dispatch", "state", "organ"], name="delivery_state")],
                "constraints": [models.UniqueConstraint(fields=("dispatch", "organ_code"), name="delivery_once")],
            },
        ),
        migrations.CreateModel(
            name="Period",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("starts_on", models.DateField(verbose_name="first day")),
                ("name", models.CharField(blank=True, max_length=200, verbose_name="name")),
                (
                    "organ",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="organs.unit"),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("organ", "starts_on"), name="period_once")],
            },
        ),
        migrations.AddConstraint(
            model_name="series",
            constraint=models.UniqueConstraint(
                fields=("organ", "register", "type", "secret", "since"), name="series_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="takennumber",
            constraint=models.UniqueConstraint(fields=("series", "number"), name="number_once"),
        ),
    ]
