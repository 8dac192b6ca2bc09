"""A standardiser for a few values of one column, and one for whole records."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from lienthong.profiles.vn import units as vn
from lienthong.quality import description
from lienthong.quality.description import Registry
from lienthong.quality.standardising import standardise
from lienthong.quality.units import Units

UNITS = Units(versions=vn.every_version(), successions=vn.every_succession(), reform=vn.REFORM)

type Row = dict[str, Any]
type Standardise = Callable[..., tuple[list[Row], list[Row]]]


@pytest.fixture
def standardised(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> Standardise:
    """Return a function from records (column to text) to standardised rows and changes."""

    def go(records: Sequence[Mapping[str, str | None]], registry: str | Registry = "member") -> Any:  # noqa: ANN401 - the fixture's type says it
        described = description.load(registry).registry if isinstance(registry, str) else registry
        given = {name for record in records for name in record}
        names = ["record_id", *(column.name for column in described.columns)]
        rows = [{"record_id": str(at), **record} for at, record in enumerate(records)]
        table = pa.table({name: pa.array([row.get(name) for row in rows], pa.string()) for name in names})
        connection.register("given", table)
        connection.execute("CREATE OR REPLACE TEMP TABLE records_table AS SELECT * FROM given")
        connection.unregister("given")
        connection.execute("CREATE OR REPLACE TEMP VIEW records AS SELECT * FROM records_table")
        columns = {column.name: column.name if column.name in given else None for column in described.columns}
        standardise(connection, described, columns, tmp_path, run="run", units=UNITS)
        connection.execute("DROP VIEW records")
        found = []
        for name, order in (("standardised", "CAST(record_id AS INTEGER)"), ("changes", "field, raw")):
            cursor = connection.execute(f"SELECT * FROM '{tmp_path}/{name}.parquet' ORDER BY {order}")
            heads = [head[0] for head in cursor.description]
            found.append([dict(zip(heads, row, strict=True)) for row in cursor.fetchall()])
        return tuple(found)

    return go
