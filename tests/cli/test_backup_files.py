"""The files of an office in its backup: all of them, and none outside its folder when they are written again."""

import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest

from lienthong.cli.backup_file import BackupInvalid
from lienthong.cli.backup_files import read_files, write_file


def read(folder: Path) -> dict[str, bytes]:
    return {name: b"".join(pieces) for name, pieces in read_files(folder)}


def test_files_come_back_where_they_were(tmp_path: Path) -> None:
    (tmp_path / "old" / "trail" / "deep").mkdir(parents=True)
    (tmp_path / "old" / "secret-key").write_bytes(b"1")
    (tmp_path / "old" / "trail" / "deep" / "large").write_bytes(b"2" * 600_000)
    for name, content in read(tmp_path / "old").items():
        write_file(tmp_path / "new", name, content)
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
        write_file(tmp_path / "office", name, b"x")
    assert list(tmp_path.iterdir()) == []
