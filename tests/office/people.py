"""A small country with one person of each kind, for whatever is tested of the office.

``house`` (tests/office/conftest.py) builds it; a test asks it for persons, for who they act as, and for their browsers.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from django.db import connection
from django.test import Client
from django.utils.timezone import localdate

from lienthong.kernel.labels import Level
from lienthong.office.accounts.acting import actor_of
from lienthong.office.accounts.models import Appointment, Clearance, NeedToKnow, Person, State
from lienthong.office.core import scope
from lienthong.office.core.actor import Actor, Role
from lienthong.office.core.text import person_sort_key, search_key, sort_key, tidy
from lienthong.office.organs.models import Kind, Position, Unit, UnitVersion

PASSWORD: Final = "mật khẩu thử 12345"
"""Of whoever was given one by ``House.with_password``."""

# Organs: key, the one above, name.
ORGANS: Final = (
    ("centre", None, "Văn phòng Trung ương"),
    ("province", "centre", "Tỉnh 1"),
    ("commune", "province", "Xã 1"),
    ("neighbour", "province", "Xã 2"),
    ("elsewhere", "centre", "Tỉnh 2"),
)
# Persons: key, organ, roles of the position held, state.
PERSONS: Final[tuple[tuple[str, str, tuple[Role, ...], State], ...]] = (
    ("official", "province", (), State.ACTIVE),
    ("colleague", "province", (), State.ACTIVE),
    ("cleared", "province", (), State.ACTIVE),
    ("administrator", "province", (Role.ADMINISTRATOR,), State.ACTIVE),
    ("security", "province", (Role.SECURITY,), State.ACTIVE),
    ("auditor", "province", (Role.AUDITOR,), State.ACTIVE),
    ("leader", "province", (Role.LEADER,), State.ACTIVE),
    ("invited", "province", (), State.INVITED),
    ("suspended", "province", (), State.SUSPENDED),
    ("dismissed", "province", (), State.DISMISSED),
    ("below", "commune", (), State.ACTIVE),
    ("below_administrator", "commune", (Role.ADMINISTRATOR,), State.ACTIVE),
    ("beside", "neighbour", (), State.ACTIVE),
    ("outsider", "elsewhere", (), State.ACTIVE),
    ("outside_administrator", "elsewhere", (Role.ADMINISTRATOR,), State.ACTIVE),
    ("above_administrator", "centre", (Role.ADMINISTRATOR,), State.ACTIVE),
    ("above_security", "centre", (Role.SECURITY,), State.ACTIVE),
    # No position at all.
    ("unplaced", "province", (), State.ACTIVE),
    # Operates the installation and nothing else.
    ("operator", "centre", (), State.ACTIVE),
)
ANONYMOUS: Final = "anonymous"
KINDS: Final = (ANONYMOUS, *(key for key, *_ in PERSONS))
"""Everybody who may come to a page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """What was built."""

    organs: dict[str, Unit]
    # One department per organ, in which the positions are.
    departments: dict[str, Unit]
    # A department of the province that only those cleared for secret and named may know of.
    hidden: Unit
    persons: dict[str, Person]
    positions: dict[str, Position]

    def person(self, key: str) -> Person:
        """Return a person as the database has them now."""
        with scope.system():
            return Person.objects.get(pk=self.persons[key].pk)

    def actor(self, key: str) -> Actor:
        """Return a person as they act now."""
        with scope.system():
            return actor_of(self.person(key))

    def appointment(self, key: str) -> Appointment:
        """Return the appointment that a person got first."""
        with scope.system():
            return Appointment.objects.filter(person=self.persons[key]).earliest("pk")

    def client(self, key: str, *, second_factor: bool = True) -> Client:
        """Return a browser in which that person is signed in, just now; for ``anonymous`` nobody.

        Whoever may not sign in comes with the session of before that was so.
        """
        client = Client()
        if key != ANONYMOUS:
            sign_in(client, self.persons[key], second_factor=second_factor)
        return client

    def with_password(self, key: str) -> Person:
        """Give a person the password."""
        with scope.system():
            person = self.person(key)
            person.set_password(PASSWORD)
            person.save(update_fields=["password"])
        self.persons[key].password = person.password
        return person


def sign_in(client: Client, person: Person, *, second_factor: bool = True) -> None:
    """Give a browser the session of a person who has just signed in, with a second factor unless told otherwise."""
    with scope.system():
        client.force_login(person)
        session = client.session
        session["account_authentication_methods"] = [{"method": "password", "at": time.time(), "reauthenticated": True}]
        session["account_authentication_methods_user"] = str(person.pk)
        if second_factor:
            session["second_factor"] = True
        session.save()


def build() -> House:
    """Write the country. Needs a database.

    Nearly every test of the office begins here: one statement for each table, not one for each row.
    """
    with scope.system():
        organs, departments, hidden = _units()
        persons = {
            key: new_person(number, key, organs[organ], state, operator=key == "operator")
            for number, (key, organ, _, state) in enumerate(PERSONS, start=1)
        }
        positions = {
            key: new_position(departments[organ], f"Chức vụ {number}", *roles)
            for number, (key, organ, roles, _) in enumerate(PERSONS, start=1)
            if key not in {"unplaced", "operator"}
        }
        place(persons, positions)
        clear(persons["cleared"], Level.SECRET, by=persons["security"])
        NeedToKnow.objects.create(
            person=persons["cleared"],
            unit=hidden,
            valid_to=localdate() + timedelta(days=30),
            reason="1",
            granted_by=persons["security"],
        )
    return House(organs=organs, departments=departments, hidden=hidden, persons=persons, positions=positions)


def place(persons: dict[str, Person], positions: dict[str, Position]) -> None:
    """Write new persons and new positions, and appoint who has a position under the same key."""
    Person.objects.bulk_create(persons.values())
    Position.objects.bulk_create(positions.values())
    Appointment.objects.bulk_create(new_appointment(persons[key], position) for key, position in positions.items())


def make_person(number: int, key: str, organ: Unit, state: State = State.ACTIVE) -> Person:
    """Write a person as ``new_person`` makes them."""
    person = new_person(number, key, organ, state)
    person.save()
    return person


def new_person(number: int, key: str, organ: Unit, state: State = State.ACTIVE, *, operator: bool = False) -> Person:
    """Return a person ``Người dùng NUMBER`` of an organ, without position and password, not yet written."""
    name = tidy(f"Người dùng {number}")
    return Person(
        email=f"{key.replace('_', '.')}@test.invalid",
        name=name,
        password="!",
        organ=organ,
        organ_path=organ.path,
        state=state,
        is_staff=operator,
        sort_key=person_sort_key(name),
        search_key=search_key(name),
        language="en",
    )


def make_position(unit: Unit, title: str, *roles: Role) -> Position:
    """Write a position in a unit."""
    position = new_position(unit, title, *roles)
    position.save()
    return position


def new_position(unit: Unit, title: str, *roles: Role) -> Position:
    """Return a position in a unit, not yet written."""
    return Position(unit=unit, title=title, roles=list(roles), organ_path=unit.organ_path)


def appoint(person: Person, position: Position, *, main: bool = True) -> Appointment:
    """Appoint a person, since a month ago and without end."""
    appointment = new_appointment(person, position, main=main)
    appointment.save()
    return appointment


def new_appointment(person: Person, position: Position, *, main: bool = True) -> Appointment:
    """Return the same appointment, not yet written."""
    return Appointment(person=person, position=position, valid_from=localdate() - timedelta(days=30), is_main=main)


def clear(person: Person, level: Level, *, by: Person, days: int = 365) -> Clearance:
    """Clear a person from yesterday on, for so many days."""
    today = localdate()
    return Clearance.objects.create(
        person=person,
        level=level,
        valid_from=today - timedelta(days=1),
        valid_to=today + timedelta(days=days),
        decision="1-QĐ",
        granted_by=by,
    )


def _units() -> tuple[dict[str, Unit], dict[str, Unit], Unit]:
    """Write organs, a department of each, and the hidden one."""
    # A unit's path consists of ids, so they are taken before the rows are written.
    ids = _ids(2 * len(ORGANS) + 1)
    organs: dict[str, Unit] = {}
    departments: dict[str, Unit] = {}
    for key, above, name in ORGANS:
        organs[key] = _unit(next(ids), key, Kind.ORGAN, organs[above] if above else None, name)
        departments[key] = _unit(next(ids), f"{key}.vp", Kind.DEPARTMENT, organs[key], f"Văn phòng {name}")
    hidden = _unit(next(ids), "hidden", Kind.DEPARTMENT, organs["province"], "Phòng Cơ yếu")
    hidden.label = Level.SECRET
    units = [unit for key in organs for unit in (organs[key], departments[key])] + [hidden]
    Unit.objects.bulk_create(units)
    UnitVersion.objects.bulk_create(UnitVersion(unit=unit, name=unit.name, parent=unit.parent) for unit in units)
    return organs, departments, hidden


def _ids(count: int) -> Iterator[int]:
    """Take so many ids of units."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)", [Unit._meta.db_table, count]
        )
        return iter([number for (number,) in cursor.fetchall()])


def _unit(number: int, code: str, kind: Kind, parent: Unit | None, name: str) -> Unit:
    unit = Unit(
        pk=number, kind=kind, code=f"T.{code}", parent=parent, path=f"{parent.path if parent else ''}{number}/",
        name=name, label=Level.INTERNAL, sort_key=sort_key(name), search_key=search_key(name),
    )  # fmt: skip
    unit.organ = unit if kind is Kind.ORGAN or parent is None else parent
    unit.organ_path = unit.organ.path
    return unit
