"""``lienthong quality``: from synthetic members to their score card, and what is refused on the way."""

import json
from pathlib import Path
from typing import Any

import duckdb
import pytest

from lienthong.cli.main import main
from lienthong.quality import extra


def rows_of(path: Path, columns: str) -> list[tuple[Any, ...]]:
    """Return columns of a result, in order."""
    return duckdb.read_parquet(str(path)).project(columns).order(columns.partition(",")[0]).fetchall()


PERSONS = "rec_id;Name;dob;gender\n1;JOHN SMITH;03/02/1960;m\n2;Mary Jones;31/02/1961;f\n"


def test_members_from_generation_to_the_score_card(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made, out, again = tmp_path / "made", tmp_path / "out", tmp_path / "again"
    assert main(["quality", "generate", "-n", "300", "--seed", "5", "-o", str(made), "--threads", "1", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["records"] == 300
    given = ["--registry", "member", "--input", str(made / "records"), "--out", str(out), "--threads", "1"]
    assert main(["quality", "run", *given]) == 0
    shown = capsys.readouterr().out
    assert "Records that break a rule" in shown
    assert "Current" in shown
    assert "Duplicates, estimated by linking" in shown
    names = {path.name for path in out.iterdir()}
    assert names == {
        "manifest.json", "standardised.parquet", "changes.parquet", "failures.parquet", "rule_counts.parquet",
        "scores.parquet", "score_rules.parquet", "history.parquet", "profile.parquet", "profile.html",
        "unit_profile.parquet",
        "clusters.parquet", "clusters.csv", "pairs.parquet", "review.parquet", "person_changes.parquet", "model.json",
        "linking.json", "golden.parquet", "origins.parquet", "merges.parquet",
    }  # fmt: skip
    # What was standardised is not standardised again.
    arguments = ["--registry", "member", "--input", str(out), "--out", str(again), "--json", "--threads", "1"]
    assert main(["quality", "score", *arguments]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["command"], report["counts"]["records"]) == ("score", 300)
    assert set(report["scores"]) == {"correct", "complete", "clean", "current"}
    assert not (again / "standardised.parquet").exists()


def test_persons_with_other_headings(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.csv").write_text(PERSONS.replace("Name", "Who"), encoding="utf-8")
    given = ["-r", "person", "-i", str(tmp_path / "a.csv"), "-o", str(tmp_path / "out"), "--map", "full_name=Who"]
    assert main(["quality", "validate", *given, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["counts"]["failing"] == 1
    assert rows_of(tmp_path / "out/failures.parquet", "record_id, rule") == [("2", "birth-date-form")]
    names = rows_of(tmp_path / "out/standardised.parquet", "full_name, surname")
    assert names == [("John Smith", "Smith"), ("Mary Jones", "Jones")]


def test_a_profile_does_not_show_what_is_sensitive(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,surname,phone\n1,Smith,0123456\n2,Smith,0123456\n3,,\n", encoding="utf-8")
    given = ["-r", "person", "-i", str(tmp_path / "a.csv"), "-o", str(tmp_path / "out"), "--json"]
    assert main(["quality", "profile", *given]) == 0
    found = rows_of(tmp_path / "out/profile.parquet", '"column", filled, distinct_values, patterns, top')
    rows = {row[0]: row[1:] for row in found}
    assert rows["surname"] == (2, 1, ["Aa"], ["Smith"])
    assert rows["phone"] == (2, 1, ["9"], [])
    assert rows["email"][:2] == (0, 0)
    units = rows_of(tmp_path / "out/unit_profile.parquet", '"column", filled')
    assert ("surname", 2) in units


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["-r", "nobody"], "There is no registry of that name: 'nobody'"),
        (["-r", "member"], "missing columns"),
        (["-r", "person", "--map", "colour=x"], "--map colour"),
        (["-r", "person", "--country", "xx"], "There is no such profile"),
    ],
    ids=["registry", "columns", "map", "country"],
)
def test_what_is_wrong_is_one_line_and_nothing_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    (tmp_path / "a.csv").write_text(PERSONS, encoding="utf-8")
    assert main(["quality", "run", *arguments, "-i", str(tmp_path / "a.csv"), "-o", str(tmp_path / "out")]) == 1
    assert message in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["a.csv"]


def test_a_registry_without_links_is_checked_all_the_same(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    title = "title = { vi = 'a', en = 'a', de = 'a' }"
    described = (
        f"name = 'pets'\nversion = 1\n{title}\nrecord_id = ['id']\n[[columns]]\nname = 'name'\nkind = 'text'\n{title}"
    )
    (tmp_path / "pets.toml").write_text(described, encoding="utf-8")
    (tmp_path / "a.csv").write_text("id,name\n1,Rex\n", encoding="utf-8")
    given = ["-r", str(tmp_path / "pets.toml"), "-i", str(tmp_path / "a.csv"), "--json"]
    assert main(["quality", "run", *given, "-o", str(tmp_path / "out")]) == 0
    assert "link" not in json.loads(capsys.readouterr().out)["seconds"]
    assert main(["quality", "link", *given, "-o", str(tmp_path / "b")]) == 1
    assert "pets.toml: [link] Object missing required field `compare`" in capsys.readouterr().err
    assert not (tmp_path / "b").exists()


def test_a_map_is_a_pair(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = ["-r", "person", "-i", str(tmp_path), "-o", str(tmp_path / "out"), "--map", "surname"]
    assert main(["quality", "run", *given]) == 2
    assert "write FIELD=COLUMN" in capsys.readouterr().err


def test_results_of_another_registry_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.csv").write_text(PERSONS, encoding="utf-8")
    given = ["-r", "person", "-i", str(tmp_path / "a.csv"), "-o", str(tmp_path / "out"), "--json"]
    assert main(["quality", "standardise", *given]) == 0
    assert main(["quality", "score", "-r", "member", "-i", str(tmp_path / "out"), "-o", str(tmp_path / "b")]) == 1
    assert "results of standardise for the same version" in capsys.readouterr().err


def test_without_the_extra_it_says_what_to_install(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(extra, "MODULES", ("no_such_module",))
    assert main(["quality", "generate", "-n", "1", "-o", str(tmp_path / "out")]) == 1
    assert "pip install 'lienthong[quality]'" in capsys.readouterr().err
