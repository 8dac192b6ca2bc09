"""What packets report of is found by the id under which it left."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    """An index of what left as packets, built while the office runs."""

    atomic = False
    dependencies = [("documents", "0011_packets")]
    operations = [
        AddIndexConcurrently(
            "dispatch",
            models.Index(fields=("packet_id",), name="dispatch_packet", condition=~Q(packet_id="")),
        ),
    ]
