"""As whom somebody acts."""

from datetime import timedelta

import pytest
from django.utils.timezone import localdate

from lienthong.kernel.labels import Level
from lienthong.office.accounts.acting import actor_of
from lienthong.office.accounts.models import Appointment, Clearance, Person, Substitution
from lienthong.office.core import scope
from lienthong.office.core.actor import Role
from lienthong.office.organs.models import Position, Unit

TODAY = localdate()
DAY = timedelta(days=1)


@pytest.fixture
def organ(db: None) -> Unit:
    del db
    with scope.system():
        unit = Unit.objects.create(kind="organ", code="T1", name="Cơ quan 1", path="900/", organ_path="900/")
        unit.organ = unit
        unit.save()
        return unit


def _person(organ: Unit, number: int) -> Person:
    name = f"Người dùng {number}"
    return Person.objects.create(
        email=f"p{number}@test.invalid", name=name, organ=organ, organ_path=organ.path, state="active"
    )


def _appoint(person: Person, title: str, *roles: Role, days: int = 10, main: bool = False) -> Appointment:
    position = Position.objects.create(unit=person.organ, title=title, roles=list(roles), organ_path=person.organ.path)
    return Appointment.objects.create(
        person=person, position=position, valid_from=TODAY - DAY, valid_to=TODAY + days * DAY, is_main=main
    )


def test_without_a_position_nothing_is_seen(organ: Unit) -> None:
    with scope.system():
        actor = actor_of(_person(organ, 1))
    assert (actor.organ_path, actor.roles, actor.clearance) == ("", frozenset(), Level.PUBLIC)
    assert not actor.sees(organ.path)


def test_the_main_position_unless_another_is_chosen(organ: Unit) -> None:
    with scope.system():
        person = _person(organ, 1)
        other = _appoint(person, "Văn thư", Role.CLERK)
        _appoint(person, "Chánh Văn phòng", Role.ADMINISTRATOR, main=True)
        assert actor_of(person).position == "Chánh Văn phòng"
        chosen = actor_of(person, f"a{other.pk}")
        assert (chosen.position, chosen.roles) == ("Văn thư", frozenset({Role.CLERK}))
        for nonsense in ("a999999", "s1", "a", "x", "a-1", "a" + "9" * 18):
            assert actor_of(person, nonsense).position == "Chánh Văn phòng"


@pytest.mark.parametrize(("first", "days", "works"), [(0, 1, True), (1, 2, False), (-5, 0, False), (-5, 1, True)])
def test_a_substitute_acts_for_the_absent_only_in_the_period(
    organ: Unit, *, first: int, days: int, works: bool
) -> None:
    with scope.system():
        absent, substitute = _person(organ, 1), _person(organ, 2)
        appointment = _appoint(absent, "Bí thư", Role.LEADER, main=True)
        substitution = Substitution.objects.create(
            appointment=appointment,
            substitute=substitute,
            valid_from=TODAY + first * DAY,
            valid_to=TODAY + days * DAY,
        )
        actor = actor_of(substitute, f"s{substitution.pk}")
    assert (actor.position == "Bí thư") is works
    assert (actor.on_behalf_of == absent.name) is works


def test_a_substitute_keeps_their_own_clearance(organ: Unit) -> None:
    with scope.system():
        absent, substitute = _person(organ, 1), _person(organ, 2)
        Clearance.objects.create(
            person=absent, level=Level.SECRET, valid_from=TODAY, valid_to=TODAY + DAY, decision="1", granted_by=absent
        )
        appointment = _appoint(absent, "Bí thư", Role.LEADER)
        assert actor_of(absent).clearance is Level.SECRET
        Substitution.objects.create(
            appointment=appointment, substitute=substitute, valid_from=TODAY, valid_to=TODAY + DAY
        )
        assert actor_of(substitute).clearance is Level.INTERNAL


@pytest.mark.parametrize(("first", "until"), [(-3, 0), (1, 3)])
def test_a_clearance_holds_only_in_its_period(organ: Unit, first: int, until: int) -> None:
    with scope.system():
        person = _person(organ, 1)
        _appoint(person, "Bí thư")
        Clearance.objects.create(
            person=person,
            level=Level.TOP_SECRET,
            valid_from=TODAY + first * DAY,
            valid_to=TODAY + until * DAY,
            decision="1",
            granted_by=person,
        )
        assert actor_of(person).clearance is Level.INTERNAL
