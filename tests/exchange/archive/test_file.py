"""The archive's file: its own, and no other."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from lienthong.exchange.archive.file import ArchiveFile
from lienthong.exchange.errors import StorageFailed


def test_it_is_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "new/archive.sqlite"
    ArchiveFile.open(path).close()
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    # It opens again.
    ArchiveFile.open(path).close()


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"nothing like a database, but long enough to be taken for one" * 20, "not a database"),
        (None, "not an archive"),
    ],
)
def test_another_file_is_left_alone(tmp_path: Path, content: bytes | None, says: str) -> None:
    path = tmp_path / "archive.sqlite"
    if content is None:
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("CREATE TABLE t (a)")
    else:
        path.write_bytes(content)
    before = path.read_bytes()
    with pytest.raises(StorageFailed, match=says):
        ArchiveFile.open(path)
    assert path.read_bytes() == before


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StorageFailed, match="file"):
        ArchiveFile.open(tmp_path / "file/archive.sqlite")


def test_a_closed_file_says_so(tmp_path: Path) -> None:
    file = ArchiveFile.open(tmp_path / "archive.sqlite")
    file.close()
    for use in (
        lambda: file.add([]),
        lambda: file.find(b"", since=0),
        lambda: file.measure(b"", since=0),
        lambda: file.purge(before=1),
        lambda: file.add_key(at=1, organ="", token="", wrapped=b""),
    ):
        with pytest.raises(StorageFailed, match="closed"):
            use()
