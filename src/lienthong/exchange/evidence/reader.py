"""Reading a journal without being its gateway: beside a running one, or in a copy."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

from lienthong.exchange.evidence.errors import EvidenceMissing, EvidenceUnreadable
from lienthong.kernel.clock import Millis
from lienthong.trust.checkpoint import Checkpoint, receipt_of
from lienthong.trust.errors import EvidenceInvalid
from lienthong.trust.journal import EntryUnknown
from lienthong.trust.journal_entry import Entry
from lienthong.trust.journal_file import APPLICATION_ID, READABLE, open_reader
from lienthong.trust.merkle import HASH_SIZE
from lienthong.trust.tree import Tree

_SLICE: Final = 500
_EQUAL: Final = ("direction", "kind", "verdict", "id")
_OF: Final = ("organ", "peer")


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which entries; what is None does not matter."""

    # Identifier text; an organ stands for everything that is its own.
    organ: str | None = None
    peer: str | None = None
    # out, in or own.
    direction: str | None = None
    kind: str | None = None
    verdict: str | None = None
    # UUID text of the exchange.
    id: str | None = None
    # From this time on, and before that time.
    since: Millis | None = None
    until: Millis | None = None

    def condition(self) -> tuple[str, dict[str, object]]:
        """Return it as SQL with its parameters."""
        parts = {name: f"{name} = :{name}" for name in _EQUAL}
        parts |= {
            name: f"({name} = :{name} OR substr({name}, 1, length(:{name}) + 1) = :{name} || '/')" for name in _OF
        }
        parts |= {"since": "at >= :since", "until": "at < :until"}
        given = {name: getattr(self, name) for name in parts if getattr(self, name) is not None}
        return " AND ".join(["TRUE", *(parts[name] for name in given)]), given


class JournalReader:
    """An open journal that cannot be changed. It sees what the gateway commits meanwhile."""

    def __init__(self, connection: sqlite3.Connection, path: Path, site: str) -> None:
        """Take over an open connection; see ``open``."""
        self._connection = connection
        self._path = path
        self.site = site

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open a journal's file.

        Raises:
            EvidenceMissing: there is none.
            EvidenceUnreadable: it is not a journal of this version, or damaged.
        """
        if not path.is_file():
            raise EvidenceMissing(str(path))
        connection: sqlite3.Connection | None = None
        try:
            connection = open_reader(path)
            ((application,),) = connection.execute("PRAGMA application_id").fetchall()
            ((version,),) = connection.execute("PRAGMA user_version").fetchall()
            if application != APPLICATION_ID or version not in READABLE:
                raise EvidenceUnreadable(f"{path} is not a journal of this version")
            ((site,),) = connection.execute("SELECT site FROM journal").fetchall()
            return cls(connection, path, str(site))
        except (sqlite3.Error, ValueError) as error:
            if connection is not None:
                connection.close()
            raise EvidenceUnreadable(f"{path}: {error}") from error
        except EvidenceUnreadable:
            if connection is not None:
                connection.close()
            raise

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def __enter__(self) -> Self:
        """Use it in a ``with``."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()

    @property
    def size(self) -> int:
        """How many entries there are."""
        ((last,),) = self._rows("SELECT max(idx) FROM entries")
        return 0 if last is None else int(last) + 1

    def entry(self, index: int) -> Entry:
        """Return an entry.

        Raises:
            EntryUnknown: there is none with this number.
            EvidenceInvalid: what is stored is not an entry.
        """
        rows = self._rows("SELECT body FROM entries WHERE idx = :index", {"index": index})
        if not rows:
            raise EntryUnknown(f"{index} of {self.size}")
        return Entry.from_bytes(rows[0][0])

    def find(self, exchange: str) -> list[int]:
        """Return the numbers of all entries of an exchange (UUID text), in order."""
        return [
            index for (index,) in self._rows("SELECT idx FROM entries WHERE id = :id ORDER BY idx", {"id": exchange})
        ]

    def search(self, wanted: Filter, *, limit: int = 100, offset: int = 0) -> list[tuple[int, Entry]]:
        """Return entries with their numbers, newest first.

        Raises:
            EvidenceInvalid: what is stored is not an entry.
        """
        condition, parameters = wanted.condition()
        rows = self._rows(
            f"SELECT idx, body FROM entries WHERE {condition} ORDER BY idx DESC LIMIT :limit OFFSET :offset",  # noqa: S608 - built of constants
            parameters | {"limit": limit, "offset": offset},
        )
        return [(index, Entry.from_bytes(body)) for index, body in rows]

    def count(self, wanted: Filter) -> int:
        """Return how many entries there are of these."""
        condition, parameters = wanted.condition()
        return int(self._rows(f"SELECT count(*) FROM entries WHERE {condition}", parameters)[0][0])  # noqa: S608 - built of constants

    def bodies(self) -> Iterator[tuple[int, bytes]]:
        """Yield number and bytes of every entry, in slices, so that a running gateway is not held up."""
        last, more = -1, True
        while more:
            rows = self._rows(
                "SELECT idx, body FROM entries WHERE idx > :last ORDER BY idx LIMIT :slice",
                {"last": last, "slice": _SLICE},
            )
            yield from rows
            more = len(rows) == _SLICE
            last = rows[-1][0] if rows else last

    def checkpoint_count(self) -> int:
        """Return how many checkpoints are stored."""
        return int(self._rows("SELECT count(*) FROM checkpoints")[0][0])

    def covering(self, index: int) -> Checkpoint | None:
        """Return the first checkpoint that covers an entry, or None.

        Raises:
            SealInvalid: what is stored is not a checkpoint.
        """
        rows = self._rows(
            "SELECT cose, root FROM checkpoints WHERE size > :index ORDER BY size LIMIT 1", {"index": index}
        )
        return Checkpoint.parse(*rows[0]) if rows else None

    def receipt(self, index: int) -> bytes:
        """Return the COSE receipt (RFC 9942) of an entry under the first checkpoint that covers it.

        Raises:
            EvidenceInvalid: no checkpoint covers it, or the journal is not what that checkpoint signed.
            SealInvalid: what is stored is not a checkpoint.
        """
        checkpoint = self.covering(index)
        if checkpoint is None:
            raise EvidenceInvalid(f"entry {index}", hint="No checkpoint covers it yet; wait for the next one.")
        tree = Tree.over(self._leaves(checkpoint.size))
        if tree.size != checkpoint.size or tree.root() != checkpoint.root:
            raise EvidenceInvalid(
                f"{self._path}: not the {checkpoint.size} entries of that checkpoint",
                hint="Run `lienthong evidence verify` on the journal.",
            )
        return receipt_of(checkpoint, checkpoint.size, index, tree.inclusion(index))

    def _leaves(self, size: int) -> list[bytes]:
        rows = self._rows("SELECT idx, leaf FROM entries WHERE idx < :size ORDER BY idx", {"size": size})
        return [leaf for at, (index, leaf) in enumerate(rows) if index == at and len(leaf) == HASH_SIZE]

    def _rows(self, sql: str, parameters: dict[str, object] | None = None) -> list[tuple[Any, ...]]:
        try:
            with closing(self._connection.execute(sql, parameters or {})) as cursor:
                return cursor.fetchall()
        except sqlite3.Error as error:
            raise EvidenceUnreadable(f"{self._path}: {error}") from error
