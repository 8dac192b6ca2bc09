"""Merges taken back: their records are persons of their own again, and stay so in the next linking run."""

from collections.abc import Sequence
from datetime import UTC
from itertools import combinations
from pathlib import Path
from typing import Final

import duckdb
import pyarrow as pa
from duckdb import DuckDBPyConnection

from lienthong.quality.description import Described
from lienthong.quality.errors import MergeImpossible, ResultsUnusable
from lienthong.quality.linking.decisions import DIFFERENT
from lienthong.quality.merging import log
from lienthong.quality.merging.log import Merged, Persons
from lienthong.quality.merging.merge import MERGES, write, write_golden
from lienthong.quality.tables import literal

DECISIONS: Final = "decisions.csv"
"""record_id_l, record_id_r, decision: what the next linking run has to be told (``--decisions``)."""
_HINT: Final = "Name a merge_id of merges.parquet in these results."


def undo_merges(
    connection: DuckDBPyConnection, described: Described, source: Path, folder: Path, merges: Sequence[str]
) -> int:
    """Write the results of a merge as if some merges had not been, with the decisions that keep it so.

    Args:
        connection: that does it.
        described: the registry.
        source: results of ``merge`` with the standardised records.
        folder: for the files.
        merges: ids of those to take back.

    Returns:
        How many records are persons of their own again.

    Raises:
        ResultsUnusable: the folder does not hold such results.
        MergeImpossible: it has no merge of that id.
        MergeBuiltUpon: a record has been moved on since.
    """
    for name in (MERGES, "clusters.parquet", "standardised.parquet"):
        if not (source / name).is_file():
            raise ResultsUnusable(f"{source}: {name}", hint="Name the output folder of lienthong quality merge or run.")
    try:
        connection.execute(f"CREATE OR REPLACE TABLE merges AS FROM {_file(source / MERGES)}")
        connection.execute(f"CREATE OR REPLACE TABLE clusters AS FROM {_file(source / 'clusters.parquet')}")
    except duckdb.Error as error:
        raise ResultsUnusable(str(source)) from error
    moved, apart = 0, []
    for merge in dict.fromkeys(merges):
        entry, persons = _entry(connection, merge)
        after = log.undo(persons, entry)
        _move(connection, after)
        moved += len(entry.moved)
        apart += list(combinations(sorted(persons.of), 2))
        connection.execute("DELETE FROM merges WHERE merge_id = ?", [merge])
    records = _file(source / "standardised.parquet")
    write_golden(connection, described, folder, records=records, clusters="clusters")
    write(connection, "FROM merges ORDER BY person_id, record_id", folder / MERGES)
    write(connection, "FROM clusters ORDER BY record_id", folder / "clusters.parquet")
    _csv(connection, "SELECT record_id, person_id FROM clusters ORDER BY record_id", folder / "clusters.csv")
    _decide(connection, source, folder, apart)
    return moved


def _entry(connection: DuckDBPyConnection, merge: str) -> tuple[Merged, Persons]:
    rows = connection.execute(
        "SELECT record_id, former_id, person_id, merged_at, merged_by FROM merges WHERE merge_id = ?"
        " ORDER BY record_id",
        [merge],
    ).fetchall()
    if not rows:
        raise MergeImpossible(merge, hint=_HINT)
    person, at, by = rows[0][2:]
    entry = Merged(
        id=merge,
        at=at.replace(tzinfo=UTC),
        by=by,
        person=person,
        moved=tuple((record, former) for record, former, *_rest in rows),
    )
    # All who are concerned: the records of the person, and those the merge moved, wherever they are now.
    of = connection.execute(
        "SELECT record_id, person_id FROM clusters WHERE person_id = ? OR record_id IN (SELECT record_id FROM merges"
        " WHERE merge_id = ?)",
        [person, merge],
    ).fetchall()
    return entry, Persons(of=dict(of))


def _move(connection: DuckDBPyConnection, persons: Persons) -> None:
    ids = pa.array(persons.of.keys(), pa.string()), pa.array(persons.of.values(), pa.string())
    connection.register("moved_back", pa.table({"record_id": ids[0], "person_id": ids[1]}))
    # Who is alone is a group of their own.
    connection.execute(
        "UPDATE clusters SET person_id = m.person_id, group_id = clusters.record_id FROM moved_back m"
        " WHERE m.record_id = clusters.record_id"
    )
    connection.unregister("moved_back")


def _decide(connection: DuckDBPyConnection, source: Path, folder: Path, apart: Sequence[tuple[str, str]]) -> None:
    left, right = pa.array([pair[0] for pair in apart], pa.string()), pa.array([pair[1] for pair in apart], pa.string())
    connection.register("kept_apart", pa.table({"record_id_l": left, "record_id_r": right}))
    query = f"SELECT record_id_l, record_id_r, {literal(DIFFERENT)} AS decision FROM kept_apart"
    if (source / DECISIONS).is_file():
        query = f"FROM read_csv({literal(str(source / DECISIONS))}, all_varchar = true, header = true) UNION {query}"
    _csv(connection, f"SELECT * FROM ({query}) ORDER BY ALL", folder / DECISIONS)
    connection.unregister("kept_apart")


def _csv(connection: DuckDBPyConnection, query: str, to: Path) -> None:
    connection.execute(f"COPY ({query}) TO {literal(str(to))} (FORMAT csv, HEADER)")


def _file(path: Path) -> str:
    return f"read_parquet({literal(str(path))})"
