"""Spreadsheets that wait for their confirmation: only their own person sees them."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models.functions import Now

from lienthong.office.core import rls
from lienthong.office.core.rls import protect


class Migration(migrations.Migration):
    """One table."""

    dependencies = [("organs", "0005_narrowing"), migrations.swappable_dependency(settings.AUTH_USER_MODEL)]
    operations = [
        migrations.CreateModel(
            name="Upload",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("subject", models.CharField(max_length=12)),
                ("name", models.CharField(max_length=200)),
                ("content", models.BinaryField()),
                ("created_at", models.DateTimeField(db_default=Now(), editable=False)),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
        ),
        protect("organs_upload", f"person_id = {rls.PERSON} OR {rls.ALL}"),
    ]
