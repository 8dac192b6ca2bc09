"""The home page."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.timezone import localdate
from pytest_django import DjangoAssertNumQueries

from lienthong.office.core import cards, scope
from lienthong.office.core.cards import Card, Content, Group, Row
from lienthong.office.organs.models import Succession
from tests.office.people import House

pytestmark = pytest.mark.django_db
# Four of every page, and one of each card.
QUERIES = 12


def test_nobody_sees_it_before_signing_in() -> None:
    response = Client().get("/")
    assert (response.status_code, response.headers["Location"]) == (302, "/account/login/?next=/")


def test_it_shows_whom_one_acts_for(house: House) -> None:
    page = house.client("official").get("/").content.decode()
    assert "Chức vụ 1" in page
    assert "Tỉnh 1" in page


def test_it_shows_what_the_rooms_have(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cards, "_CARDS", [])
    rows = [Row(title="<b>Việc 1</b>", url="/viec/1", late=True)]
    cards.register(
        Card(
            key="x",
            group=Group.WAITING,
            title="Việc",
            url="/viec",
            empty="—",
            order=1,
            fill=lambda _actor: Content(total=12, rows=rows),
        )
    )
    page = house.client("official").get("/").content.decode()
    assert "&lt;b&gt;Việc 1&lt;/b&gt;" in page
    assert 'href="/viec/1"' in page
    assert ">12<" in page


def test_it_asks_the_database_a_few_times_only(
    house: House, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    client = house.client("official")
    with django_assert_max_num_queries(QUERIES):
        client.get("/")


def test_many_rows_on_a_card_cost_no_more_queries_than_one(house: House) -> None:
    client = house.client("administrator")

    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            client.get("/")
        return len(queries)

    counts = []
    for number in range(2 * cards.ROWS):
        with scope.system():
            Succession.objects.create(
                old_code=f"{number}", successor=house.organs["commune"], since=localdate(), needs_review=True
            )
        counts.append(asked())
    assert counts == [counts[0]] * len(counts)
    assert f">{2 * cards.ROWS}<" in client.get("/").text
