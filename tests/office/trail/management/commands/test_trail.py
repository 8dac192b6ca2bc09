"""The operator's command for the trail."""

import json
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import override_settings
from django.utils.translation import override
from typer.testing import CliRunner

from lienthong.cli.evidence import app
from lienthong.office.core import scope
from tests.office.people import House
from tests.office.trail.test_chain import loose, note

__all__ = ["loose"]


@pytest.fixture(autouse=True)
def _state(tmp_path: Path) -> Iterator[None]:
    with override_settings(STATE=tmp_path), override("en"):
        yield


def trail(*arguments: str | Path) -> str:
    out = StringIO()
    call_command("trail", *map(str, arguments), stdout=out)
    return out.getvalue()


def test_an_untouched_trail_verifies(lasting_house: House) -> None:
    note(lasting_house)
    assert "Signed 1 entries" in trail("seal")
    assert "as it was signed" in trail("verify")
    assert "SHA-256" in trail("root")


def test_a_touched_one_names_the_first_entry(lasting_house: House, loose: None) -> None:
    number = note(lasting_house)
    trail("seal")
    with scope.system():
        connection.cursor().execute("UPDATE core_auditentry SET person_name = 'x'")
    out = StringIO()
    with pytest.raises(CommandError, match="1 entries are not as they were signed"):
        call_command("trail", "verify", stdout=out)
    assert out.getvalue().startswith(f"changed: {number} ")


def test_what_is_exported_verifies_offline(lasting_house: House, tmp_path: Path) -> None:
    numbers = [note(lasting_house), note(lasting_house, "below")]
    out = tmp_path / "export"
    trail("export", out)
    lines = [json.loads(line) for line in (out / "trail.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [line["id"] for line in lines] == numbers
    assert lines[0]["new"]["tên"] == "Trần"
    content = tmp_path / "row.json"
    content.write_bytes((out / "trail.jsonl").read_bytes().splitlines()[1])
    # Root metadata from elsewhere, the content of one entry, and nothing of the office.
    root = str(tmp_path / "trail" / "root.json")
    run = CliRunner().invoke(app, ["verify", str(out), "--root", root, "--content", str(content)])
    assert run.exit_code == 0, run.output
    content.write_bytes(content.read_bytes().replace("Trần".encode(), "Lê".encode()))
    assert CliRunner().invoke(app, ["verify", str(out), "--root", root, "--content", str(content)]).exit_code == 1
    with pytest.raises(CommandError, match="is there already"):
        trail("export", out)


def test_one_entry_is_exported_as_a_record(lasting_house: House, tmp_path: Path) -> None:
    note(lasting_house)
    trail("export", tmp_path / "export")
    content = tmp_path / "row.json"
    content.write_bytes((tmp_path / "export" / "trail.jsonl").read_bytes().splitlines()[0])
    record = tmp_path / "record.zip"
    state = str(tmp_path / "trail")
    made = CliRunner().invoke(app, ["export", "0", "--state", state, "-o", str(record), "--content", str(content)])
    assert made.exit_code == 0, made.output
    run = CliRunner().invoke(app, ["verify", str(record), "--root", str(tmp_path / "trail" / "root.json")])
    assert run.exit_code == 0, run.output
