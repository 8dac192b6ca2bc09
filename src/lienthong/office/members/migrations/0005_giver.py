"""Keep with each assignment which organ gave it."""

from django.db import migrations

from lienthong.office.core.models import PathField


class Migration(migrations.Migration):
    """The column; what it says of the assignments there are comes after its lock has been let go."""

    dependencies = [("members", "0004_scores_over_time")]
    operations = [
        migrations.AddField(
            model_name="assignment", name="giver_path", field=PathField(blank=True, db_default="", default="")
        ),
    ]
