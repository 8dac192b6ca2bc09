"""The table of how often each token asks."""

from django.db import migrations, models

from lienthong.office.core import rls
from lienthong.office.core.rls import protect


class Migration(migrations.Migration):
    """A table that is written with every request, and so not twice."""

    initial = True
    dependencies = []
    operations = [
        migrations.CreateModel(
            name="Window",
            fields=[
                ("token_id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("minute", models.BigIntegerField()),
                ("count", models.IntegerField()),
            ],
        ),
        migrations.RunSQL("ALTER TABLE api_window SET UNLOGGED", "ALTER TABLE api_window SET LOGGED"),
        protect("api_window", rls.ALL),
    ]
