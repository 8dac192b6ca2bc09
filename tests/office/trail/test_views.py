"""The pages of the trail."""

from enum import StrEnum

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from lienthong.kernel.labels import Level
from lienthong.office.core import scope
from lienthong.office.core.audit import record
from lienthong.office.core.models import AuditEntry
from tests.office.people import House


class Did(StrEnum):
    SEEN = "tests:person:see"


def _note(house: House, who: str, about: str, label: Level = Level.PUBLIC, new: str = "y") -> int:
    with scope.system(), transaction.atomic():
        actor, person = house.actor(who), house.persons[about]
        record(actor=actor, kind=Did.SEEN, obj=person, old={"a": "x"}, new={"a": new}, label=label)
        return AuditEntry.objects.latest("id").pk


def test_an_auditor_finds_entries(house: House) -> None:
    one = _note(house, "administrator", "official")
    other = _note(house, "below_administrator", "below")
    secret = _note(house, "security", "cleared", Level.SECRET)
    browser = house.client("auditor")
    page = browser.get("/trail/").content.decode()
    assert f"/trail/{one}/" in page
    assert f"/trail/{other}/" in page
    assert f"/trail/{secret}/" not in page
    found = browser.get("/trail/?q=Người dùng 11").content.decode()
    assert f"/trail/{other}/" in found
    assert f"/trail/{one}/" not in found
    assert f"/trail/{one}/" not in browser.get("/trail/?kind=accounts:person:edit").content.decode()


@pytest.mark.parametrize("query", ["q=%00", "kind=x", "day-from=9999-99-99", "page=-1", "sort=password", "level=99"])
def test_nonsense_is_passed_over(house: House, query: str) -> None:
    assert house.client("auditor").get(f"/trail/?{query}").status_code == 200


def test_an_entry_is_shown_whole_and_harmless(house: House) -> None:
    number = _note(house, "administrator", "official", new="<script>alert(1)</script>")
    page = house.client("auditor").get(f"/trail/{number}/").content.decode()
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script>alert" not in page


def test_entries_of_others_are_not_found(house: House) -> None:
    number = _note(house, "administrator", "official")
    secret = _note(house, "security", "cleared", Level.SECRET)
    for key in ("official", "leader", "outsider", "below"):
        assert house.client(key).get(f"/trail/{number}/").status_code == 404
        assert f"/trail/{number}/" not in house.client(key).get("/trail/").content.decode()
    assert house.client("administrator").get(f"/trail/{number}/").status_code == 200
    assert house.client("auditor").get(f"/trail/{secret}/").status_code == 404
    assert house.client("auditor").get("/trail/999999/").status_code == 404
    assert house.client("auditor").get("/trail/99999999999999999999/").status_code == 404
    assert Client().get("/trail/").status_code == 302


def test_the_list_takes_as_many_queries_for_many_as_for_one(house: House) -> None:
    browser = house.client("auditor")
    _note(house, "administrator", "official")
    with CaptureQueriesContext(connection) as few:
        browser.get("/trail/")
    for _ in range(20):
        _note(house, "administrator", "official")
    with CaptureQueriesContext(connection) as many:
        browser.get("/trail/")
    assert len(many) == len(few) <= 8


def test_an_export_holds_what_the_page_shows(house: House) -> None:
    _note(house, "administrator", "official")
    _note(house, "security", "cleared", Level.SECRET)
    answer = house.client("auditor").get("/trail/?export=csv")
    text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]  # a file is streamed
    assert text.count("tests:person:see") == 1
