"""Positions: create, change, close; and who gives which roles."""

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.utils.timezone import localdate

from lienthong.office.core import scope
from lienthong.office.core.actor import Role
from lienthong.office.core.errors import Conflict, Forbidden, Invalid
from lienthong.office.organs.actions.positions import (
    Shape,
    change_position,
    close_position,
    create_position,
    plan_close_position,
    shape_of,
)
from lienthong.office.organs.models import Position
from lienthong.office.organs.policies import may_give
from tests.office.organs.tree import check_tree, trail

if TYPE_CHECKING:
    from tests.office.people import House

TODAY = localdate()


def test_a_position_is_created_in_a_department(house: "House") -> None:
    shape = Shape(title=" Phó  Chánh Văn phòng", roles=frozenset({Role.CLERK, Role.ADMINISTRATOR}), rank=11)
    position = create_position(actor=house.actor("administrator"), unit=house.departments["province"], shape=shape)
    assert (position.title, position.roles, position.rank) == ("Phó Chánh Văn phòng", ["administrator", "clerk"], 11)
    check_tree()
    assert trail("organs:position:create")[0].new == {
        "title": "Phó Chánh Văn phòng", "roles": ["administrator", "clerk"], "rank": 11, "unit": position.unit_id,
    }  # fmt: skip


# Whether somebody gives the administrator's, and the separated roles, in the province and in the commune below it.
GIVING = [
    ("administrator", (True, False), (True, True)),
    ("above_administrator", (True, True), (True, True)),
    ("below_administrator", (False, False), (True, False)),
    ("outside_administrator", (False, False), (False, False)),
    ("official", (False, False), (False, False)),
    ("security", (False, False), (False, False)),
    ("operator", (False, False), (False, False)),
]


@pytest.mark.parametrize(("key", "province", "commune"), GIVING)
def test_who_clears_and_who_audits_is_chosen_from_above(
    house: "House", key: str, province: tuple[bool, bool], commune: tuple[bool, bool]
) -> None:
    actor = house.actor(key)
    for organ, allowed in (("province", province), ("commune", commune)):
        for roles, may in zip(({Role.ADMINISTRATOR}, {Role.SECURITY, Role.AUDITOR}), allowed, strict=True):
            assert may_give(actor, roles, house.organs[organ].path) is may
            shape = Shape(title="Chức vụ", roles=frozenset(roles))
            if may:
                create_position(actor=actor, unit=house.departments[organ], shape=shape)
            else:
                with pytest.raises(Forbidden):
                    create_position(actor=actor, unit=house.departments[organ], shape=shape)


def test_at_the_top_an_administrator_who_also_operates_gives_them(house: "House") -> None:
    path = house.organs["centre"].path
    assert not may_give(house.actor("above_administrator"), {Role.AUDITOR}, path)
    with scope.system():
        person = house.person("above_administrator")
        person.is_staff = True
        person.save()
    assert may_give(house.actor("above_administrator"), {Role.AUDITOR}, path)


def test_changing_is_asked_only_for_what_changes(house: "House") -> None:
    """The title of an auditor's position is the administrator's to mend; its role is not to take."""
    position, actor = house.positions["auditor"], house.actor("administrator")
    seen = shape_of(position)
    changed = change_position(
        actor=actor, position=position, shape=Shape(title="Thanh tra", roles=seen.roles, rank=5), seen=seen
    )
    assert (changed.title, changed.rank, changed.roles) == ("Thanh tra", 5, ["auditor"])
    seen = shape_of(changed)
    with pytest.raises(Forbidden):
        change_position(actor=actor, position=position, shape=Shape(title="Thanh tra"), seen=seen)
    change_position(
        actor=house.actor("above_administrator"), position=position, shape=Shape(title="Thanh tra"), seen=seen
    )
    assert not house.actor("auditor").roles


def test_nobody_raises_themselves(house: "House") -> None:
    position = house.positions["administrator"]
    with pytest.raises(Forbidden):
        change_position(
            actor=house.actor("administrator"), position=position, seen=shape_of(position),
            shape=Shape(title=position.title, roles=frozenset({Role.ADMINISTRATOR, Role.SECURITY})),
        )  # fmt: skip


def test_no_position_both_administers_and_watches(house: "House") -> None:
    shape = Shape(title="Chức vụ", roles=frozenset({Role.ADMINISTRATOR, Role.AUDITOR}))
    with pytest.raises(Invalid):
        create_position(actor=house.actor("above_administrator"), unit=house.organs["province"], shape=shape)


def test_an_older_state_is_a_conflict(house: "House") -> None:
    position = house.positions["official"]
    with pytest.raises(Conflict):
        change_position(
            actor=house.actor("administrator"), position=position, shape=Shape(title="A"), seen=Shape(title="B")
        )
    with pytest.raises(Conflict):
        close_position(actor=house.actor("administrator"), position=position, day=TODAY, seen=Shape(title="B"))


@pytest.mark.parametrize("title", ["", "\u200b ", "x" * 201])
def test_titles_that_are_none(house: "House", title: str) -> None:
    with pytest.raises(Invalid):
        create_position(actor=house.actor("administrator"), unit=house.organs["province"], shape=Shape(title=title))


def test_closing_ends_the_holders(house: "House") -> None:
    position, actor = house.positions["official"], house.actor("administrator")
    with scope.system():
        plan = plan_close_position(actor=actor, position=position, day=TODAY + timedelta(days=3))
    assert plan.counts == {"holders": 1, "substitutions": 0}
    close_position(actor=actor, position=position, day=TODAY + timedelta(days=3), seen=shape_of(position))
    assert house.appointment("official").valid_to == TODAY + timedelta(days=3)
    assert house.actor("official").appointment_id
    with pytest.raises(Invalid):
        close_position(actor=actor, position=position, day=TODAY, seen=shape_of(position))
    with scope.system():
        position.refresh_from_db()
    with pytest.raises(Invalid):
        change_position(actor=actor, position=position, shape=Shape(title="A"), seen=shape_of(position))
    check_tree()


def test_an_organ_does_not_close_its_own_auditor(house: "House") -> None:
    position = house.positions["auditor"]
    with pytest.raises(Invalid):
        close_position(actor=house.actor("administrator"), position=position, day=TODAY, seen=shape_of(position))
    close_position(actor=house.actor("above_administrator"), position=position, day=TODAY, seen=shape_of(position))


def test_not_in_the_past(house: "House") -> None:
    position = house.positions["official"]
    with pytest.raises(Invalid):
        close_position(
            actor=house.actor("administrator"),
            position=position,
            day=TODAY - timedelta(days=1),
            seen=shape_of(position),
        )


@pytest.mark.parametrize("key", ["official", "leader", "security", "below_administrator", "outside_administrator"])
def test_nobody_else_changes_positions(house: "House", key: str) -> None:
    position = house.positions["official"]
    with pytest.raises(Forbidden):
        change_position(actor=house.actor(key), position=position, shape=Shape(title="A"), seen=shape_of(position))
    with pytest.raises(Forbidden):
        close_position(actor=house.actor(key), position=position, day=TODAY, seen=shape_of(position))
    with scope.system():
        assert Position.objects.get(pk=position.pk).closed_on is None
