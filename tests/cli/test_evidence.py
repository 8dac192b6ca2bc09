"""``lienthong evidence``: what it shows, what it writes, and its exit status."""

import json
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lienthong.cli import evidence_view as view
from lienthong.cli.main import main
from lienthong.kernel import i18n
from lienthong.trust.audit import Finding
from tests.support.evidence import DOCUMENT, SERVICE, SITE, A, Parties, State, copy_of, make_state
from tests.support.journals import damage


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> State:
    return make_state(tmp_path_factory.mktemp("made"))


@pytest.fixture
def state(made: State, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[State]:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG", "LIENTHONG_LANG", "LIENTHONG_STATE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "160")
    monkeypatch.chdir(tmp_path)
    yield copy_of(made, tmp_path / "state")
    i18n.use("en")


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    status = main(["evidence", *map(str, arguments)])
    return status, *capsys.readouterr()


def values(capsys: pytest.CaptureFixture[str], *arguments: object) -> Any:  # noqa: ANN401 - JSON
    status, out, _ = run(capsys, *arguments, "--json")
    assert status == 0
    return json.loads(out)


# list


def test_a_list_newest_first(state: State, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = run(capsys, "list", "--state", state.folder)
    assert status == 0
    lines = out.splitlines()
    assert lines[1].split()[:7] == ["9", "2025-06-01", "00:09:00", "alarm", "key_unknown", f"site:{SITE}", "←"]
    assert f"{A} → {SERVICE}" in lines[10]
    assert "confidential" in lines[5]
    assert "1 to 10 of 10" in lines[-1]


def test_a_narrow_terminal_goes_without_labels(
    state: State, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    _, out, _ = run(capsys, "list", "--state", state.folder)
    assert "confidential" not in out
    assert "key_unknown" in out


@pytest.mark.parametrize("columns", [72, 80, 109])
def test_identifiers_are_cut_only_where_a_part_of_them_ends(
    state: State, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, columns: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    _, out, _ = run(capsys, "list", "--state", state.folder)
    lines = out.splitlines()[1:-1]
    assert max(map(len, lines)) <= columns
    whole = re.sub(r"(?<=[/.]) *\n +", "", re.sub(r"(?<=[→←·]) *\n +", " ", "\n".join(lines)))
    assert f"{A} → {SERVICE}" in whole
    assert whole.count("\n") == 10 - 1


def test_the_state_can_come_from_the_environment(
    state: State, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIENTHONG_STATE", str(state.folder))
    assert len(values(capsys, "list")) == 10


def test_pages(state: State, capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(capsys, "list", "--state", state.folder, "--limit", 3, "--offset", 4)
    assert "5 to 7 of 10  Next page: --offset 7" in out
    assert [each["index"] for each in values(capsys, "list", "--state", state.folder, "--limit", 2)] == [9, 8]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--kind", "request"], [1, 0]),
        (["--organ", A, "--direction", "in"], [8]),
        (["--peer", SERVICE], [1, 0]),
        (["--verdict", "key_unknown"], [9]),
        (["--id", "00000000-0000-0000-0000-000000000004"], [4]),
        (["--since", "2025-06-01T00:08:00"], [9, 8]),
        (["--since", "2025-06-01T07:08:00+07:00", "--until", "2025-06-01T00:09"], [8]),
        (["--since", "2026-01-01"], []),
    ],
)
def test_filters(state: State, capsys: pytest.CaptureFixture[str], options: list[str], expected: list[int]) -> None:
    assert [each["index"] for each in values(capsys, "list", "--state", state.folder, *options)] == expected


def test_nothing_to_list(state: State, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "list", "--state", state.folder, "--kind", "x")[1] == "No entries.\n"


def test_a_time_that_is_none(state: State, capsys: pytest.CaptureFixture[str]) -> None:
    status, _, err = run(capsys, "list", "--state", state.folder, "--since", "yesterday")
    assert status == 2
    assert "--since" in err


def test_a_state_without_a_journal(state: State, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = run(capsys, "list", "--state", tmp_path)
    assert (status, out) == (1, "")
    assert err.startswith("There is no evidence at this place: ")


# show


def test_an_entry_with_its_seals(state: State, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = run(capsys, "show", 0, "--state", state.folder)
    assert status == 0
    assert out.count("holds") == 2
    assert "GET /persons/1" in out
    assert "covered by the one over 3 entries" in out


def test_an_exchange_by_its_id(state: State, capsys: pytest.CaptureFixture[str]) -> None:
    (entry,) = values(capsys, "show", "00000000-0000-0000-0000-000000000001", "--state", state.folder)
    assert (entry["index"], entry["seal_verdicts"]) == (1, ["ok", "ok"])


def test_a_seal_that_does_not_hold(state: State, capsys: pytest.CaptureFixture[str]) -> None:
    assert "someone other than the sender" in run(capsys, "show", 9, "--state", state.folder)[1]
    assert values(capsys, "show", 9, "--state", state.folder)[0]["seal_verdicts"] == ["key_not_owned"]


def test_without_a_root_nothing_is_said_of_the_seals(state: State, capsys: pytest.CaptureFixture[str]) -> None:
    (state.folder / "root.json").unlink()
    out = run(capsys, "show", 0, "--state", state.folder)[1]
    assert "holds" not in out
    assert out.count("not checked; name a trusted root with --root") == 2
    assert "seal_verdicts" not in values(capsys, "show", 0, "--state", state.folder)[0]


@pytest.mark.parametrize("which", ["77", "00000000-0000-0000-0000-0000000000ff"])
def test_an_entry_that_is_not_there(state: State, capsys: pytest.CaptureFixture[str], which: str) -> None:
    status, _, err = run(capsys, "show", which, "--state", state.folder)
    assert status == 1
    assert err.startswith("The journal has no such entry: ")


def test_an_entry_that_no_checkpoint_covers_yet(state: State, capsys: pytest.CaptureFixture[str]) -> None:
    damage(state.journal, ("DELETE FROM checkpoints WHERE size > 3", ()))
    assert "not yet covered by any" in run(capsys, "show", 5, "--state", state.folder)[1]
    status, _, err = run(capsys, "export", 5, "--state", state.folder)
    assert status == 1
    assert "No checkpoint covers it yet" in err


# export and verify


def test_a_record_is_written_and_verified(state: State, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    status, out, _ = run(capsys, "export", 1, "--state", state.folder)
    assert status == 0
    assert f"Entry 1 of the journal of site {SITE}" in out
    assert "Everything holds: 1 entry, 2 seals, 1 checkpoint." in out
    path = tmp_path / f"evidence-{SITE}-1.zip"
    status, _, err = run(capsys, "export", 1, "--state", state.folder)
    assert status == 1
    assert err.startswith("The file is there already: ")
    assert run(capsys, "export", 1, "--state", state.folder, "--force")[0] == 0
    assert run(capsys, "verify", path, "--root", state.folder / "root.json")[0] == 0


def test_a_record_with_a_document(state: State, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "document").write_bytes(DOCUMENT)
    record = tmp_path / "r.zip"
    options = ("--state", state.folder, "-o", record)
    assert run(capsys, "export", 1, *options, "--content", tmp_path / "document")[0] == 0
    with zipfile.ZipFile(record) as archive:
        assert archive.read("contents/0") == DOCUMENT
    status, _, err = run(capsys, "export", 1, *options, "--force", "--content", tmp_path / "nowhere")
    assert status == 1
    assert "nowhere" in err


def test_an_exchange_of_several_entries_cannot_be_one_record(state: State, capsys: pytest.CaptureFixture[str]) -> None:
    damage(state.journal, ("UPDATE entries SET id = 'same' WHERE idx IN (3, 4)", ()))
    status, _, err = run(capsys, "export", "same", "--state", state.folder)
    assert status == 1
    assert err.startswith("Several entries belong to this exchange: 3, 4.")


def test_a_journal_that_holds(state: State, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = run(capsys, "verify", state.folder)
    assert status == 0
    assert "Trusted root: " in out
    assert "A real check takes the root from elsewhere" in out
    assert "Everything holds: 10 entries, 12 seals, 3 checkpoints." in out
    assert "For your information:" in out


def test_a_journal_that_does_not_hold(state: State, capsys: pytest.CaptureFixture[str]) -> None:
    damage(state.journal, ("DELETE FROM entries WHERE idx >= 8", ()))
    status, out, _ = run(capsys, "verify", state.folder, "--root", state.folder / "root.json")
    assert status == 1
    assert "A real check" not in out
    assert "checkpoint 10  journal_truncated  The journal was cut short." in out
    assert "It does not hold: 1 defect (8 entries, 10 seals, 3 checkpoints)." in out


def test_verdicts_for_programs(state: State, capsys: pytest.CaptureFixture[str]) -> None:
    good = values(capsys, "verify", state.folder)
    assert (good["holds"], good["entries"], good["root"]["given"]) == (True, 10, False)
    assert len(good["root"]["sha256"]) == 64
    damage(state.journal, ("DELETE FROM entries WHERE idx = 5", ()))
    status, out, _ = run(capsys, "verify", state.folder, "--json")
    assert status == 1
    assert json.loads(out)["findings"] == [
        {
            "where": "entry 5",
            "code": "entry_missing",
            "text": "An entry is missing.",
            "detail": "the numbers leave it out",
        }
    ]


def test_in_another_language(state: State, capsys: pytest.CaptureFixture[str]) -> None:
    damage(state.journal, ("DELETE FROM entries WHERE idx >= 8", ()))
    assert main(["--lang", "de", "evidence", "verify", str(state.folder)]) == 1
    assert "Prüfpunkt 10  journal_truncated  Das Journal wurde gekürzt." in capsys.readouterr().out


def test_another_root(state: State, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "other.json").write_bytes(Parties().publish().root)
    status, out, _ = run(capsys, "verify", state.folder, "--root", tmp_path / "other.json")
    assert status == 1
    assert "directory_refused" in out


def test_a_witness(state: State, capsys: pytest.CaptureFixture[str]) -> None:
    record = state.export(8)
    damage(state.journal, ("DELETE FROM entries WHERE idx >= 8", ()), ("DELETE FROM checkpoints WHERE size >= 8", ()))
    assert run(capsys, "verify", state.folder)[0] == 0
    status, out, _ = run(capsys, "verify", state.folder, "--witness", record)
    assert status == 1
    assert "witnessed checkpoint 10" in out


def test_no_root_at_all(state: State, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    record = state.export(8)
    alone = tmp_path / "elsewhere" / "record.zip"
    alone.parent.mkdir()
    alone.write_bytes(record.read_bytes())
    status, _, err = run(capsys, "verify", alone)
    assert status == 1
    assert err.startswith("The trusted root cannot be used: ")


def test_a_hostile_file(state: State, capsys: pytest.CaptureFixture[str]) -> None:
    path = state.folder / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("entry.cbor", bytes(50_000_000))
    status, out, _ = run(capsys, "verify", path)
    assert status == 1
    assert "record_invalid" in out


def test_long_work_shows_progress_on_a_terminal(
    state: State, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert run(capsys, "verify", state.folder)[2] != ""
    assert run(capsys, "verify", state.folder, "--json")[2] == ""


# What others wrote cannot steer the terminal


def test_places_are_translated_and_paths_are_not() -> None:
    i18n.use("de")
    try:
        assert view.place("entry 3, seal 1") == "Eintrag 3, Siegel 1"
        assert view.place("witnessed checkpoint 7") == "bezeugter Prüfpunkt 7"
        assert view.place("entries 3 to 5") == "Einträge 3 bis 5"
        assert view.place("my entry/file") == "my entry/file"
    finally:
        i18n.use("en")


def test_codes_have_a_meaning() -> None:
    assert view.meaning("seal_invalid") == "The seal does not fit what it seals."
    assert view.meaning("entry_missing") == "An entry is missing."
    assert view.meaning("unheard_of") == "unheard_of"


def test_findings_are_shown_as_they_are() -> None:
    finding = Finding(where="[red]x[/red]\x1b[2J", what="seal_invalid", detail="a" * 1000)
    cells = [next(iter(column.cells)) for column in view.finding_table([finding], "red").columns]
    assert str(cells[0]) == "[red]x[/red]\\x1b[2J"
    assert len(str(cells[3])) == 300
