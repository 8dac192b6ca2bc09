"""How PostgreSQL answers: by indexes, although row-level security stands between; in as many statements."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from lienthong.office.core import scope
from lienthong.office.core.actor import Actor
from lienthong.office.core.search import Sought, sought
from lienthong.office.documents.actions.receiving import accept
from lienthong.office.documents.facets import facets_of
from lienthong.office.documents.search import find_documents, find_narrowed
from lienthong.office.documents.selectors import documents as selectors
from tests.office.documents.test_policies import fill
from tests.office.people import sign_in

if TYPE_CHECKING:
    from tests.office.documents.bureau import Bureau


MANY = """
    INSERT INTO documents_document (
        organ_id, direction, state, label, type, urgency, subject, number, number_key, entry, entered_on, author_code,
        author, signer, place, note, at_desk, recall_reason, uid, revision, words
    )
    SELECT organ_id, direction, CASE WHEN n %% 50 = 0 THEN 'registered' ELSE 'completed' END, label, type, urgency,
        subject, n || '-CV/TW', n || '-cv-tw', n, date '2026-01-01' + n / 100, author_code, author, signer, place, note,
        at_desk, recall_reason, gen_random_uuid(), 1, quote_literal(organ_id || '/n' || n)::tsvector || words
    FROM documents_document, generate_series(1, 20000) n WHERE id = %s
"""


@pytest.fixture
def large(bureau: "Bureau") -> "Bureau":
    """An organ with so many documents that reading all of them is dear."""
    fill(bureau)
    with scope.system(), connection.cursor() as cursor:
        cursor.execute(MANY, [bureau.arrived().pk])
        cursor.execute("ANALYZE documents_document")
    return bureau


def plans(ask: Callable[[], object]) -> list[str]:
    """Return how PostgreSQL answers what is asked."""
    with CaptureQueriesContext(connection) as queries:
        ask()
    found = []
    with connection.cursor() as cursor:
        for query in queries.captured_queries:
            cursor.execute(f"EXPLAIN {query['sql']}")
            found.append("\n".join(row[0] for row in cursor.fetchall()))
    return found


def _find_and_narrow(actor: Actor, looked_for: Sought) -> None:
    find_documents(actor, looked_for, 5)
    for given in ({}, {"label": "internal"}, {"year": "2026", "direction": "incoming"}):
        find_narrowed(actor, looked_for, 5, given)
        facets_of(actor, looked_for, given)


@pytest.mark.parametrize("who", ["writer", "clerk", "signer"])
def test_no_page_reads_all_documents_of_an_organ(large: "Bureau", who: str) -> None:
    actor, looked_for = large.actor(who), sought("n17 cong v")
    assert looked_for is not None
    asked: dict[str, Callable[[], object]] = {
        "document_words": lambda: _find_and_narrow(actor, looked_for),
        "document_register": lambda: list(selectors.incoming(actor).order_by("-entered_on", "-entry", "-pk")[:50]),
        "document_state": lambda: list(selectors.mine(actor)),
    }
    with scope.act_for(actor):
        for index, ask in asked.items():
            for answered in plans(ask):
                assert f"on {index}" in answered or f"using {index}" in answered
                assert "Seq Scan on documents_document" not in answered
        for rows in (selectors.waiting(actor), selectors.in_work(actor)):
            for answered in plans(lambda rows=rows: list(rows)):  # type: ignore[misc]  # the rows of this turn
                assert "Seq Scan on documents_document" not in answered


def test_only_the_comparison_that_tells_nothing_is_marked(bureau: "Bureau") -> None:
    del bureau
    with connection.cursor() as cursor:
        cursor.execute("SELECT oid::regprocedure::text FROM pg_proc WHERE proname ~ '^ts_match' AND proleakproof")
        assert cursor.fetchall() == [("ts_match_vq(tsvector,tsquery)",)]


@pytest.mark.parametrize("address", ["/", "/documents/", "/documents/incoming/", "/search?q=c%C3%B4ng", "document"])
def test_pages_cost_as_many_statements_whatever_there_is(bureau: "Bureau", address: str) -> None:
    client = Client()
    sign_in(client, bureau.people["clerk"])
    numbers = []
    for _ in range(2):
        arrived = bureau.arrived()
        accept(actor=bureau.actor("clerk"), document=arrived)
        fill(bureau)
        place = f"/documents/{arrived.pk}/" if address == "document" else address
        client.get(place)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(place).status_code == 200
        numbers.append(len(queries))
    assert numbers[0] == numbers[1] <= 24
