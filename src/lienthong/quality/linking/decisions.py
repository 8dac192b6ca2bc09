"""What people have decided about two records: it stands, whatever the model says."""

from pathlib import Path
from typing import Final

from duckdb import DuckDBPyConnection

from lienthong.quality.errors import DecisionsRefused
from lienthong.quality.linking.nodes import NODES, ROW
from lienthong.quality.reading.lists import PAIR, read_list

DECIDED: Final = "link_decided"
DECISION: Final = "decision"
SAME: Final = "same"
DIFFERENT: Final = "different"


def read_decisions(connection: DuckDBPyConnection, path: Path, *, scratch: Path, table: str = "decisions") -> None:
    """Read decisions from a file into a table: ``record_id_l``, ``record_id_r``, ``decision``.

    Args:
        connection: that gets the table.
        path: a CSV, Parquet or XLSX file.
        scratch: an existing folder for what is converted.
        table: its name.

    Raises:
        RecordsRefused: it cannot be read, or a column is missing; the error names file, line and column.
    """
    read_list(connection, path, {**PAIR, DECISION: (DECISION,)}, scratch=scratch, table=table)


def take(connection: DuckDBPyConnection, source: str | None, *, nodes: str = NODES) -> str:
    """Make the table of decisions about records that are there: ``l`` < ``r`` (row numbers) and ``same``.

    Args:
        connection: with nodes and decisions.
        source: a table with ``record_id_l``, ``record_id_r`` and ``decision`` (``same`` or ``different``); of several
            about the same two records the last row counts. Those about records that are gone are passed over.
        nodes: the table of records.

    Returns:
        The name of the table.

    Raises:
        DecisionsRefused: one says something else, or is about one record only.
    """
    connection.execute(f"CREATE OR REPLACE TABLE {DECIDED} (l BIGINT, r BIGINT, same BOOLEAN)")
    if source is None:
        return DECIDED
    wrong = connection.execute(
        f"SELECT record_id_l, record_id_r, decision FROM {source} WHERE decision IS NULL"
        f" OR decision NOT IN ('{SAME}', '{DIFFERENT}') OR record_id_l IS NOT DISTINCT FROM record_id_r LIMIT 1"
    ).fetchall()
    if wrong:
        left, right, decision = wrong[0]
        raise DecisionsRefused(f"{left} and {right}: {decision}")
    connection.execute(
        f"INSERT INTO {DECIDED} SELECT least(a.{ROW}, b.{ROW}) AS l, greatest(a.{ROW}, b.{ROW}) AS r,"
        f" last(decision ORDER BY d.at) = '{SAME}' FROM (SELECT *, row_number() OVER () AS at FROM {source}) d"
        f" JOIN {nodes} a ON a.record_id = d.record_id_l JOIN {nodes} b ON b.record_id = d.record_id_r GROUP BY ALL"
    )
    return DECIDED
