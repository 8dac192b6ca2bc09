"""``lienthong quality link`` and what goes on from it: members are linked once, and asked in many ways."""

import io
import json
from pathlib import Path
from typing import Any

import duckdb
import pytest

from lienthong.cli.main import main
from lienthong.quality.linking import training

FEW = 10_000


@pytest.fixture(autouse=True)
def few_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "_RANDOM", FEW)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Members, and the results of all steps."""
    folder = tmp_path_factory.mktemp("linked")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training, "_RANDOM", FEW)
        assert main(["quality", "generate", "-n", "400", "--seed", "11", "-o", str(folder / "made"), "--json"]) == 0
        assert quality("run", "--index", "--learn", "-i", folder / "made/records", "-o", folder / "out", "--json") == 0
    return folder


def quality(command: str, *arguments: object) -> int:
    return main(["quality", command, "-r", "member", *map(str, arguments)])


def rows(path: Path, columns: str = "*") -> list[tuple[Any, ...]]:
    return duckdb.execute(f"SELECT {columns} FROM '{path}' ORDER BY ALL").fetchall()


def test_clusters_are_two_columns_as_csv(folder: Path) -> None:
    lines = (folder / "out/clusters.csv").read_text().splitlines()
    assert lines[0] == "record_id,person_id"
    assert len(lines) == 401
    assert [name for name, *_rest in duckdb.execute(f"DESCRIBE FROM '{folder}/out/clusters.parquet'").fetchall()][
        :2
    ] == [
        "record_id",
        "person_id",
    ]
    assert rows(folder / "out/pairs.parquet", "probability")


def test_persons_keep_their_ids_and_scores_their_history(folder: Path, tmp_path: Path) -> None:
    out = folder / "out"
    assert quality("link", "-i", out, "-o", tmp_path / "b", "--previous", out, "--chunks", 3, "--json") == 0
    assert rows(out / "clusters.parquet") == rows(tmp_path / "b/clusters.parquet")
    assert json.loads((tmp_path / "b/linking.json").read_text())["trained_here"] is False
    assert quality("score", "-i", out, "-o", tmp_path / "c", "--json") == 0
    assert len({row[0] for row in rows(tmp_path / "c/history.parquet", "run")}) == 1
    known = rows(out / "scores.parquet", "estimated_duplicates, exact_duplicates, unit")
    assert known == rows(tmp_path / "c/scores.parquet", "estimated_duplicates, exact_duplicates, unit")


def test_what_is_known_measures_a_linking(folder: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    truth = folder / "made/truth.parquet"
    given = ["-i", folder / "out", "--truth", "person_id", "--truth-file", truth]
    assert quality("evaluate", *given, "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["persons"]["records"] == 400
    assert told["persons"]["pairwise"]["f1"] > 0.95
    duckdb.execute(
        f"COPY (SELECT a.record_id AS id1, b.record_id AS id2 FROM '{truth}' a JOIN '{truth}' b USING (person_id)"
        f" WHERE a.record_id < b.record_id) TO '{tmp_path}/pairs.csv'"
    )
    assert quality("evaluate", "-i", folder / "out", "--pairs", tmp_path / "pairs.csv", "--json") == 0
    assert json.loads(capsys.readouterr().out)["persons"]["pairwise"] == told["persons"]["pairwise"]


def test_a_column_of_the_input_measures_too(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    text = (
        "id,surname,given_name,dob,who\n1,Miller,Anna,1960-02-03,a\n2,Miller,Anna,1960-02-03,a\n3,Ott,Jo,1971-01-05,b\n"
    )
    (tmp_path / "a.csv").write_text(text, encoding="utf-8")
    assert main(["quality", "evaluate", "-r", "person", "-i", str(tmp_path / "a.csv"), "--truth", "who"]) == 0
    assert "Pairs of records" in capsys.readouterr().out
    assert [path.name for path in tmp_path.iterdir()] == ["a.csv"]


def test_one_record_is_checked(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    record = duckdb.execute(
        f"SELECT record_id, full_name, birth_date, personal_number FROM '{folder}/made/records/*.parquet'"
        " WHERE length(personal_number) = 12 ORDER BY record_id LIMIT 1"
    ).fetchall()[0]
    arguments = [f"full_name={record[1].upper()}", f"CCCD={record[3]}"]
    assert quality("check", "--against", folder / "out", *arguments, "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found[0]["record_id"] == record[0]
    assert found[0]["weights"]["personal_number"] > 5
    typed = json.dumps({"full_name": record[1], "personal_number": record[3], "birth_date": None})
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(typed.encode())))
    assert quality("check", "--against", folder / "out") == 0
    assert record[0] in capsys.readouterr().out


def test_the_first_check_makes_the_index(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = folder / "out/model.json"
    assert quality("link", "-i", folder / "out", "-o", tmp_path / "out", "--model", model, "--json") == 0
    assert not (tmp_path / "out/index.duckdb").exists()
    capsys.readouterr()
    assert quality("check", "--against", tmp_path / "out", "full_name=Xyz") == 0
    assert "Nobody in the registry" in capsys.readouterr().out
    assert (tmp_path / "out/index.duckdb").is_file()


def test_a_damaged_index_is_refused(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for path in (folder / "out").iterdir():
        if path.name != "index.duckdb":
            (tmp_path / path.name).symlink_to(path)
    (tmp_path / "index.duckdb").write_bytes((folder / "out/index.duckdb").read_bytes()[:5000])
    assert quality("check", "--against", tmp_path, "full_name=Xyz") == 1
    assert "cannot be asked for one record" in capsys.readouterr().err
    (tmp_path / "manifest.json").unlink()
    assert quality("check", "--against", tmp_path, "full_name=Xyz") == 1
    assert "does not hold the results of a run" in capsys.readouterr().err


def test_new_records_join_who_is_known(folder: Path, tmp_path: Path) -> None:
    duckdb.execute(
        f"COPY (SELECT 'N' || record_id AS record_id, * EXCLUDE (record_id) FROM '{folder}/made/records/*.parquet'"
        f" ORDER BY record_id LIMIT 20) TO '{tmp_path}/new.parquet'"
    )
    given = ["-i", tmp_path / "new.parquet", "-o", tmp_path / "b", "--against", folder / "out", "--json"]
    assert quality("link", *given) == 0
    known = dict(rows(folder / "out/clusters.parquet", "record_id, person_id"))
    made = rows(tmp_path / "b/clusters.csv", "record_id, person_id")
    assert len(made) == 20
    assert sum(known[record[1:]] == person for record, person in made) >= 19
    assert quality("link", *given[:-1], "--force", "--previous", folder / "out") == 2


def test_a_model_is_trained_and_written_once(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = ["-i", folder / "out", "-o", tmp_path / "model.json"]
    assert quality("train", *given) == 0
    assert "personal_number" in capsys.readouterr().out
    assert json.loads((tmp_path / "model.json").read_text())["registry"] == "member"
    assert [path.name for path in tmp_path.iterdir()] == ["model.json"]
    assert quality("train", *given) == 1
    assert "replace this one with --force" in capsys.readouterr().err


def test_a_merge_is_taken_back_and_stays_so(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = folder / "out"
    merge, person = rows(out / "merges.parquet", "merge_id, person_id")[0]
    assert quality("merge", "-i", out, "-o", tmp_path / "b", "--undo", merge, "--json") == 0
    assert json.loads(capsys.readouterr().out)["counts"]["undone"] >= 1
    records = [record for record, whose in rows(out / "clusters.parquet", "record_id, person_id") if whose == person]
    after = dict(rows(tmp_path / "b/clusters.parquet", "record_id, person_id"))
    assert len({after[record] for record in records}) == len(records)
    assert merge not in {row[0] for row in rows(tmp_path / "b/merges.parquet", "merge_id")}
    assert len(rows(tmp_path / "b/golden.parquet", "person_id")) == len(set(after.values()))
    given = ["--decisions", tmp_path / "b/decisions.csv", "--model", tmp_path / "b/model.json", "--json"]
    assert quality("link", "-i", tmp_path / "b", "-o", tmp_path / "c", *given) == 0
    again = dict(rows(tmp_path / "c/clusters.parquet", "record_id, person_id"))
    assert len({again[record] for record in records}) == len(records)
    assert quality("merge", "-i", tmp_path / "b", "-o", tmp_path / "d", "--undo", merge) == 1
    assert "Name a merge_id of merges.parquet" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["link", "--model", "cut.json"], "is not a model for this registry"),
        (["link", "--model", "person.json"], "it is for the registry person"),
        (["link", "--model", "none.json"], "No such file"),
        (["link", "--previous", "made"], "does not hold the results of a run"),
        (["link", "--decisions", "left.csv"], "left.csv, line 1: missing columns: record_id_r, decision"),
        (["link", "--decisions", "open.csv"], "open.csv, line 3, column record_id_r: the value is missing"),
        (["link", "--against", "made"], "does not hold the results of a run"),
        (["evaluate", "--pairs", "left.csv"], "missing columns: record_id_r"),
        (["evaluate", "--pairs", "label.csv"], "M00000001 and M00000002: perhaps"),
        (["evaluate", "--pairs", "strange.csv"], "X1 and X2"),
        (["evaluate", "--truth", "person_id"], "Say with --truth-file where the column is"),
        (["evaluate", "--truth", "z", "--truth-file", "left.csv"], "missing columns: record_id, z"),
        (["evaluate", "--truth", "y", "--truth-file", "twice.csv"], "the record 'M00000001' is there twice"),
    ],
)
def test_what_is_wrong_is_one_line_and_nothing_is_written(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    model = (folder / "out/model.json").read_text()
    files = {
        "cut.json": model[:300],
        "person.json": model.replace('"registry": "member"', '"registry": "person"'),
        "left.csv": "record_id_l,x\nM00000001,1\n",
        "open.csv": "record_id_l,record_id_r,decision\na,b,same\na,,same\n",
        "label.csv": "left,right,label\nM00000001,M00000002,perhaps\n",
        "strange.csv": "left,right\nX1,X2\n",
        "twice.csv": "record_id,y\nM00000001,1\nM00000001,2\n",
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    before = set(tmp_path.iterdir())
    given = [str(tmp_path / each) if "." in each or each == "made" else each for each in arguments[1:]]
    out = [] if arguments[0] == "evaluate" else ["-o", tmp_path / "b"]
    capsys.readouterr()
    assert quality(arguments[0], *given, "-i", folder / "out", *out) == 1
    assert message in capsys.readouterr().err
    assert set(tmp_path.iterdir()) == before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["colour=x"], "colour is no column of the registry"),
        (["full_name=a", "Họ tên=b"], "Họ tên is there twice"),
        (["full_name=" + "a" * 20_000], "Write at most 10000 characters"),
    ],
)
def test_a_record_that_makes_no_sense_is_refused(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    assert quality("check", "--against", folder / "out", *arguments) == 1
    assert message in capsys.readouterr().err


@pytest.mark.parametrize("typed", ["", "[1]", '{"full_name": ["a"]}', '{"full_name": "a"'])
def test_standard_input_that_is_no_record_is_refused(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, typed: str
) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(typed.encode())))
    assert quality("check", "--against", folder / "out") == 1
    assert "standard input" in capsys.readouterr().err
