"""Group commit: what many tasks want recorded goes to disk in one transaction.

The event loop itself fills a transaction with whatever is waiting; a thread commits it and wakes each loop
once. While the thread waits for the disk the next group gathers by itself, so that nobody waits for a timer,
and the two need the interpreter at the same time only once per transaction: handing it to and fro for every
statement cost a busy gateway a third of its time.
"""

import asyncio
import queue
import sqlite3
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain, groupby
from operator import itemgetter
from typing import Final

from lienthong.trust.errors import JournalError
from lienthong.trust.journal_entry import Entry
from lienthong.trust.journal_file import DAMAGED, JournalFile, Row
from lienthong.trust.merkle import leaf_hash
from lienthong.trust.tree import Tree

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
    """What waits to be written, and the thread that commits it."""

    def __init__(self, file: JournalFile, tree: Tree) -> None:
        """Write to a file whose entries the tree holds already."""
        # How many entries are durable and in the tree. Only set when the tree is whole again, so that
        # other threads may make proofs up to this size at any time.
        self.size = tree.size
        self._file = file
        self._tree = tree
        self._waiting: list[Unit] = []
        # The loop that fills transactions at present: there is one as long as something waits or is under way.
        self._host: asyncio.AbstractEventLoop | None = None
        self._closed = False
        # The thread has ended by a defect: nothing more is written.
        self._broken = False
        # Held to change any of these.
        self._door = threading.Lock()
        # Held while the connection is in use: from the first statement to the commit, by whichever thread.
        self._connection = threading.Lock()
        self._filled: queue.SimpleQueue[tuple[list[Unit], list[Row]] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="journal-writer", daemon=True)
        self._thread.start()

    def submit(self, unit: Unit) -> None:
        """Hand over a unit, in the thread of its event loop.

        Raises:
            JournalError: the journal is closed.
        """
        with self._door:
            if self._closed:
                raise JournalError("closed", hint=_CLOSED)
            self._waiting.append(unit)
            if self._host is None or self._host.is_closed():
                self._host = unit.future.get_loop()
                self._host.call_soon(self._fill)

    def close(self) -> None:
        """Write what was handed over, then end the thread; blocks until then."""
        with self._door:
            self._closed = True
        while self._waiting:
            self._fill()
        self._filled.put(None)
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

    def _fill(self) -> None:
        """Fill a transaction with what is waiting and hand it to the thread."""
        with self._door:
            batch, self._waiting = self._waiting[:_MAX_UNITS], self._waiting[_MAX_UNITS:]
        if not batch:
            return
        self._connection.acquire()
        if self._broken:
            self._connection.release()
            _wake(batch)
        else:
            self._filled.put((batch, self._record(batch)))

    def _run(self) -> None:
        while (filled := self._filled.get()) is not None:
            batch, rows = filled
            try:
                self._commit(batch, rows)
            except BaseException:
                self._give_up(batch)
                raise
            finally:
                self._connection.release()
            _wake(batch)
            self._go_on()

    def _give_up(self, batch: list[Unit]) -> None:
        # Only a defect ends the thread with units waiting; they must hear of it.
        with self._door:
            self._closed = self._broken = True
            waiting, self._waiting = self._waiting, []
        for unit in [*batch, *waiting]:
            unit.outcome = None
        _wake([*batch, *waiting])

    def _go_on(self) -> None:
        """Have the next transaction filled, by a loop that still runs."""
        with self._door:
            for loop in [self._host, *(unit.future.get_loop() for unit in self._waiting[:1])]:
                self._host = loop if self._waiting else None
                if self._host is None:
                    return
                with suppress(RuntimeError):
                    self._host.call_soon_threadsafe(self._fill)
                    return

    def _record(self, batch: list[Unit]) -> list[Row]:
        """Write a batch into an open transaction; without one, every unit has its outcome."""
        try:
            try:
                return self._together(batch)
            except (sqlite3.Error, *_PYTHON_FAULTS) as error:
                if not _is_of_one_unit(error):
                    raise
                self._file.rollback()
                return self._one_by_one(batch)
        except (sqlite3.Error, MemoryError, JournalError) as error:
            self._fail(batch, error)
            return []

    def _commit(self, batch: list[Unit], rows: list[Row]) -> None:
        if not self._file.writer.in_transaction:
            return
        try:
            self._file.writer.execute("COMMIT")
        except (sqlite3.Error, MemoryError) as error:
            self._fail(batch, error)
        else:
            self._file.tiles = self._tree.tiles
            # Only what is on disk enters the tree, so nothing ever has to be taken out of it.
            for row in rows:
                self._tree.append(row[-2])
            self.size = self._tree.size

    def _fail(self, batch: list[Unit], error: Exception) -> None:
        self._file.rollback()
        for unit in batch:
            unit.outcome = _reason(error)

    def _together(self, batch: list[Unit]) -> list[Row]:
        rows: list[Row] = []
        self._begin()
        for unit in batch:
            unit.outcome = _add_rows(rows, unit, self.size)
        self._file.insert(rows)
        for sql, same in groupby(chain.from_iterable([unit.also for unit in batch]), key=itemgetter(0)):
            self._file.writer.executemany(sql, [parameters for _, parameters in same])
        return rows

    def _begin(self) -> None:
        """Begin a transaction with the tiles that became complete in the ones before."""
        self._file.writer.execute("BEGIN IMMEDIATE")
        done, complete = self._file.tiles, self._tree.tiles
        if done < complete:
            self._file.insert_tiles([(number, self._tree.tile(number)) for number in range(done, complete)])

    def _one_by_one(self, batch: list[Unit]) -> list[Row]:
        self._begin()
        execute = self._file.writer.execute
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
        return rows


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
