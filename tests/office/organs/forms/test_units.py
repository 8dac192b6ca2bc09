"""What the forms of units take, before any action is asked."""

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from lienthong.kernel.labels import Level
from lienthong.office.core import scope
from lienthong.office.organs import selectors
from lienthong.office.organs.forms.units import MoveForm, NewUnitForm, SplitForm, levels

if TYPE_CHECKING:
    from tests.office.people import House


@pytest.mark.parametrize(("clearance", "most"), [(Level.PUBLIC, 1), (Level.INTERNAL, 1), (Level.SECRET, 3)])
def test_only_labels_within_the_clearance_are_offered(house: "House", clearance: Level, most: int) -> None:
    actor = replace(house.actor("administrator"), clearance=clearance)
    assert [int(value) for value, _name in levels(actor)] == list(range(most + 1))


def test_what_fits_under_the_parent_is_offered(house: "House") -> None:
    actor = house.actor("administrator")
    offered = {
        key: [value for value, _name in NewUnitForm(actor=actor, parent=parent).fields["kind"].choices]  # type: ignore[attr-defined]  # a field with choices
        for key, parent in (("top", None), ("organ", house.organs["province"]), ("room", house.departments["province"]))
    }
    assert offered == {"top": ["organ"], "organ": ["organ", "department"], "room": ["department"]}


def test_a_code_leads_to_its_unit_as_the_actor_sees_it(house: "House") -> None:
    for key, seen in (("administrator", False), ("cleared", True)):
        actor = house.actor(key)
        with scope.act_for(actor):
            form = MoveForm({"parent": "T.hidden", "day": "2026-01-31"}, actor=actor)
            assert form.is_valid() is seen


def test_lines_of_a_split_are_names_and_places(house: "House") -> None:
    actor, commune = house.actor("administrator"), house.organs["commune"]
    with scope.act_for(actor):
        below = selectors.branches(actor, [commune.pk])
    room = house.departments["commune"].pk
    given = {"names": "Xã A\r\n\r\n Xã B \r\n", "day": "2026-01-31", f"line_{room}": "2"}
    form = SplitForm(given, actor=actor, below=below)
    assert form.is_valid()
    assert ([part.strip() for part in form.parts()], form.places()) == (["Xã A", "Xã B"], {room: 1})
    for line in ("0", "21", "x", ""):
        assert not SplitForm({**given, f"line_{room}": line}, actor=actor, below=below).is_valid()
