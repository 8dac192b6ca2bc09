"""One record against a linked registry, while somebody waits: who of the registry may it be?

What takes time is not the records, but DuckDB's work on long statements, which it plans each time. So the tables of a
question stay from one to the next, and only what is compared is in them.
"""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from lienthong.quality.description import Described
from lienthong.quality.linking.arithmetic import scored_sql
from lienthong.quality.linking.engine import by_value
from lienthong.quality.linking.expressions import needed
from lienthong.quality.linking.frequencies import share_of
from lienthong.quality.linking.index import Index, keys_of_one_sql
from lienthong.quality.linking.nodes import add_macros, derive
from lienthong.quality.tables import fields, quoted

MOST: Final = 20
"""Matches that are returned."""
_CANDIDATES: Final = 200
"""Records that are compared at most; those that share many keys, or rare ones, come first."""


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
        asked = needed(index.settings)
        self._fields = [field for field in fields(described.registry) if field.name in asked]
        unknown = [None] * len(self._fields)
        self._connection.execute(f"CREATE OR REPLACE TEMP TABLE asked AS {self._probe()} LIMIT 0", unknown)
        self._connection.execute(f"PREPARE keys_of_asked AS {keys_of_one_sql(index.rules, 'asked')}")
        self._found = self._columns()
        self._connection.execute(f"CREATE OR REPLACE TEMP TABLE found AS SELECT {self._found} FROM records LIMIT 0")
        if index.comparisons:
            self._connection.execute(f"PREPARE matches AS {self._matches()}")

    def check(self, record: Mapping[str, Any]) -> list[Match]:
        """Return the records of the registry that may be of the same person, the likeliest first.

        Args:
            record: standardised columns to values; those that are absent are unknown. A record of the registry with the
                same ``record_id`` is not compared with itself.
        """
        connection = self._connection
        connection.execute("DELETE FROM asked")
        connection.execute(f"INSERT INTO asked {self._probe()}", [record.get(field.name) for field in self._fields])
        ((keys,),) = connection.execute("EXECUTE keys_of_asked").fetchall()
        rows = self._rows([key for key in keys if key is not None])
        if not rows or not self._index.comparisons:
            return []
        connection.execute("DELETE FROM found")
        connection.execute(
            f"INSERT INTO found SELECT {self._found} FROM records"
            f" WHERE row_id IN ({', '.join(map(str, rows))}) AND record_id IS DISTINCT FROM ?",
            [record.get("record_id")],
        )
        cursor = connection.execute("EXECUTE matches")
        names = [name for name, *_rest in cursor.description or []]
        return [_match(dict(zip(names, row, strict=True))) for row in cursor.fetchall()]

    def _probe(self) -> str:
        typed = ", ".join(f"?::{field.type} AS {quoted(field.name)}" for field in self._fields)
        return derive(f"SELECT 0::INTEGER AS row_id, {typed}", self._index.settings)

    def _columns(self) -> str:
        rare = {share_of(name) for name in by_value(self._index.comparisons)}
        there = [name for name, *_rest in self._connection.execute("DESCRIBE records").fetchall()]
        asked = needed(self._index.settings) | {"row_id", "person_id"} | rare
        return ", ".join(quoted(name) for name in there if name in asked)

    def _rows(self, keys: list[int]) -> list[int]:
        if not keys:
            return []
        # Numbers stand in the query: only so does DuckDB skip the blocks of the file that cannot hold them.
        listed = ", ".join(map(str, keys))
        found = self._connection.execute(
            "SELECT row_id FROM"
            f" (SELECT row_id, count(*) OVER (PARTITION BY h) AS sharing FROM keys WHERE h IN ({listed}))"
            f" GROUP BY row_id ORDER BY sum(1 / sharing) DESC, row_id LIMIT {_CANDIDATES}"
        ).fetchall()
        return [row for (row,) in found]

    def _matches(self) -> str:
        index = self._index
        scored = scored_sql(index.comparisons, index.about.weights, index.conflicts, "asked l CROSS JOIN found r")
        apart = ", ".join(f"'{each.name}'" for each in index.conflicts if each.effect == "apart")
        return (
            f"SELECT s.*, r.record_id, r.person_id FROM ({scored}) s JOIN found r ON r.row_id = s.right_row"
            f" WHERE probability >= {index.settings.doubtful} AND NOT (reasons && [{apart}]::VARCHAR[])"
            f" ORDER BY weight DESC, r.record_id LIMIT {MOST}"
        )


def _match(row: dict[str, Any]) -> Match:
    return Match(
        record_id=row["record_id"],
        person_id=row["person_id"],
        probability=row["probability"],
        weight=row["weight"],
        weights={name.removeprefix("weight_"): value for name, value in row.items() if name.startswith("weight_")},
        reasons=tuple(row["reasons"]),
    )
