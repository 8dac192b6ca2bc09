"""The files of an office in its backup: all of them, and none outside its folder when they are written again."""

import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest

from lienthong.cli.backup_file import BackupInvalid
from lienthong.cli.backup_files import move_files, read_files, read_vault, write_file


def read(folder: Path) -> dict[str, bytes]:
    return {name: b"".join(pieces) for name, pieces in read_files(folder)}


def test_files_come_back_where_they_were(tmp_path: Path) -> None:
    (tmp_path / "old" / "trail" / "deep").mkdir(parents=True)
    (tmp_path / "old" / "secret-key").write_bytes(b"1")
    (tmp_path / "old" / "trail" / "deep" / "large").write_bytes(b"2" * 600_000)
    for name, content in read(tmp_path / "old").items():
        write_file(tmp_path / "new", name, [content[:5], content[5:]])
    assert read(tmp_path / "new") == read(tmp_path / "old") != {}
    assert stat.S_IMODE((tmp_path / "new" / "trail" / "deep" / "large").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "new" / "trail").stat().st_mode) == 0o700


def test_database_is_copied_as_it_is_and_without_what_is_beside_it(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "j.sqlite", autocommit=True)) as live:
        live.execute("PRAGMA journal_mode=WAL")
        live.execute("CREATE TABLE t (n INTEGER)")
        live.execute("INSERT INTO t VALUES (7)")
        (name, content), *others = read(tmp_path).items()
    assert (name, others) == ("file/j.sqlite", [])
    (tmp_path / "copy").write_bytes(content)
    with closing(sqlite3.connect(tmp_path / "copy")) as copy:
        assert copy.execute("SELECT n FROM t").fetchall() == [(7,)]


def test_links_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "outside").write_bytes(b"x")
    (tmp_path / "office").mkdir()
    (tmp_path / "office" / "link").symlink_to(tmp_path / "outside")
    assert read(tmp_path / "office") == {}


@pytest.mark.parametrize("name", ["file/../x", "file//etc/x", "file/a/../../x", "file/", "file/."])
def test_names_that_lead_out_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(BackupInvalid):
        write_file(tmp_path / "office", name, [b"x"])
    assert list(tmp_path.iterdir()) == []


def test_files_of_documents_come_apart_and_whole_ones_only(tmp_path: Path) -> None:
    for name in ("vault/files/aa/bb/1", "vault/files/aa/bb/2.0123.part", "vault/spool/x", "vault/keys/k", "secret-key"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    assert list(read(tmp_path)) == ["file/secret-key", "file/vault/keys/k"]
    # The keys a second time: what was made before the database was copied.
    assert [name for name, _ in read_vault(tmp_path)] == ["file/vault/keys/k", "file/vault/files/aa/bb/1"]
    assert list(read_vault(tmp_path / "nothing")) == []


def test_a_file_that_goes_while_others_are_read_is_left_out(tmp_path: Path) -> None:
    for name in "abc":
        (tmp_path / name).write_bytes(b"x")
    reading = read_files(tmp_path)
    assert next(reading)[0] == "file/a"
    (tmp_path / "b").unlink()
    assert [name for name, _ in reading] == ["file/c"]


def test_a_second_file_of_a_name_replaces_the_first(tmp_path: Path) -> None:
    write_file(tmp_path, "file/k", [b"first and longer"])
    write_file(tmp_path, "file/k", [b"second"])
    assert (tmp_path / "k").read_bytes() == b"second"


def test_files_are_moved_to_where_they_belong_one_of_them_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("file/secret-key", "file/a/b", "file/z"):
        write_file(tmp_path / "staged", name, [name.encode()])
    moved: list[str] = []
    replace = Path.replace

    def noted(path: Path, target: Path) -> Path:
        moved.append(path.name)
        return replace(path, target)

    monkeypatch.setattr(Path, "replace", noted)
    move_files(tmp_path / "staged", tmp_path / "state" / "office", last="secret-key")
    assert moved == ["b", "z", "secret-key"]
    assert (tmp_path / "state" / "office" / "a" / "b").read_bytes() == b"file/a/b"
    assert stat.S_IMODE((tmp_path / "state" / "office" / "a").stat().st_mode) == 0o700
