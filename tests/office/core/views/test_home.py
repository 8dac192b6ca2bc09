"""The home page."""

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from lienthong.office.core import cards
from lienthong.office.core.cards import Card, Content, Group, Row
from tests.support.officials import client_of, make_official, make_organ

pytestmark = pytest.mark.django_db
QUERIES = 6


def test_nobody_sees_it_before_signing_in() -> None:
    response = Client().get("/")
    assert (response.status_code, response.headers["Location"]) == (302, "/account/login/?next=/")


def test_it_shows_whom_one_acts_for() -> None:
    page = client_of(make_official(make_organ(), 1, title="Văn thư")).get("/").content.decode()
    assert "Văn thư" in page
    assert "Cơ quan 1" in page


def test_it_shows_what_the_rooms_have(monkeypatch: pytest.MonkeyPatch) -> None:
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
    page = client_of(make_official(make_organ(), 1)).get("/").content.decode()
    assert "&lt;b&gt;Việc 1&lt;/b&gt;" in page
    assert 'href="/viec/1"' in page
    assert ">12<" in page


def test_it_asks_the_database_a_few_times_only(django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    client = client_of(make_official(make_organ(), 1))
    with django_assert_max_num_queries(QUERIES):
        client.get("/")
