"""A registry is linked without labels, and what people decided stands."""

from pathlib import Path
from typing import Any

import duckdb
import msgspec
import pytest

from lienthong.quality import evaluate
from lienthong.quality.description import Described
from lienthong.quality.errors import DecisionsRefused, ModelUnusable
from lienthong.quality.linking import weights
from lienthong.quality.linking.link import Inputs, Report, link
from lienthong.quality.linking.settings import link_settings
from tests.quality.linking.conftest import PERSONS, TWICE, fill

Rows = list[dict[str, Any]]


def run(
    connection: duckdb.DuckDBPyConnection,
    person: Described,
    folder: Path,
    inputs: Inputs = Inputs(source="records"),  # noqa: B008 - frozen
) -> tuple[Report, str]:
    folder.mkdir(exist_ok=True)
    report = link(connection, person, inputs, folder)
    connection.execute(f"CREATE OR REPLACE TABLE clusters AS FROM '{folder}/clusters.parquet'")
    return report, "clusters"


def persons(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    return dict(connection.execute("SELECT record_id, person_id FROM clusters").fetchall())


def test_records_of_one_person_are_found(
    connection: duckdb.DuckDBPyConnection, person: Described, rows: Rows, tmp_path: Path
) -> None:
    fill(connection, person, rows, "records")
    report, clusters = run(connection, person, tmp_path / "out")
    quality = evaluate.against_truth(connection, clusters, "records")
    assert quality.pairwise.precision == 1
    assert quality.pairwise.recall > 0.95
    assert report.records == PERSONS + TWICE
    assert report.persons == len(set(persons(connection).values()))
    assert report.trained_here
    assert {"sex", "email"} <= set(report.unused)
    assert report.review <= 0.015 * report.records
    assert (tmp_path / "out" / "clusters.csv").read_text().startswith("record_id,person_id\n")
    pairs = connection.execute(f"SELECT * FROM '{tmp_path}/out/pairs.parquet' LIMIT 1").fetchall()
    assert pairs
    described = {name for name, *_ in connection.execute(f"DESCRIBE FROM '{tmp_path}/out/pairs.parquet'").fetchall()}
    assert {"record_id_l", "record_id_r", "probability", "weight", "weight_surname", "weight_birth_date"} <= described


@pytest.mark.parametrize("absent", ["birth_date", "surname"])
def test_any_column_may_be_absent(
    connection: duckdb.DuckDBPyConnection, person: Described, rows: Rows, tmp_path: Path, absent: str
) -> None:
    fill(connection, person, [{**row, absent: None} for row in rows], "records")
    _report, clusters = run(connection, person, tmp_path / "out")
    assert evaluate.against_truth(connection, clusters, "records").pairwise.f1 > 0.85


@pytest.mark.parametrize("count", [0, 1])
def test_hardly_any_records_are_no_error(
    connection: duckdb.DuckDBPyConnection, person: Described, rows: Rows, tmp_path: Path, count: int
) -> None:
    fill(connection, person, rows, "every_record")
    connection.execute(f"CREATE OR REPLACE TABLE records AS FROM every_record ORDER BY record_id LIMIT {count}")
    report, _clusters = run(connection, person, tmp_path / "out")
    assert report.records == count
    assert len(persons(connection)) == count


def test_a_trained_model_is_used_again_and_gives_the_same(
    connection: duckdb.DuckDBPyConnection, person: Described, rows: Rows, tmp_path: Path
) -> None:
    fill(connection, person, rows, "records")
    run(connection, person, tmp_path / "first")
    first = persons(connection)
    model = weights.load(tmp_path / "first" / "model.json", "person", link_settings(person))
    report, _clusters = run(connection, person, tmp_path / "second", Inputs(source="records", weights=model))
    assert not report.trained_here
    assert persons(connection) == first


def test_a_model_of_another_registry_is_refused(
    connection: duckdb.DuckDBPyConnection, person: Described, rows: Rows, tmp_path: Path
) -> None:
    fill(connection, person, rows, "records")
    run(connection, person, tmp_path / "out")
    with pytest.raises(ModelUnusable):
        weights.load(tmp_path / "out" / "model.json", "member", link_settings(person))
    with pytest.raises(ModelUnusable):
        weights.load(tmp_path / "out" / "clusters.parquet", "person", link_settings(person))


def test_decisions_outweigh_the_model(
    connection: duckdb.DuckDBPyConnection, person: Described, rows: Rows, tmp_path: Path
) -> None:
    fill(connection, person, rows, "records")
    run(connection, person, tmp_path / "before")
    before = persons(connection)
    twin = next(record for record in before if record.endswith("b") and before[record] == before[record[:-1]])
    connection.execute("CREATE OR REPLACE TABLE decided (record_id_l VARCHAR, record_id_r VARCHAR, decision VARCHAR)")
    connection.executemany(
        "INSERT INTO decided VALUES (?, ?, ?)", [(twin, twin[:-1], "different"), ("r00200", "r00300", "same")]
    )
    run(connection, person, tmp_path / "after", Inputs(source="records", decided="decided"))
    after = persons(connection)
    assert before["r00200"] != before["r00300"]
    assert after["r00200"] == after["r00300"]
    assert after[twin] != after[twin[:-1]]
    review = connection.execute(f"SELECT record_id_l, record_id_r FROM '{tmp_path}/after/review.parquet'").fetchall()
    assert all({left, right} != {twin, twin[:-1]} for left, right in review)


def test_an_unclear_decision_is_refused(
    connection: duckdb.DuckDBPyConnection, person: Described, rows: Rows, tmp_path: Path
) -> None:
    fill(connection, person, rows, "records")
    connection.execute(
        "CREATE OR REPLACE TABLE decided AS"
        " SELECT 'r00001' AS record_id_l, 'r00002' AS record_id_r, 'maybe' AS decision"
    )
    with pytest.raises(DecisionsRefused, match="r00001 and r00002: maybe"):
        run(connection, person, tmp_path / "out", Inputs(source="records", decided="decided"))


def test_ids_stay_and_changes_are_listed(
    connection: duckdb.DuckDBPyConnection, person: Described, rows: Rows, tmp_path: Path
) -> None:
    # The twin comes with the second delivery, and one person is gone from it.
    early = [row for row in rows if not str(row["record_id"]).endswith("b")]
    fill(connection, person, early, "records")
    run(connection, person, tmp_path / "first")
    before = persons(connection)
    connection.execute("CREATE OR REPLACE TABLE previous AS SELECT record_id, person_id FROM clusters")
    fill(connection, person, [row for row in rows if row["record_id"] != "r00399"], "records")
    run(connection, person, tmp_path / "second", Inputs(source="records", previous="previous"))
    after = persons(connection)
    assert {record: after[record] for record in before if record in after} == {
        record: name for record, name in before.items() if record != "r00399"
    }
    changes = connection.execute(f"SELECT kind, person_id FROM '{tmp_path}/second/person_changes.parquet'").fetchall()
    assert ("gone", before["r00399"]) in changes


def test_the_report_is_written(
    connection: duckdb.DuckDBPyConnection, person: Described, rows: Rows, tmp_path: Path
) -> None:
    fill(connection, person, rows, "records")
    report, _clusters = run(connection, person, tmp_path / "out")
    assert msgspec.json.decode((tmp_path / "out" / "linking.json").read_bytes(), type=Report) == report
