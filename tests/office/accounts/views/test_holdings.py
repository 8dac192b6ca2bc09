"""Positions, substitutes and labelled units, on their pages."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.timezone import localdate

from lienthong.kernel.labels import Level
from lienthong.office.accounts.models import Appointment, NeedToKnow, Substitution
from lienthong.office.core import scope
from tests.office.people import KINDS, House, appoint, clear, make_position

TODAY = localdate()
DAY = timedelta(days=1)
OUT = {"anonymous", "dismissed", "suspended", "invited"}
SEE = {"administrator", "security", "auditor", "leader", "above_administrator", "above_security",
       "official", "colleague", "cleared"}  # fmt: skip
ADMINISTRATORS = {"administrator", "above_administrator"}
PERIOD = {"valid_from": TODAY.isoformat(), "valid_to": (TODAY + DAY).isoformat()}


def _expected(kind: str, allowed: set[str]) -> int:
    if kind in OUT or kind in allowed:
        return 302
    return 403 if kind in SEE else 404


@pytest.mark.parametrize("kind", KINDS)
def test_who_appoints_and_ends(house: House, kind: str) -> None:
    client, number = house.client(kind), house.persons["official"].pk
    sent = {"position": str(house.positions["colleague"].pk), "revision": str(house.person("official").revision)}
    url = f"/persons/{number}/appoint/"
    assert client.get(url).status_code == (200 if kind in ADMINISTRATORS else _expected(kind, set()))
    assert client.post(url, sent | {"valid_from": TODAY.isoformat()}).status_code == _expected(kind, ADMINISTRATORS)
    with scope.system():
        made = Appointment.objects.filter(person=number, position=house.positions["colleague"]).first()
    assert (made is not None) is (kind in ADMINISTRATORS)
    url = f"/persons/{number}/appointments/{house.appointment('official').pk}/end/"
    sent = {"last": TODAY.isoformat(), "revision": str(house.person("official").revision)}
    assert client.post(url, sent).status_code == _expected(kind, ADMINISTRATORS)
    assert (house.appointment("official").valid_to == TODAY) is (kind in ADMINISTRATORS)


@pytest.mark.parametrize("kind", KINDS)
def test_who_names_a_substitute(house: House, kind: str) -> None:
    url = f"/persons/{house.persons['official'].pk}/appointments/{house.appointment('official').pk}/substitute/"
    sent = {"substitute": str(house.persons["colleague"].pk), "revision": "1"} | PERIOD
    answer = house.client(kind).post(url, sent)
    assert answer.status_code == _expected(kind, ADMINISTRATORS | {"official"})
    with scope.system():
        assert Substitution.objects.exists() is (kind in ADMINISTRATORS | {"official"})


def test_an_appointment_of_another_person_is_not_there(house: House) -> None:
    client = house.client("administrator")
    mine, other = house.persons["official"].pk, house.appointment("colleague").pk
    for name in ("end", "substitute"):
        assert client.get(f"/persons/{mine}/appointments/{other}/{name}/").status_code == 404
    assert client.post(f"/persons/{mine}/appointments/{other}/main/", {"revision": "1"}).status_code == 404


def test_ones_own_account_shows_and_ends_what_is_ones_own(house: House) -> None:
    with scope.system():
        second = appoint(
            house.persons["official"], make_position(house.departments["commune"], "Chức vụ khác"), main=False
        )
    client = house.client("official")
    url = f"/persons/{house.persons['official'].pk}/appointments/{house.appointment('official').pk}/substitute/"
    assert (
        client.post(url, {"substitute": str(house.persons["colleague"].pk), "revision": "1"} | PERIOD)["Location"]
        == "/account/"
    )
    page = client.get("/account/").content.decode()
    assert "Chức vụ khác" in page
    assert house.persons["colleague"].name in page
    with scope.system():
        made = Substitution.objects.get()
    assert f"/persons/substitutions/{made.pk}/end/" in house.client("colleague").get("/account/").content.decode()
    assert house.client("leader").post(f"/persons/substitutions/{made.pk}/end/").status_code == 403
    assert client.post(f"/persons/substitutions/{made.pk}/end/")["Location"] == "/account/"
    sent = {"revision": str(house.person("official").revision)}
    url = f"/persons/{house.persons['official'].pk}/appointments/{second.pk}/main/"
    assert client.post(url, sent | {"revision": "77"}).status_code == 409
    assert client.post(url, sent).status_code == 302
    assert house.actor("official").appointment_id == second.pk


@pytest.mark.parametrize("kind", KINDS)
def test_everybody_signed_in_has_a_page_of_their_own(house: House, kind: str) -> None:
    answer = house.client(kind).get("/account/")
    assert answer.status_code == (302 if kind in OUT else 200)


@pytest.mark.parametrize(("kind", "most"), [("official", 9), ("unplaced", 9), ("cleared", 9)])
def test_ones_own_page_costs_few_queries(house: House, kind: str, most: int) -> None:
    client = house.client(kind)
    client.get("/account/")
    with CaptureQueriesContext(connection) as queries:
        client.get("/account/")
    assert len(queries) <= most


@pytest.mark.parametrize("kind", ["security", "above_security", "administrator", "auditor", "cleared", "outsider"])
def test_who_withdraws_a_unit(house: House, kind: str) -> None:
    with scope.system():
        clear(house.persons["security"], Level.SECRET, by=house.persons["above_security"])
    url = f"/persons/{house.persons['cleared'].pk}/units/{house.hidden.pk}/withdraw/"
    assert house.client("security").get(url).status_code == 405
    answer = house.client(kind).post(url)
    assert answer.status_code == _expected(kind, {"security", "above_security"})
    with scope.system():
        assert NeedToKnow.objects.exists() is (kind not in {"security", "above_security"})
