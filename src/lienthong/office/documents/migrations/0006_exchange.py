"""Documents leave and arrive through the exchange."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

from lienthong.office.core import rls
from lienthong.office.core.rls import protect


class Migration(migrations.Migration):
    """What is sent, when it is followed, and when mailboxes are looked into. The mailboxes are the system's own."""

    dependencies = [("documents", "0005_protect_files"), ("organs", "0006_upload")]
    operations = [
        migrations.CreateModel(
            name="Mailbox",
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
                ("due_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), db_index=True)),
                ("pause", models.FloatField(default=0)),
                ("unsettled", models.BooleanField(default=True)),
                ("checked_at", models.DateTimeField(null=True)),
            ],
        ),
        protect("documents_mailbox", rls.ALL),
        migrations.AddField("dispatch", "follow_at", models.DateTimeField(editable=False, null=True)),
        migrations.AddField("dispatch", "prepared", models.JSONField(editable=False, null=True)),
        migrations.AddField("dispatch", "tries", models.PositiveIntegerField(default=0, db_default=0, editable=False)),
        migrations.AlterField(
            "delivery",
            "state",
            models.CharField(
                choices=[
                    ("sent", "on its way"),
                    ("delivered", "delivered"),
                    ("opened", "opened"),
                    ("accepted", "accepted"),
                    ("refused", "refused"),
                    ("recalled", "taken back"),
                    ("dead", "could not be delivered"),
                ],
                default="sent",
                max_length=10,
            ),
        ),
    ]
