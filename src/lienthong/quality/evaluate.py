"""How good a linking is, measured against what is known: exactly, without making all pairs.

With n records of one person in both, n·(n−1)/2 pairs are right; so groups are counted, not pairs, and five million
records take seconds.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

import msgspec
import numpy as np
import pyarrow as pa
from duckdb import DuckDBPyConnection

from lienthong.quality.errors import TruthRefused
from lienthong.quality.linking.components import Edges, connected

THRESHOLDS: Final = (0.1, 0.5, 0.8, 0.9, 0.95, 0.99, 0.999, 0.9999)
_MADE: Final = "evaluated"


class Quality(msgspec.Struct, frozen=True, kw_only=True):
    """Precision, recall and F1, each from 0 to 1; 1 where there is nothing to be found or nothing was."""

    precision: float
    recall: float
    f1: float

    @classmethod
    def of(cls, right: float, found: float, wanted: float) -> Self:
        """Return the measures from three counts."""
        precision = right / found if found else 1.0
        recall = right / wanted if wanted else 1.0
        both = found + wanted
        return cls(precision=precision, recall=recall, f1=2 * right / both if both else 1.0)


class Evaluation(msgspec.Struct, frozen=True, kw_only=True):
    """One linking against the truth."""

    # None: the clusters as they are; else all pairs from this probability on, with what follows from them.
    threshold: float | None
    records: int
    # Of pairs of records.
    pairwise: Quality
    # Of clusters of two or more records: right is one that equals a true one.
    clusters: Quality


@dataclass(frozen=True, slots=True)
class _Counts:
    right: int
    found: int
    wanted: int


def against_truth(connection: DuckDBPyConnection, clusters: str, truth: str) -> Evaluation:
    """Compare clusters with the persons that records are known to be of.

    Args:
        connection: with both tables.
        clusters: ``record_id`` and ``person_id``.
        truth: ``record_id`` and ``truth``; records without one are passed over.

    Raises:
        TruthRefused: no record has both.
    """
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {_MADE} AS SELECT c.person_id AS made, t.truth AS actual FROM {clusters} c"
        f" JOIN {truth} t USING (record_id) WHERE t.truth IS NOT NULL"
    )
    return _evaluate(connection, None)


def over_thresholds(
    connection: DuckDBPyConnection, pairs: str, truth: str, thresholds: Sequence[float] = THRESHOLDS
) -> list[Evaluation]:
    """Compare what pairs from a probability on would make with the truth, for several probabilities.

    Args:
        connection: with both tables.
        pairs: ``record_id_l``, ``record_id_r``, ``probability``.
        truth: as in ``against_truth``.
        thresholds: the probabilities.
    """
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE evaluated_rows AS SELECT row_number() OVER (ORDER BY record_id) - 1 AS nth,"
        f" record_id, truth FROM {truth} WHERE truth IS NOT NULL"
    )
    columns = connection.execute(
        f"SELECT l.nth AS l, r.nth AS r, probability AS p FROM {pairs}"
        " JOIN evaluated_rows l ON l.record_id = record_id_l JOIN evaluated_rows r ON r.record_id = record_id_r"
    ).fetchnumpy()
    edges = Edges(np.asarray(columns["l"]), np.asarray(columns["r"]), np.asarray(columns["p"], dtype=np.float64))
    records = connection.execute("SELECT count(*) FROM evaluated_rows").fetchall()[0][0]
    made: list[Evaluation] = []
    for threshold in thresholds:
        label = connected(records, edges.among(edges.weight >= threshold))
        connection.register("evaluated_labels", pa.table({"nth": np.arange(records), "label": label}))
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE {_MADE} AS SELECT label AS made, truth AS actual FROM evaluated_labels"
            " JOIN evaluated_rows USING (nth)"
        )
        connection.unregister("evaluated_labels")
        made.append(_evaluate(connection, threshold))
    return made


def truth_of_pairs(connection: DuckDBPyConnection, pairs: str, records: str, result: str) -> None:
    """Turn pairs known to be of one person into the persons that follow from them.

    Args:
        connection: with both tables.
        pairs: ``record_id_l``, ``record_id_r``.
        records: ``record_id``, of all records.
        result: the table that is made: ``record_id``, ``truth``.

    Raises:
        TruthRefused: a pair names a record that is not there.
    """
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE paired_rows AS SELECT row_number() OVER (ORDER BY record_id) - 1 AS nth,"
        f" record_id FROM (SELECT DISTINCT record_id FROM {records})"
    )
    known = (
        f"FROM {pairs} p LEFT JOIN paired_rows l ON l.record_id = p.record_id_l"
        " LEFT JOIN paired_rows r ON r.record_id = p.record_id_r"
    )
    lost = connection.execute(
        f"SELECT record_id_l, record_id_r {known} WHERE l.nth IS NULL OR r.nth IS NULL LIMIT 1"
    ).fetchall()
    if lost:
        raise TruthRefused(" and ".join(str(each) for each in lost[0]))
    columns = connection.execute(f"SELECT l.nth AS l, r.nth AS r {known}").fetchnumpy()
    left, right = np.asarray(columns["l"]), np.asarray(columns["r"])
    total = connection.execute("SELECT count(*) FROM paired_rows").fetchall()[0][0]
    label = connected(total, Edges(left, right, np.ones(len(left))))
    connection.register("paired_labels", pa.table({"nth": np.arange(total), "truth": label}))
    connection.execute(
        f"CREATE OR REPLACE TABLE {result} AS SELECT record_id, truth FROM paired_labels JOIN paired_rows USING (nth)"
    )
    connection.unregister("paired_labels")


def _evaluate(connection: DuckDBPyConnection, threshold: float | None) -> Evaluation:
    records = connection.execute(f"SELECT count(*) FROM {_MADE}").fetchall()[0][0]
    if not records:
        raise TruthRefused
    pairs = _Counts(*(_pairs(connection, columns) for columns in ("made, actual", "made", "actual")))
    counts = connection.execute(
        "WITH cells AS (SELECT made, actual, count(*) AS n FROM evaluated GROUP BY ALL),"
        " sized AS (SELECT n, sum(n) OVER (PARTITION BY made) AS made_n, sum(n) OVER (PARTITION BY actual) AS true_n"
        " FROM cells)"
        " SELECT count(*) FILTER (n = made_n AND n = true_n AND n > 1),"
        f" (SELECT count(*) FROM ({_groups('made')})), (SELECT count(*) FROM ({_groups('actual')})) FROM sized"
    ).fetchall()
    return Evaluation(
        threshold=threshold,
        records=records,
        pairwise=Quality.of(pairs.right, pairs.found, pairs.wanted),
        clusters=Quality.of(*counts[0]),
    )


def _pairs(connection: DuckDBPyConnection, columns: str) -> int:
    rows = connection.execute(
        f"SELECT coalesce(sum(n * (n - 1) // 2), 0) FROM (SELECT count(*) AS n FROM {_MADE} GROUP BY {columns})"
    ).fetchall()
    return int(rows[0][0])


def _groups(column: str) -> str:
    return f"SELECT {column} FROM {_MADE} GROUP BY {column} HAVING count(*) > 1"
