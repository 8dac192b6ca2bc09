"""Indexes by which the tree is narrowed to a bloc or tier."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """Built beside a release that goes on serving."""

    atomic = False
    dependencies = [("organs", "0004_succession_carries")]
    operations = [
        AddIndexConcurrently("unit", models.Index(fields=["bloc", "path"], name="unit_bloc")),
        AddIndexConcurrently("unit", models.Index(fields=["tier", "path"], name="unit_tier")),
    ]
