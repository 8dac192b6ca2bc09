"""What is in the columns of each unit: how full they are, which forms and values are frequent, which are rare."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import duckdb

from lienthong.quality.description import Column, Kind, Registry
from lienthong.quality.profiling import OPTIONS, RARE, pattern_of
from lienthong.quality.tables import fields_of, literal, quoted

UNIT_PROFILE: Final = "unit_profile.parquet"
"""unit, column, records, filled, distinct_values, patterns, top, rare: of the standardised table."""
_MOST: Final = 5
SHARED: Final = 5
"""Records of a unit that have a form of a sensitive column before it is told: one person's would say too much."""
_OWN: Final = frozenset({Kind.CODE, Kind.EMAIL, Kind.PERSONAL_NUMBER, Kind.PHONE})
"""Hardly two records have the same value of these."""
_FIELDS: Final = (
    'position INTEGER, unit VARCHAR, "column" VARCHAR, records BIGINT, filled BIGINT, distinct_values BIGINT,'
    " patterns VARCHAR[], top VARCHAR[], rare VARCHAR[]"
)


def profile_units(connection: duckdb.DuckDBPyConnection, registry: Registry, folder: Path, *, source: Path) -> None:
    """Write ``unit_profile.parquet`` from a standardised table: a row per unit and column, by unit.

    ``top`` has values that at least two records of the unit share; ``rare`` has what could not be read, and then
    values of forms that are rare in the column as a whole, one of each form. Of sensitive columns both are empty.

    Args:
        connection: that does it.
        registry: whose columns are looked at.
        folder: for the file.
        source: the standardised table.
    """
    records = f"(SELECT * REPLACE (coalesce(unit, '') AS unit) FROM read_parquet({literal(str(source))}))"
    counted = f"SELECT unit, count(*) AS records FROM {records} GROUP BY ALL"
    connection.execute(f"CREATE OR REPLACE TEMP TABLE profiled_units AS {counted}")
    connection.execute(f"CREATE OR REPLACE TEMP TABLE unit_profile ({_FIELDS})")
    # One after the other: the values of one column fit into memory, those of all do not.
    for position, column in enumerate(registry.columns):
        connection.execute(f"INSERT INTO unit_profile {_rows(column, position, records)}")
    listed = "SELECT * EXCLUDE (position) FROM unit_profile ORDER BY unit, position"
    connection.execute(f"COPY ({listed}) TO {literal(str(folder / UNIT_PROFILE))} {OPTIONS}")
    connection.execute("DROP TABLE unit_profile; DROP TABLE profiled_units")


def _rows(column: Column, position: int, records: str) -> str:
    """Return the query of a column's rows: one for each of ``profiled_units``."""
    parts = dict(_parts(column, records))
    lists = [f"coalesce({name}.listed, [])" if name in parts else "[]" for name in ("patterns", "top", "rare")]
    joined = [f"LEFT JOIN {name} USING (unit)" for name in ("facts", "patterns", "top", "rare") if name in parts]
    return (
        f"WITH {', '.join(f'{name} AS ({query})' for name, query in parts.items())}"
        f" SELECT {position}, unit, {literal(column.name)}, records, coalesce(filled, 0), coalesce(distinct_values, 0),"
        f" {', '.join(lists)} FROM profiled_units {' '.join(joined)}"
    )


def _parts(column: Column, records: str) -> Iterator[tuple[str, str]]:
    """Yield queries by their names, each of which may read those before it."""
    yield "held", " UNION ALL ".join(_values(column, records))
    yield "formed", _formed(column)
    yield "forms", "SELECT unit, read, pattern, sum(n) AS n, min(value) AS example FROM formed GROUP BY ALL"
    yield "facts", "SELECT unit, sum(n) AS filled, count(*) AS distinct_values FROM held WHERE read GROUP BY ALL"
    told = SHARED if column.sensitive else 1
    yield "patterns", _first("pattern", f"forms WHERE read AND n >= {told}", "n DESC, pattern")
    if column.sensitive:
        return
    yield "top", _first("value", "held WHERE read AND n > 1", "n DESC, value")
    yield "totals", "SELECT read, pattern, sum(n) AS total FROM forms GROUP BY ALL"
    few = f"NOT read OR total < {RARE} * (SELECT sum(total) FROM totals WHERE read)"
    yield "rare", _first("example", f"forms JOIN totals USING (read, pattern) WHERE {few}", "read, total, pattern")


def _values(column: Column, records: str) -> Iterator[str]:
    """Yield queries of what stands in the units and how often: values, and what no value could be made of."""
    value, *others = fields_of(column)
    for field, read in [(value, True), *((each, False) for each in others if each.name == f"{column.name}_unread")]:
        name = quoted(field.name)
        counted = f"SELECT unit, {name} AS value, count(*) AS n FROM {records} WHERE {name} IS NOT NULL GROUP BY ALL"
        yield f"SELECT unit, CAST(value AS VARCHAR) AS value, {read} AS read, n FROM ({counted})"


def _formed(column: Column) -> str:
    """Return the query of what is held with its forms."""
    if column.kind is Kind.DATE:
        return f"SELECT *, CASE WHEN read THEN '9-9-9' ELSE {pattern_of('value')} END AS pattern FROM held"
    if column.kind in _OWN:
        return f"SELECT *, {pattern_of('value')} AS pattern FROM held"
    # Names and places stand in many units: finding a form takes longer than looking it up.
    values = f"SELECT value, {pattern_of('value')} AS pattern FROM (SELECT DISTINCT value FROM held)"
    return f"SELECT * FROM held JOIN ({values}) USING (value)"


def _first(what: str, source: str, order: str) -> str:
    """Return the query of the first few of each unit as a list."""
    picked = f"SELECT * FROM {source} QUALIFY row_number() OVER (PARTITION BY unit ORDER BY {order}) <= {_MOST}"
    return f"SELECT unit, list({what} ORDER BY {order}) AS listed FROM ({picked}) GROUP BY unit"
