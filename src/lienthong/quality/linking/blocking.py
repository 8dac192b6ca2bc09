"""Which records are compared: those that share a key of some rule, within bounds that are measured first.

A key that too many records share says little and costs much (n records make n·(n−1)/2 pairs). Such a key is
tightened with further columns as its rule says; what stays too common is skipped, and the report says so.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import msgspec
from duckdb import DuckDBPyConnection

from lienthong.quality.linking.expressions import mentions
from lienthong.quality.linking.nodes import NODES, ROW
from lienthong.quality.linking.settings import Link, Rule

PAIRS: Final = "link_pairs"
_FEWEST: Final = 100_000
"""Pairs that every rule may make, however few records there are."""


class RuleReport(msgspec.Struct, frozen=True, kw_only=True):
    """What one rule did."""

    rule: str
    # Pairs it makes, also found by other rules or not.
    pairs: int
    # Pairs its untightened keys would have made.
    unbounded: int
    # The most records that share a key.
    largest: int
    # Keys that were tightened, and keys that were skipped with the records that have them.
    tightened: int = 0
    skipped: int = 0
    skipped_records: int = 0


@dataclass(slots=True)
class _Bound:
    """What is left of the pairs a rule may make."""

    pairs: int
    most: int
    largest: int = 0
    made: int = 0

    def cap(self, sizes: Sequence[tuple[int, int]]) -> int:
        """Return the largest size of blocks that are kept, given ``(size, number of blocks)`` in order of size."""
        kept = 1
        for size, blocks in sizes:
            pairs = blocks * size * (size - 1) // 2
            if size > self.most or self.made + pairs > self.pairs:
                break
            self.made += pairs
            kept = size
        self.largest = max(self.largest, kept)
        return kept


@dataclass(slots=True)
class Blocking:
    """The keys of all rules, each in a table of its own: the record's number and its key ``h``."""

    rules: tuple[Rule, ...]
    tables: list[str] = field(default_factory=list)
    reports: list[RuleReport] = field(default_factory=list)


def usable(settings: Link, columns: frozenset[str], names: Sequence[str]) -> tuple[Rule, ...]:
    """Return the rules whose keys some record can have.

    Args:
        settings: of the registry.
        columns: those that hold anything.
        names: all columns there are, so that a word of SQL is not taken for one.
    """
    missing = set(names) - columns
    return tuple(rule for rule in settings.block if not any(mentions(part, missing) for part in rule.key))


def key_of(parts: Sequence[str]) -> str:
    """Return the expression of a key: a number from 0 to 2⁶³−1, or NULL where a part is."""
    present = " AND ".join(f"({part}) IS NOT NULL" for part in parts)
    return f"CASE WHEN {present} THEN (hash({', '.join(parts)}) >> 1)::BIGINT END"


def make_keys(
    connection: DuckDBPyConnection, settings: Link, rules: Sequence[Rule], records: int, *, nodes: str = NODES
) -> Blocking:
    """Make the keys of every rule that more than one record and not too many share."""
    blocking = Blocking(rules=tuple(rules))
    for at, rule in enumerate(rules):
        bound = _Bound(pairs=max(_FEWEST, int(settings.pairs_per_record * records)), most=settings.largest_block)
        table = f"link_key_{at}"
        blocking.reports.append(_make(connection, rule, bound, nodes, table))
        blocking.tables.append(table)
    return blocking


def _make(connection: DuckDBPyConnection, rule: Rule, bound: _Bound, nodes: str, table: str) -> RuleReport:
    keys = f"SELECT *, {key_of(rule.key)} AS h FROM {nodes}"
    sizes = _sizes(connection, f"(SELECT h FROM ({keys}))")
    extra = "".join(f", ({part}) AS t{at}" for at, part in enumerate(rule.tighten))
    # Most records share their key with nobody: only the others are looked at again.
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE left_over AS SELECT {ROW}, h, n{extra} FROM ({keys}) JOIN shared USING (h)"
    )
    connection.execute(f"CREATE OR REPLACE TABLE {table} ({ROW} INTEGER, h BIGINT)")
    unbounded = sum(blocks * size * (size - 1) // 2 for size, blocks in sizes)
    cap = _keep(connection, table, bound, sizes)
    tightened = 0
    for step in range(len(rule.tighten)):
        over = sum(blocks for size, blocks in sizes if size > cap)
        if not over:
            break
        tightened += over
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE tightened AS SELECT * EXCLUDE (n) REPLACE ({key_of(['h', f't{step}'])} AS h)"
            f" FROM left_over WHERE n > {cap}"
        )
        sizes = _sizes(connection, "tightened")
        connection.execute("CREATE OR REPLACE TEMP TABLE left_over AS FROM tightened JOIN shared USING (h)")
        cap = _keep(connection, table, bound, sizes)
    return RuleReport(
        rule=rule.name,
        pairs=bound.made,
        unbounded=unbounded,
        largest=bound.largest,
        tightened=tightened,
        skipped=sum(blocks for size, blocks in sizes if size > cap),
        skipped_records=sum(size * blocks for size, blocks in sizes if size > cap),
    )


def _keep(connection: DuckDBPyConnection, table: str, bound: _Bound, sizes: Sequence[tuple[int, int]]) -> int:
    cap = bound.cap(sizes)
    connection.execute(f"INSERT INTO {table} SELECT {ROW}, h FROM left_over WHERE n <= {cap}")
    return cap


def _sizes(connection: DuckDBPyConnection, keys: str) -> list[tuple[int, int]]:
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE shared AS SELECT h, count(*) AS n FROM {keys} WHERE h IS NOT NULL"
        " GROUP BY h HAVING n > 1"
    )
    return connection.execute("SELECT n, count(*) FROM shared GROUP BY n ORDER BY n").fetchall()


def make_pairs(connection: DuckDBPyConnection, blocking: Blocking, *, table: str = PAIRS) -> int:
    """Make the table of candidates, each once, with the rules that found it.

    Columns are those Splink wants for registered pairs: ``join_key_l`` < ``join_key_r``, and as ``match_key`` a number
    in which bit *i* says that rule *i* found it.

    Returns:
        The number of candidates.
    """
    none = "SELECT 0 AS join_key_l, 0 AS join_key_r, 0::BIGINT AS rule WHERE false"
    found = " UNION ALL ".join([none, *(_pairs_of(at, name) for at, name in enumerate(blocking.tables))])
    connection.execute(
        f"CREATE OR REPLACE TABLE {table} AS SELECT join_key_l, join_key_r, bit_or(rule) AS match_key"
        f" FROM ({found}) GROUP BY ALL"
    )
    (row,) = connection.execute(f"SELECT count(*) FROM {table}").fetchall()
    return int(row[0])


def _pairs_of(at: int, name: str) -> str:
    return (
        f"SELECT l.{ROW} AS join_key_l, r.{ROW} AS join_key_r, {1 << at}::BIGINT AS rule"
        f" FROM {name} l JOIN {name} r ON l.h = r.h AND l.{ROW} < r.{ROW}"
    )
