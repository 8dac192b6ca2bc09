"""A unit's page: what it is and was, who holds what, and what may be done with it."""

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.timezone import localdate

from lienthong.office.core import scope
from lienthong.office.organs.actions.merge import Merger, merge
from lienthong.office.organs.actions.rename import rename
from lienthong.office.organs.actions.times import Change
from lienthong.office.organs.models import Succession
from tests.office.garden import plant
from tests.office.organs.tree import revisions
from tests.office.people import appoint, make_person, make_position

if TYPE_CHECKING:
    from tests.office.people import House

TODAY = localdate()
SHAPES = ("rename", "move", "merge", "split", "close", "label")
# Four of every page, and one of each part.
QUERIES = 11
BELOW = ("new", "positions/new")


def page(house: "House", key: str, number: int) -> str:
    answer = house.client(key).get(f"/units/{number}/")
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.parametrize(
    ("key", "shapes", "manages"),
    [
        ("above_administrator", True, True),
        ("administrator", False, True),
        ("official", False, False),
        ("leader", False, False),
        ("below_administrator", False, False),
        ("outside_administrator", False, False),
        ("unplaced", False, False),
        ("operator", False, False),
    ],
)
def test_it_offers_what_the_server_allows(house: "House", key: str, *, shapes: bool, manages: bool) -> None:
    """Every link that is offered answers, every other refuses."""
    number, client = house.organs["province"].pk, house.client(key)
    text = page(house, key, number)
    for place, allowed in [*((shape, shapes) for shape in SHAPES), *((below, manages) for below in BELOW)]:
        address = f"/units/{number}/{place}/"
        assert (f'href="{address}"' in text) is allowed, place
        assert client.get(address).status_code == (200 if allowed else 403), place


def test_holders_are_shown_to_those_who_may_see_them(house: "House") -> None:
    number, name = house.departments["commune"].pk, house.persons["below"].name
    for key, seen in (
        ("below", True),
        ("leader", True),
        ("administrator", True),
        ("official", False),
        ("beside", False),
    ):
        assert (f">{name}</a>" in page(house, key, number)) is seen, key
    assert f'href="/persons/{house.persons["below"].pk}/"' in page(house, "below", number)


def test_what_it_was_and_where_it_came_from(house: "House") -> None:
    commune = house.organs["commune"]
    with scope.system():
        Succession.objects.create(old_code="00099", old_name="Xã Cũ", successor=commune, since=TODAY, needs_review=True)
        Succession.objects.create(predecessor=house.hidden, successor=commune, since=TODAY)
    change = Change(day=TODAY, values={"name": "Phường 1"}, decision="77-QĐ")
    rename(actor=house.actor("administrator"), unit=commune, change=change, seen=revisions(commune))
    text = page(house, "official", commune.pk)
    for part in ("Phường 1", "Xã 1", "77-QĐ", "Xã Cũ", "00099"):
        assert part in text
    # A hidden predecessor is not told of, and settling is the administrator's.
    assert house.hidden.name not in text
    assert "/units/successions/" not in text
    assert "/units/successions/" in page(house, "administrator", commune.pk)


def test_a_merged_unit_leads_to_its_successor(house: "House") -> None:
    sources = [house.organs["commune"], house.organs["neighbour"]]
    what = Merger(sources=sources, target=house.organs["province"], new_name="Xã 3", day=TODAY - timedelta(days=1))
    unit = merge(actor=house.actor("administrator"), merger=what, seen=revisions(*what.involved))
    text = page(house, "official", sources[0].pk)
    assert f'href="/units/{unit.pk}/"' in text
    assert f'href="/units/{sources[0].pk}/"' in page(house, "official", unit.pk)
    for place in SHAPES:
        assert f"/units/{sources[0].pk}/{place}/" not in page(house, "above_administrator", sources[0].pk)


def test_its_history_is_the_auditors(house: "House") -> None:
    room = house.departments["province"]
    change = Change(day=TODAY, values={"name": "Văn phòng mới"}, decision="78-QĐ")
    rename(actor=house.actor("administrator"), unit=room, change=change, seen=revisions(room))
    who = house.persons["administrator"].name
    for key, reads in (("auditor", True), ("administrator", True), ("official", False), ("leader", False)):
        assert ('<h2 id="history">' in page(house, key, room.pk)) is reads, key
    assert who in page(house, "auditor", room.pk)


@pytest.mark.parametrize("number", [0, 999_999_999, 2**63 - 1, 2**63, 10**30])
def test_ids_that_lead_nowhere(house: "House", number: int) -> None:
    client = house.client("administrator")
    for place in ("", "rename/", "merge/", "new/"):
        assert client.get(f"/units/{number}/{place}").status_code == 404
    for place in (f"positions/{number}/", f"successions/{number}/", f"branches/{number}/"):
        assert client.get(f"/units/{place}").status_code == 404


def test_many_positions_units_and_predecessors_cost_no_more_queries_than_one(house: "House") -> None:
    number, client = house.organs["province"].pk, house.client("administrator")

    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(f"/units/{number}/").status_code == 200
        return len(queries)

    counts = []
    for each in range(4):
        with scope.system():
            below = plant(f"Xã {each + 10}", house.organs["province"])
            Succession.objects.create(predecessor=below, successor=house.organs["province"], since=TODAY)
            position = make_position(house.organs["province"], f"Chức vụ {each}")
            appoint(make_person(50 + each, f"more.{each}", house.organs["province"]), position)
        counts.append(asked())
    assert counts == [counts[0]] * len(counts)
    assert counts[0] <= QUERIES
    assert "Chức vụ 3" in page(house, "administrator", number)
