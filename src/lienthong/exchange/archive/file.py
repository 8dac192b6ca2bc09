"""The archive's own SQLite file: nothing of it is in the journal's, so that it never slows the evidence down."""

import sqlite3
import uuid
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final, Self

import msgspec

from lienthong.exchange.archive.kept import Place, Side
from lienthong.exchange.errors import StorageFailed
from lienthong.kernel.clock import Millis

_APPLICATION: Final = 0x4C544131
_VERSION: Final = 1
_SCHEMA: Final = f"""
BEGIN IMMEDIATE;
CREATE TABLE keys (
    id INTEGER PRIMARY KEY, at INTEGER NOT NULL, organ TEXT NOT NULL, token TEXT NOT NULL, wrapped BLOB NOT NULL
) STRICT;
CREATE TABLE kept (
    id INTEGER PRIMARY KEY, lookup BLOB NOT NULL, at INTEGER NOT NULL, side TEXT NOT NULL, exchange BLOB NOT NULL,
    owner TEXT NOT NULL, peer TEXT NOT NULL, key INTEGER NOT NULL, content BLOB NOT NULL
) STRICT;
CREATE INDEX kept_lookup ON kept (lookup, at);
CREATE INDEX kept_at ON kept (at);
CREATE INDEX kept_key ON kept (key);
PRAGMA application_id = {_APPLICATION};
PRAGMA user_version = {_VERSION};
COMMIT;
"""
_INSERT: Final = (
    "INSERT INTO kept (lookup, at, side, exchange, owner, peer, key, content) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
)
_FIND: Final = (
    "SELECT kept.at, side, exchange, owner, peer, content, token, wrapped FROM kept JOIN keys ON keys.id = kept.key"
    " WHERE lookup = ? AND kept.at >= ? ORDER BY kept.at, kept.id"
)
_MEASURE: Final = "SELECT count(*), coalesce(sum(length(content)), 0) FROM kept WHERE lookup = ? AND at >= ?"
# Rows at once: nobody waits long for the file.
_PURGE: Final = "DELETE FROM kept WHERE id IN (SELECT id FROM kept WHERE at < ? ORDER BY at LIMIT 1000)"
_PURGE_KEYS: Final = "DELETE FROM keys WHERE at < ? AND NOT EXISTS (SELECT 1 FROM kept WHERE kept.key = keys.id)"


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One exchange as it lies in the file."""

    place: Place
    lookup: bytes
    # Number of its key, and the content encrypted under that.
    key: int
    content: bytes


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """One exchange with the key it takes."""

    place: Place
    content: bytes
    # The organ on the carrier, and the key wrapped for it.
    token: str
    wrapped: bytes


class ArchiveFile:
    """An open file: one connection, used by one thread at a time."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        """Take over an open connection; see ``open``."""
        self._connection = connection
        self._path = path

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open the file or make it.

        Raises:
            StorageFailed: not an archive of this version, damaged, or the disk refuses.
        """
        connection: sqlite3.Connection | None = None
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            path.touch(mode=0o600)
            connection = sqlite3.connect(path, autocommit=True, check_same_thread=False)
            _prepare(connection, path)
        except (OSError, sqlite3.Error, UnicodeDecodeError, StorageFailed) as error:
            if connection is not None:
                connection.close()
            if isinstance(error, StorageFailed):
                raise
            raise StorageFailed(f"{path}: {error}") from error
        return cls(connection, path)

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def add_key(self, *, at: Millis, organ: str, token: str, wrapped: bytes) -> int:
        """Write a wrapped key down and return its number.

        Raises:
            StorageFailed: the disk refuses.
        """
        try:
            cursor = self._connection.execute(
                "INSERT INTO keys (at, organ, token, wrapped) VALUES (?, ?, ?, ?)", (at, organ, token, wrapped)
            )
        except sqlite3.Error as error:
            raise StorageFailed(f"{self._path}: {error}") from error
        return int(cursor.lastrowid or 0)

    def add(self, rows: Sequence[Row]) -> None:
        """Write exchanges in one transaction, all or none.

        Raises:
            StorageFailed: the disk refuses.
        """
        values = [
            (
                row.lookup,
                row.place.at,
                row.place.side.value,
                row.place.exchange.bytes,
                row.place.owner,
                row.place.peer,
                row.key,
                row.content,
            )
            for row in rows
        ]
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            self._connection.executemany(_INSERT, values)
            self._connection.execute("COMMIT")
        except sqlite3.Error as error:
            with suppress(sqlite3.Error):
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
            raise StorageFailed(f"{self._path}: {error}") from error

    def measure(self, lookup: bytes, *, since: Millis) -> tuple[int, int]:
        """Return how many exchanges are found by something, and their bytes.

        Raises:
            StorageFailed: the file cannot be read.
        """
        try:
            count, size = self._connection.execute(_MEASURE, (lookup, since)).fetchone()
        except sqlite3.Error as error:
            raise StorageFailed(f"{self._path}: {error}") from error
        return count, size

    def find(self, lookup: bytes, *, since: Millis) -> list[Found]:
        """Return exchanges from a time on by what they are found by, the oldest first.

        Raises:
            StorageFailed: the file cannot be read.
        """
        try:
            rows = self._connection.execute(_FIND, (lookup, since)).fetchall()
            return [
                Found(
                    place=Place(at=at, side=Side(side), exchange=uuid.UUID(bytes=exchange), owner=owner, peer=peer),
                    content=content,
                    token=token,
                    wrapped=wrapped,
                )
                for at, side, exchange, owner, peer, content, token, wrapped in rows
            ]
        except (sqlite3.Error, ValueError) as error:
            raise StorageFailed(f"{self._path}: {error}") from error

    def purge(self, *, before: Millis) -> int:
        """Let go of what is older, and of the keys that nothing is left of; return how many exchanges went.

        Raises:
            StorageFailed: the disk refuses.
        """
        gone = 0
        try:
            while count := self._connection.execute(_PURGE, (before,)).rowcount:
                gone += count
            self._connection.execute(_PURGE_KEYS, (before,))
        except sqlite3.Error as error:
            raise StorageFailed(f"{self._path}: {error}") from error
        return gone


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    if (tables or application) and (application, version) != (_APPLICATION, _VERSION):
        raise StorageFailed(f"{path} is not an archive of this version", hint="Name another file, or move this away.")
    connection.execute("PRAGMA journal_mode=WAL")
    # A crash of the program loses nothing that was committed; that of the machine may lose the last moments.
    connection.execute("PRAGMA synchronous=NORMAL")
    # What is deleted shall be gone, the wrapped keys before all.
    connection.execute("PRAGMA secure_delete=ON")
    if not tables:
        connection.executescript(_SCHEMA)
