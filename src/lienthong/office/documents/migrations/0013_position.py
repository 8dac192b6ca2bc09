"""A dispatch remembers up to where it was told how far it is."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """A column with a default that the database has itself."""

    dependencies = [("documents", "0012_packet_ids")]
    operations = [
        migrations.AddField("dispatch", "position", models.BigIntegerField(db_default=0, default=0, editable=False)),
    ]
