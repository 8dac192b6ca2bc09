"""Lists of persons that somebody brings."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0004_sign_in"),
        ("organs", "0004_succession_carries"),
    ]

    operations = [
        migrations.CreateModel(
            name="PersonImport",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("acting", models.CharField(blank=True, max_length=30)),
                ("file_name", models.CharField(max_length=200)),
                ("content", models.BinaryField(null=True)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "being checked"),
                            ("checked", "checked"),
                            ("refused", "refused"),
                            ("running", "running"),
                            ("done", "done"),
                        ],
                        default="waiting",
                        max_length=10,
                    ),
                ),
                ("trouble", models.CharField(blank=True, max_length=400)),
                ("written", models.PositiveIntegerField(default=0)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="PersonImportRow",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField()),
                (
                    "effect",
                    models.CharField(
                        choices=[
                            ("invite", "invites a new person"),
                            ("change", "changes an account"),
                            ("same", "changes nothing"),
                            ("wrong", "cannot be imported"),
                        ],
                        max_length=10,
                    ),
                ),
                ("name", models.CharField(blank=True, max_length=200)),
                ("email", models.CharField(blank=True, max_length=254)),
                ("phone", models.CharField(blank=True, max_length=30)),
                ("column", models.CharField(blank=True, max_length=10)),
                ("trouble", models.CharField(blank=True, max_length=400)),
                ("written", models.BooleanField(default=False)),
                (
                    "organ",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="organs.unit"
                    ),
                ),
                (
                    "position",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="organs.position"
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="rows", to="accounts.personimport"
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["run", "effect", "number"], name="import_rows")],
            },
        ),
    ]
