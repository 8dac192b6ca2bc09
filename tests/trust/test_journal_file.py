"""The file of a journal: one gateway, one site, one version, and nothing that was tampered with."""

import asyncio
import sqlite3
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from lienthong.trust.errors import EvidenceInvalid, JournalError
from lienthong.trust.journal import Journal
from lienthong.trust.tree import TILE
from tests.support.journals import REPLAYS, damage, entry, opened, signer

SIGNER = signer()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "journal.db"


@pytest.fixture
def journal(path: Path) -> Iterator[Journal]:
    journal = opened(path)
    journal.ensure(REPLAYS)
    yield journal
    journal.close()


def rows(path: Path, sql: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(sql).fetchall()


def test_a_second_gateway_is_kept_out_until_the_first_ends(journal: Journal, path: Path) -> None:
    with pytest.raises(JournalError, match="Another process has this journal open"):
        opened(path)
    journal.close()
    opened(path).close()


def test_nobody_else_reads_a_journal(journal: Journal, path: Path) -> None:
    # It holds sealed headers: titles, paths and people, whatever the mode of the folder is.
    asyncio.run(journal.commit([entry()]))
    files = sorted(path.parent.iterdir())
    assert len(files) > 3
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    journal.close()
    path.chmod(0o644)
    opened(path).close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_journal_of_another_site_is_refused(journal: Journal, path: Path) -> None:
    journal.close()
    with pytest.raises(JournalError, match="belongs to 'site-a01'") as caught:
        opened(path, site="site-b")
    assert "'site-b' needs a journal of its own" in str(caught.value)


@pytest.mark.parametrize("sql", ["PRAGMA user_version = 3", "PRAGMA application_id = 7"])
def test_a_journal_of_another_version_is_refused(journal: Journal, path: Path, sql: str) -> None:
    journal.close()
    damage(path, (sql, ()))
    with pytest.raises(JournalError, match="not a journal of this version"):
        opened(path)


def test_another_database_is_refused_and_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    damage(path, ("CREATE TABLE theirs (a)", ()))
    before = path.read_bytes()
    with pytest.raises(JournalError, match="not a journal of this version"):
        opened(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("content", [b"not a database" * 100, b"SQLite format 3\x00" + bytes(4080)])
def test_a_file_that_is_no_database_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "journal.db"
    path.write_bytes(content)
    with pytest.raises(JournalError, match="evidence verify"):
        opened(path)
    assert path.read_bytes() == content


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(JournalError, match="file"):
        opened(tmp_path / "file" / "journal.db")
    (tmp_path / "folder.db").mkdir()
    with pytest.raises(JournalError, match=r"folder\.db"):
        opened(tmp_path / "folder.db")
    (tmp_path / "journal.db-lock").mkdir()
    with pytest.raises(JournalError, match=r"journal\.db"):
        opened(tmp_path / "journal.db")


def test_a_lock_file_that_is_none_is_named(path: Path) -> None:
    path.parent.mkdir()
    path.with_name("journal.db-lock").write_bytes(b"something else" * 100)
    with pytest.raises(JournalError, match=r"journal\.db: file is not a database"):
        opened(path)


@pytest.mark.skipif(sys.platform == "win32", reason="SQLite has such a file system layer on Unix only")
def test_a_file_system_without_a_write_ahead_log_is_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    connect: Callable[..., sqlite3.Connection] = sqlite3.connect

    def without(database: str | Path, **options: object) -> sqlite3.Connection:
        # This layer of SQLite has no shared memory, as some network file systems have none.
        return connect(f"{database}&vfs=unix-dotfile" if "?" in str(database) else database, **options)

    monkeypatch.setattr(sqlite3, "connect", without)
    with pytest.raises(JournalError, match="use a local disk"):
        opened(path)


@pytest.mark.parametrize(
    "statement",
    [
        ("DELETE FROM entries WHERE idx = 3", ()),
        ("DELETE FROM entries WHERE idx = 9", ()),
        ("UPDATE entries SET leaf = x'00' WHERE idx = 3", ()),
        ("UPDATE entries SET leaf = zeroblob(32) WHERE idx = 3", ()),
        ("DROP TABLE tiles", ()),
        ("DELETE FROM journal", ()),
    ],
)
async def test_a_damaged_journal_is_not_continued(
    journal: Journal, path: Path, statement: tuple[str, tuple[object, ...]]
) -> None:
    await journal.commit([entry(number) for number in range(10)])
    await journal.checkpoint(SIGNER)
    journal.close()
    damage(path, statement)
    with pytest.raises(JournalError, match=r"evidence verify|no site"):
        opened(path)


async def test_tiles_are_stored_and_read_instead_of_the_entries(journal: Journal, path: Path) -> None:
    for start in range(0, 2 * TILE + 120, 100):
        await journal.commit([entry(number) for number in range(start, start + 100)])
    root, proof = journal.root(), journal.inclusion(3)
    journal.close()
    assert rows(path, "SELECT number FROM tiles") == [(0,), (1,)]
    # Nobody reads the hashes of a complete tile before a proof asks for them.
    damage(path, ("UPDATE entries SET leaf = zeroblob(32) WHERE idx = 300", ()))
    again = opened(path)
    assert again.root() == root
    assert again.inclusion(3) == proof
    with pytest.raises(EvidenceInvalid, match="from 256 on is missing or altered"):
        again.inclusion(299)
    again.close()


@pytest.mark.parametrize(
    "statement",
    [
        ("DELETE FROM tiles WHERE number = 0", ()),
        ("DELETE FROM tiles", ()),
        ("UPDATE tiles SET root = x'00' WHERE number = 1", ()),
    ],
)
async def test_tiles_that_are_missing_are_made_again(
    journal: Journal, path: Path, statement: tuple[str, tuple[object, ...]]
) -> None:
    for start in range(0, 3 * TILE, 128):
        await journal.commit([entry(number) for number in range(start, start + 128)])
    root = journal.root()
    journal.close()
    damage(path, statement)
    again = opened(path)
    assert again.root() == root
    await again.commit([entry(3 * TILE)])
    again.close()
    assert rows(path, "SELECT number FROM tiles") == [(0,), (1,), (2,)]


async def test_a_tile_with_another_root_is_found_by_the_checkpoint(journal: Journal, path: Path) -> None:
    await journal.commit([entry(number) for number in range(2 * TILE)])
    await journal.checkpoint(SIGNER)
    await journal.commit([entry(2 * TILE)])
    journal.close()
    damage(path, ("UPDATE tiles SET root = zeroblob(32) WHERE number = 1", ()))
    with pytest.raises(JournalError, match="last checkpoint"):
        opened(path)


async def test_a_journal_of_the_first_version_is_taken_over(journal: Journal, path: Path) -> None:
    await journal.commit([entry(number) for number in range(TILE + 5)])
    root = journal.root()
    journal.close()
    damage(
        path,
        ("DROP TABLE tiles", ()),
        ("CREATE INDEX entries_leaf ON entries (idx, leaf)", ()),
        ("PRAGMA user_version = 1", ()),
    )
    again = opened(path)
    assert again.root() == root
    assert await again.commit([entry(TILE + 5)]) == [TILE + 5]
    again.close()
    assert rows(path, "SELECT number FROM tiles") == [(0,)]
    assert rows(path, "PRAGMA user_version") == [(2,)]


async def test_a_file_that_someone_else_writes_to_takes_no_more(journal: Journal, path: Path) -> None:
    await journal.commit([entry(0)])
    damage(
        path,
        ("INSERT INTO entries SELECT 1, at, organ, direction, kind, id, peer, verdict, leaf, body FROM entries", ()),
    )
    with pytest.raises(JournalError, match="did not write"):
        await journal.commit([entry(1)])
    assert journal.size == 1
