"""A small tree with persons in it, planted in the real database."""

from collections.abc import Iterable
from datetime import date, timedelta

from django.utils.timezone import localdate

from lienthong.kernel.labels import Level
from lienthong.office.accounts.acting import actor_of
from lienthong.office.accounts.models import Appointment, Clearance, NeedToKnow, Person, State
from lienthong.office.core import scope
from lienthong.office.core.actor import Actor, Role
from lienthong.office.core.text import person_sort_key, search_key, sort_key
from lienthong.office.organs.models import Kind, Position, Unit, UnitVersion

TODAY = localdate()


def plant(
    name: str,
    parent: Unit | None = None,
    *,
    kind: Kind = Kind.ORGAN,
    label: Level = Level.INTERNAL,
    since: date | None = None,
) -> Unit:
    """Make a unit with its first version; the name is its code too."""
    with scope.system():
        unit = Unit.objects.create(
            kind=kind, code=name[:40], parent=parent, name=name, label=label, valid_from=since,
            sort_key=sort_key(name), search_key=search_key(name), path=f"new {name}"[:200], organ_path="",
        )  # fmt: skip
        unit.path = f"{parent.path if parent else ''}{unit.pk}/"
        unit.organ = unit if kind is Kind.ORGAN or parent is None else parent.organ
        unit.organ_path = unit.path if kind is Kind.ORGAN or parent is None else parent.organ_path
        unit.save()
        UnitVersion.objects.create(unit=unit, valid_from=since, name=name, type="", parent=parent)
    return unit


def settle(name: str, organ: Unit, state: State = State.ACTIVE) -> Person:
    """Make a person of an organ, without any position."""
    assert organ.kind == Kind.ORGAN
    with scope.system():
        return Person.objects.create(
            email=f"{name.lower().replace(' ', '.')}@organs.invalid", name=name, organ=organ, organ_path=organ.path,
            state=state, sort_key=person_sort_key(name), search_key=search_key(name), password="!",
        )  # fmt: skip


def post(title: str, unit: Unit, roles: Iterable[Role] = ()) -> Position:
    """Make a position in a unit."""
    with scope.system():
        return Position.objects.create(
            unit=unit, title=title, roles=[role.value for role in roles], organ_path=unit.organ_path
        )


def appoint(person: Person, position: Position) -> Appointment:
    """Let a person hold a position from today on."""
    with scope.system():
        return Appointment.objects.create(person=person, position=position, valid_from=TODAY, is_main=True)


def clear(person: Person, level: Level, *known: Unit) -> None:
    """Clear a person for a year, and name labelled units to them."""
    until = TODAY + timedelta(days=365)
    with scope.system():
        Clearance.objects.create(
            person=person, level=level, valid_from=TODAY, valid_to=until, decision="1-QĐ", granted_by=person
        )
        for unit in known:
            NeedToKnow.objects.create(person=person, unit=unit, valid_to=until, reason="1", granted_by=person)


def actor(person: Person) -> Actor:
    """Return the person as they act now."""
    with scope.system():
        return actor_of(person)


def official(
    name: str,
    unit: Unit,
    *roles: Role,
    level: Level = Level.INTERNAL,
    known: Iterable[Unit] = (),
    operator: bool = False,
) -> Actor:
    """Make a person who holds a position in a unit, and return them as they act."""
    with scope.system():
        organ = unit.organ
    assert organ is not None
    person = settle(name, organ)
    appoint(person, post(f"Post of {name}", unit, roles))
    if level > Level.INTERNAL:
        clear(person, level, *known)
    if operator:
        with scope.system():
            person.is_staff = True
            person.save()
    return actor(person)
