"""Statements that PostgreSQL keeps planned: planning a card of the home page takes it longer than answering (ADR 0102).

Django writes values into the text of a statement, so that each is planned anew. Here they travel beside it, and the
connection keeps the statement under a name.
"""

from collections.abc import Sequence
from typing import Any, Final, Self

from django.db import connection
from psycopg import Cursor
from psycopg.types.numeric import Int8

_SIZE: Final = 2**63


class _Cursor(Cursor[tuple[Any, ...]]):
    """A cursor whose statements are prepared at their first use."""

    def execute(self, query: Any, params: Any = None, **_given: Any) -> Self:  # noqa: ANN401 - psycopg's own
        return super().execute(query, params, prepare=True)


def fetch(sql: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
    """Ask a query whose text is one of a few, and return its rows.

    Args:
        sql: with ``%s`` for each value.
        parameters: the values.
    """
    connection.ensure_connection()
    # With what Django puts around a cursor: errors of its own, measurements, the thread's own connection.
    wrapped = connection._prepare_cursor(_Cursor(connection.connection))  # type: ignore[attr-defined]  # noqa: SLF001 - no public way to give it a cursor
    with wrapped as cursor:
        cursor.execute(sql, [_sized(value) for value in parameters])
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def fetch_planned_anew(sql: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
    """Do the same with a plan for these values."""
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def _sized(value: Any) -> Any:  # noqa: ANN401 - whatever a column compares with
    """Return numbers as of one size; else psycopg would prepare a statement for small ones and another for large."""
    if isinstance(value, list):
        return [_sized(each) for each in value]
    # What fits no column, as an address may hold, is found nowhere.
    return Int8(value) if type(value) is int and -_SIZE <= value < _SIZE else value
