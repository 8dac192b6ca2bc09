"""Pieces of SQL from a registry's description: which columns they speak of, and whether DuckDB takes them."""

import re
from typing import Final

import duckdb
from duckdb import DuckDBPyConnection

from lienthong.quality.description import Described
from lienthong.quality.errors import RegistryInvalid
from lienthong.quality.linking.levels import levels_of
from lienthong.quality.linking.settings import Link, expressions
from lienthong.quality.tables import RECORD_ID, quoted

_WORD: Final = re.compile(r"\w+", re.ASCII)
_HINT: Final = "Write SQL on the standardised columns and on derived ones above it."


def words(sql: str) -> frozenset[str]:
    """Return the words of an expression in lower case: names of columns are among them."""
    return frozenset(_WORD.findall(sql.lower()))


def mentions(sql: str, names: set[str]) -> bool:
    """Return whether an expression names one of these columns."""
    return not words(sql).isdisjoint(names)


def needed(settings: Link) -> frozenset[str]:
    """Return the names linking may ask a standardised table for; words that are no columns are among them."""
    found = {RECORD_ID}
    for compared in settings.compare:
        found.update(levels_of(compared).columns)
    for _where, sql in expressions(settings):
        found |= words(sql)
    return frozenset(found)


def refuse_wrong(connection: DuckDBPyConnection, described: Described, settings: Link, source: str) -> None:
    """Refuse settings that are not SQL on the columns of a table, before anything is computed.

    Args:
        connection: with the table, and what derived columns may call (``nodes.add_macros``).
        described: the registry, named by errors.
        settings: its settings.
        source: a standardised table.

    Raises:
        RegistryInvalid: the error names the entry.
    """
    # Names and types are enough; files would be opened for every expression.
    table = "link_empty"
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {table} AS FROM {source} LIMIT 0")
    for column in settings.derived:
        _try(connection, f"SELECT {column.sql} FROM {table}", f"{described.source}: [link] derived {column.name}")
        table = f"(SELECT *, {column.sql} AS {quoted(column.name)} FROM {table})"
    for compared in settings.compare:
        names = ", ".join(quoted(name) for name in levels_of(compared).columns)
        _try(connection, f"SELECT {names} FROM {table}", f"{described.source}: [link] compare {compared.name}")
    for rule in settings.block:
        keys = ", ".join(f"({part})" for part in (*rule.key, *rule.tighten))
        _try(connection, f"SELECT {keys} FROM {table}", f"{described.source}: [link] block {rule.name}")
    for conflict in settings.conflict:
        where = f"{described.source}: [link] conflict {conflict.name}"
        _try(connection, f"SELECT CAST(({conflict.sql}) AS BOOLEAN) FROM {table} l CROSS JOIN {table} r", where)


def _try(connection: DuckDBPyConnection, query: str, where: str) -> None:
    try:
        connection.execute(f"EXPLAIN {query}").fetchall()
    except duckdb.Error as error:
        what = str(error).partition("\n")[0][:200]
        raise RegistryInvalid(f"{where}: {what}", hint=_HINT) from error
