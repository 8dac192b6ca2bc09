"""Create a unit."""

import unicodedata
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.utils.timezone import localdate

from lienthong.kernel.labels import Level
from lienthong.office.core import scope
from lienthong.office.core.errors import Forbidden, Invalid
from lienthong.office.organs.actions.create import NewUnit, create_unit
from lienthong.office.organs.models import Kind, Unit
from tests.office.organs.tree import check_tree, trail, versions

if TYPE_CHECKING:
    from tests.office.people import House

ROOM = NewUnit(kind=Kind.DEPARTMENT, name="Phòng 1")


@pytest.mark.parametrize("key", ["administrator", "above_administrator"])
def test_those_who_administer_the_organ_create_in_it(house: "House", key: str) -> None:
    unit = create_unit(actor=house.actor(key), parent=house.organs["province"], new=ROOM)
    assert (unit.name, unit.organ_id) == ("Phòng 1", house.organs["province"].pk)
    assert unit.code == f"T.province.{unit.pk}"
    assert versions(unit) == [(None, None, "Phòng 1", house.organs["province"].pk)]
    check_tree()
    entry = trail("organs:unit:create")[0]
    assert (entry.object_id, entry.old, entry.person_id) == (unit.pk, None, house.persons[key].pk)
    assert entry.new is not None
    assert entry.new["name"] == "Phòng 1"


OTHERS = [
    "official", "colleague", "security", "auditor", "leader", "below_administrator", "outside_administrator",
    "unplaced", "operator", "dismissed",
]  # fmt: skip


@pytest.mark.parametrize("key", OTHERS)
def test_nobody_else_does(house: "House", key: str) -> None:
    with pytest.raises(Forbidden):
        create_unit(actor=house.actor(key), parent=house.organs["province"], new=ROOM)
    with scope.system():
        assert not Unit.objects.filter(name="Phòng 1").exists()


def test_only_an_operator_makes_a_top_organ(house: "House") -> None:
    top = NewUnit(kind=Kind.ORGAN, name="Cơ quan mới", code="Z9", bloc="state", tier="country")
    with pytest.raises(Forbidden):
        create_unit(actor=house.actor("above_administrator"), parent=None, new=top)
    unit = create_unit(actor=house.actor("operator"), parent=None, new=top)
    assert (unit.path, unit.organ_path, unit.bloc) == (f"{unit.pk}/", f"{unit.pk}/", "state")
    check_tree()


def test_a_department_is_of_its_organs_bloc_and_tier(house: "House") -> None:
    organ = NewUnit(kind=Kind.ORGAN, name="Xã 3", bloc="party", tier="commune")
    commune = create_unit(actor=house.actor("administrator"), parent=house.organs["province"], new=organ)
    lied = NewUnit(kind=Kind.DEPARTMENT, name="Phòng 2", bloc="state", tier="country")
    room = create_unit(actor=house.actor("administrator"), parent=commune, new=lied)
    assert (room.bloc, room.tier, room.organ_path) == ("party", "commune", commune.path)


def test_a_name_is_stored_composed_and_tidy(house: "House") -> None:
    name = unicodedata.normalize("NFD", "  Phòng\u200b  Tổng   hợp\n")
    unit = create_unit(
        actor=house.actor("administrator"),
        parent=house.organs["province"],
        new=NewUnit(kind=Kind.DEPARTMENT, name=name),
    )
    assert (unit.name, unit.search_key) == ("Phòng Tổng hợp", "phong tong hop")


@pytest.mark.parametrize("name", ["", "   ", "\u200b", "x" * 201, "\0"])
def test_names_that_are_none(house: "House", name: str) -> None:
    with pytest.raises(Invalid):
        create_unit(
            actor=house.actor("administrator"),
            parent=house.organs["province"],
            new=NewUnit(kind=Kind.DEPARTMENT, name=name),
        )


def test_the_longest_name_of_the_widest_signs_fits(house: "House") -> None:
    new = NewUnit(kind=Kind.DEPARTMENT, name="漢" * 200)
    assert create_unit(actor=house.actor("administrator"), parent=house.organs["province"], new=new).name == "漢" * 200


def test_a_code_is_used_once(house: "House") -> None:
    with pytest.raises(Invalid, match=r"T\.commune"):
        create_unit(
            actor=house.actor("administrator"),
            parent=house.organs["province"],
            new=NewUnit(kind=Kind.ORGAN, name="Xã 3", code="T.commune"),
        )


def test_an_organ_does_not_stand_under_a_department_nor_a_department_at_the_top(house: "House") -> None:
    with pytest.raises(Invalid):
        create_unit(
            actor=house.actor("administrator"),
            parent=house.departments["province"],
            new=NewUnit(kind=Kind.ORGAN, name="Xã 3"),
        )
    with pytest.raises(Invalid):
        create_unit(actor=house.actor("operator"), parent=None, new=ROOM)


def deepen(house: "House", steps: int) -> None:
    parent = house.organs["province"]
    for _step in range(steps):
        new = NewUnit(kind=Kind.DEPARTMENT, name="Tổ")
        parent = create_unit(actor=house.actor("administrator"), parent=parent, new=new)


def test_the_tree_ends_where_its_paths_would_burst(house: "House") -> None:
    """A chain of a thousand is refused in time, with a reason, and stays whole."""
    with pytest.raises(Invalid, match=r"deep|sâu"):
        deepen(house, 1000)
    with scope.system():
        made = Unit.objects.filter(name="Tổ")
        assert made.count() > 15
        assert max(len(unit.path) for unit in made) <= 200
    check_tree()


def test_within_something_secret_it_is_no_less_secret(house: "House") -> None:
    with pytest.raises(Forbidden):
        create_unit(actor=house.actor("administrator"), parent=house.hidden, new=ROOM)
    cleared = replace(house.actor("administrator"), clearance=Level.SECRET)
    assert create_unit(actor=cleared, parent=house.hidden, new=ROOM).label == Level.SECRET


def test_nobody_makes_what_they_are_not_cleared_for(house: "House") -> None:
    new = NewUnit(kind=Kind.DEPARTMENT, name="Phòng 1", label=Level.CONFIDENTIAL)
    with pytest.raises(Forbidden):
        create_unit(actor=house.actor("administrator"), parent=house.organs["province"], new=new)


def test_nothing_begins_before_or_after_what_it_stands_under(house: "House") -> None:
    actor, today = house.actor("administrator"), localdate()
    later = today + timedelta(days=30)
    organ = create_unit(
        actor=actor,
        parent=house.organs["province"],
        new=NewUnit(kind=Kind.ORGAN, name="Xã 3", valid_from=later),
    )
    with pytest.raises(Invalid):
        create_unit(actor=actor, parent=organ, new=ROOM)
    create_unit(actor=actor, parent=organ, new=NewUnit(kind=Kind.DEPARTMENT, name="Phòng 1", valid_from=later))
    check_tree()
