"""Measures are exact, as counting all pairs would give them."""

from itertools import combinations

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lienthong.quality import evaluate
from lienthong.quality.errors import TruthRefused


def tables(connection: duckdb.DuckDBPyConnection, rows: list[tuple[int, int]]) -> None:
    connection.execute("CREATE OR REPLACE TABLE made (record_id VARCHAR, person_id INTEGER)")
    connection.execute("CREATE OR REPLACE TABLE truth (record_id VARCHAR, truth INTEGER)")
    for at, (person, true) in enumerate(rows):
        connection.execute("INSERT INTO made VALUES (?, ?)", [str(at), person])
        connection.execute("INSERT INTO truth VALUES (?, ?)", [str(at), true])


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=9))
def test_pairs_are_counted_without_being_made(
    connection: duckdb.DuckDBPyConnection, rows: list[tuple[int, int]]
) -> None:
    tables(connection, rows)
    measured = evaluate.against_truth(connection, "made", "truth").pairwise
    pairs = list(combinations(rows, 2))
    found = [one[0] == other[0] for one, other in pairs]
    wanted = [one[1] == other[1] for one, other in pairs]
    right = sum(both[0] and both[1] for both in zip(found, wanted, strict=True))
    assert measured == evaluate.Quality.of(right, sum(found), sum(wanted))


def test_clusters_are_right_when_they_equal_true_ones(connection: duckdb.DuckDBPyConnection) -> None:
    tables(connection, [(1, 1), (1, 1), (2, 2), (2, 2), (2, 3), (4, 4)])
    measured = evaluate.against_truth(connection, "made", "truth").clusters
    assert (measured.precision, measured.recall) == (0.5, 0.5)


def test_thresholds_are_evaluated_with_what_follows_from_pairs(connection: duckdb.DuckDBPyConnection) -> None:
    tables(connection, [(0, 1), (0, 1), (0, 1), (0, 2)])
    connection.execute(
        "CREATE OR REPLACE TABLE scored AS SELECT * FROM (VALUES ('0', '1', 0.9), ('1', '2', 0.9), ('2', '3', 0.4))"
        " t(record_id_l, record_id_r, probability)"
    )
    low, high = evaluate.over_thresholds(connection, "scored", "truth", (0.3, 0.5))
    assert (low.threshold, low.pairwise.precision, low.pairwise.recall) == (0.3, 0.5, 1)
    assert (high.threshold, high.pairwise.precision, high.pairwise.recall) == (0.5, 1, 1)


def test_pairs_say_who_is_one_person(connection: duckdb.DuckDBPyConnection) -> None:
    tables(connection, [(0, 0)] * 4)
    connection.execute(
        "CREATE OR REPLACE TABLE known AS SELECT * FROM (VALUES ('0', '1'), ('1', '2')) t(record_id_l, record_id_r)"
    )
    evaluate.truth_of_pairs(connection, "known", "made", "followed")
    rows = connection.execute("SELECT record_id, truth FROM followed ORDER BY 1").fetchall()
    assert rows == [("0", 0), ("1", 0), ("2", 0), ("3", 3)]


def test_truth_that_does_not_fit_is_refused(connection: duckdb.DuckDBPyConnection) -> None:
    tables(connection, [(0, 0)])
    connection.execute("CREATE OR REPLACE TABLE known AS SELECT '0' AS record_id_l, '9' AS record_id_r")
    with pytest.raises(TruthRefused, match="0 and 9"):
        evaluate.truth_of_pairs(connection, "known", "made", "followed")
    connection.execute("DELETE FROM truth")
    with pytest.raises(TruthRefused):
        evaluate.against_truth(connection, "made", "truth")
