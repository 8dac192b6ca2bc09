"""What is in the columns: how full they are, how different, which forms values have, which are rare."""

from pathlib import Path
from typing import Final

import duckdb

from lienthong.quality.description import Column, Registry
from lienthong.quality.tables import fields_of, literal, quoted

PROFILE: Final = "profile.parquet"
"""column, records, filled, distinct_values (estimated), shortest, longest, patterns, top, rare: of the input."""
UNIT_PROFILE: Final = "unit_profile.parquet"
"""unit, column, records, filled, distinct_values (estimated): of the standardised table."""
_MOST: Final = 10
_RARE: Final = 0.001
"""A form that fewer values than this share have is an outlier."""
_OPTIONS: Final = "(FORMAT parquet, COMPRESSION zstd)"


def profile(connection: duckdb.DuckDBPyConnection, registry: Registry, folder: Path) -> None:
    """Write ``profile.parquet`` from the view ``records``. Values of sensitive columns are not shown.

    Args:
        connection: that has the view.
        registry: whose columns are looked at.
        folder: for the file.
    """
    queries = [_of(column) for column in registry.columns]
    connection.execute(f"COPY ({' UNION ALL '.join(queries)}) TO {literal(str(folder / PROFILE))} {_OPTIONS}")


def profile_units(connection: duckdb.DuckDBPyConnection, registry: Registry, folder: Path, *, source: Path) -> None:
    """Write ``unit_profile.parquet`` from a standardised table.

    Args:
        connection: that does it.
        registry: whose columns are looked at.
        folder: for the file.
        source: the standardised table.
    """
    rows = ", ".join(
        f"{{'column': {literal(column.name)}, 'filled': count({first}),"
        f" 'distinct_values': approx_count_distinct({first})}}"
        for column in registry.columns
        for first in [quoted(fields_of(column)[0].name)]
    )
    counted = f"SELECT coalesce(unit, '') AS unit, count(*) AS records, [{rows}] AS of_columns"
    table = f"{counted} FROM read_parquet({literal(str(source))}) GROUP BY 1"
    listed = f"SELECT unit, records, unnest(of_columns, recursive := true) FROM ({table}) ORDER BY unit"
    connection.execute(f"COPY ({listed}) TO {literal(str(folder / UNIT_PROFILE))} {_OPTIONS}")


def _of(column: Column) -> str:
    name = quoted(column.name)
    # Letters become a or A, digits 9; runs of one kind are one sign: Nguyễn Văn A is Aa Aa A.
    pattern = name
    for letters, sign in ((r"\p{Lu}", "A"), (r"\p{Ll}", "a"), (r"\p{N}", "9")):
        pattern = f"regexp_replace({pattern}, '{letters}+', '{sign}', 'g')"
    counted = (
        f"SELECT {name} AS value, {pattern} AS pattern, count(*) AS n FROM records WHERE {name} IS NOT NULL GROUP BY 1"
    )
    facts = (
        f'SELECT {literal(column.name)} AS "column", (SELECT count(*) FROM records) AS records,'
        " coalesce(CAST(sum(n) AS BIGINT), 0) AS filled, count(*) AS distinct_values,"
        " min(length(value)) AS shortest, max(length(value)) AS longest"
    )
    values = f"WITH v AS ({counted}), p AS (SELECT pattern, sum(n) AS n, min(value) AS example FROM v GROUP BY 1)"
    patterns = _first("pattern", "p", "n DESC, pattern")
    top = _first("value", "v", "n DESC, value")
    rare = _first("example", f"p WHERE n < {_RARE} * (SELECT sum(n) FROM v)", "n, pattern")
    if column.sensitive:
        top = rare = "CAST([] AS VARCHAR[])"
    return f"(SELECT * FROM ({values} {facts}, {patterns} AS patterns, {top} AS top, {rare} AS rare FROM v))"


def _first(what: str, source: str, order: str) -> str:
    """Return the query of the first few as a list: they are picked before a list is made, as there may be millions."""
    picked = f"SELECT * FROM {source} ORDER BY {order} LIMIT {_MOST}"
    return f"(SELECT list({what} ORDER BY {order}) FROM ({picked}))"
