"""Persons of the office who are signed in, for tests of pages."""

from datetime import timedelta

from django.test import Client
from django.utils.timezone import localdate

from lienthong.office.accounts.models import Appointment, Person, State
from lienthong.office.core import scope
from lienthong.office.core.actor import Role
from lienthong.office.core.text import person_sort_key, search_key
from lienthong.office.organs.models import Position, Unit

PATH = "900/"


def make_organ(code: str = "T1", name: str = "Cơ quan 1", path: str = PATH) -> Unit:
    """Make an organ of its own."""
    with scope.system():
        unit = Unit.objects.create(kind="organ", code=code, name=name, path=path, organ_path=path)
        unit.organ = unit
        unit.save()
        return unit


def make_official(organ: Unit, number: int, *roles: Role, title: str = "Chuyên viên", operator: bool = False) -> Person:
    """Make a person with a position in an organ."""
    name = f"Người dùng {number}"
    with scope.system():
        person = Person.objects.create(
            email=f"p{number}@test.invalid",
            name=name,
            organ=organ,
            organ_path=organ.path,
            state=State.ACTIVE,
            is_staff=operator,
            sort_key=person_sort_key(name),
            search_key=search_key(name),
        )
        position = Position.objects.create(unit=organ, title=title, roles=list(roles), organ_path=organ.path)
        since = localdate() - timedelta(days=1)
        Appointment.objects.create(person=person, position=position, valid_from=since, is_main=True)
    return person


def client_of(person: Person) -> Client:
    """Return a browser in which a person is signed in, with a second factor as some need one."""
    client = Client()
    with scope.system():
        client.force_login(person)
        session = client.session
        session["second_factor"] = True
        session.save()
    return client
