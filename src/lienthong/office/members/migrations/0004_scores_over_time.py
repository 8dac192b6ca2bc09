"""Keep with each score the duplicates of its unit, and what earlier runs said."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """The columns."""

    dependencies = [("members", "0003_protection")]
    operations = [
        migrations.AddField(model_name="score", name="estimated_duplicates", field=models.FloatField(null=True)),
        migrations.AddField(model_name="score", name="exact_duplicates", field=models.FloatField(null=True)),
        migrations.AddField(model_name="score", name="past", field=models.JSONField(default=list)),
    ]
