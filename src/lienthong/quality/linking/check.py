"""One record against a linked registry, while somebody waits: who of the registry may it be?"""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from lienthong.quality.description import Described
from lienthong.quality.linking.arithmetic import scored_sql
from lienthong.quality.linking.index import Index, keys_sql
from lienthong.quality.linking.nodes import add_macros, derive
from lienthong.quality.tables import fields, quoted

MOST: Final = 20
"""Matches that are returned."""
_CANDIDATES: Final = 5_000
"""Records that are compared at most; those that share more keys come first."""


class Match(msgspec.Struct, frozen=True, kw_only=True):
    """A record of the registry that may be of the same person."""

    record_id: str
    person_id: str
    probability: float
    # In bits; what each comparison adds to it.
    weight: float
    weights: dict[str, float]
    # Names of conflicts that speak against it.
    reasons: tuple[str, ...]


class Checker:
    """Asks an index for records; one per thread."""

    def __init__(self, index: Index, described: Described) -> None:
        """Prepare to ask.

        Args:
            index: of the registry; it stays open.
            described: the registry.
        """
        self._index = index
        self._connection = index.connection.cursor()
        add_macros(self._connection)
        typed = ", ".join(f"?::{field.type} AS {quoted(field.name)}" for field in fields(described.registry))
        self._names = [field.name for field in fields(described.registry)]
        self._probe = derive(f"SELECT 0::INTEGER AS row_id, {typed}", index.settings)
        self._keys = keys_sql(index.rules, "asked")
        self._score = scored_sql(index.comparisons, index.about.weights, index.conflicts, "asked l CROSS JOIN found r")

    def check(self, record: Mapping[str, Any]) -> list[Match]:
        """Return the records of the registry that may be of the same person, the likeliest first.

        Args:
            record: standardised columns to values; those that are absent are unknown. A record of the registry with the
                same ``record_id`` is not compared with itself.
        """
        connection = self._connection
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE asked AS {self._probe}", [record.get(name) for name in self._names]
        )
        keys = [key for (key,) in connection.execute(f"SELECT DISTINCT h FROM ({self._keys})").fetchall()]
        if not keys or not self._index.comparisons:
            return []
        rows = self._rows(keys)
        if not rows:
            return []
        connection.execute(
            "CREATE OR REPLACE TEMP TABLE found AS SELECT * FROM records"
            f" WHERE row_id IN ({', '.join(map(str, rows))}) AND record_id IS DISTINCT FROM ?",
            [record.get("record_id")],
        )
        return self._matches()

    def _rows(self, keys: list[int]) -> list[int]:
        # Numbers stand in the query: only so does DuckDB skip the blocks of the file that cannot hold them.
        found = self._connection.execute(
            f"SELECT row_id FROM keys WHERE h IN ({', '.join(map(str, keys))})"
            f" GROUP BY row_id ORDER BY count(*) DESC, row_id LIMIT {_CANDIDATES}"
        ).fetchall()
        return [row for (row,) in found]

    def _matches(self) -> list[Match]:
        least = self._index.settings.doubtful
        cursor = self._connection.execute(
            f"SELECT s.*, r.record_id, r.person_id FROM ({self._score}) s JOIN found r ON r.row_id = s.right_row"
            f" WHERE probability >= {least} AND NOT (reasons && {self._apart()})"
            f" ORDER BY weight DESC, r.record_id LIMIT {MOST}"
        )
        names = [name for name, *_rest in cursor.description or []]
        return [_match(dict(zip(names, row, strict=True))) for row in cursor.fetchall()]

    def _apart(self) -> str:
        names = ", ".join(f"'{each.name}'" for each in self._index.conflicts if each.effect == "apart")
        return f"[{names}]::VARCHAR[]"


def _match(row: dict[str, Any]) -> Match:
    return Match(
        record_id=row["record_id"],
        person_id=row["person_id"],
        probability=row["probability"],
        weight=row["weight"],
        weights={name.removeprefix("weight_"): value for name, value in row.items() if name.startswith("weight_")},
        reasons=tuple(row["reasons"]),
    )
