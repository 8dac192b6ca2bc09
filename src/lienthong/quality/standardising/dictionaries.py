"""Every distinct value is treated once, together with those of all columns that are treated alike.

What a treatment costs at any size is that DuckDB plans it and compiles its patterns: once for all columns, not each.
"""

from collections.abc import Iterable, Mapping
from typing import Self

from duckdb import DuckDBPyConnection

from lienthong.quality.standardising.parts import Part
from lienthong.quality.tables import quoted


class Dictionaries:
    """One table for each treatment, for as long as a ``with`` statement."""

    def __init__(self, connection: DuckDBPyConnection, parts: Mapping[str, Part]) -> None:
        """Take the parts of columns; those with the same query are treated together."""
        self._connection = connection
        self._columns: dict[str, list[str]] = {}
        for name, part in parts.items():
            if part.treatment is not None:
                self._columns.setdefault(part.treatment, []).append(name)
        self._tables = {query: f"dictionary_{at}" for at, query in enumerate(self._columns)}

    def __enter__(self) -> Self:
        """Make the tables from the view ``records``."""
        for query, table in self._tables.items():
            self._connection.execute(
                f"CREATE OR REPLACE TEMP TABLE {table} AS WITH texts AS ({_texts(self._columns[query])}) {query}"
            )
        return self

    def __exit__(self, *_error: object) -> None:
        """Drop the tables."""
        for table in self._tables.values():
            self._connection.execute(f"DROP TABLE IF EXISTS {table}")

    def joined(self, parts: Mapping[str, Part]) -> str:
        """Return what joins dictionaries with records ``r``: to each column what became of its own values."""
        return "".join(
            f" LEFT JOIN {self._of(name, part.treatment)} {part.dictionary} ON r.{quoted(name)} = {part.dictionary}.raw"
            for name, part in parts.items()
            if part.treatment is not None
        )

    def _of(self, name: str, treatment: str) -> str:
        table, columns = self._tables[treatment], self._columns[treatment]
        if len(columns) == 1:
            return table
        # Else every column would be joined with the values of all.
        return f"(FROM {table} WHERE used_by & {1 << columns.index(name)} <> 0)"


def _texts(columns: Iterable[str]) -> str:
    """Return the query of the values ``raw`` of columns; ``used_by`` has a bit for each column that they stand in."""
    values = " UNION ALL ".join(
        f"SELECT DISTINCT {quoted(name)} AS raw, {1 << at}::BIGINT AS bit FROM records WHERE {quoted(name)} IS NOT NULL"
        for at, name in enumerate(columns)
    )
    return f"SELECT raw, bit_or(bit) AS used_by FROM ({values}) GROUP BY raw"
