"""Assignments of earlier releases get the organ that gave them."""

from importlib import import_module
from typing import TYPE_CHECKING

from django.db import connection

from lienthong.office.core import scope
from lienthong.office.members.models import Assignment

if TYPE_CHECKING:
    from tests.office.members.registry import Registry

FILL = import_module("lienthong.office.members.migrations.0006_giver_filled").FILL


def test_it_is_the_givers_organ_where_that_stands_above_else_the_assignments_own(registry: "Registry") -> None:
    organs, commune = registry.house.organs, registry.house.organs["commune"]
    givers = ("centre_steward", "steward", "commune_steward", "outside_steward", "")
    with scope.system():
        for number, key in enumerate(givers):
            person = registry.stewards[key].pk if key else 0
            Assignment.objects.create(
                rule=f"rule-{number}", organ=commune, organ_path=commune.path, due_on="2027-01-01", total=1,
                person_id=person, person_name="x",
            )  # fmt: skip
        known = Assignment.objects.create(
            rule="known", organ=commune, organ_path=commune.path, giver_path=organs["centre"].path,
            due_on="2027-01-01", total=1, person_id=registry.stewards["commune_steward"].pk, person_name="x",
        )  # fmt: skip
    # As migrations are run: nobody has told the connection for whom it reads.
    with connection.cursor() as cursor:
        cursor.execute(FILL)
    with scope.system():
        rows = Assignment.objects.exclude(pk=known.pk).order_by("rule").values_list("giver_path", flat=True)
        assert list(rows) == [organs[key].path for key in ("centre", "province", "commune", "commune", "commune")]
        known.refresh_from_db()
        assert known.giver_path == organs["centre"].path
