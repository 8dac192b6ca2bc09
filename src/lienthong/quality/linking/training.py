"""Learning the weights of a registry from its own records, without labels.

Expectation maximisation on patterns of agreement among the candidates. Two things keep it steady where there is little
to learn from:

- how records of *two* persons agree (u) is counted on pairs drawn at random, for equality on all pairs, less those
  that are of one person, which matters where there are few records;
- what is known beforehand counts as a few pairs, so that a level nobody has seen has a weight all the same.

Learning about a comparison only from candidates found by rules that do not speak of it was tried and lost: where
records differ in one place at most, those found by one field differ in the others (ADR 0094).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import msgspec
import numpy as np
from duckdb import DuckDBPyConnection
from numpy.typing import NDArray

from lienthong.kernel.clock import Clock, to_datetime
from lienthong.quality.linking import frequencies
from lienthong.quality.linking.arithmetic import levels_sql, rarity_sql
from lienthong.quality.linking.engine import by_value
from lienthong.quality.linking.levels import Levels
from lienthong.quality.linking.nodes import NODES, PAIRED, ROW
from lienthong.quality.linking.settings import Link
from lienthong.quality.linking.weights import LevelWeight, Weights, before_training, fingerprint

type Numbers = NDArray[np.float64]

_RANDOM: Final = 200_000
"""Pairs drawn at random."""
_CANDIDATES: Final = 600_000
"""Candidates that are learned from."""
_ROUNDS: Final = 25
_SETTLED: Final = 1e-4
_KNOWN: Final = 20.0
"""Pairs that the weights before training count as."""
_FOUND: Final = 0.95
"""Share of the pairs of one person that are among the candidates: a guess that matters little."""
_BELOW: Final = 1e-9
_SALT: Final = 7


@dataclass(slots=True)
class _Patterns:
    """Candidates by what they have in common."""

    # Level of every comparison, from 0 (the same) on; −1 where nothing can be said. patterns × comparisons.
    levels: NDArray[np.int64]
    # What rare values add to the weight, in bits.
    rarity: Numbers
    # Candidates with this pattern.
    count: Numbers


@dataclass(slots=True)
class _Seen:
    """How one comparison came out on pairs drawn at random."""

    # Of pairs at a level, and of how many.
    share: Numbers
    # Below this a share cannot be told from none.
    least: Numbers
    # The level's weight rests on how rare its value is.
    by_value: NDArray[np.bool_]


def train(  # noqa: PLR0913 - tables are named by who made them
    connection: DuckDBPyConnection,
    settings: Link,
    comparisons: Sequence[Levels],
    *,
    registry: str,
    pairs: str,
    clock: Clock,
) -> Weights:
    """Estimate weights.

    Args:
        connection: with the nodes and the candidates.
        settings: of the registry.
        comparisons: those some record has a value for.
        registry: its name.
        pairs: the table of candidates.
        clock: says when.

    Returns:
        The weights of all comparisons.
    """
    records = _one(connection, f"SELECT count(*) FROM {NODES}")
    weights = before_training(comparisons, records)
    if not comparisons:
        return msgspec.structs.replace(
            weights, registry=registry, settings=fingerprint(settings), trained=to_datetime(clock.now())
        )
    random_pairs = _draw(connection, records)
    # Not by Splink, which takes twice as long as the levels alone.
    connection.execute(
        f"CREATE OR REPLACE TABLE link_drawn AS SELECT {_gammas(comparisons)}"
        f" FROM ({levels_sql(comparisons, random_pairs, NODES)})"
    )
    seen = [_seen(connection, each) for each in comparisons]
    weights = _with_u(weights, comparisons, seen)
    patterns, scale = _patterns(connection, comparisons, weights, pairs)
    total = max(1.0, records * (records - 1) / 2)
    m, u, prior = _maximise(comparisons, weights, seen, patterns, scale / total)
    return Weights(
        registry=registry,
        settings=fingerprint(settings),
        trained=to_datetime(clock.now()),
        records=records,
        prior=prior,
        comparisons={
            each.name: tuple(
                LevelWeight(label=level.label, m=float(m[at][place]), u=float(u[at][place]))
                for place, level in enumerate(each.levels)
            )
            for at, each in enumerate(comparisons)
        },
    )


def _draw(connection: DuckDBPyConnection, records: int) -> str:
    """Make a table of pairs drawn at random, the same for the same records; all pairs where there are few."""
    if records * (records - 1) // 2 <= _RANDOM:
        query = f"SELECT l.{ROW} AS a, r.{ROW} AS b FROM {NODES} l JOIN {NODES} r ON l.{ROW} < r.{ROW}"
    else:
        # Of one number only: hashes of several that differ in one argument depend on each other.
        query = (
            f"SELECT (hash(i) % {records})::INTEGER AS a, (hash(i + {_RANDOM}) % {records})::INTEGER AS b"
            f" FROM range({_RANDOM}) t(i)"
        )
    connection.execute(
        "CREATE OR REPLACE TABLE link_random AS SELECT DISTINCT least(a, b) AS join_key_l,"
        f" greatest(a, b) AS join_key_r, 0::BIGINT AS match_key FROM ({query}) WHERE a <> b"
    )
    return "link_random"


def _seen(connection: DuckDBPyConnection, levels: Levels) -> _Seen:
    rows = connection.execute(
        f"SELECT gamma_{levels.name}, count(*) FROM link_drawn WHERE gamma_{levels.name} >= 0 GROUP BY 1"
    ).fetchall()
    n = len(levels.levels)
    counts = np.zeros(n)
    for gamma, count in rows:
        counts[n - 1 - gamma] = count
    known = max(float(counts.sum()), 1.0)
    share = counts / known
    least = np.full(n, 0.5 / known)
    by_value = np.array([level.by_value for level in levels.levels])
    before = 0.0
    for at, level in enumerate(levels.levels):
        if level.same is None:
            break
        # Equality is counted on all pairs; those of the levels above are part of it.
        equal, comparable = frequencies.equal(connection, level.same, is_known=level.by_value)
        share[at] = max(equal - before, 0.0)
        least[at] = 0.5 / comparable
        before = max(equal, before)
    return _Seen(share=share, least=np.minimum(least, 0.5), by_value=by_value)


def _with_u(weights: Weights, comparisons: Sequence[Levels], seen: Sequence[_Seen]) -> Weights:
    made = dict(weights.comparisons)
    for each, counted in zip(comparisons, seen, strict=False):
        u = _u(counted, np.array([level.m for level in each.levels]), 0.0)
        made[each.name] = tuple(
            LevelWeight(label=level.label, m=level.m, u=float(u[at])) for at, level in enumerate(each.levels)
        )
    return msgspec.structs.replace(weights, comparisons=made)


def _u(seen: _Seen, m: Numbers, prior: float) -> Numbers:
    u = (seen.share - prior * m) / (1 - prior)
    return np.clip(np.maximum(u, seen.least), _BELOW, 1 - _BELOW)


def _patterns(
    connection: DuckDBPyConnection, comparisons: Sequence[Levels], weights: Weights, pairs: str
) -> tuple[_Patterns, float]:
    candidates = _one(connection, f"SELECT count(*) FROM {pairs}")
    every = max(1, -(-candidates // _CANDIDATES))
    connection.execute(
        f"CREATE OR REPLACE TABLE link_sample AS FROM {pairs} WHERE hash(join_key_l, join_key_r, {_SALT}) % {every} = 0"
    )
    shared = {column: frequencies.table_of(connection, column) for column in by_value(comparisons)}
    shares = [f"r.{frequencies.share_of(column)}" for column in shared]
    joins = "".join(f" LEFT JOIN {table} ON {table}.{column} = n.{column}" for column, table in shared.items())
    common = "".join(f", {table}.{frequencies.share_of(column)}" for column, table in shared.items())
    columns_of = dict.fromkeys(column for each in comparisons for column in each.columns)
    known = ", ".join(f"n.{column}" for column in (ROW, *columns_of))
    connection.execute(f"CREATE OR REPLACE TABLE link_known AS SELECT {known}{common} FROM {PAIRED} n{joins}")
    compared = rarity_sql(comparisons, weights, levels_sql(comparisons, "link_sample", "link_known", shares))
    # To half a bit.
    columns = connection.execute(
        f"SELECT round(2 * rarity) / 2 AS rarity, count(*) AS n, {_gammas(comparisons)} FROM ({compared})"
        " GROUP BY ALL ORDER BY ALL"
    ).fetchnumpy()
    sizes = [len(each.levels) for each in comparisons]
    levels = np.stack(
        [
            _place(np.asarray(columns[f"gamma_{each.name}"], dtype=np.int64), size)
            for each, size in zip(comparisons, sizes, strict=True)
        ],
        axis=1,
    )
    return (
        _Patterns(
            levels=levels,
            rarity=np.asarray(columns["rarity"], dtype=np.float64),
            count=np.asarray(columns["n"], dtype=np.float64),
        ),
        float(every),
    )


def _gammas(comparisons: Sequence[Levels]) -> str:
    return ", ".join(f"gamma_{each.name}" for each in comparisons)


def _place(gamma: NDArray[np.int64], size: int) -> NDArray[np.int64]:
    """Turn Splink's number of a level (n−1 for the first, 0 for the last, −1 for unknown) into its place."""
    return np.where(gamma < 0, -1, size - 1 - gamma)


def _maximise(
    comparisons: Sequence[Levels], weights: Weights, seen: Sequence[_Seen], patterns: _Patterns, per_pair: float
) -> tuple[list[Numbers], list[Numbers], float]:
    known = [np.array([level.m for level in weights.comparisons[each.name]]) for each in comparisons]
    first = [np.array([level.u for level in weights.comparisons[each.name]]) for each in comparisons]
    m, u, prior = list(known), list(first), weights.prior
    for _round in range(_ROUNDS):
        # What a rare value adds was reckoned from the first u.
        against = [np.where(counted.by_value, before, now) for counted, before, now in zip(seen, first, u, strict=True)]
        one = patterns.count * _probability(prior, m, against, patterns)
        before, prior = prior, float(np.clip(one.sum() * per_pair / _FOUND, per_pair / 2, 0.5))
        m = [_m(each, patterns.levels[:, at], one) for at, each in enumerate(known)]
        u = [_u(counted, learned, prior) for counted, learned in zip(seen, m, strict=True)]
        if abs(np.log(prior / before)) < _SETTLED:
            break
    return m, u, prior


def _probability(prior: float, m: Sequence[Numbers], u: Sequence[Numbers], patterns: _Patterns) -> Numbers:
    weight = np.log2(prior / (1 - prior)) + patterns.rarity
    for at, (same, other) in enumerate(zip(m, u, strict=True)):
        # What is unknown has place −1, the last one, and says nothing.
        weight = weight + np.append(np.log2(same / other), 0.0)[patterns.levels[:, at]]
    return np.asarray(1 / (1 + np.exp2(-np.clip(weight, -500, 500))))


def _m(known: Numbers, place: NDArray[np.int64], one: Numbers) -> Numbers:
    told = place >= 0
    counted = np.bincount(place[told], weights=one[told], minlength=len(known)) + _KNOWN * known
    return np.clip(counted / counted.sum(), _BELOW, 1 - _BELOW)


def _one(connection: DuckDBPyConnection, query: str) -> int:
    (row,) = connection.execute(query).fetchall()
    return int(row[0])
