"""Split a unit into new ones."""

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.utils.timezone import localdate

from lienthong.office.core import scope
from lienthong.office.core.errors import Conflict, Forbidden, Invalid
from lienthong.office.organs.actions.create import NewUnit, create_unit
from lienthong.office.organs.actions.split import Division, plan_split, split
from lienthong.office.organs.models import Kind, Succession
from tests.office.organs.tree import check_tree, fresh, revisions, trail

if TYPE_CHECKING:
    from tests.office.people import House

TODAY = localdate()


def test_children_go_where_they_are_told_and_positions_to_the_first(house: "House") -> None:
    actor, commune = house.actor("administrator"), house.organs["commune"]
    room = create_unit(actor=actor, parent=commune, new=NewUnit(kind=Kind.DEPARTMENT, name="Ban 1"))
    division = Division(unit=commune, names=["Xã A", "Xã B"], places={room.pk: 1}, day=TODAY, decision="3-NQ")
    first, second = split(actor=actor, division=division, seen=revisions(commune))
    assert fresh(house.departments["commune"]).parent_id == first.pk
    assert fresh(room).organ_id == second.pk
    assert fresh(commune).valid_to == TODAY
    assert house.person("below").organ_id == first.pk
    with scope.system():
        assert set(Succession.objects.values_list("successor", "carries")) == {(first.pk, True), (second.pk, False)}
    check_tree()
    entry = trail("organs:unit:split")[0]
    assert entry.new is not None
    assert (entry.old, entry.new["names"]) == ({"name": "Xã 1"}, ["Xã A", "Xã B"])


def test_the_preview_counts_per_part(house: "House") -> None:
    commune = house.organs["commune"]
    division = Division(unit=commune, names=["Xã A", "Xã B"], places={house.departments["commune"].pk: 1}, day=TODAY)
    with scope.system():
        plan = plan_split(actor=house.actor("administrator"), division=division)
    assert plan.refusals == []
    assert [text for text in (each.text for each in plan.consequences) if "Xã A" in text or "Xã B" in text] != []


@pytest.mark.parametrize(
    ("names", "places", "days"),
    [
        (["Xã A"], {}, 0),
        ([], {}, 0),
        (["Xã A", ""], {}, 0),
        (["Xã A", "Xã B"], {0: 2}, 0),
        (["Xã A", "Xã B"], {0: -1}, 0),
        ([f"Xã {number}" for number in range(21)], {}, 0),
    ],
)
def test_what_is_no_division(house: "House", names: list[str], places: dict[int, int], days: int) -> None:
    commune = house.organs["commune"]
    division = Division(unit=commune, names=names, places=places, day=TODAY + timedelta(days=days))
    with pytest.raises(Invalid):
        split(actor=house.actor("administrator"), division=division, seen=revisions(commune))
    check_tree()


@pytest.mark.parametrize("key", ["below_administrator", "outside_administrator", "leader", "official", "operator"])
def test_only_from_above(house: "House", key: str) -> None:
    commune = house.organs["commune"]
    division = Division(unit=commune, names=["Xã A", "Xã B"], places={}, day=TODAY)
    with pytest.raises(Forbidden):
        split(actor=house.actor(key), division=division, seen=revisions(commune))


def test_a_top_organ_is_split_by_nobody_but_an_operator(house: "House") -> None:
    centre = house.organs["centre"]
    division = Division(unit=fresh(centre), names=["A", "B"], places={}, day=TODAY)
    with pytest.raises(Forbidden):
        split(actor=house.actor("above_administrator"), division=division, seen=revisions(centre))


def test_an_older_state_is_a_conflict(house: "House") -> None:
    commune = house.organs["commune"]
    division = Division(unit=commune, names=["Xã A", "Xã B"], places={}, day=TODAY)
    with pytest.raises(Conflict):
        split(actor=house.actor("administrator"), division=division, seen={commune.pk: 0})
