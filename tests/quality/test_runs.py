"""Results appear wholly or not at all, and say what they were made of."""

import hashlib
from pathlib import Path

import pytest

from lienthong.kernel.clock import ManualClock
from lienthong.quality import description, runs
from lienthong.quality.errors import ResultsTaken, ResultsUnusable

REGISTRY = description.load("person").registry


def write(out: Path, text: str = "a", *, replace: bool = False) -> None:
    """Make a run with one file."""
    with runs.new_run(out, command="test", registry=REGISTRY, replace=replace, clock=ManualClock(0)) as run:
        run.path("result").write_text(text, encoding="utf-8")
        assert run.folder.parent == out.parent


def test_results_and_manifest_appear_together(tmp_path: Path) -> None:
    out, source = tmp_path / "out", tmp_path / "in.csv"
    source.write_bytes(b"abc")
    clock = ManualClock(1000)
    with runs.new_run(out, command="test", registry=REGISTRY, clock=clock) as run:
        run.inputs += runs.describe_inputs([source])
        run.columns |= {"sex": "Gender", "phone": None}
        with run.step("wait"):
            clock.advance(1500)
        assert not out.exists()
    manifest = runs.read_manifest(out)
    assert manifest.run.startswith("19700101T000001Z-")
    assert (manifest.registry, manifest.command, manifest.seconds) == ("person", "test", {"wait": 1.5})
    assert manifest.inputs[0].sha256 == hashlib.sha256(b"abc").hexdigest()
    assert manifest.present() == {"sex"}
    assert {"lienthong", "duckdb"} <= set(manifest.versions)
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_an_error_leaves_nothing(tmp_path: Path) -> None:
    def fail() -> None:
        with runs.new_run(tmp_path / "out", command="test", registry=REGISTRY) as run:
            run.path("half").write_text("x", encoding="utf-8")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert list(tmp_path.iterdir()) == []


def test_an_error_leaves_the_earlier_results(tmp_path: Path) -> None:
    out = tmp_path / "out"
    write(out)

    def fail() -> None:
        with runs.new_run(out, command="test", registry=REGISTRY, replace=True):
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert (out / "result").read_text(encoding="utf-8") == "a"


def test_earlier_results_give_way_only_when_asked(tmp_path: Path) -> None:
    out = tmp_path / "out"
    write(out)
    with pytest.raises(ResultsTaken, match="--force"):
        write(out, "b")
    write(out, "b", replace=True)
    assert (out / "result").read_text(encoding="utf-8") == "b"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_what_is_not_ours_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "letter").write_text("dear", encoding="utf-8")
    with pytest.raises(ResultsTaken):
        write(tmp_path / "out", replace=True)
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(ResultsTaken):
        write(tmp_path / "file", replace=True)
    assert (tmp_path / "out" / "letter").exists()


def test_an_empty_folder_is_filled(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    write(tmp_path / "out")
    assert (tmp_path / "out" / "result").exists()


def test_the_folder_above_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(ResultsTaken, match="folder above"):
        write(tmp_path / "none" / "out")


@pytest.mark.parametrize("content", [None, "", "{}", '{"run": 1}'])
def test_another_folder_is_no_result(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "manifest.json").write_text(content, encoding="utf-8")
    with pytest.raises(ResultsUnusable):
        runs.read_manifest(tmp_path)
