"""Scores over time: what a run found, below what the runs before it found."""

from datetime import datetime
from pathlib import Path
from typing import Final

import duckdb

from lienthong.quality.errors import ResultsUnusable
from lienthong.quality.tables import literal
from lienthong.quality.validating.score import SCORES

HISTORY: Final = "history.parquet"
"""run, run_at (UTC), unit, dimension, records, failures, score, exact_duplicates, estimated_duplicates."""
_OPTIONS: Final = "(FORMAT parquet, COMPRESSION zstd)"


def write(
    connection: duckdb.DuckDBPyConnection, folder: Path, *, run: str, at: datetime, previous: Path | None
) -> None:
    """Write ``history.parquet``: the rows of the run before, if there was one, and those of this run.

    Args:
        connection: that does it.
        folder: with ``scores.parquet``; takes the file.
        run: the id of this run.
        at: when it began.
        previous: the folder of the run before; one that was not scored has no history to add.

    Raises:
        ResultsUnusable: its history is damaged.
    """
    now = (
        f"SELECT {literal(run)} AS run, TIMESTAMP {literal(f'{at:%Y-%m-%d %H:%M:%S}')} AS run_at, unit, dimension,"
        " records, failures, score, exact_duplicates, estimated_duplicates"
        f" FROM read_parquet({literal(str(folder / SCORES))})"
    )
    before = previous / HISTORY if previous is not None else None
    parts = [now]
    if before is not None and before.is_file():
        parts.insert(0, f"SELECT * FROM read_parquet({literal(str(before))}) WHERE run <> {literal(run)}")
    query = " UNION ALL BY NAME ".join(parts)
    try:
        connection.execute(f"COPY ({query}) TO {literal(str(folder / HISTORY))} {_OPTIONS}")
    except duckdb.Error as error:
        raise ResultsUnusable(str(before), hint="Name the output folder of a run that was scored.") from error
