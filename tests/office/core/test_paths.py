"""What stands below a row's path, in a subquery: the right rows, and found by an index under row-level security."""

from typing import TYPE_CHECKING

import pytest
from django.db import connection
from django.db.models import Count, OuterRef, QuerySet, Subquery

from lienthong.office.core import scope
from lienthong.office.core.paths import below
from lienthong.office.organs.models import Unit

if TYPE_CHECKING:
    from tests.office.people import House


def numbers(*, strictly: bool = False) -> QuerySet[Unit, tuple[str, int]]:
    """Return the query of paths, each with how many units stand below."""
    under = Unit.objects.filter(below("path", "path", strictly=strictly)).order_by().values("label")
    # One label: one row.
    number = under.filter(label=OuterRef("label")).annotate(number=Count("pk")).values("number")
    return Unit.objects.order_by("path").annotate(number=Subquery(number)).values_list("path", "number")


@pytest.mark.parametrize("strictly", [False, True])
def test_what_stands_below_is_what_begins_with_the_path(house: "House", *, strictly: bool) -> None:
    with scope.system():
        Unit.objects.exclude(label=house.organs["centre"].label).delete()
        paths = list(Unit.objects.order_by("path").values_list("path", flat=True))
        expected = [(path, sum(each.startswith(path) for each in paths) - strictly) for path in paths]
        assert [(path, number or 0) for path, number in numbers(strictly=strictly)] == expected
    assert max(number for _path, number in expected) > 1


def test_both_ends_are_looked_up_in_the_index(house: "House") -> None:
    with scope.act_for(house.actor("official")), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_bitmapscan = off")
        plan = numbers().explain()
    looked_up = [line for line in plan.splitlines() if "Index Cond" in line and "~" in line]
    assert looked_up, plan
    assert ">=" in looked_up[0]
