"""Indexes by which the home page finds what is to be assigned and what changes soon."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    """Built beside a release that goes on serving."""

    atomic = False
    dependencies = [("organs", "0006_upload")]
    operations = [
        AddIndexConcurrently("unit", models.Index(fields=["organ_path"], name="unit_organ_path")),
        AddIndexConcurrently("unitversion", models.Index(fields=["valid_from"], name="version_begins")),
        AddIndexConcurrently(
            "succession", models.Index(fields=["id"], condition=Q(needs_review=True), name="succession_review")
        ),
    ]
