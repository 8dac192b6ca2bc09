"""Accounts: named ones to sign in with, and as many nameless ones as a country has, to measure with."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.db import transaction
from django.utils.timezone import localdate

from lienthong.kernel.labels import Level
from lienthong.office.accounts.models import Appointment, Clearance, Person, State
from lienthong.office.core import scope
from lienthong.office.core.text import person_sort_key, search_key
from lienthong.office.organs.models import Position, Unit
from lienthong.office.seeding.tables import analyse, copy_rows, go_on_counting

_PASSWORD_BYTES: Final = 12
_PERSON: Final = (
    "id", "password", "email", "name", "organ_id", "phone", "state", "language", "is_staff",
    "organ_path", "sort_key", "search_key", "revision",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What somebody needs to sign in the first time. The password exists nowhere else in readable form."""

    email: str
    password: str
    position: str
    organ: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """An account that is to be made."""

    # Before the @ of its address, and the name shown.
    login: str
    name: str
    # Whose position: the organ's code, and a role of it; the first official's where the role is empty.
    organ_code: str
    role: str
    level: Level = Level.INTERNAL
    operator: bool = False


@transaction.atomic
def make_accounts(wanted: Sequence[Wanted], domain: str) -> list[Account]:
    """Make accounts with random passwords.

    Args:
        wanted: which.
        domain: of their addresses, such as ``example.test``.
    """
    with scope.system():
        return [_make(one, domain) for one in wanted]


def _make(wanted: Wanted, domain: str) -> Account:
    organ = Unit.objects.get(code=wanted.organ_code)
    positions = Position.objects.filter(unit__organ=organ).order_by("rank", "id")
    # An official without a role: of the lowest rank.
    position = positions.filter(roles__contains=[wanted.role]).first() if wanted.role else positions.last()
    if position is None:
        raise LookupError(f"{wanted.organ_code} has no position with the role {wanted.role}")
    password = secrets.token_urlsafe(_PASSWORD_BYTES)
    person = Person(
        email=f"{wanted.login}@{domain}",
        name=wanted.name,
        organ=organ,
        organ_path=organ.path,
        state=State.ACTIVE,
        is_staff=wanted.operator,
        sort_key=person_sort_key(wanted.name),
        search_key=search_key(wanted.name),
    )
    person.set_password(password)
    person.save(force_insert=True)
    Appointment.objects.create(person=person, position=position, valid_from=localdate(), is_main=True)
    if wanted.level > Level.INTERNAL:
        today = localdate()
        Clearance.objects.create(
            person=person,
            level=wanted.level,
            valid_from=today,
            valid_to=today.replace(year=today.year + 1, day=min(today.day, 28)),
            decision="—",
            granted_by=person,
        )
    return Account(email=person.email, password=password, position=position.title, organ=organ.name)


@transaction.atomic
def seed_persons(count: int) -> None:
    """Spread so many persons evenly over the positions of all organs; they cannot sign in by password.

    They are called after their organ, so that names are as different as those of places and belong to nobody.
    """
    with scope.system():
        first = (Person.objects.order_by("-id").values_list("id", flat=True).first() or 0) + 1
        positions = list(
            Position.objects.filter(closed_on=None, unit__valid_to=None)
            .order_by("organ_path", "rank", "id")
            .values_list("id", "unit__organ_id", "unit__organ__name", "organ_path")
        )
        places = [positions[(step * len(positions)) // count % len(positions)] for step in range(count)]
        copy_rows(
            Person,
            _PERSON,
            (_person(first + step, place[1], place[2], place[3]) for step, place in enumerate(places)),
        )
        copy_rows(
            Appointment,
            ("person_id", "position_id", "valid_from", "is_main"),
            ([first + step, place[0], localdate(), True] for step, place in enumerate(places)),
        )
        go_on_counting(Person, Appointment)
        analyse()


def _person(number: int, organ: int | None, organ_name: str, path: str) -> list[object]:
    name = f"Cán bộ {number} {' '.join(organ_name.split(' ')[-2:])}"
    # "!": no password fits, as Django marks it.
    return [
        number, "!", f"cb{number}@seeded.invalid", name, organ, "", State.ACTIVE, "vi", False, path,
        person_sort_key(name), search_key(name), 1,
    ]  # fmt: skip
