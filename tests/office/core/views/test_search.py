"""The search on every page: with and without marks, by code and address, and only what the reader may see."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from lienthong.office.accounts.models import Person
from lienthong.office.core import scope
from lienthong.office.core.keyed import CANDIDATES
from lienthong.office.core.text import person_sort_key, search_key
from lienthong.office.organs.models import Unit
from tests.office.people import House

HTMX = {"HX-Request": "true"}
ADDRESSES = ("/search", "/search/suggestions")


@pytest.fixture(autouse=True)
def _english(settings: Settings) -> None:
    settings.LANGUAGE_CODE = "en"


def _call(house: House, key: str, name: str) -> None:
    """Give a person a name."""
    with scope.system():
        person = house.person(key)
        person.name, person.search_key, person.sort_key = name, search_key(name), person_sort_key(name)
        person.save(update_fields=["name", "search_key", "sort_key"])


def _found(house: House, who: str, text: str, address: str = "/search", **more: str) -> list[str]:
    answer = house.client(who).get(address, {"q": text, **more}, headers=HTMX)
    assert answer.status_code == 200
    places = r'<li><a (?:class="dropdown-item" )?href="(/(?:persons|units)/[^"]+)">'
    return re.findall(places, answer.content.decode().partition('id="content"')[2] or answer.content.decode())


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize(
    "text",
    ["đặng thị huế", "Dang Thi Hue", "thị huế", "dang hue", "hue dang", "hu", "below@test", "BELOW@TEST.INVALID"],
)
def test_a_person_is_found_by_words_of_the_name_and_by_address(house: House, text: str, address: str) -> None:
    _call(house, "below", "Đặng Thị Huế")
    assert f"/persons/{house.persons['below'].pk}/" in _found(house, "administrator", text, address)


@pytest.mark.parametrize("text", ["dang hoa", "hị huế", "x", "%", "_", "", " \x00 ", "'", "đặng%huế"])
def test_what_does_not_fit_is_not_found(house: House, text: str) -> None:
    _call(house, "below", "Đặng Thị Huế")
    assert _found(house, "administrator", text) == []


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize(
    ("who", "sees"),
    [("beside", False), ("official", False), ("outside_administrator", False), ("unplaced", False), ("operator", False),
     ("below_administrator", True), ("administrator", True), ("leader", True)],
)  # fmt: skip
def test_a_person_is_found_only_by_those_who_may_see_them(house: House, who: str, address: str, *, sees: bool) -> None:
    _call(house, "below", "Đặng Thị Huế")
    assert (_found(house, who, "dang thi hue", address) == [f"/persons/{house.persons['below'].pk}/"]) is sees


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("text", ["văn phòng tỉnh 1", "van phong tinh 1", "tinh phong 1 van", "t.province.v"])
def test_a_unit_is_found_by_name_and_code(house: House, text: str, address: str) -> None:
    assert f"/units/{house.departments['province'].pk}/" in _found(house, "beside", text, address)


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("text", ["phòng cơ yếu", "T.HIDDEN"])
def test_a_hidden_unit_is_found_only_by_those_who_know_of_it(house: House, text: str, address: str) -> None:
    place = f"/units/{house.hidden.pk}/"
    assert place in _found(house, "cleared", text, address)
    for who in ("official", "administrator", "security", "outsider"):
        answer = house.client(who).get(address, {"q": text}, headers=HTMX).content.decode()
        assert place not in answer
        assert "Phòng Cơ yếu" not in answer


def test_a_unit_that_has_ended_is_not_found(house: House) -> None:
    with scope.system():
        Unit.objects.filter(pk=house.organs["neighbour"].pk).update(valid_to="2026-01-01")
    assert _found(house, "official", "xã 2") == [f"/units/{house.departments['neighbour'].pk}/"]


def test_more_of_one_kind_is_shown_on_its_own_page(house: House) -> None:
    unit = house.organs["commune"]
    with scope.system():
        Person.objects.bulk_create(
            Person(email=f"c{n}@test.invalid", name=f"Cán bộ {n}", password="!", organ=unit, organ_path=unit.path,
                   sort_key=person_sort_key(f"Cán bộ {n}"), search_key=search_key(f"Cán bộ {n}"))
            for n in range(CANDIDATES + 10)
        )  # fmt: skip
    body = house.client("below").get("/search", {"q": "cán bộ"}).content.decode()
    assert "/search?q=c%C3%A1n+b%E1%BB%99&amp;in=persons" in body
    assert "/persons/" in body
    assert len(_found(house, "below", "cán bộ")) == 20
    assert len(_found(house, "below", "cán bộ", **{"in": "persons"})) == 100
    assert len(_found(house, "below", "bộ cán", **{"in": "nothing"})) == 20
    assert len(_found(house, "below", "cán bộ", "/search/suggestions")) == 5


def test_pages_of_the_menus_are_found_by_those_who_see_them(house: House) -> None:
    assert (
        'href="/styleguide/"'
        in house.client("operator").get("/search/suggestions", {"q": "STYLE g"}, headers=HTMX).content.decode()
    )
    assert (
        "styleguide"
        not in house.client("official").get("/search/suggestions", {"q": "style g"}, headers=HTMX).content.decode()
    )


def test_a_search_costs_the_same_few_queries_whatever_is_found(house: House) -> None:
    client = house.client("administrator")
    client.get("/search", {"q": "zz"})
    for text in ("zz", "người dùng", "dùng người", "văn phòng", "a b c d e f g h"):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            client.get("/search", {"q": text})
        own = [one["sql"] for one in queries if re.search("accounts_person|organs_unit", one["sql"])]
        assert len(own) <= 8, own


def test_what_is_searched_for_is_shown_as_text(house: House) -> None:
    answer = house.client("official").get("/search", {"q": '"><script>alert(1)</script>'})
    assert "<script>alert" not in answer.content.decode()
    assert house.client("official").post("/search", {"q": "x"}).status_code == 405
    for address in ADDRESSES:
        assert house.client("anonymous").get(address, {"q": "van phong"}).status_code == 302


def test_suggestions_are_a_piece_of_a_page_only_for_the_script(house: House) -> None:
    answer = house.client("official").get("/search/suggestions", {"q": "văn & phòng"})
    assert answer.headers["Location"] == "/search?q=v%C4%83n+%26+ph%C3%B2ng"
