"""The database in this process that all work is done in: DuckDB, with bounds."""

import os
from pathlib import Path
from typing import Final

import duckdb

MEMORY: Final = "5GB"
"""What DuckDB may take before it writes to the disk; a run as a whole stays below 8 GB with it."""


def processors() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0))


def connect(scratch: Path | None, *, memory: str = MEMORY, threads: int | None = None) -> duckdb.DuckDBPyConnection:
    """Return a database in memory that spills into a folder and loads nothing from the internet.

    Args:
        scratch: the folder it writes to when memory runs short; None: it fails then.
        memory: as DuckDB writes sizes.
        threads: all processors of this process unless given.
    """
    connection = duckdb.connect(
        config={
            "memory_limit": memory,
            "threads": threads or processors(),
            "temp_directory": str(scratch or ""),
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        }
    )
    # Times of a result must not depend on where it was computed.
    connection.execute("SET TimeZone = 'UTC'")
    return connection
