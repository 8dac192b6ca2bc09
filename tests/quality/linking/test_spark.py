"""Spark finds the same persons as DuckDB, from the same description, and says how to be had where it is not there."""

import json
import sys
from pathlib import Path
from typing import Any

import duckdb
import pytest

from lienthong.cli.main import main
from lienthong.quality import description
from lienthong.quality.errors import SparkUnavailable
from lienthong.quality.linking import spark
from lienthong.quality.linking.engine import in_duckdb
from lienthong.quality.linking.levels import levels_of
from lienthong.quality.linking.settings import link_settings

# Few rows: what takes long is to plan and compile, so less of that.
LOCAL = {
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.shuffle.partitions": "2",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
}


@pytest.fixture
def local_spark(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Let Spark run on two threads of this machine, reached from nowhere else."""
    settings = {**LOCAL, "spark.local.dir": str(tmp_path), "spark.sql.warehouse.dir": str(tmp_path / "tables")}
    said = " ".join(f"--conf {name}={value}" for name, value in settings.items())
    options = "--master local[2] --driver-java-options -XX:TieredStopAtLevel=1"
    monkeypatch.setenv("PYSPARK_SUBMIT_ARGS", f"{options} {said} pyspark-shell")
    monkeypatch.setenv("SPARK_LOCAL_IP", "127.0.0.1")


def link(folder: Path, out: str, *options: str) -> None:
    """Link generated members and learn how from themselves."""
    given = ["-r", "member", "-i", str(folder / "made/records"), "-o", str(folder / out), "--learn", "--json"]
    assert main(["quality", "link", *given, *options]) == 0


def rows(path: Path) -> list[tuple[Any, ...]]:
    return duckdb.execute(f"SELECT * FROM '{path}' ORDER BY ALL").fetchall()


def parted(table: list[tuple[Any, ...]]) -> tuple[list[list[float]], list[list[Any]]]:
    """Return of every row the numbers with a point, and everything else."""
    numbers = [[value for value in row if isinstance(value, float)] for row in table]
    return numbers, [[value for value in row if not isinstance(value, float)] for row in table]


@pytest.mark.slow
@pytest.mark.java
def test_spark_finds_the_same_persons_as_duckdb(tmp_path: Path, local_spark: None) -> None:
    assert main(["quality", "generate", "-n", "2000", "--seed", "5", "-o", str(tmp_path / "made"), "--json"]) == 0
    link(tmp_path, "duckdb")
    link(tmp_path, "spark", "--engine", "spark")
    here, there = tmp_path / "duckdb", tmp_path / "spark"
    assert rows(here / "clusters.parquet") == rows(there / "clusters.parquet")
    for table in ("pairs.parquet", "review.parquet"):
        (numbers, others), (same, same_others) = (parted(rows(folder / table)) for folder in (here, there))
        assert others == same_others
        # Sums are added up in another order.
        assert numbers == [pytest.approx(row) for row in same]
    model, other = (json.loads((folder / "model.json").read_text()) for folder in (here, there))
    assert model | {"trained": ""} == other | {"trained": ""}
    report, same = (json.loads((folder / "linking.json").read_text()) for folder in (here, there))
    assert report == same
    assert report["apart"] > 0
    assert report["duplicates"] > 0


@pytest.mark.slow
@pytest.mark.java
def test_what_is_missing_is_compared_as_in_duckdb(
    tmp_path: Path, local_spark: None, connection: duckdb.DuckDBPyConnection
) -> None:
    said = (
        "damerau_levenshtein('an', 'na')",
        "damerau_levenshtein(NULL, 'na')",
        "damerau_levenshtein('Đặng', 'Đang')",
        "jaro_winkler_similarity(NULL, 'na')",
        "starts_with('an', 'a') AND contains('van', 'an')",
    )
    with spark.started(connection, tmp_path) as cluster:
        for sql in said:
            (expected,) = connection.execute(f"SELECT {sql}").fetchall()
            assert tuple(cluster.session.sql(f"SELECT {spark.in_spark(sql)}").first()) == expected, sql


@pytest.mark.parametrize("registry", ["member", "person"])
def test_every_predicate_of_a_registry_can_be_translated(registry: str) -> None:
    settings = link_settings(description.load(registry))
    levels = [level.sql for each in settings.compare for level in levels_of(each).levels]
    said = [*(in_duckdb(sql) for sql in levels if sql != "ELSE"), *(each.sql for each in settings.conflict)]
    for sql in said:
        made = spark.in_spark(sql)
        assert "::" not in made
        assert "VARCHAR" not in made


def test_without_pyspark_the_error_says_how_to_get_it(
    tmp_path: Path, connection: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyspark.errors", None)
    with (
        pytest.raises(SparkUnavailable, match=r"pip install 'lienthong\[spark\]'"),
        spark.started(connection, tmp_path),
    ):
        pass


def test_where_spark_does_not_start_nothing_but_that_is_said(
    tmp_path: Path, connection: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPARK_HOME", str(tmp_path / "nowhere"))
    # What another test has started would be used again.
    monkeypatch.setattr("pyspark.core.context.SparkContext._gateway", None)
    with pytest.raises(SparkUnavailable, match="spark-submit"), spark.started(connection, tmp_path):
        pass


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--engine", "flink"], "write duckdb or spark"),
        (["--engine", "spark", "--chunks", "2"], "--chunks"),
        (["--engine", "spark", "--against", "."], "--against"),
    ],
)
def test_an_engine_that_makes_no_sense_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str], message: str
) -> None:
    given = ["-r", "member", "-i", str(tmp_path), "-o", str(tmp_path / "out"), *options]
    assert main(["quality", "link", *given]) == 2
    assert message in capsys.readouterr().err
