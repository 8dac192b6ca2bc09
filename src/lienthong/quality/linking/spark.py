"""Candidates and scores on Apache Spark, for registries that one machine does not hold.

What grows with the records (nodes, keys, persons) stays in DuckDB; what grows with the pairs is done on the cluster:
pairs of records with the same key, conflicts, scores. Both sides exchange Parquet through a folder that both see.
Settings, blocking rules and models are those of DuckDB; predicates are translated by sqlglot, as Splink's own are.
"""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import sqlglot
from duckdb import DuckDBPyConnection

from lienthong.quality.errors import SparkUnavailable
from lienthong.quality.linking import engine, frequencies, nodes
from lienthong.quality.linking.backends import Candidates
from lienthong.quality.linking.blocking import PAIRS, Blocking
from lienthong.quality.linking.conflicts import any_of
from lienthong.quality.linking.expressions import words
from lienthong.quality.linking.levels import Levels
from lienthong.quality.linking.nodes import NODES, ROW
from lienthong.quality.linking.settings import Conflict
from lienthong.quality.linking.weights import Weights
from lienthong.quality.tables import literal, quoted

_KEYS: Final = "link_keys"
_COMPARED: Final = "link_compared"
_PAIRED: Final = (
    # As blocking.make_pairs says it, with the keys of all rules in one table.
    f"SELECT l.{ROW} AS join_key_l, r.{ROW} AS join_key_r, bit_or(l.rule) AS match_key"
    f" FROM {_KEYS} l JOIN {_KEYS} r ON l.rule = r.rule AND l.h = r.h AND l.{ROW} < r.{ROW} GROUP BY ALL"
)
_FUNCTIONS: Final = (
    # Splink's jar, which counts half transpositions where DuckDB does not, and 100 edits where a text is missing.
    ("jaro_winkler", "JaroWinklerSimilarity", "jarowinkler_similarity", "DOUBLE", "jaro_winkler(x, y)"),
    ("edits", "LevDamerauDistance", "damerau_levenshtein", "INT", "CAST(edits(x, y) AS INT)"),
)


@contextmanager
def started(connection: DuckDBPyConnection, folder: Path) -> Iterator["Cluster"]:
    """Yield a cluster at work: the session of this process, or one that ends with it.

    Which cluster, and with what memory, is said as always with Spark: ``SPARK_CONF_DIR``, ``PYSPARK_SUBMIT_ARGS``, or
    the session that a program has made; without any, threads of this machine.

    Args:
        connection: with all tables.
        folder: an existing one that this process and all workers see under this path.

    Raises:
        SparkUnavailable: pyspark or Java is not there, or the cluster does not answer.
    """
    session, ours = _session()
    try:
        yield Cluster(connection, session, folder.absolute())
    finally:
        if ours:
            session.stop()


def _session() -> tuple[Any, bool]:
    try:
        from pyspark.errors import PySparkException  # noqa: PLC0415 - in the extra spark alone
        from pyspark.sql import SparkSession  # noqa: PLC0415 - as above
        from splink.backends.spark import similarity_jar_location  # noqa: PLC0415 - as above
    except ImportError as error:
        raise SparkUnavailable(str(error)) from error
    logging.getLogger("splink").setLevel(logging.ERROR)
    known = SparkSession.getActiveSession()
    builder = SparkSession.builder.appName("lienthong").config("spark.jars", similarity_jar_location())
    try:
        session = known or builder.config("spark.sql.session.timeZone", "UTC").getOrCreate()
        _teach(session)
    except (PySparkException, OSError) as error:
        raise SparkUnavailable(str(error).partition("\n")[0]) from error
    return session, known is None


def _teach(session: Any) -> None:  # noqa: ANN401 - a SparkSession
    """Make the functions of our predicates known, under the names that sqlglot gives them."""
    for name, java, ours, kind, sql in _FUNCTIONS:
        session.udf.registerJavaFunction(name, f"uk.gov.moj.dash.linkage.{java}", "double")
        session.sql(
            f"CREATE OR REPLACE TEMPORARY FUNCTION {ours}(x STRING, y STRING) RETURNS {kind}"
            f" RETURN CASE WHEN x IS NOT NULL AND y IS NOT NULL THEN {sql} END"
        )


def in_spark(sql: str) -> str:
    """Return a predicate of DuckDB as Spark understands it."""
    return sqlglot.transpile(sql, read="duckdb", write="spark")[0]


@dataclass(slots=True)
class Cluster:
    """A Spark session that makes and scores pairs."""

    connection: DuckDBPyConnection
    session: Any
    folder: Path

    def make_candidates(self, keys: Blocking, against: Sequence[Conflict]) -> Candidates:
        """Make the view ``blocking.PAIRS`` over what the cluster wrote."""
        every = " UNION ALL ".join(
            f"SELECT {ROW}, h, {1 << at}::BIGINT AS rule FROM {table}" for at, table in enumerate(keys.tables)
        )
        self._give(_KEYS, every or f"SELECT 0 AS {ROW}, 0::BIGINT AS h, 0::BIGINT AS rule WHERE false")
        pairs = self.session.sql(_PAIRED)
        apart = any_of(against, "apart")
        if apart is None:
            count = self._take(PAIRS, pairs, "VIEW")
            nodes.take_paired(self.connection, PAIRS)
            return Candidates(count, 0)
        pairs.persist().createOrReplaceTempView("link_all_pairs")
        self._give(NODES, f"SELECT {', '.join(self._columns(words(apart)))} FROM {NODES}")
        kept = self.session.sql(
            in_spark(
                f"SELECT p.* FROM link_all_pairs p JOIN {NODES} l ON l.{ROW} = join_key_l"
                f" JOIN {NODES} r ON r.{ROW} = join_key_r WHERE NOT ({apart})"
            )
        )
        left = self._take(PAIRS, kept, "VIEW")
        nodes.take_paired(self.connection, PAIRS)
        count = pairs.count()
        pairs.unpersist()
        return Candidates(count, count - left)

    def score(self, comparisons: Sequence[Levels], weights: Weights, *, result: str, least: float) -> None:
        """Score the candidates with Splink on the cluster."""
        if not comparisons:
            engine.score_nothing(self.connection, result)
            return
        from splink.backends.spark import SparkAPI  # noqa: PLC0415 - in the extra spark alone

        session = self.session
        compared = dict.fromkeys(column for each in comparisons for column in each.columns)
        common = {
            column: self._give(f"link_shares_{column}", f"FROM {frequencies.table_of(self.connection, column)}")
            for column in engine.by_value(comparisons)
        }
        api = SparkAPI(
            spark_session=session,
            # Splink's other ways write files of its own.
            break_lineage_method="persist",
            num_partitions_on_repartition=2 * session.sparkContext.defaultParallelism,
            register_udfs_automatically=False,
        )
        scored = engine.predict(
            api,
            _translated(engine.splink_settings(comparisons, weights)),
            self._give(_COMPARED, f"SELECT {', '.join([ROW, *compared])} FROM {NODES}"),
            common,
            session.read.parquet(self._at(PAIRS)),
            least,
        )
        self._take(result, scored.as_spark_dataframe(), "TABLE")
        session.catalog.clearCache()

    def _columns(self, names: frozenset[str]) -> list[str]:
        there = [name for name, *_rest in self.connection.execute(f"DESCRIBE {NODES}").fetchall()]
        return [quoted(name) for name in there if name == ROW or name.lower() in names]

    def _at(self, name: str) -> str:
        # Clusters take a bare path for one of their own file system.
        return (self.folder / name).as_uri()

    def _give(self, name: str, query: str) -> Any:  # noqa: ANN401 - a DataFrame
        """Hand a query's rows to the cluster, as a view of that name."""
        path = self.folder / f"{name}.parquet"
        self.connection.execute(f"COPY ({query}) TO {literal(str(path))} (FORMAT parquet)")
        frame = self.session.read.parquet(path.as_uri())
        frame.createOrReplaceTempView(name)
        return frame

    def _take(self, name: str, frame: Any, kind: str) -> int:  # noqa: ANN401 - a DataFrame
        """Take the cluster's rows as a table or view of that name, and return how many there are."""
        frame.write.mode("overwrite").parquet(self._at(name))
        source = f"read_parquet({literal(str(self.folder / name / '*.parquet'))})"
        self.connection.execute(f"CREATE OR REPLACE {kind} {name} AS FROM {source}")
        (row,) = self.connection.execute(f"SELECT count(*) FROM {name}").fetchall()
        return int(row[0])


def _translated(settings: dict[str, Any]) -> dict[str, Any]:
    comparisons = [
        {**each, "comparison_levels": [_level(level) for level in each["comparison_levels"]]}
        for each in settings["comparisons"]
    ]
    return {**settings, "comparisons": comparisons}


def _level(level: dict[str, Any]) -> dict[str, Any]:
    sql = level["sql_condition"]
    return {**level, "sql_condition": sql if sql == "ELSE" else in_spark(sql)}
