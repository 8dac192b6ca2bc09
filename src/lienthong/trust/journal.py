"""The journal of evidence: every exchange leaves an entry here before it counts.

Entries are durable when ``commit`` returns and form a tree (``merkle``), so that a signed checkpoint
fixes all of them and a short proof shows one. Other tables that must never disagree with the evidence
(replays, mailboxes, what is still to be sent) live in the same file and change in the same transactions.
"""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, Self

from lienthong.kernel.clock import Clock, Millis
from lienthong.trust.checkpoint import Checkpoint, CheckpointSigner, receipt_of, sign_checkpoint
from lienthong.trust.errors import EvidenceInvalid, JournalError
from lienthong.trust.journal_entry import Entry
from lienthong.trust.journal_file import JournalFile, Unreadable
from lienthong.trust.journal_writer import Statement, Unit, Writer
from lienthong.trust.tree import Tree

__all__ = ["Entry", "EntryUnknown", "Journal", "Statement"]

_CHECKPOINTS: Final = "SELECT cose, root FROM checkpoints"
_FILTERS: Final = (
    "(:organ IS NULL OR organ = :organ) AND (:kind IS NULL OR kind = :kind)"
    " AND (:since IS NULL OR at >= :since) AND (:until IS NULL OR at < :until)"
)


class EntryUnknown(EvidenceInvalid):
    """The journal has no such entry."""

    code = "entry_unknown"
    hint = "See `lienthong evidence list`."


class Journal:
    """An open journal. Reads may come from any thread; ``commit`` from any event loop."""

    def __init__(self, file: JournalFile, tree: Tree, *, site: str, clock: Clock) -> None:
        """Take over an open file and the tree of its entries; see ``open``."""
        self.site = site
        self._clock = clock
        self._file = file
        self._tree = tree
        self._writer = Writer(file, tree)

    @classmethod
    def open(cls, path: Path, *, site: str, clock: Clock) -> Self:
        """Open the journal of a site, or start one, and lock it for this process.

        Reads one hash per 256 entries, and keeps it in memory.

        Raises:
            JournalError: in use by another process, of another site or version, damaged, or the disk
                refuses.
        """
        file = JournalFile.open(path, site=site, at=clock.now())
        try:
            tree = file.load()
        except JournalError:
            file.close()
            raise
        return cls(file, tree, site=site, clock=clock)

    def close(self) -> None:
        """Write what was handed over and let go of the file; blocks until then. May be called twice."""
        self._writer.close()
        with self._file.reading:
            self._file.close()

    async def commit(self, entries: Sequence[Entry], also: Sequence[Statement] = ()) -> list[int]:
        """Record entries, and change other tables with them, all or nothing.

        When the caller is cancelled while it waits, the unit is recorded all the same or fails as a whole.

        Args:
            entries: what to record; may be empty.
            also: statements for tables made with ``ensure``.

        Returns:
            The indexes of the entries; they are durable.

        Raises:
            JournalError: nothing of this was recorded: disk full, closed, damaged.
            sqlite3.IntegrityError: a statement violated a constraint; nothing of this was recorded.
            sqlite3.Error: a statement is wrong; nothing of this was recorded.
            OverflowError, ValueError: a time or parameter cannot be stored; nothing of this was recorded.
            CborInvalid: text that has no UTF-8 form, a time before 1970; nothing of this was recorded.
        """
        future = asyncio.get_running_loop().create_future()
        encoded = [(entry, entry.to_bytes()) for entry in entries]
        self._writer.submit(Unit(entries=encoded, also=also, future=future))
        indexes: list[int] = await future
        return indexes

    def ensure(self, schema: str) -> None:
        """Make tables of one's own in the file (``CREATE TABLE IF NOT EXISTS ...;``), in one transaction.

        Raises:
            JournalError: SQLite refuses.
        """
        self._writer.script(schema)

    def read(self, sql: str, parameters: Sequence[object] | dict[str, object] = ()) -> list[tuple[Any, ...]]:
        """Return the rows of a query over what is committed; it cannot change anything.

        Raises:
            JournalError: closed, damaged, or SQL that does not fit.
        """
        with self._file.reading:
            try:
                return self._file.reader.execute(sql, parameters).fetchall()
            except Unreadable as error:
                raise JournalError(str(error)) from error

    @property
    def size(self) -> int:
        """How many entries are durable."""
        return self._writer.size

    def root(self, size: int | None = None) -> bytes:
        """Return the root over the first ``size`` entries (all of them if not given).

        Raises:
            EvidenceInvalid: there are fewer.
        """
        return self._tree.root(self._upto(size))

    def inclusion(self, index: int, size: int | None = None) -> list[bytes]:
        """Return the proof that entry ``index`` is among the first ``size``.

        Raises:
            EvidenceInvalid: it is not, or there are fewer.
        """
        return self._tree.inclusion(index, self._upto(size))

    def consistency(self, old: int, new: int | None = None) -> list[bytes]:
        """Return the proof that the first ``new`` entries begin with the first ``old``.

        Raises:
            EvidenceInvalid: there are fewer.
        """
        return self._tree.consistency(old, self._upto(new))

    def _upto(self, size: int | None) -> int:
        # The tree may be growing in the writer's thread: whoever says nothing means what is durable now.
        durable = self._writer.size
        if size is not None and size > durable:
            raise EvidenceInvalid(f"no list of {size} entries within {durable}")
        return durable if size is None else size

    def entry(self, index: int) -> Entry:
        """Return an entry.

        Raises:
            EntryUnknown: there is none with this index.
            EvidenceInvalid: what is stored is not an entry.
        """
        found = self.entries(index, index + 1)
        if not found:
            raise EntryUnknown(f"{index} of {self.size}")
        return found[0]

    def entries(self, start: int, stop: int) -> list[Entry]:
        """Return the entries with ``start <= index < stop``, in order.

        Raises:
            EvidenceInvalid: what is stored is not an entry.
        """
        rows = self.read("SELECT body FROM entries WHERE idx >= ? AND idx < ? ORDER BY idx", (start, stop))
        return [Entry.from_bytes(body) for (body,) in rows]

    def find(self, exchange: str) -> list[int]:
        """Return the indexes of all entries of an exchange (UUID text), in order."""
        return [index for (index,) in self.read("SELECT idx FROM entries WHERE id = ? ORDER BY idx", (exchange,))]

    def search(  # noqa: PLR0913 - filters, each with its name
        self,
        *,
        organ: str | None = None,
        kind: str | None = None,
        since: Millis | None = None,
        until: Millis | None = None,
        limit: int = 100,
        offset: int = 0,
    ) -> list[tuple[int, Entry]]:
        """Return entries with their indexes, newest first.

        Args:
            organ: only those of this organ (identifier text).
            kind: only those of this kind.
            since: only those at this time or later.
            until: only those before this time.
            limit: at most so many.
            offset: after leaving out so many.

        Raises:
            EvidenceInvalid: what is stored is not an entry.
        """
        rows = self.read(
            f"SELECT idx, body FROM entries WHERE {_FILTERS} ORDER BY idx DESC LIMIT :limit OFFSET :offset",  # noqa: S608 - a constant
            {"organ": organ, "kind": kind, "since": since, "until": until, "limit": limit, "offset": offset},
        )
        return [(index, Entry.from_bytes(body)) for index, body in rows]

    async def checkpoint(self, sign: CheckpointSigner) -> Checkpoint:
        """Sign and store a checkpoint over all durable entries; without new ones, return the last.

        Raises:
            JournalError: it cannot be stored.
            KeyUnknown: the store does not hold the key.
            KeyNotValid: the key is not valid now.
            KeyStoreError: the store refused.
        """
        size = self.size
        if not (stored := self._checkpoint_rows("WHERE size = ?", size)):
            # A device may take its time to sign; other tasks go on meanwhile.
            made = await asyncio.to_thread(
                sign_checkpoint, site=self.site, size=size, root=self.root(size), at=self._clock.now(), signer=sign
            )
            row = (made.size, made.at, made.root, made.signed)
            await self.commit((), [("INSERT INTO checkpoints VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING", row)])
            # Two tasks may have signed the same size: both get the one that is stored.
            stored = self._checkpoint_rows("WHERE size = ?", size)
        return stored[0]

    def checkpoints(self) -> list[Checkpoint]:
        """Return all stored checkpoints, in order.

        Raises:
            SealInvalid: what is stored is not a checkpoint.
        """
        return self._checkpoint_rows("ORDER BY size")

    def receipt(self, index: int) -> bytes:
        """Return the COSE receipt (RFC 9942) of an entry under the first checkpoint that covers it.

        Raises:
            EntryUnknown: there is none with this index.
            EvidenceInvalid: no checkpoint covers it yet.
        """
        if not 0 <= index < self.size:
            raise EntryUnknown(f"{index} of {self.size}")
        covering = self._checkpoint_rows("WHERE size > ? ORDER BY size LIMIT 1", index)
        if not covering:
            raise EvidenceInvalid(f"entry {index}", hint="No checkpoint covers it yet; wait for the next one.")
        size = covering[0].size
        return receipt_of(covering[0], size, index, self.inclusion(index, size))

    def _checkpoint_rows(self, condition: str, *parameters: object) -> list[Checkpoint]:
        rows = self.read(f"{_CHECKPOINTS} {condition}", parameters)
        return [Checkpoint.parse(signed, root) for signed, root in rows]
