"""A model's weights as plain SQL, for few pairs: what Splink computes, without the second it takes to begin."""

from collections.abc import Sequence
from math import log2

from lienthong.quality.linking.conflicts import reasons
from lienthong.quality.linking.engine import by_value, in_duckdb
from lienthong.quality.linking.frequencies import share_of
from lienthong.quality.linking.levels import Levels
from lienthong.quality.linking.nodes import ROW
from lienthong.quality.linking.settings import Conflict
from lienthong.quality.linking.weights import LevelWeight, Weights


def levels_sql(comparisons: Sequence[Levels], pairs: str, nodes: str, more: Sequence[str] = ()) -> str:
    """Return a query of the levels of pairs.

    Args:
        comparisons: what is compared.
        pairs: a table with ``join_key_l`` and ``join_key_r``.
        nodes: the table of their records.
        more: further expressions with names, over the columns of records ``l`` and ``r``.

    Returns:
        A query with ``gamma_…`` per comparison, as Splink numbers levels: 0 for the last one, more for those before it,
        −1 where nothing can be said.
    """
    columns = dict.fromkeys(column for each in comparisons for column in each.columns)
    sides = ", ".join(f"l.{column} AS {column}_l, r.{column} AS {column}_r" for column in columns)
    compared = (
        f"SELECT {sides}{''.join(f', {each}' for each in more)} FROM {pairs} p"
        f" JOIN {nodes} l ON l.{ROW} = p.join_key_l JOIN {nodes} r ON r.{ROW} = p.join_key_r"
    )
    return (
        f"SELECT *, {', '.join(f'{_level(levels)} AS gamma_{levels.name}' for levels in comparisons)} FROM ({compared})"
    )


def rarity_sql(comparisons: Sequence[Levels], weights: Weights, query: str) -> str:
    """Return a query of what rare values add to the weights of pairs.

    Args:
        comparisons: those the weights are known of.
        weights: of the model.
        query: of ``levels_sql``, with the shares of the values of the records ``r``.

    Returns:
        A query with all of the other, and ``rarity`` in bits: the sum of what Splink calls ``mw_tf_adj_…``.
    """
    terms = ["0::DOUBLE"]
    for levels in comparisons:
        for at, (level, weight) in enumerate(zip(levels.levels, weights.comparisons[levels.name], strict=True)):
            if level.by_value and level.same:
                gamma = len(levels.levels) - 1 - at
                bits = f"({log2(weight.u)!r})::DOUBLE - log2(coalesce({share_of(level.same)}, {weight.u!r}))"
                terms.append(f"CASE WHEN gamma_{levels.name} = {gamma} THEN {bits} ELSE 0 END")
    return f"SELECT *, {' + '.join(terms)} AS rarity FROM ({query})"


def _level(levels: Levels) -> str:
    last = len(levels.levels) - 1
    cases = [
        f"WHEN {in_duckdb(level.sql)} THEN {last - at}" for at, level in enumerate(levels.levels) if level.sql != "ELSE"
    ]
    return f"(CASE WHEN {levels.unknown} THEN -1 {' '.join(cases)} ELSE 0 END)::TINYINT"


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
    rare = "".join(f", r.{share_of(each)}" for each in by_value(comparisons))
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
            bits = f"({log2(weight.m)!r})::DOUBLE - log2(coalesce({share_of(level.same)}, {weight.u!r}))"
        cases.append(f"WHEN {in_duckdb(level.sql)} THEN {bits}")
    return f"CASE {' '.join(cases)} ELSE {otherwise} END"
