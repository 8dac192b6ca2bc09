"""The file a journal lives in: one SQLite database, one writer, any number of readers.

The write-ahead log with ``synchronous=FULL`` makes a transaction durable when it returns. A second,
empty database beside it is held locked, so that no other gateway writes while readers stay free.
"""

import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, closing, suppress
from itertools import chain
from pathlib import Path
from typing import Final, Self

from lienthong.kernel.clock import Millis
from lienthong.trust.errors import EvidenceInvalid, JournalError
from lienthong.trust.merkle import HASH_SIZE
from lienthong.trust.tree import Tree

type Row = tuple[int, int, str, str, str, str, str, str, bytes, bytes]
"""A row of ``entries``: idx, at, organ, direction, kind, id, peer, verdict, leaf hash, body."""

Unreadable: Final = (sqlite3.Error, UnicodeDecodeError)
"""What reading a damaged file raises: SQLite's messages quote damaged names, which Python then cannot decode."""
APPLICATION_ID: Final = 0x4C544A31
SCHEMA_VERSION: Final = 2
READABLE: Final = frozenset({1, SCHEMA_VERSION})
"""Versions whose entries and checkpoints are the same."""

# tiles holds the roots of complete tiles (``tree``), so that the tree is there without reading the entries.
_SCHEMA: Final = f"""
BEGIN IMMEDIATE;
CREATE TABLE entries (
    idx INTEGER PRIMARY KEY, at INTEGER NOT NULL, organ TEXT NOT NULL, direction TEXT NOT NULL,
    kind TEXT NOT NULL, id TEXT NOT NULL, peer TEXT NOT NULL, verdict TEXT NOT NULL,
    leaf BLOB NOT NULL, body BLOB NOT NULL
) STRICT;
CREATE INDEX entries_id ON entries (id);
CREATE TABLE tiles (number INTEGER PRIMARY KEY, root BLOB NOT NULL) STRICT;
CREATE TABLE checkpoints (
    size INTEGER PRIMARY KEY, at INTEGER NOT NULL, root BLOB NOT NULL, cose BLOB NOT NULL
) STRICT;
CREATE TABLE journal (site TEXT NOT NULL, created INTEGER NOT NULL) STRICT;
PRAGMA application_id = {APPLICATION_ID};
PRAGMA user_version = {SCHEMA_VERSION};
"""
# Version 1 read the hash of every entry when it was opened, from an index of their own.
_FROM_1: Final = f"""
BEGIN IMMEDIATE;
DROP INDEX IF EXISTS entries_leaf;
CREATE TABLE tiles (number INTEGER PRIMARY KEY, root BLOB NOT NULL) STRICT;
PRAGMA user_version = {SCHEMA_VERSION};
COMMIT;
"""
_COLUMNS: Final = 10
# Rows per statement: SQLite lets go of the interpreter's lock for every statement and must wait to get
# it back, so one statement for many rows is what keeps a busy gateway fast.
_CHUNKS: Final = (64, 32, 16, 8, 4, 2, 1)
_ROW: Final = f"({','.join('?' * _COLUMNS)})"
_INSERTS: Final = {count: f"INSERT INTO entries VALUES {','.join([_ROW] * count)}" for count in _CHUNKS}  # noqa: S608 - constants
_LEAVES: Final = "SELECT idx, leaf FROM entries WHERE idx >= ? AND idx < ? ORDER BY idx"
_TILES: Final = "SELECT number, root FROM tiles ORDER BY number"
_ADD_TILES: Final = "INSERT OR REPLACE INTO tiles VALUES (?, ?)"
_LAST_CHECKPOINT: Final = "SELECT size, root FROM checkpoints ORDER BY size DESC LIMIT 1"
# Pages of 4 KiB in the log before they are brought over to the database, and what the log shrinks to.
_CHECKPOINT_PAGES: Final = 4096
_LOG_LIMIT: Final = 64 * 1024 * 1024
_CACHE_KIB: Final = 32 * 1024
DAMAGED: Final = "Run `lienthong evidence verify` on it, keep the file, and start the gateway with a new journal."
_IN_USE: Final = "Another process has this journal open; end it, or give each gateway a journal of its own."
_FOREIGN: Final = "This is not a journal of this version; name another file, or upgrade with `lienthong doctor`."


class JournalFile:
    """An open journal file: a writing connection, a reading one, and the lock."""

    def __init__(self, path: Path, *, writer: sqlite3.Connection, lock: sqlite3.Connection) -> None:
        """Take over open connections; see ``open``."""
        self._path = path
        self._lock = lock
        self.writer = writer
        # How many roots of tiles are stored.
        self.tiles = 0
        self.reader = _connect(path, readonly=True)
        # Held to use the reading connection.
        self.reading = threading.Lock()

    @classmethod
    def open(cls, path: Path, *, site: str, at: Millis) -> Self:
        """Open the file for a site, or make it.

        Raises:
            JournalError: in use, of another site or version, damaged, or the disk refuses.
        """
        with ExitStack() as undo:
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                _keep_private(path)
                lock = undo.enter_context(closing(_lock(path)))
                writer = undo.enter_context(closing(_connect(path, readonly=False)))
                _prepare(writer, path, site=site, at=at)
                file = cls(path, writer=writer, lock=lock)
            except OSError as error:
                raise JournalError(f"{path}: {error.strerror}") from error
            except Unreadable as error:
                damaged = not isinstance(error, sqlite3.OperationalError)
                raise JournalError(f"{path}: {error}", hint=DAMAGED if damaged else "") from error
            undo.pop_all()
        return file

    def close(self) -> None:
        """Let go of the file; the log is brought over to the database."""
        self.reader.close()
        self.writer.close()
        self._lock.close()

    def load(self) -> Tree:
        """Return the tree of the entries, compared with the last checkpoint.

        Raises:
            JournalError: an entry is missing or altered. Going on would sign two histories, so the file is
                kept as it is; an audit tells where. It also tells what is wrong within complete tiles, which
                are not read here.
        """
        try:
            tiles = [(number, root) for number, root in self.writer.execute(_TILES) if len(root) == HASH_SIZE]
            whole = next((at for at, (number, _) in enumerate(tiles) if number != at), len(tiles))
            tree = Tree(self.leaves, [root for _, root in tiles[:whole]])
            self.tiles = whole
            size = self.count()
            for leaf in self._leaves(self.writer, tree.size, size):
                tree.append(leaf)
            signed = self.writer.execute(_LAST_CHECKPOINT).fetchone()
            if tree.size != size:
                raise JournalError(f"{self._path}: entry {tree.size} is missing or altered", hint=DAMAGED)
            if signed and (signed[0] > size or tree.root(signed[0]) != signed[1]):
                raise JournalError(f"{self._path}: not the {signed[0]} entries of its last checkpoint", hint=DAMAGED)
        except Unreadable as error:
            raise JournalError(f"{self._path}: {error}", hint=DAMAGED) from error
        except EvidenceInvalid as error:
            raise JournalError(f"{self._path}: {error.where}", hint=DAMAGED) from error
        return tree

    def leaves(self, start: int, stop: int) -> list[bytes]:
        """Return the leaf hashes of committed entries, up to the first that is missing or altered.

        Raises:
            JournalError: closed or damaged.
        """
        with self.reading:
            try:
                return self._leaves(self.reader, start, stop)
            except Unreadable as error:
                raise JournalError(str(error)) from error

    def _leaves(self, connection: sqlite3.Connection, start: int, stop: int) -> list[bytes]:
        found: list[bytes] = []
        for index, leaf in connection.execute(_LEAVES, (start, stop)):
            if index != start + len(found) or len(leaf) != HASH_SIZE:
                break
            found.append(leaf)
        return found

    def count(self) -> int:
        """Return the number that the next entry gets, as the file has it.

        Raises:
            sqlite3.Error: the file cannot be read.
        """
        (last,) = self.writer.execute("SELECT max(idx) FROM entries").fetchone()
        return 0 if last is None else last + 1

    def insert(self, rows: Sequence[Row]) -> None:
        """Write rows inside the open transaction.

        Raises:
            sqlite3.Error: as SQLite says.
        """
        for chunk in _chunks(rows):
            self.writer.execute(_INSERTS[len(chunk)], tuple(chain.from_iterable(chunk)))

    def insert_tiles(self, tiles: Iterable[tuple[int, bytes]]) -> None:
        """Write numbers and roots of tiles inside the open transaction.

        Raises:
            sqlite3.Error: as SQLite says.
        """
        self.writer.executemany(_ADD_TILES, tiles)

    def rollback(self) -> None:
        """Undo the open transaction, if SQLite has not done so already."""
        if self.writer.in_transaction:
            # A disk that fails here as well leaves the transaction to the next opening, which undoes it.
            with suppress(sqlite3.Error):
                self.writer.execute("ROLLBACK")


def open_reader(path: Path) -> sqlite3.Connection:
    """Open a journal file, live or a copy, without changing anything beside it.

    Raises:
        sqlite3.Error: it is not there or not a database.
    """
    return _connect(path, readonly=True, immutable=not path.with_name(path.name + "-wal").exists())


def _connect(path: Path, *, readonly: bool, immutable: bool = False) -> sqlite3.Connection:
    mode = "?mode=ro" if readonly else "?mode=rwc"
    uri = path.absolute().as_uri() + mode + ("&immutable=1" if immutable else "")
    connection = sqlite3.connect(uri, uri=True, autocommit=True, check_same_thread=False, cached_statements=256)
    with ExitStack() as undo:
        undo.callback(connection.close)
        connection.execute(f"PRAGMA query_only={int(readonly)}").close()
        connection.execute(f"PRAGMA cache_size=-{_CACHE_KIB}").close()
        undo.pop_all()
    return connection


def _prepare(writer: sqlite3.Connection, path: Path, *, site: str, at: Millis) -> None:
    (application,) = writer.execute("PRAGMA application_id").fetchone()
    (version,) = writer.execute("PRAGMA user_version").fetchone()
    (tables,) = writer.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    if (application, version) == (APPLICATION_ID, 1):
        writer.executescript(_FROM_1)
        version = SCHEMA_VERSION
    if (tables or application) and (application, version) != (APPLICATION_ID, SCHEMA_VERSION):
        raise JournalError(f"{path} (application {application:#x}, version {version})", hint=_FOREIGN)
    (mode,) = writer.execute("PRAGMA journal_mode=WAL").fetchone()
    if mode != "wal":
        raise JournalError(str(path), hint="Its file system cannot hold a write-ahead log; use a local disk.")
    writer.execute("PRAGMA synchronous=FULL")
    writer.execute(f"PRAGMA wal_autocheckpoint={_CHECKPOINT_PAGES}")
    writer.execute(f"PRAGMA journal_size_limit={_LOG_LIMIT}")
    if not tables:
        writer.executescript(_SCHEMA)
        writer.execute("INSERT INTO journal VALUES (?, ?)", (site, at))
        writer.execute("COMMIT")
    stored = writer.execute("SELECT site FROM journal").fetchall()
    if stored != [(site,)]:
        raise JournalError(
            f"{path} belongs to {', '.join(repr(other) for (other,) in stored) or 'no site'}",
            hint=f"Site {site!r} needs a journal of its own; name another file.",
        )


def _keep_private(path: Path) -> None:
    # Sealed headers name titles, paths and people: they are for the gateway's own user, whatever the folder's mode.
    # SQLite gives the log beside the database the same mode.
    for each in (path, path.with_name(path.name + "-lock")):
        each.touch(mode=0o600)
        if each.stat().st_mode & 0o077:
            each.chmod(0o600)


def _lock(path: Path) -> sqlite3.Connection:
    lock = sqlite3.connect(path.with_name(path.name + "-lock"), timeout=0, autocommit=True, check_same_thread=False)
    try:
        lock.execute("BEGIN EXCLUSIVE")
    except sqlite3.Error as error:
        lock.close()
        if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
            raise
        raise JournalError(str(path), hint=_IN_USE) from error
    return lock


def _chunks(rows: Sequence[Row]) -> Iterator[Sequence[Row]]:
    at = 0
    for count in _CHUNKS:
        while len(rows) - at >= count:
            yield rows[at : at + count]
            at += count
