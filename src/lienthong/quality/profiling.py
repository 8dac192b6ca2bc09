"""What is in the columns: how full they are, how different, which forms values have, which are rare."""

from pathlib import Path
from typing import Final

import duckdb

from lienthong.quality.description import Column, Registry
from lienthong.quality.tables import literal, quoted

PROFILE: Final = "profile.parquet"
"""column, records, filled, distinct_values, shortest, longest, patterns, top, rare: of the input."""
_MOST: Final = 10
RARE: Final = 0.001
"""A form that fewer values than this share have is an outlier."""
OPTIONS: Final = "(FORMAT parquet, COMPRESSION zstd)"


def profile(connection: duckdb.DuckDBPyConnection, registry: Registry, folder: Path) -> None:
    """Write ``profile.parquet`` from the view ``records``. Values of sensitive columns are not shown.

    Args:
        connection: that has the view.
        registry: whose columns are looked at.
        folder: for the file.
    """
    queries = [_of(column) for column in registry.columns]
    connection.execute(f"COPY ({' UNION ALL '.join(queries)}) TO {literal(str(folder / PROFILE))} {OPTIONS}")


def pattern_of(value: str) -> str:
    """Return the SQL of a text's form: letters become a or A, digits 9, and runs of one kind one sign.

    Nguyễn Văn A is Aa Aa A.
    """
    form = value
    for letters, sign in ((r"\p{Lu}", "A"), (r"\p{Ll}", "a"), (r"\p{N}", "9")):
        form = f"regexp_replace({form}, '{letters}+', '{sign}', 'g')"
    # Most of what is different in each record is a number, and this is asked in a third of the time.
    return f"CASE WHEN regexp_full_match({value}, '[0-9]+') THEN '9' ELSE {form} END"


def _of(column: Column) -> str:
    name = quoted(column.name)
    values = f"SELECT {name} AS value, count(*) AS n FROM records WHERE {name} IS NOT NULL GROUP BY 1"
    counted = f"SELECT *, {pattern_of('value')} AS pattern FROM ({values})"
    facts = (
        f'SELECT {literal(column.name)} AS "column", (SELECT count(*) FROM records) AS records,'
        " coalesce(CAST(sum(n) AS BIGINT), 0) AS filled, count(*) AS distinct_values,"
        " min(length(value)) AS shortest, max(length(value)) AS longest"
    )
    values = f"WITH v AS ({counted}), p AS (SELECT pattern, sum(n) AS n, min(value) AS example FROM v GROUP BY 1)"
    patterns = _first("pattern", "p", "n DESC, pattern")
    top = _first("value", "v", "n DESC, value")
    rare = _first("example", f"p WHERE n < {RARE} * (SELECT sum(n) FROM v)", "n, pattern")
    if column.sensitive:
        top = rare = "CAST([] AS VARCHAR[])"
    return f"(SELECT * FROM ({values} {facts}, {patterns} AS patterns, {top} AS top, {rare} AS rare FROM v))"


def _first(what: str, source: str, order: str) -> str:
    """Return the query of the first few as a list: they are picked before a list is made, as there may be millions."""
    picked = f"SELECT * FROM {source} ORDER BY {order} LIMIT {_MOST}"
    return f"(SELECT list({what} ORDER BY {order}) FROM ({picked}))"
