"""The page of one's notifications."""

import re

import pytest
from django.test import Client
from pytest_django import Settings

from lienthong.office.core import scope
from lienthong.office.core.models import Notification
from lienthong.office.core.notifications import actions
from tests.office.core.notifications.example import KIND
from tests.office.people import House, sign_in

HTMX = {"HX-Request": "true"}
PAGE, PIECE = "/notifications/", "/notifications/list"


@pytest.fixture(autouse=True)
def _english(settings: Settings) -> None:
    settings.LANGUAGE_CODE = "en"


def _tell(house: House, *keys: str, name: str = "1") -> int:
    people = [house.persons[key].pk for key in keys]
    actions.notify(person_ids=people, kind=KIND, facts={"name": name}, url="/units/1/?x=1", about=f"tests.thing:{name}")
    with scope.system():
        return Notification.objects.latest("pk").pk


def test_the_bell_shows_how_many_are_unread_on_every_page(house: House) -> None:
    _tell(house, "official")
    _tell(house, "official", name="2")
    assert 'id="bell-count">2</span>' in house.client("official").get("/").content.decode()
    assert 'id="bell-count"></span>' in house.client("below").get("/").content.decode()


@pytest.mark.parametrize("address", [PAGE, PIECE])
def test_only_ones_own_are_listed(house: House, address: str) -> None:
    _tell(house, "official")
    assert "Thing 1 came" in house.client("official").get(address, headers=HTMX).content.decode()
    for who in ("below", "administrator", "auditor", "operator"):
        assert "Thing 1 came" not in house.client(who).get(address, headers=HTMX).content.decode()
    assert house.client("anonymous").get(address).headers["Location"].startswith("/account/login/")
    assert house.client("official").get(PIECE).headers["Location"] == PAGE


def test_opening_one_marks_it_as_read_and_leads_there(house: House) -> None:
    note = _tell(house, "official")
    client = house.client("official")
    assert client.get(f"{PAGE}{note}/").status_code == 405
    answer = client.post(f"{PAGE}{note}/")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/units/1/?x=1")
    assert 'id="bell-count"></span>' in client.get("/").content.decode()


@pytest.mark.parametrize("note", ["0", "99", "9223372036854775807", "9223372036854775808", "9" * 40])
def test_one_that_there_is_not_cannot_be_opened(house: House, note: str) -> None:
    assert house.client("official").post(f"{PAGE}{note}/").status_code == 404


def test_another_ones_cannot_be_opened(house: House) -> None:
    note = _tell(house, "official")
    for who in ("below", "administrator", "auditor", "operator"):
        assert house.client(who).post(f"{PAGE}{note}/").status_code == 404
    with scope.system():
        assert Notification.objects.get(pk=note).read_at is None


def test_all_that_was_shown_is_marked_as_read(house: House) -> None:
    _tell(house, "official")
    client = house.client("official")
    shown = re.search(r'name="up_to" value="(\d+)"', client.get(PAGE).content.decode())
    assert shown
    _tell(house, "official", name="2")
    client.post("/notifications/read", {"up_to": shown[1]})
    assert 'id="bell-count">1</span>' in client.get("/").content.decode()
    for nonsense in ("", "x", "-1", "9" * 30):
        assert client.post("/notifications/read", {"up_to": nonsense}).status_code == 302
    assert 'id="bell-count">1</span>' in client.get("/").content.decode()


def test_mail_is_chosen_on_the_page(house: House) -> None:
    client = house.client("official")
    assert '<option value="soon" selected>' in client.get(PAGE).content.decode()
    assert client.post("/notifications/mail", {"mail": "daily"}).status_code == 302
    assert '<option value="daily" selected>' in client.get(PAGE).content.decode()
    assert client.post("/notifications/mail", {"mail": "hourly"}).status_code >= 400


@pytest.mark.parametrize("address", ["/notifications/1/", "/notifications/read", "/notifications/mail"])
def test_nothing_is_changed_without_a_token_against_forgery(house: House, address: str) -> None:
    client = Client(enforce_csrf_checks=True)
    sign_in(client, house.persons["official"])
    assert client.post(address, {"mail": "never", "up_to": "1"}).status_code == 403
    assert Client().post(address).status_code == 302


def test_markup_in_a_fact_is_text(house: House) -> None:
    _tell(house, "official", name="<script>alert(1)</script>")
    assert "<script>alert" not in house.client("official").get(PAGE).content.decode()
