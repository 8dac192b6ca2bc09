"""``lienthong members``: what is refused before an office is touched; tests/office/members has the loading itself."""

from pathlib import Path

import pytest

from lienthong.cli.main import main


def test_there_must_be_an_office(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    assert main(["members", "load", str(tmp_path), "--state", str(tmp_path / "nowhere")]) == 1
    assert "Name the folder that lienthong office was started with." in capsys.readouterr().err


def test_results_that_are_none_change_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Nobody listens there; the folder is looked at after the tree, which cannot be read.
    monkeypatch.setenv("DATABASE_URL", f"postgresql:///none?host={tmp_path}")
    assert main(["members", "load", str(tmp_path), "--state", str(tmp_path)]) == 1
    assert "Nothing was changed" in capsys.readouterr().err
