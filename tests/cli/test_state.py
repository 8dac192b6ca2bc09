"""The folder of an exchange on one machine: made, locked, given up."""

from pathlib import Path

import pytest

from lienthong.cli.state import StateUnusable, state_folder
from lienthong.embedded.errors import AlreadyRunning


def test_without_a_name_it_ends_with_the_context(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with state_folder(None, command="demo") as folder:
        assert folder.parent == tmp_path
        assert folder.name.startswith("lienthong-demo-")
        (folder / "file").touch()
    assert not folder.exists()


def test_named_it_is_made_and_stays_for_its_owner_only(tmp_path: Path) -> None:
    state = tmp_path / "a" / "b"
    with state_folder(state, command="demo") as folder:
        assert folder == state
        (folder / "file").touch()
    assert (state / "file").exists()
    assert state.stat().st_mode & 0o777 == 0o700


def test_it_is_one_process_s_at_a_time(tmp_path: Path) -> None:
    with (
        state_folder(tmp_path, command="demo"),
        pytest.raises(AlreadyRunning, match=str(tmp_path)),
        state_folder(tmp_path, command="demo"),
    ):
        pass
    # Given up at the end, with an error or without.
    with pytest.raises(ZeroDivisionError), state_folder(tmp_path, command="demo"):
        raise ZeroDivisionError
    with state_folder(tmp_path, command="demo"):
        pass


def test_what_cannot_be_a_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with (
        pytest.raises(StateUnusable, match="file/below: Not a directory"),
        state_folder(tmp_path / "file" / "below", command="demo"),
    ):
        pass
