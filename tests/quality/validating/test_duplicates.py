"""Records that are somebody's once more are shared among units, and their rates roll up."""

from datetime import date, datetime
from pathlib import Path

import duckdb
import pytest

from lienthong.quality import description
from lienthong.quality.errors import ResultsUnusable
from lienthong.quality.units import NO_UNITS
from lienthong.quality.validating import Rule, duplicates, history, score
from lienthong.quality.validating.rules import Dimension

TODAY = date(2026, 11, 26)
UNIQUE = Rule(
    id="x",
    dimension=Dimension.CLEAN,
    columns=("number",),
    unique=True,
    severity="error",
    weight=1,
    owner="o",
    text=description.load("person").registry.title,
    source="s",
)


@pytest.fixture
def counted(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> duckdb.DuckDBPyConnection:
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE duplicate_records AS SELECT * FROM (VALUES ('1', 'a', '7'), ('2', 'b', '7'),"
        " ('3', 'b', NULL), ('4', NULL, NULL)) t(record_id, unit, number)"
    )
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE duplicate_clusters AS SELECT * FROM"
        " (VALUES ('1', 'P'), ('2', 'P'), ('3', 'P'), ('4', 'Q')) t(record_id, person_id)"
    )
    connection.execute(
        "COPY (SELECT 'a' AS unit, 'x' AS rule, 'clean' AS dimension, 1 AS weight, 4 AS records, 1 AS failures)"
        f" TO '{tmp_path}/rule_counts.parquet'"
    )
    return connection


def test_units_share_the_duplicates_of_a_person(counted: duckdb.DuckDBPyConnection) -> None:
    duplicates.count(counted, [UNIQUE], source="duplicate_records", clusters="duplicate_clusters", today=TODAY)
    rows = counted.execute(f"SELECT unit, exact, round(estimated, 3) FROM {duplicates.TABLE} ORDER BY 1").fetchall()
    assert rows == [("", 0, 0), ("a", 0.5, 0.667), ("b", 0.5, 1.333)]


def test_rates_stand_on_the_card_and_in_its_history(counted: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    duplicates.count(counted, [UNIQUE], source="duplicate_records", clusters="duplicate_clusters", today=TODAY)
    card = score(counted, tmp_path, units=NO_UNITS)
    assert card.duplicates == {"exact": 25.0, "estimated": 50.0}
    history.write(counted, tmp_path, run="first", at=datetime(2026, 1, 1), previous=None)  # noqa: DTZ001 - as of UTC
    before = tmp_path / "before"
    before.mkdir()
    (tmp_path / "history.parquet").rename(before / "history.parquet")
    duplicates.count(counted, [UNIQUE], source="duplicate_records", clusters=None, today=TODAY)
    assert score(counted, tmp_path, units=NO_UNITS).duplicates == {"exact": 25.0}
    history.write(counted, tmp_path, run="second", at=datetime(2026, 2, 1), previous=before)  # noqa: DTZ001 - as of UTC
    rows = counted.execute(
        f"SELECT run, score, estimated_duplicates FROM '{tmp_path}/history.parquet' ORDER BY run_at"
    ).fetchall()
    assert rows == [("first", 75.0, 50.0), ("second", 75.0, None)]


def test_a_damaged_history_is_refused(counted: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    duplicates.count(counted, [UNIQUE], source="duplicate_records", clusters=None, today=TODAY)
    score(counted, tmp_path, units=NO_UNITS)
    before = tmp_path / "before"
    before.mkdir()
    (before / "history.parquet").write_bytes(b"PAR1")
    with pytest.raises(ResultsUnusable, match="history"):
        history.write(counted, tmp_path, run="x", at=datetime(2026, 1, 1), previous=before)  # noqa: DTZ001 - as of UTC
