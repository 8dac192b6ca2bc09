"""Which clearances open top secret documents."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    """A mark beyond the level; only the highest can have it."""

    dependencies = [("accounts", "0007_guarded")]
    operations = [
        migrations.AddField(
            model_name="clearance",
            name="opens_top_secret",
            field=models.BooleanField(db_default=False, default=False, verbose_name="opens top secret documents"),
        ),
        migrations.AddConstraint(
            model_name="clearance",
            constraint=models.CheckConstraint(
                condition=Q(opens_top_secret=False) | Q(level=4), name="clearance_top_secret"
            ),
        ),
    ]
