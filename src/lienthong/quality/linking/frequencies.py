"""How common the values of a column are among all records: counted once, whoever asks."""

from typing import Final

from duckdb import DuckDBPyConnection

from lienthong.quality.linking.nodes import NODES
from lienthong.quality.tables import quoted

_TABLE: Final = "link_common_"


def share_of(column: str) -> str:
    """Return the name of the column with the share of a value, as Splink names it."""
    return f"tf_{column}"


def table_of(connection: DuckDBPyConnection, column: str) -> str:
    """Return the table of a column's values, with their share and ``n``, the records that have each."""
    table = f"{_TABLE}{column}"
    name = quoted(column)
    connection.execute(
        f"CREATE TABLE IF NOT EXISTS {table} AS SELECT {name}, count(*) / sum(count(*)) OVER () AS {share_of(column)},"
        f" count(*) AS n FROM {NODES} WHERE {name} IS NOT NULL GROUP BY {name}"
    )
    return table


def forget(connection: DuckDBPyConnection) -> None:
    """Drop what is known: the nodes are others now."""
    tables = connection.execute(f"SELECT table_name FROM duckdb_tables() WHERE starts_with(table_name, '{_TABLE}')")
    for (table,) in tables.fetchall():
        connection.execute(f"DROP TABLE {table}")


def equal(connection: DuckDBPyConnection, column: str, *, is_known: bool) -> tuple[float, float]:
    """Return which share of all pairs of records has the same value, and how many pairs have two values.

    Args:
        connection: with the nodes.
        column: of them.
        is_known: how common its values are is asked for anyway; else it is counted without a table.
    """
    name = quoted(column)
    counted = f"(SELECT count(*) AS n FROM {NODES} WHERE {name} IS NOT NULL GROUP BY hash({name}))"
    counts = table_of(connection, column) if is_known else counted
    rows = connection.execute(f"SELECT sum(n::DOUBLE * (n - 1) / 2), sum(n) FROM {counts}").fetchall()
    same, filled = rows[0]
    filled = float(filled or 0)
    comparable = max(filled * (filled - 1) / 2, 1.0)
    return float(same or 0) / comparable, comparable
