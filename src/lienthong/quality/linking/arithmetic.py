"""A model's weights as plain SQL, for few pairs: what Splink computes, without the second it takes to begin."""

from collections.abc import Sequence
from math import log2

from lienthong.quality.linking.conflicts import reasons
from lienthong.quality.linking.engine import by_value, in_duckdb
from lienthong.quality.linking.levels import Levels
from lienthong.quality.linking.settings import Conflict
from lienthong.quality.linking.weights import LevelWeight, Weights


def frequency_column(column: str) -> str:
    """Return the name of the column that holds how common a value is, as Splink names it."""
    return f"tf_{column}"


def scored_sql(comparisons: Sequence[Levels], weights: Weights, conflicts: Sequence[Conflict], pairs: str) -> str:
    """Return a query of the weights of pairs.

    Args:
        comparisons: those the weights are known of.
        weights: of the model.
        conflicts: that the two records may be in.
        pairs: what follows FROM: records ``l`` and ``r`` side by side, ``r`` with its frequencies.

    Returns:
        A query with ``left_row``, ``right_row``, ``reasons``, ``weight_…`` per comparison, ``weight``, ``probability``.
    """
    columns = dict.fromkeys(column for each in comparisons for column in each.columns)
    sides = ", ".join(f"l.{column} AS {column}_l, r.{column} AS {column}_r" for column in columns)
    rare = "".join(f", r.{frequency_column(each)}" for each in by_value(comparisons))
    compared = (
        f"SELECT l.row_id AS left_row, r.row_id AS right_row, {reasons(conflicts)} AS reasons, {sides}{rare}"
        f" FROM {pairs}"
    )
    each = ", ".join(
        f"{_weight(levels, weights.comparisons[levels.name])} AS weight_{levels.name}" for levels in comparisons
    )
    prior = f"({log2(weights.prior / (1 - weights.prior))!r})::DOUBLE"
    total = " + ".join([prior, *(f"weight_{levels.name}" for levels in comparisons)])
    names = ", ".join(f"weight_{levels.name}" for levels in comparisons)
    return (
        f"SELECT *, 1 / (1 + pow(2, -greatest(-1000, least(1000, weight)))) AS probability FROM"
        f" (SELECT left_row, right_row, reasons, {names}, {total} AS weight"
        f" FROM (SELECT left_row, right_row, reasons, {each} FROM ({compared})))"
    )


def _weight(levels: Levels, weights: Sequence[LevelWeight]) -> str:
    cases = [f"WHEN {levels.unknown} THEN 0::DOUBLE"]
    otherwise = "0"
    for level, weight in zip(levels.levels, weights, strict=True):
        bits = f"({log2(weight.m / weight.u)!r})::DOUBLE"
        if level.sql == "ELSE":
            otherwise = bits
            continue
        if level.by_value and level.same:
            bits = f"({log2(weight.m)!r})::DOUBLE - log2(coalesce({frequency_column(level.same)}, {weight.u!r}))"
        cases.append(f"WHEN {in_duckdb(level.sql)} THEN {bits}")
    return f"CASE {' '.join(cases)} ELSE {otherwise} END"
