"""Statements that the database keeps planned."""

from datetime import date

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from lienthong.office.core.prepared import fetch

pytestmark = pytest.mark.django_db


def _kept(text: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE %s", [f"{text}%"])
        return int(cursor.fetchall()[0][0])


def test_a_statement_is_kept_once_whatever_the_size_of_its_numbers() -> None:
    for number in (0, -1, 1, 2**15, 2**31, -(2**40), 2**63 - 1):
        assert fetch("SELECT %s::bigint AS kept_once", [number]) == [(number,)]
    assert _kept("SELECT $1::bigint AS kept_once") == 1


def test_a_number_that_fits_no_column_is_found_nowhere() -> None:
    assert fetch("SELECT id FROM organs_unit WHERE id = %s", [2**63]) == []


def test_values_of_all_kinds_come_as_they_are() -> None:
    given = [3, "a'b", True, None, date(2026, 11, 26), [1, 2**40], []]
    sql = "SELECT %s::bigint, %s::text, %s::boolean, %s::text, %s::date, %s::bigint[], %s::bigint[]"
    assert fetch(sql, given) == [tuple(given)]


def test_it_is_counted_and_fails_as_every_query() -> None:
    with CaptureQueriesContext(connection) as queries:
        fetch("SELECT %s::text", ["x"])
    assert len(queries) == 1
    with pytest.raises(DatabaseError), transaction.atomic():
        fetch("SELECT 1 / %s::bigint", [0])


def test_after_a_rollback_statements_are_prepared_anew() -> None:
    fetch("SELECT %s::text AS anew", ["x"])
    with pytest.raises(DatabaseError), transaction.atomic():
        fetch("SELECT 1 / %s::bigint", [0])
    assert fetch("SELECT %s::text AS anew", ["y"]) == [("y",)]
