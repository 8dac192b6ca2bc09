"""Which dispatches are followed is asked every second."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    """An index of what is followed, built while the office runs."""

    atomic = False
    dependencies = [("documents", "0006_exchange")]
    operations = [
        AddIndexConcurrently(
            "dispatch",
            models.Index(fields=("follow_at",), name="dispatch_follow", condition=Q(follow_at__isnull=False)),
        ),
    ]
