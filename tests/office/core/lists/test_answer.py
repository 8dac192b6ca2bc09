"""Lists over HTTP with the real database: what is shown, counted and exported is what the reader may see."""

import csv
import io
import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from openpyxl import load_workbook

from lienthong.office.accounts.models import Person, State
from lienthong.office.core import scope
from lienthong.office.core.models import AuditEntry
from lienthong.office.core.text import person_sort_key, search_key
from tests.office.people import House

pytestmark = pytest.mark.urls("tests.office.core.lists.example")
PERSONS, FORGETFUL, UNITS = "/example/persons/", "/example/forgetful/", "/example/units/"
ROW = re.compile(r'<th scope="row">(?:<a href="[^"]+">)?([^<]*)(?:</a>)?</th>')
SEEN = {
    "below": {"below", "below_administrator"},
    "beside": {"beside"},
    "outsider": {"outsider", "outside_administrator"},
    "unplaced": {"unplaced"},
}


def _names(client: Client, address: str) -> list[str]:
    answer = client.get(address)
    assert answer.status_code == 200, answer.content[:500]
    return ROW.findall(answer.content.decode())


def _file(client: Client, address: str, kind: str, **query: str) -> bytes:
    answer = client.get(address, {"export": kind, **query})
    assert answer.headers["Content-Disposition"].startswith("attachment; filename=")
    content: bytes = answer.getvalue()
    return content


def _crowd(house: House, count: int, organ: str = "commune") -> None:
    """Add persons to an organ."""
    unit = house.organs[organ]
    with scope.system(), connection.cursor() as cursor:
        # On a busy machine so many take longer than a page may.
        cursor.execute("SET LOCAL statement_timeout = 0")
        Person.objects.bulk_create(
            Person(
                email=f"crowd{n}@test.invalid", name=f"Cán bộ {n}", password="!", state=State.ACTIVE,
                organ=unit, organ_path=unit.path,
                sort_key=person_sort_key(f"Cán bộ {n}"), search_key=search_key(f"Cán bộ {n}"),
            )
            for n in range(1, count + 1)
        )  # fmt: skip


@pytest.mark.parametrize("who", SEEN)
@pytest.mark.parametrize("address", [PERSONS, FORGETFUL])
def test_page_count_facets_and_files_show_whom_the_reader_may_see(house: House, who: str, address: str) -> None:
    client = house.client(who)
    expected = {house.persons[key].name for key in SEEN[who]}
    # Whoever has no position sees at least themselves.
    assert set(_names(client, address)) == expected
    assert f"1–{len(expected)} of {len(expected)}" in client.get(address).content.decode()
    assert client.get(address, {"facets": "state"}).json() == {"active": len(expected)}
    text = _file(client, address, "csv").decode("utf-8-sig")
    assert {row[0] for row in list(csv.reader(io.StringIO(text)))[1:]} == expected
    file = _file(client, address, "xlsx")
    sheet = load_workbook(io.BytesIO(file)).active
    assert sheet is not None
    assert {row[0] for row in sheet.iter_rows(min_row=2, values_only=True)} == expected


def test_a_hidden_unit_is_in_no_list_count_facet_or_file(house: House) -> None:
    for who, sees in (("official", False), ("cleared", True)):
        client = house.client(who)
        assert ("Phòng Cơ yếu" in _names(client, UNITS)) is sees
        assert (client.get(UNITS, {"facets": "label"}).json().get("secret", 0) == 1) is sees
        assert bool(_names(client, f"{UNITS}?label=secret")) is sees
        file = _file(client, UNITS, "csv")
        assert ("Phòng Cơ yếu".encode() in file) is sees


def test_filters_and_order(house: House) -> None:
    _crowd(house, 12)
    client = house.client("below")
    assert _names(client, f"{PERSONS}?q=CAN BO 1&sort=-name")[:3] == ["Cán bộ 12", "Cán bộ 11", "Cán bộ 10"]
    assert _names(client, f"{PERSONS}?q=cán bộ 2") == ["Cán bộ 2", "Cán bộ 12"]
    assert _names(client, f"{PERSONS}?state=dismissed") == []
    assert len(_names(client, f"{PERSONS}?since_from=2020-01-01")) == 14
    assert _names(client, f"{PERSONS}?since_to=2020-01-01") == []
    assert _names(client, PERSONS)[:2] == ["Cán bộ 1", "Cán bộ 2"]


def test_pages_hold_every_row_once_and_end_where_the_rows_do(house: House) -> None:
    _crowd(house, 121)
    client = house.client("below")
    pages = [_names(client, f"{PERSONS}?page={page}") for page in (1, 2, 3)]
    assert [len(page) for page in pages] == [50, 50, 23]
    assert len({name for page in pages for name in page}) == 123
    assert _names(client, f"{PERSONS}?page=4") == pages[2]
    assert len(_names(client, f"{PERSONS}?size=200")) == 123
    body = client.get(f"{PERSONS}?page=2").content.decode()
    assert "51–100 of 123" in body
    assert 'rel="prev" href="/example/persons/?"' in body
    assert 'rel="next" href="/example/persons/?page=3"' in body


def test_rows_are_counted_a_step_ahead_and_not_beyond_ten_thousand(house: House) -> None:
    _crowd(house, 10_050)
    client = house.client("below")
    body = client.get(PERSONS).content.decode()
    assert "1–50 of more than 2,000" in body
    assert body.count("?page=40") == 1
    body = client.get(f"{PERSONS}?page=40").content.decode()
    assert "1951–2000 of more than 4,000" in body
    assert 'rel="next" href="/example/persons/?page=41"' in body
    assert "Narrow the filter" not in body
    body = client.get(f"{PERSONS}?page=999").content.decode()
    assert "of more than 10,000" in body
    assert "Narrow the filter" in body
    assert "9951–10000 of" in body
    assert 'rel="next"' not in body
    numbers = client.get(f"{PERSONS}?facets=state").json()
    assert all(number.endswith("+") for number in numbers.values())
    assert sum(int(number[:-1]) for number in numbers.values()) == 10_001


@pytest.mark.parametrize(
    "query",
    ["page=-1", "page=x", "sort=password", "state=%27", "q=%00", "q=%ff%fe", "since_from=9999-99-99", "facets=q",
     "facets=password", "export=exe", "size=100000", "q=%25_%5c", "page=1&page=2", "%00=%00", "q=" + "x" * 5000],
)  # fmt: skip
def test_nonsense_in_the_address_is_passed_over(house: House, query: str) -> None:
    assert house.client("official").get(f"{PERSONS}?{query}").status_code == 200


def test_a_page_costs_three_queries_however_many_rows(house: House) -> None:
    client = house.client("below")
    for crowd in (0, 300):
        _crowd(house, crowd)
        client.get(PERSONS)
        with CaptureQueriesContext(connection) as queries:
            client.get(f"{PERSONS}?q=n&sort=-organ")
        own = [query["sql"] for query in queries if "accounts_person" in query["sql"] or "savedview" in query["sql"]]
        # Which rows there are, what they show, saved views.
        assert len(own) == 3, own


def test_an_export_is_in_the_trail(house: House) -> None:
    _file(house.client("below"), PERSONS, "xlsx", q="người")
    with scope.system():
        entry = AuditEntry.objects.get(kind="core:list:export")
    assert (entry.person_id, entry.organ_path) == (house.persons["below"].pk, house.organs["commune"].path)
    assert entry.new == {"list": "persons", "query": "?q=ng%C6%B0%E1%BB%9Di", "kind": "xlsx", "rows": 2}


def test_names_cannot_bring_markup_or_formulas(house: House) -> None:
    evil = '=HYPERLINK("x")<script>alert(1)</script>"\'>'
    with scope.system():
        Person.objects.filter(pk=house.persons["below"].pk).update(name=evil, search_key=search_key(evil))
    client = house.client("below_administrator")
    body = client.get(f"{PERSONS}?q=<script>").content.decode()
    assert "<script>alert" not in body
    assert "&lt;script&gt;alert(1)" in body
    assert 'value="&lt;script&gt;"' in body
    text = _file(client, PERSONS, "csv").decode("utf-8-sig")
    assert f"'{evil}" in {row[0] for row in csv.reader(io.StringIO(text))}


def test_nobody_who_is_not_signed_in_gets_a_list(house: House) -> None:
    for query in ("", "?export=csv", "?facets=state"):
        answer = house.client("anonymous").get(f"{PERSONS}{query}")
        assert answer.status_code == 302
        assert answer.headers["Location"].startswith("/account/login/")
