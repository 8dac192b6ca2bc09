"""Positions may answer for the members of the registry."""

import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    """One role more; nothing changes in the table."""

    dependencies = [("organs", "0008_keys")]
    operations = [
        migrations.AlterField(
            model_name="position",
            name="roles",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(
                    choices=[
                        ("administrator", "administrator"),
                        ("security", "security"),
                        ("auditor", "auditor"),
                        ("leader", "leader"),
                        ("clerk", "clerk"),
                        ("steward", "steward"),
                    ],
                    max_length=20,
                ),
                blank=True,
                default=list,
                verbose_name="roles",
            ),
        ),
    ]
