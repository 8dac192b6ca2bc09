"""Put a unit under another one."""

from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest
from django.utils.timezone import localdate, now

from lienthong.kernel.labels import Level
from lienthong.office.accounts.models import Person, PersonKey, Token, TokenKind
from lienthong.office.core import scope
from lienthong.office.core.errors import Conflict, Forbidden, Invalid
from lienthong.office.organs.actions.create import NewUnit, create_unit
from lienthong.office.organs.actions.move import move, plan_move
from lienthong.office.organs.actions.times import When
from lienthong.office.organs.models import Kind, Position, Unit
from tests.office.organs.tree import check_tree, fresh, revisions, trail, versions

if TYPE_CHECKING:
    from tests.office.people import House

TODAY = localdate()
SOON = TODAY + timedelta(days=10)


def put(house: "House", unit: Unit, parent: Unit, day: date = TODAY, key: str = "above_administrator") -> Unit:
    return move(
        actor=house.actor(key),
        unit=unit,
        parent=parent,
        when=When(day=day, decision="7-QĐ"),
        seen=revisions(unit, parent),
    )


def test_an_organ_takes_along_all_that_is_below_it(house: "House") -> None:
    commune, elsewhere = house.organs["commune"], house.organs["elsewhere"]
    with scope.system():
        holder = house.person("below")
        Token.objects.create(
            kind=TokenKind.PERSONAL, name="t", person=holder, appointment=house.appointment("below"),
            organ_path=commune.path, digest=b"1" * 32, expires_at=now(),
        )  # fmt: skip
    unit = put(house, commune, elsewhere)
    assert unit.path == f"{elsewhere.path}{commune.pk}/"
    assert fresh(house.departments["commune"]).path == f"{unit.path}{house.departments['commune'].pk}/"
    assert house.person("below").organ_path == unit.path
    with scope.system():
        keys = PersonKey.objects.filter(person=holder)
        assert {key.organ_path for key in keys} == {unit.path}
        assert keys.count() > 2
        assert Token.objects.get().organ_path == unit.path
    check_tree()
    assert house.actor("below").organ_path == unit.path
    entry = trail("organs:unit:move")[0]
    assert entry.old == {"parent": house.organs["province"].pk, "path": commune.path}
    assert entry.new is not None
    assert (entry.new["parent"], entry.new["persons"], entry.new["decision"]) == (elsewhere.pk, 2, "7-QĐ")


def test_who_looks_after_it_changes_with_it(house: "House") -> None:
    put(house, house.organs["commune"], house.organs["elsewhere"])
    with scope.act_for(house.actor("administrator")):
        assert not Person.objects.filter(pk=house.persons["below"].pk).exists()
    with scope.act_for(house.actor("outside_administrator")):
        assert Person.objects.filter(pk=house.persons["below"].pk).exists()


def test_a_department_takes_its_holders_into_the_other_organ(house: "House") -> None:
    room, neighbour = house.departments["commune"], house.organs["neighbour"]
    unit = put(house, room, neighbour, key="administrator")
    assert (unit.organ_id, unit.organ_path) == (neighbour.pk, neighbour.path)
    assert house.person("below").organ_id == neighbour.pk
    with scope.system():
        assert set(Position.objects.filter(unit=room).values_list("organ_path", flat=True)) == {neighbour.path}
    check_tree()


def test_within_its_organ_only_the_place_changes(house: "House") -> None:
    actor = house.actor("administrator")
    room = create_unit(actor=actor, parent=house.organs["province"], new=NewUnit(kind=Kind.DEPARTMENT, name="Tổ 1"))
    unit = put(house, room, house.departments["province"], key="administrator")
    assert unit.path == f"{house.departments['province'].path}{room.pk}/"
    check_tree()


def test_not_under_itself_nor_what_is_below_it_nor_a_department(house: "House") -> None:
    province, commune = house.organs["province"], house.organs["commune"]
    for parent in (
        province,
        commune,
        house.departments["commune"],
        house.departments["elsewhere"],
        house.organs["centre"],
    ):
        with pytest.raises(Invalid):
            put(house, province, parent)
    check_tree()
    assert fresh(province).revision == 1


def test_not_so_deep_that_paths_burst(house: "House") -> None:
    actor, parent = house.actor("administrator"), house.departments["province"]
    while len(parent.path) < 200 - 2 * len("1234567890/"):
        parent = create_unit(actor=actor, parent=parent, new=NewUnit(kind=Kind.DEPARTMENT, name="Tổ"))
    # A chain of twelve fits nowhere near the end, though its first unit would.
    chain = create_unit(actor=actor, parent=house.organs["province"], new=NewUnit(kind=Kind.DEPARTMENT, name="Nhánh"))
    leaf = chain
    for _step in range(11):
        leaf = create_unit(actor=actor, parent=leaf, new=NewUnit(kind=Kind.DEPARTMENT, name="Lá"))
    with pytest.raises(Invalid):
        put(house, chain, parent, key="administrator")
    check_tree()


def test_a_future_move_waits_for_its_day(house: "House") -> None:
    commune, elsewhere = house.organs["commune"], house.organs["elsewhere"]
    put(house, commune, elsewhere, SOON)
    assert fresh(commune).path == commune.path
    assert [row[3] for row in versions(commune)] == [house.organs["province"].pk, elsewhere.pk]
    check_tree()


def test_two_future_moves_make_no_circle(house: "House") -> None:
    province, elsewhere = house.organs["province"], house.organs["elsewhere"]
    put(house, province, elsewhere, SOON)
    with pytest.raises(Invalid):
        put(house, elsewhere, province, SOON + timedelta(days=1))
    with pytest.raises(Invalid):
        put(house, elsewhere, house.organs["commune"], TODAY)
    check_tree()


def test_what_stands_within_something_secret_is_no_less_secret(house: "House") -> None:
    with scope.system():
        Unit.objects.filter(path__startswith=house.organs["elsewhere"].path).update(label=Level.CONFIDENTIAL)
    put(house, house.organs["commune"], fresh(house.organs["elsewhere"]))
    assert fresh(house.departments["commune"]).label == Level.CONFIDENTIAL
    check_tree()


@pytest.mark.parametrize(
    ("key", "unit", "parent"),
    [
        ("administrator", "province", "elsewhere"),
        ("administrator", "commune", "elsewhere"),
        ("administrator", "commune", "centre"),
        ("outside_administrator", "commune", "elsewhere"),
        ("below_administrator", "commune", "neighbour"),
        ("leader", "commune", "neighbour"),
        ("official", "commune", "neighbour"),
        ("operator", "commune", "neighbour"),
    ],
)
def test_both_ends_must_be_the_administrators(house: "House", key: str, unit: str, parent: str) -> None:
    with pytest.raises(Forbidden):
        put(house, house.organs[unit], house.organs[parent], key=key)
    assert fresh(house.organs[unit]).parent_id == house.organs[unit].parent_id


def test_who_saw_an_older_state_of_either_end_is_told(house: "House") -> None:
    commune, elsewhere = house.organs["commune"], house.organs["elsewhere"]
    seen = revisions(commune, elsewhere)
    put(house, house.organs["neighbour"], elsewhere)
    put(house, commune, elsewhere)
    with pytest.raises(Conflict):
        move(actor=house.actor("above_administrator"), unit=commune, parent=elsewhere, when=When(day=TODAY), seen=seen)


def test_the_preview_counts_what_then_moves(house: "House") -> None:
    commune, elsewhere = house.organs["commune"], house.organs["elsewhere"]
    with scope.system():
        plan = plan_move(actor=house.actor("above_administrator"), unit=commune, parent=elsewhere, day=TODAY)
    assert plan.refusals == []
    assert plan.counts == {"units": 1, "positions": 2, "persons": 2}


def test_the_preview_does_not_count_what_its_reader_must_not_know_of(house: "House") -> None:
    """Yet the hidden department moves along."""
    with scope.system():
        plan = plan_move(
            actor=house.actor("above_administrator"), unit=house.organs["province"], parent=house.organs["elsewhere"],
            day=TODAY,
        )  # fmt: skip
    assert plan.counts["units"] == 5
    put(house, house.organs["province"], house.organs["elsewhere"])
    assert fresh(house.hidden).path.startswith(fresh(house.organs["elsewhere"]).path)
    check_tree()
