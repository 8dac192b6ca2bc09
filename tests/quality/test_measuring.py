"""Labelled pairs are judged alone; all pairs of one person are judged as persons."""

from pathlib import Path

import duckdb
import pytest

from lienthong.quality.errors import RecordsRefused, TruthRefused
from lienthong.quality.evaluate import Quality
from lienthong.quality.measuring import Made, Measured, by_pairs, by_persons

MADE = Made(clusters="(FROM (VALUES ('1', 'P'), ('2', 'P'), ('3', 'P'), ('4', 'Q')) t(record_id, person_id))")


def measured(connection: duckdb.DuckDBPyConnection, folder: Path, text: str) -> Measured:
    (folder / "pairs.csv").write_text(text, encoding="utf-8")
    return by_pairs(connection, MADE, folder / "pairs.csv", scratch=folder)


def test_labelled_pairs_are_judged_alone(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    found = measured(connection, tmp_path, "id_l;id_r;is_match\n1;2;1\n1;3;0\n1;4;TRUE\n")
    assert found.labelled == Quality.of(1, 2, 2)
    assert found.pairs == 3
    assert found.persons.records == 4


def test_pairs_without_labels_are_all_of_one_person(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    found = measured(connection, tmp_path, "left,right\n1,2\n2,3\n")
    assert found.labelled is None
    assert found.persons.pairwise == Quality.of(3, 3, 3)


def test_a_label_that_says_nothing_is_refused(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    with pytest.raises(TruthRefused, match="1 and 2"):
        measured(connection, tmp_path, "left,right,label\n1,2,\n")


def test_whose_records_are_may_be_unknown(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,who\n1,a\n2,a\n3,\n", encoding="utf-8")
    found = by_persons(connection, MADE, tmp_path / "a.csv", "WHO", known=("id",), scratch=tmp_path)
    assert found.persons.records == 2
    other = tmp_path / "other"
    other.mkdir()
    with pytest.raises(RecordsRefused, match="missing columns: whom"):
        by_persons(connection, MADE, tmp_path / "a.csv", "whom", known=("id",), scratch=other)
