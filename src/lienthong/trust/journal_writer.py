"""Group commit: what many tasks want recorded goes to disk in one transaction.

A thread takes whatever is waiting, writes it, commits once, and wakes each event loop once. While it
waits for the disk the next group gathers by itself, so that nobody waits for a timer.
"""

import asyncio
import queue
import sqlite3
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from lienthong.trust.errors import JournalError
from lienthong.trust.journal_entry import Entry
from lienthong.trust.journal_file import DAMAGED, JournalFile, Row
from lienthong.trust.merkle import Tree, leaf_hash

type Statement = tuple[str, tuple[object, ...]]
"""SQL and its parameters, to be carried out in the same transaction as the entries."""

# Bounds how long one transaction can take, and so how long its waiters wait.
_MAX_UNITS: Final = 1024
# What the parameters of one unit can make Python or SQLite say.
_PYTHON_FAULTS: Final = (OverflowError, ValueError, TypeError)
_UNIT_FAULTS: Final = (
    sqlite3.IntegrityError,
    sqlite3.ProgrammingError,
    sqlite3.InterfaceError,
    sqlite3.DataError,
    *_PYTHON_FAULTS,
)
_PRIMARY_CODE: Final = 0xFF
_CLOSED: Final = "The gateway is stopping; try again when it runs."


@dataclass(slots=True, eq=False, kw_only=True)
class Unit:
    """What one caller wants recorded, all or nothing, and where it waits for it."""

    # Each entry with its encoding.
    entries: Sequence[tuple[Entry, bytes]]
    also: Sequence[Statement]
    future: asyncio.Future[list[int]]
    # The indexes, or why it was not recorded; None until the writer has come to it.
    outcome: list[int] | Exception | None = None


class Writer:
    """The thread that writes, and the queue in front of it."""

    def __init__(self, file: JournalFile, tree: Tree) -> None:
        """Write to a file whose entries the tree holds already."""
        # How many entries are durable and in the tree. Only set when the tree is whole again, so that
        # other threads may make proofs up to this size at any time.
        self.size = tree.size
        self._file = file
        self._tree = tree
        self._queue: queue.SimpleQueue[Unit | None] = queue.SimpleQueue()
        # Held to hand over a unit or the end, so that no unit ever comes after the end.
        self._door = threading.Lock()
        self._closed = False
        # Held while the connection is in use.
        self._connection = threading.Lock()
        self._batch: list[Unit] = []
        self._thread = threading.Thread(target=self._run, name="journal-writer", daemon=True)
        self._thread.start()

    def submit(self, unit: Unit) -> None:
        """Hand over a unit.

        Raises:
            JournalError: the journal is closed.
        """
        with self._door:
            if self._closed:
                raise JournalError("closed", hint=_CLOSED)
            self._queue.put(unit)

    def close(self) -> None:
        """Write what was handed over, then end the thread; blocks until then."""
        with self._door:
            if not self._closed:
                self._closed = True
                self._queue.put(None)
        self._thread.join()

    def script(self, sql: str) -> None:
        """Carry out a schema script in a transaction of its own; blocks.

        Raises:
            JournalError: SQLite refuses.
        """
        with self._connection:
            try:
                self._file.writer.executescript(f"BEGIN IMMEDIATE;\n{sql}\n;COMMIT;")
            except sqlite3.Error as error:
                raise JournalError(str(error)) from error
            finally:
                self._file.rollback()

    def _run(self) -> None:
        try:
            while self._gather():
                with self._connection:
                    self._record(self._batch)
                batch, self._batch = self._batch, []
                _wake(batch)
        finally:
            self._abandon()

    def _gather(self) -> bool:
        unit = self._queue.get()
        while unit is not None:
            self._batch.append(unit)
            if len(self._batch) == _MAX_UNITS or self._queue.empty():
                return True
            unit = self._queue.get()
        # The end was asked for. What stood before it is written first, and then the end comes again.
        if self._batch:
            self._queue.put(None)
        return bool(self._batch)

    def _abandon(self) -> None:
        # Only a defect ends the thread with units waiting; they must hear of it.
        with self._door:
            self._closed = True
        while not self._queue.empty():
            unit = self._queue.get()
            if unit is not None:
                self._batch.append(unit)
        _wake(self._batch)

    def _record(self, batch: list[Unit]) -> None:
        try:
            try:
                self._together(batch)
            except (sqlite3.Error, *_PYTHON_FAULTS) as error:
                if not _is_of_one_unit(error):
                    raise
                self._file.rollback()
                self._one_by_one(batch)
        except (sqlite3.Error, MemoryError, JournalError) as error:
            self._file.rollback()
            for unit in batch:
                unit.outcome = _reason(error)

    def _together(self, batch: list[Unit]) -> None:
        rows: list[Row] = []
        execute = self._file.writer.execute
        execute("BEGIN IMMEDIATE")
        for unit in batch:
            unit.outcome = _add_rows(rows, unit, self.size)
        self._file.insert(rows)
        for unit in batch:
            for sql, parameters in unit.also:
                execute(sql, parameters)
        execute("COMMIT")
        self._grow(rows)

    def _one_by_one(self, batch: list[Unit]) -> None:
        execute = self._file.writer.execute
        execute("BEGIN IMMEDIATE")
        if self._file.count() != self.size:
            raise JournalError("the file has entries that this gateway did not write", hint=DAMAGED)
        rows: list[Row] = []
        for unit in batch:
            before = len(rows)
            execute("SAVEPOINT unit")
            try:
                unit.outcome = _add_rows(rows, unit, self.size)
                self._file.insert(rows[before:])
                for sql, parameters in unit.also:
                    execute(sql, parameters)
            except (sqlite3.Error, *_PYTHON_FAULTS) as error:
                if not _is_of_one_unit(error):
                    raise
                unit.outcome = error
                del rows[before:]
                execute("ROLLBACK TO unit")
            execute("RELEASE unit")
        execute("COMMIT")
        self._grow(rows)

    def _grow(self, rows: Sequence[Row]) -> None:
        # Only what is on disk enters the tree, so nothing ever has to be taken out of it.
        for row in rows:
            self._tree.append(row[-2])
        self.size = self._tree.size


def _add_rows(rows: list[Row], unit: Unit, size: int) -> list[int]:
    start = size + len(rows)
    rows += [
        (index, e.at, e.organ, e.direction, e.kind, e.id, e.peer, e.verdict, leaf_hash(body), body)
        for index, (e, body) in enumerate(unit.entries, start)
    ]
    return list(range(start, size + len(rows)))


def _is_of_one_unit(error: Exception) -> bool:
    """Tell a unit's own fault (a constraint, SQL that does not fit) from the journal's (disk, damage)."""
    if isinstance(error, sqlite3.OperationalError):
        return error.sqlite_errorcode & _PRIMARY_CODE == sqlite3.SQLITE_ERROR
    return isinstance(error, _UNIT_FAULTS)


def _reason(error: Exception) -> JournalError:
    # One for each waiter: an exception raised in several tasks would mix up their tracebacks.
    if isinstance(error, JournalError):
        return JournalError(error.where, hint=error.advice)
    reason = JournalError(str(error))
    reason.__cause__ = error
    return reason


def _wake(batch: Sequence[Unit]) -> None:
    loops: dict[asyncio.AbstractEventLoop, list[Unit]] = {}
    for unit in batch:
        loops.setdefault(unit.future.get_loop(), []).append(unit)
    for loop, units in loops.items():
        # A loop that is closed has nobody left who waits.
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(_settle, units)


def _settle(units: Sequence[Unit]) -> None:
    for unit in units:
        # A waiter that was cancelled is gone; its unit is recorded all the same.
        if unit.future.done():
            continue
        if isinstance(unit.outcome, list):
            unit.future.set_result(unit.outcome)
        else:
            unit.future.set_exception(unit.outcome or JournalError("closed", hint=_CLOSED))
