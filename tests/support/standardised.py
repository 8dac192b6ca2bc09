"""Standardised tables of a few rows."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb
import pyarrow as pa

from lienthong.quality import tables
from lienthong.quality.description import Registry


def write(
    connection: duckdb.DuckDBPyConnection, registry: Registry, rows: Sequence[Mapping[str, object]], path: Path
) -> Path:
    """Write a table with every column of the registry, NULL where a row does not name it; return its path."""
    fields = ", ".join(f"{tables.quoted(field.name)} {field.type}" for field in tables.fields(registry))
    named = sorted({name for row in rows for name in row})
    connection.execute(f"CREATE OR REPLACE TEMP TABLE written ({fields})")
    connection.register("given", pa.table({name: [row.get(name) for row in rows] for name in named}))
    connection.execute("INSERT INTO written BY NAME FROM given")
    connection.unregister("given")
    connection.execute(f"COPY written TO {tables.literal(str(path))} (FORMAT parquet)")
    connection.execute("DROP TABLE written")
    return path
