"""The table that linking works on: records numbered, with what is compared and what they are found by."""

from dataclasses import dataclass
from typing import Final

from duckdb import DuckDBPyConnection

from lienthong.quality.linking.expressions import needed
from lienthong.quality.linking.settings import Link
from lienthong.quality.tables import RECORD_ID, quoted

NODES: Final = "link_nodes"
PAIRED: Final = "link_paired"
"""Of the nodes, those that some candidate is of: few beside all, and read again and again."""
ROW: Final = "row_id"
_PLAIN: Final = (
    # DuckDB's strip_accents leaves Đ alone.
    "CREATE OR REPLACE TEMP MACRO plain(x) AS replace(strip_accents(lower(x)), 'đ', 'd')"
)


@dataclass(frozen=True, slots=True)
class Nodes:
    """What ``prepare`` made."""

    records: int
    # Columns in which at least one record has a value.
    filled: frozenset[str]


def add_macros(connection: DuckDBPyConnection) -> None:
    """Teach a connection the functions that derived columns may call: ``plain(x)`` is lower, without diacritics."""
    connection.execute(_PLAIN)


def prepare(
    connection: DuckDBPyConnection, source: str, settings: Link, *, name: str = NODES, temporary: bool = False
) -> Nodes:
    """Make the table of nodes: ``row_id`` from 0 on in the order of record ids, and the columns linking asks for.

    Args:
        connection: where the table is made.
        source: a table with standardised columns.
        settings: of the registry.
        name: of the new table.
        temporary: it goes with the connection.

    Returns:
        How many records there are and which columns hold anything.
    """
    add_macros(connection)
    there = [each for each, *_rest in connection.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()]
    # A registry has twice as many columns as are asked for, and all of them would be in memory.
    asked = needed(settings)
    chosen = ", ".join(quoted(each) for each in there if each in asked)
    # Sorted alone: sorting whole records takes twice as long as joining them.
    numbers = f"SELECT {RECORD_ID}, (row_number() OVER (ORDER BY {RECORD_ID}) - 1)::INTEGER AS {ROW} FROM {source}"
    query = derive(f"SELECT {ROW}, {chosen} FROM {source} JOIN ({numbers}) USING ({RECORD_ID})", settings)
    kind = "TEMP TABLE" if temporary else "TABLE"
    connection.execute(f"CREATE OR REPLACE {kind} {name} AS {query}")
    return Nodes(records=_count(connection, name), filled=_filled(connection, name))


def take_paired(connection: DuckDBPyConnection, pairs: str) -> None:
    """Make the table of the nodes that stand in pairs (``join_key_l``, ``join_key_r``)."""
    rows = " UNION ALL ".join(f"SELECT join_key_{side} AS {ROW} FROM {pairs}" for side in "lr")
    connection.execute(f"CREATE OR REPLACE TABLE {PAIRED} AS FROM {NODES} SEMI JOIN ({rows}) USING ({ROW})")


def derive(query: str, settings: Link) -> str:
    """Return a query that adds the derived columns to those of another."""
    for column in settings.derived:
        # One after the other, so that each may use those above it.
        query = f"SELECT *, {column.sql} AS {quoted(column.name)} FROM ({query})"
    return query


def _count(connection: DuckDBPyConnection, table: str) -> int:
    (row,) = connection.execute(f"SELECT count(*) FROM {table}").fetchall()
    return int(row[0])


def _filled(connection: DuckDBPyConnection, table: str) -> frozenset[str]:
    names = [name for name, *_rest in connection.execute(f"DESCRIBE {table}").fetchall()]
    (counts,) = connection.execute(
        f"SELECT {', '.join(f'count({quoted(name)})' for name in names)} FROM {table}"
    ).fetchall()
    return frozenset(name for name, count in zip(names, counts, strict=True) if count)
