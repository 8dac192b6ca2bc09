"""Give a unit another name or type, from a day on."""

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.utils.timezone import localdate

from lienthong.office.core import scope
from lienthong.office.core.errors import Conflict, Forbidden, Invalid
from lienthong.office.organs.actions.create import NewUnit, create_unit
from lienthong.office.organs.actions.rename import plan_rename, rename
from lienthong.office.organs.actions.times import Change, spoken
from lienthong.office.organs.models import Kind, Unit
from tests.office.organs.tree import check_tree, fresh, revisions, trail, versions

if TYPE_CHECKING:
    from tests.office.people import House

TODAY = localdate()
SOON = TODAY + timedelta(days=10)


def change(house: "House", unit: Unit, day: date, key: str = "above_administrator", **values: Any) -> Unit:  # noqa: ANN401 - a change's
    return rename(
        actor=house.actor(key),
        unit=unit,
        change=Change(day=day, values=values, decision="12-QĐ"),
        seen=revisions(unit),
    )


def test_from_today_the_unit_has_its_new_name_and_keeps_the_old_one_before(house: "House") -> None:
    unit = change(house, house.organs["commune"], TODAY, name="Phường 1")
    parent = house.organs["province"].pk
    assert (fresh(unit).name, fresh(unit).search_key, unit.revision) == ("Phường 1", "phuong 1", 2)
    assert versions(unit) == [(None, TODAY, "Xã 1", parent), (TODAY, None, "Phường 1", parent)]
    check_tree()
    entry = trail("organs:unit:rename")[0]
    assert entry.old == {"name": "Xã 1"}
    assert entry.new == {"name": "Phường 1", "from": TODAY.isoformat(), "decision": "12-QĐ"}


def test_a_future_name_is_not_shown_before_its_day(house: "House") -> None:
    unit = change(house, house.organs["commune"], SOON, name="Phường 1")
    assert fresh(unit).name == "Xã 1"
    assert [row[:3] for row in versions(unit)] == [(None, SOON, "Xã 1"), (SOON, None, "Phường 1")]
    check_tree()


def test_a_past_change_counts_until_the_next_one(house: "House") -> None:
    unit = house.organs["commune"]
    change(house, unit, date(2024, 1, 1), name="Xã B")
    change(house, unit, date(2020, 1, 1), name="Xã A")
    assert [row[:3] for row in versions(unit)] == [
        (None, date(2020, 1, 1), "Xã 1"),
        (date(2020, 1, 1), date(2024, 1, 1), "Xã A"),
        (date(2024, 1, 1), None, "Xã B"),
    ]
    assert fresh(unit).name == "Xã B"
    check_tree()


def test_name_and_type_change_apart(house: "House") -> None:
    """A name given in between runs through a later change of the type."""
    unit = house.organs["commune"]
    change(house, unit, SOON, type="phuong")
    change(house, unit, TODAY, name="Xã C")
    assert [row[2] for row in versions(unit)] == ["Xã 1", "Xã C", "Xã C"]
    assert fresh(unit).type == ""
    check_tree()


def test_twice_on_one_day_corrects(house: "House") -> None:
    unit = house.organs["commune"]
    change(house, unit, TODAY, name="Phường Một")
    change(house, unit, TODAY, name="Phường 1")
    assert [row[2] for row in versions(unit)] == ["Xã 1", "Phường 1"]
    check_tree()


def test_a_unit_that_has_not_begun_is_called_what_it_will_be(house: "House") -> None:
    new = NewUnit(kind=Kind.ORGAN, name="Xã 3", valid_from=SOON)
    unit = create_unit(actor=house.actor("administrator"), parent=house.organs["province"], new=new)
    with pytest.raises(Invalid):
        change(house, unit, TODAY, name="Phường 3")
    change(house, unit, SOON, name="Phường 3")
    assert fresh(unit).name == "Phường 3"
    check_tree()


@pytest.mark.parametrize("name", ["", " \u200b", "x" * 201])
def test_no_name(house: "House", name: str) -> None:
    with pytest.raises(Invalid):
        change(house, house.organs["commune"], TODAY, name=name)


def test_nothing_new(house: "House") -> None:
    with pytest.raises(Invalid):
        change(house, house.organs["commune"], TODAY, name=" Xã  1 ")


@pytest.mark.parametrize(
    ("key", "own_room", "own_organ", "organ_below"),
    [
        ("administrator", True, False, True),
        ("above_administrator", True, True, True),
        ("below_administrator", False, False, False),
        ("outside_administrator", False, False, False),
        ("leader", False, False, False),
        ("official", False, False, False),
        ("operator", False, False, False),
    ],
)
def test_an_organ_is_renamed_from_above(
    house: "House", key: str, *, own_room: bool, own_organ: bool, organ_below: bool
) -> None:
    targets = (house.departments["province"], house.organs["province"], house.organs["commune"])
    for unit, allowed in zip(targets, (own_room, own_organ, organ_below), strict=True):
        if allowed:
            change(house, unit, TODAY, key, name="Tên mới")
        else:
            with pytest.raises(Forbidden):
                change(house, unit, TODAY, key, name="Tên mới")
        assert (fresh(unit).name == "Tên mới") is allowed


def test_of_two_administrators_the_second_is_told(house: "House") -> None:
    unit = house.organs["commune"]
    seen = revisions(unit)
    change(house, unit, TODAY, name="Phường 1")
    with pytest.raises(Conflict):
        rename(
            actor=house.actor("above_administrator"),
            unit=unit,
            change=Change(day=TODAY, values={"name": "Phường 2"}),
            seen=seen,
        )
    with pytest.raises(Conflict):
        rename(actor=house.actor("above_administrator"), unit=unit, change=Change(day=TODAY, values={}), seen={})


def test_the_preview_warns_of_a_later_change(house: "House") -> None:
    unit = house.organs["commune"]
    change(house, unit, SOON, name="Phường 1")
    with scope.system():
        plan = plan_rename(
            actor=house.actor("above_administrator"), unit=unit, change=Change(day=TODAY, values={"name": "Xã B"})
        )
    assert any(each.grave and spoken(SOON) in each.text for each in plan.consequences)
    assert plan.refusals == []
