"""The file a journal lives in: one SQLite database, one writer, any number of readers.

The write-ahead log with ``synchronous=FULL`` makes a transaction durable when it returns. A second,
empty database beside it is held locked, so that no other gateway writes while readers stay free.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, suppress
from itertools import chain
from pathlib import Path
from typing import Final, Self

from lienthong.kernel.clock import Millis
from lienthong.trust.errors import JournalError
from lienthong.trust.merkle import HASH_SIZE, Tree

type Row = tuple[int, int, str, str, str, str, str, str, bytes, bytes]
"""A row of ``entries``: idx, at, organ, direction, kind, id, peer, verdict, leaf hash, body."""

Unreadable: Final = (sqlite3.Error, UnicodeDecodeError)
"""What reading a damaged file raises: SQLite's messages quote damaged names, which Python then cannot decode."""
APPLICATION_ID: Final = 0x4C544A31
SCHEMA_VERSION: Final = 1

# entries_leaf holds the leaf hashes alone, in order, so that the tree is rebuilt without reading the bodies.
_SCHEMA: Final = f"""
BEGIN IMMEDIATE;
CREATE TABLE entries (
    idx INTEGER PRIMARY KEY, at INTEGER NOT NULL, organ TEXT NOT NULL, direction TEXT NOT NULL,
    kind TEXT NOT NULL, id TEXT NOT NULL, peer TEXT NOT NULL, verdict TEXT NOT NULL,
    leaf BLOB NOT NULL, body BLOB NOT NULL
) STRICT;
CREATE INDEX entries_id ON entries (id);
CREATE INDEX entries_leaf ON entries (idx, leaf);
CREATE TABLE checkpoints (
    size INTEGER PRIMARY KEY, at INTEGER NOT NULL, root BLOB NOT NULL, cose BLOB NOT NULL
) STRICT;
CREATE TABLE journal (site TEXT NOT NULL, created INTEGER NOT NULL) STRICT;
PRAGMA application_id = {APPLICATION_ID};
PRAGMA user_version = {SCHEMA_VERSION};
"""
_COLUMNS: Final = 10
# Rows per statement: SQLite lets go of the interpreter's lock for every statement and must wait to get
# it back, so one statement for many rows is what keeps a busy gateway fast.
_CHUNKS: Final = (64, 16, 4, 1)
_ROW: Final = f"({','.join('?' * _COLUMNS)})"
_INSERTS: Final = {count: f"INSERT INTO entries VALUES {','.join([_ROW] * count)}" for count in _CHUNKS}  # noqa: S608 - constants
_LEAVES: Final = "SELECT idx, leaf FROM entries INDEXED BY entries_leaf ORDER BY idx"
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
        self.reader = _connect(path, readonly=True)

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

    def load(self, tree: Tree) -> None:
        """Fill an empty tree from the stored leaf hashes, and compare it with the last checkpoint.

        Raises:
            JournalError: an entry is missing or altered. Going on would sign two histories, so the file is
                kept as it is; an audit tells where.
        """
        try:
            for index, leaf in self.writer.execute(_LEAVES):
                if index != tree.size or len(leaf) != HASH_SIZE:
                    raise JournalError(f"{self._path}: entry {tree.size} is missing or altered", hint=DAMAGED)
                tree.append(leaf)
            signed = self.writer.execute(_LAST_CHECKPOINT).fetchone()
        except Unreadable as error:
            raise JournalError(f"{self._path}: {error}", hint=DAMAGED) from error
        if signed and (signed[0] > tree.size or tree.root(signed[0]) != signed[1]):
            raise JournalError(f"{self._path}: not the {signed[0]} entries of its last checkpoint", hint=DAMAGED)

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
