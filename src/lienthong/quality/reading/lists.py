"""Lists beside the records: decisions, known pairs, known persons. Read as records are, with the same errors."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from duckdb import DuckDBPyConnection

from lienthong.quality.reading.headings import plain
from lienthong.quality.reading.places import Place, refused
from lienthong.quality.reading.records import files_of, opened, selected
from lienthong.quality.tables import quoted

PAIR: Final[Mapping[str, Sequence[str]]] = {
    "record_id_l": ("record_id_l", "id_l", "id_1", "id1", "left", "left_id", "unique_id_l", "ltable_id"),
    "record_id_r": ("record_id_r", "id_r", "id_2", "id2", "right", "right_id", "unique_id_r", "rtable_id"),
}
"""What the two records of a pair may be called."""


def read_list(  # noqa: PLR0913 - from where, of what, into where
    connection: DuckDBPyConnection,
    source: Path,
    columns: Mapping[str, Sequence[str]],
    *,
    scratch: Path,
    table: str,
    optional: Collection[str] = (),
    may_be_empty: Collection[str] = (),
) -> frozenset[str]:
    """Read columns of a file, or of all files of a folder, into a table of texts.

    Args:
        connection: that gets the table.
        source: CSV, Parquet or XLSX.
        columns: name in the table to headings, compared without case, diacritics and punctuation.
        scratch: an existing folder for what is converted.
        table: its name.
        optional: names that may be missing; they are NULL then.
        may_be_empty: names whose values may be missing.

    Returns:
        The names that are there.

    Raises:
        RecordsRefused: a file cannot be read, a column is missing, or a value that must be there is; the error names
            file, line and column.
    """
    folder = scratch / f"list-{table}"
    folder.mkdir()
    there: set[str] = set()
    parts: list[str] = []
    for path in files_of(source):
        reader = opened(connection, path, folder)
        by_plain = {plain(heading): heading for heading in reversed(reader.headings)}
        of = {
            name: by_plain[plain(each)]
            for name, known in columns.items()
            for each in reversed(known)
            if plain(each) in by_plain
        }
        missing = [known[0] for name, known in columns.items() if name not in of and name not in optional]
        if missing:
            hint = f"The file has: {', '.join(reader.headings)[:300]}."
            raise refused(Place(file=path, line=1), f"missing columns: {', '.join(missing)}", hint=hint)
        source_of = selected(connection, reader, [(heading, name) for name, heading in of.items()], folder)
        for name, heading in of.items():
            if name not in optional and name not in may_be_empty:
                _refuse_empty(connection, source_of, name, Place(file=path, column=heading), reader.line_of)
        parts.append("SELECT " + ", ".join(_column(name, of) for name in columns) + f" FROM ({source_of})")
        there |= set(of)
    connection.execute(f"CREATE OR REPLACE TABLE {table} AS {' UNION ALL '.join(parts)}")
    return frozenset(there)


def _column(name: str, of: Mapping[str, str]) -> str:
    return quoted(name) if name in of else f"CAST(NULL AS VARCHAR) AS {quoted(name)}"


def _refuse_empty(
    connection: DuckDBPyConnection, source: str, name: str, place: Place, line_of: Callable[[int], int]
) -> None:
    empty = connection.execute(
        f"SELECT record FROM (SELECT {quoted(name)} AS value, row_number() OVER () - 1 AS record FROM ({source}))"
        " WHERE value IS NULL ORDER BY record LIMIT 1"
    ).fetchall()
    if empty:
        place = replace(place, line=line_of(empty[0][0]))
        raise refused(place, "the value is missing", hint="Fill it in, or take the line out.")
