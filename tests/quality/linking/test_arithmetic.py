"""Levels and rarities that are computed without Splink are Splink's."""

import duckdb
import pytest

from lienthong.quality.description import Described
from lienthong.quality.linking import engine, frequencies
from lienthong.quality.linking.arithmetic import levels_sql, rarity_sql
from lienthong.quality.linking.blocking import PAIRS
from lienthong.quality.linking.link import prepare
from lienthong.quality.linking.nodes import NODES, PAIRED
from lienthong.quality.linking.settings import link_settings
from lienthong.quality.linking.weights import before_training
from tests.quality.linking.conftest import fill

Rows = list[dict[str, object]]


@pytest.mark.parametrize("nodes", [NODES, PAIRED])
def test_levels_and_rarities_are_those_of_splink(
    connection: duckdb.DuckDBPyConnection, person: Described, rows: Rows, nodes: str
) -> None:
    fill(connection, person, rows, "records")
    prepared = prepare(connection, person, link_settings(person), "records")
    comparisons = prepared.comparisons
    weights = before_training(comparisons, prepared.records)
    if nodes == NODES:
        # Records that have little in common.
        connection.execute(
            "CREATE OR REPLACE TABLE some_pairs AS SELECT l.row_id AS join_key_l, r.row_id AS join_key_r,"
            f" 0 AS match_key FROM {NODES} l JOIN {NODES} r ON r.row_id = l.row_id + 1 + l.row_id % 7"
        )
    else:
        connection.execute(f"CREATE OR REPLACE TABLE some_pairs AS FROM {PAIRS}")
    engine.score(connection, comparisons, weights, nodes=nodes, pairs="some_pairs", result="by_splink")
    shared = engine.by_value(comparisons)
    more = ["p.join_key_l AS row_id_l", "p.join_key_r AS row_id_r"]
    for column in shared:
        share, table = frequencies.share_of(column), frequencies.table_of(connection, column)
        more.append(f"(SELECT {share} FROM {table} c WHERE c.{column} = r.{column}) AS {share}")
    ours = rarity_sql(comparisons, weights, levels_sql(comparisons, "some_pairs", nodes, more))
    gammas = ", ".join(f"gamma_{each.name}" for each in comparisons)
    adjusted = " + ".join(
        f"mw_tf_adj_{each.name}" for each in comparisons if any(level.by_value for level in each.levels)
    )
    found = connection.execute(f"SELECT row_id_l, row_id_r, {gammas}, rarity FROM ({ours}) ORDER BY ALL").fetchall()
    expected = connection.execute(
        f"SELECT row_id_l, row_id_r, {gammas}, {adjusted} FROM by_splink ORDER BY ALL"
    ).fetchall()
    assert [row[:-1] for row in found] == [row[:-1] for row in expected]
    assert [row[-1] for row in found] == pytest.approx([row[-1] for row in expected])
    assert len({row[2:-1] for row in found}) > 3


def test_how_common_values_are_is_the_same_with_and_without_a_table(
    connection: duckdb.DuckDBPyConnection, person: Described, rows: Rows
) -> None:
    fill(connection, person, rows, "records")
    prepare(connection, person, link_settings(person), "records")
    for column in ("surname_key", "national_id", "birth_date"):
        counted, known = (frequencies.equal(connection, column, is_known=is_known) for is_known in (False, True))
        assert counted == known
    values = connection.execute(f"SELECT count(surname_key) FROM {NODES}").fetchall()[0][0]
    assert frequencies.equal(connection, "surname_key", is_known=True)[1] == values * (values - 1) / 2
