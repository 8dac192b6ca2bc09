"""Splink at work: the settings of a registry as Splink wants them, and pairs scored with learned weights.

Of Splink we use what scores pairs. Candidates are our own (``blocking``), and so are the weights (``training``), which
Splink takes as m and u of every level.
"""

import logging
from collections.abc import Mapping, Sequence
from typing import Any, Final

from duckdb import DuckDBPyConnection

from lienthong.quality.linking import frequencies
from lienthong.quality.linking.levels import Level, Levels
from lienthong.quality.linking.nodes import PAIRED, ROW
from lienthong.quality.linking.weights import LevelWeight, Weights

_FUNCTIONS: Final = {"jw": "jaro_winkler_similarity", "dl": "damerau_levenshtein"}


def splink_settings(comparisons: Sequence[Levels], weights: Weights) -> dict[str, Any]:
    """Return the settings of a Splink linker.

    Args:
        comparisons: in the order in which weights are shown.
        weights: for each of their levels.
    """
    return {
        "link_type": "dedupe_only",
        "unique_id_column_name": ROW,
        "probability_two_random_records_match": weights.prior,
        # Without it Splink tells weights, but not levels.
        "retain_matching_columns": True,
        "retain_intermediate_calculation_columns": True,
        "comparisons": [_comparison(each, weights.comparisons[each.name]) for each in comparisons],
        "blocking_rules_to_generate_predictions": [],
    }


def _comparison(levels: Levels, weights: Sequence[LevelWeight]) -> dict[str, Any]:
    unknown = {"sql_condition": levels.unknown, "label_for_charts": "unknown", "is_null_level": True}
    return {
        "output_column_name": levels.name,
        "comparison_description": levels.name,
        "comparison_levels": [
            unknown,
            *(_level(level, weight) for level, weight in zip(levels.levels, weights, strict=True)),
        ],
    }


def _level(level: Level, weight: LevelWeight) -> dict[str, Any]:
    made: dict[str, Any] = {
        "sql_condition": in_duckdb(level.sql),
        "label_for_charts": level.label,
        "m_probability": weight.m,
        "u_probability": weight.u,
    }
    if level.by_value:
        made["tf_adjustment_column"] = level.same
    return made


def in_duckdb(sql: str) -> str:
    """Return the predicate of a level as DuckDB understands it."""
    return sql.format(**_FUNCTIONS)


def score(  # noqa: PLR0913 - tables are named by who made them
    connection: DuckDBPyConnection,
    comparisons: Sequence[Levels],
    weights: Weights,
    *,
    nodes: str,
    pairs: str,
    result: str,
    least: float | None = None,
) -> None:
    """Score pairs into a table, with level and weight of every comparison.

    Args:
        connection: with all tables.
        comparisons: what is compared.
        weights: for each of their levels.
        nodes: the table of records; how common values are is counted among all (``frequencies``).
        pairs: the table of candidates, as ``blocking.make_pairs`` makes it.
        result: the table that is made: Splink's columns ``match_weight``, ``match_probability``, ``row_id_l``,
            ``row_id_r``, ``match_key``, and per comparison ``gamma_…``, ``mw_…``, ``mw_tf_adj_…``.
        least: the probability below which pairs are left out.
    """
    if not comparisons:
        score_nothing(connection, result)
        return
    from splink import DuckDBAPI  # noqa: PLC0415 - half a second, only for those who link

    logging.getLogger("splink").setLevel(logging.ERROR)
    # Splink copies what it is given: only what is compared.
    columns = dict.fromkeys(column for each in comparisons for column in each.columns)
    connection.execute(f"CREATE OR REPLACE TEMP VIEW link_compared AS SELECT {', '.join([ROW, *columns])} FROM {nodes}")
    common = {column: frequencies.table_of(connection, column) for column in by_value(comparisons)}
    scored = predict(
        DuckDBAPI(connection=connection), splink_settings(comparisons, weights), "link_compared", common, pairs, least
    )
    connection.execute(f"DROP TABLE IF EXISTS {result}")
    connection.execute(f"ALTER TABLE {scored.physical_name} RENAME TO {result}")


def score_nothing(connection: DuckDBPyConnection, result: str) -> None:
    """Make the table of scored pairs where there is nothing to compare by."""
    connection.execute(
        f"CREATE OR REPLACE TABLE {result} AS SELECT 0::DOUBLE AS match_weight, 0::DOUBLE AS match_probability,"
        f" 0 AS {ROW}_l, 0 AS {ROW}_r WHERE false"
    )


def predict(  # noqa: PLR0913, PLR0917 - tables of an engine, whichever it is
    api: Any,  # noqa: ANN401 - DuckDBAPI or SparkAPI, of which only one may be installed
    settings: dict[str, Any],
    compared: object,
    common: Mapping[str, object],
    pairs: object,
    least: float | None,
) -> Any:  # noqa: ANN401 - its table of the result
    """Have Splink score registered pairs.

    Args:
        api: of the engine.
        settings: as ``splink_settings`` makes them, in the engine's SQL.
        compared: the records with what is compared; a table of the engine, as the three others are.
        common: by column, how common its values are.
        pairs: the candidates.
        least: the probability below which pairs are left out.
    """
    from splink import Linker  # noqa: PLC0415 - as in score

    linker = Linker(api.register(compared), settings, log_level=None, validate_settings=False)
    for column, table in common.items():
        linker.table_management.register_term_frequency_lookup(api.register(table), column)
    linker.table_management.register_blocked_pairs_for_predict(api.register(pairs))
    return linker.inference.predict(threshold_match_probability=least, warning_mode="never")


def by_value(comparisons: Sequence[Levels]) -> list[str]:
    """Return the columns whose values weigh by how common they are."""
    return list(
        dict.fromkeys(level.same for each in comparisons for level in each.levels if level.by_value and level.same)
    )


def score_in_pieces(  # noqa: PLR0913 - tables are named by who made them
    connection: DuckDBPyConnection,
    comparisons: Sequence[Levels],
    weights: Weights,
    *,
    pairs: str,
    result: str,
    least: float,
    pieces: int,
) -> None:
    """Score candidates one piece after the other: the same pairs as at once, in a part of the memory.

    Args:
        connection: with all tables; the nodes are ``nodes.PAIRED``.
        comparisons: what is compared.
        weights: for each of their levels.
        pairs: the table of candidates.
        result: the table that is made, as by ``score``.
        least: the probability below which pairs are left out.
        pieces: how many; 1 or more.
    """
    if pieces == 1:
        score(connection, comparisons, weights, nodes=PAIRED, pairs=pairs, result=result, least=least)
        return
    for piece in range(pieces):
        mine = f"hash(join_key_l, join_key_r) % {pieces} = {piece}"
        connection.execute(f"CREATE OR REPLACE TABLE link_piece AS FROM {pairs} WHERE {mine}")
        part = result if piece == 0 else "link_scored_piece"
        score(connection, comparisons, weights, nodes=PAIRED, pairs="link_piece", result=part, least=least)
        if piece:
            connection.execute(f"INSERT INTO {result} BY NAME FROM {part}")
            connection.execute(f"DROP TABLE {part}")
    connection.execute("DROP TABLE link_piece")
