"""Ending one session of somebody."""

import pytest
from allauth.usersessions.models import UserSession
from django.test import Client

from lienthong.office.accounts.actions.access import end_session
from lienthong.office.accounts.events import Kind
from lienthong.office.core import scope
from lienthong.office.core.errors import Forbidden, NotFound
from lienthong.office.core.models import AuditEntry
from tests.office.people import House


def _session(house: House, key: str) -> tuple[Client, int]:
    client = house.client(key)
    with scope.system():
        session = UserSession.objects.create(
            user=house.persons[key], session_key=client.session.session_key, ip="192.0.2.7", user_agent="x"
        )
    return client, session.pk


def test_one_session_ends_and_the_other_goes_on(house: House) -> None:
    lost, number = _session(house, "official")
    kept, _other = _session(house, "official")
    person = house.persons["official"]
    page = f"/persons/{person.pk}/"
    browser = house.client("administrator")
    assert f"{page}sessions/{number}/end/" in browser.get(page).content.decode()
    assert browser.post(f"{page}sessions/{number}/end/")["Location"] == page
    assert lost.get("/").status_code == 302
    assert kept.get("/").status_code == 200
    with scope.system():
        entry = AuditEntry.objects.get(kind=Kind.SESSION_END)
    assert (entry.object_id, entry.old and entry.old["address"]) == (person.pk, "192.0.2.7")
    assert browser.post(f"{page}sessions/{number}/end/").status_code == 404


@pytest.mark.parametrize(
    "by", ["official", "colleague", "leader", "security", "auditor", "below_administrator", "outside_administrator"]
)
def test_nobody_else_ends_it(house: House, by: str) -> None:
    client, number = _session(house, "official")
    with pytest.raises((Forbidden, NotFound)):
        end_session(actor=house.actor(by), person_id=house.persons["official"].pk, session_id=number)
    assert client.get("/").status_code == 200


def test_a_session_of_somebody_else_is_not_found(house: House) -> None:
    client, number = _session(house, "security")
    with pytest.raises(NotFound):
        end_session(actor=house.actor("administrator"), person_id=house.persons["official"].pk, session_id=number)
    assert client.get("/").status_code == 200
