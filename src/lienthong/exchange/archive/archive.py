"""Keeping copies of what is exchanged, beside the hot path.

``keep`` only queues; a thread of its own encrypts and writes in groups. The evidence of an exchange is in
the journal and durable before its answer goes out. The archive is a copy of the contents, and promises less: what was
queued is written within a moment (``GATHER``), survives the end of the process once written, and is lost with what
the process holds in memory if it is killed before. When the disk refuses or cannot follow, copies are left out
and counted; calls go on.
"""

import asyncio
import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Final, Self

import msgspec

from lienthong.directory.snapshot import Snapshot
from lienthong.exchange.archive.file import ArchiveFile, Row
from lienthong.exchange.archive.kept import Exchanged, Keep, Kept, Message, Place, Side, contents, lookup, query_of
from lienthong.exchange.archive.keys import DayKeys, Unwrap, decrypt
from lienthong.exchange.errors import RequestInvalid, StorageFailed
from lienthong.exchange.http import Body
from lienthong.kernel.clock import DAY, Clock, Millis
from lienthong.kernel.errors import LienthongError
from lienthong.kernel.identifiers import ClientId
from lienthong.trust.header import Header

GATHER: Final = 0.05
"""Seconds in which what comes is gathered into one transaction."""
PURGE_EVERY: Final = 600.0
"""Seconds between looks for what is too old."""
PATIENCE: Final = 10.0
"""Seconds for which one waits that it is written."""
MAX_WAITING: Final = 64 * 1024 * 1024
"""Bytes that may wait to be written; beyond, bodies are left out."""
MAX_QUEUE: Final = 65_536
"""Exchanges that may wait to be written; beyond, they are left out."""
MAX_FOUND: Final = 64
"""Exchanges under one X-Road-Id that are read back at once."""
MAX_FOUND_BYTES: Final = 256 * 1024 * 1024
"""Their bytes together."""
_GROUP: Final = 256
_OWN_ID: Final = "Give each call an X-Road-Id of its own."

_log = logging.getLogger(__name__)


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept, and for how long."""

    keep: Keep = Keep.NONE
    # Copies older than this go.
    days: int = 30
    # Bytes of a body; of a larger one only its sealed digest is left.
    max_body: int = 10 * 1024 * 1024


class Archive:
    """An open archive. ``keep`` comes from the event loop, reading from any thread."""

    def __init__(
        self, path: Path, settings: Settings, *, clock: Clock, snapshot: Callable[[], Snapshot], gather: float = GATHER
    ) -> None:
        """Open the file of an archive, or make it; see ``open``."""
        self._settings = settings
        self._clock = clock
        self._gather = gather
        self._file = ArchiveFile.open(path)
        self._reader = ArchiveFile.open(path)
        self._reading = threading.Lock()
        self._keys = DayKeys(self._file, snapshot)
        self._waiting: deque[Exchanged] = deque()
        # Exchanges and bytes handed over, and those written or left out. Each is changed by one thread only.
        self._handed = 0
        self._handed_bytes = 0
        self._done = 0
        self._done_bytes = 0
        self._moved = threading.Condition()
        self._wake = threading.Event()
        self._hurry = threading.Event()
        self._closed = False
        self.left_out = 0
        self._thread = threading.Thread(target=self._run, name="archive", daemon=True)
        self._thread.start()

    @classmethod
    def open(cls, path: Path, settings: Settings, *, clock: Clock, snapshot: Callable[[], Snapshot]) -> Self | None:
        """Open the archive that is set, or return None where nothing is kept.

        Args:
            path: its file; made when missing.
            settings: what to keep.
            clock: says what is too old.
            snapshot: the directory, for the organs' wrapping keys; asked in the archive's thread.

        Raises:
            StorageFailed: the file cannot be used.
        """
        if settings.keep is Keep.NONE:
            return None
        return cls(path, settings, clock=clock, snapshot=snapshot)

    def keep(self, side: Side, header: Header, request: tuple[bytes, Body], response: tuple[bytes, Body]) -> None:
        """Hand over one call whose evidence is durable; never waits, never fails.

        Args:
            side: which end of it we are.
            header: of the request, as sealed.
            request: its head and body, as sealed; a large body is never kept, only its digest in the seal.
            response: the answer's.
        """
        if self._closed or len(self._waiting) >= MAX_QUEUE:
            self.left_out += 1
            return
        body, other = request[1], response[1]
        waiting = self._handed_bytes - self._done_bytes
        fits = waiting + _held(body) + _held(other) <= MAX_WAITING
        exchanged = Exchanged(
            side=side,
            header=header,
            request=Message(head=request[0], body=body if fits and isinstance(body, bytes) else None),
            response=Message(head=response[0], body=other if fits and isinstance(other, bytes) else None),
        )
        self._handed_bytes += exchanged.size
        self._handed += 1
        self._waiting.append(exchanged)
        if not self._wake.is_set():
            self._wake.set()

    async def settled(self) -> None:
        """Wait until all that was handed over before is written or left out.

        Raises:
            StorageFailed: the disk takes too long.
        """
        await asyncio.to_thread(self._settle, self._handed)

    def find(self, owner: ClientId, query: str, unwrap: Unwrap) -> list[Kept]:
        """Read the exchanges of a client under an X-Road-Id, the oldest first; blocks.

        Args:
            owner: the client here, who asked or was asked.
            query: the X-Road-Id.
            unwrap: opens the organ's envelopes.

        Raises:
            RequestInvalid: there are too many, or they are too large together.
            StorageFailed: the file cannot be read or was altered.
            TrustError: a key cannot be unwrapped any more.
        """
        wanted, since = lookup(str(owner), query.encode()), self._oldest()
        with self._reading:
            count, size = self._reader.measure(wanted, since=since)
            if count > MAX_FOUND or size > MAX_FOUND_BYTES:
                raise RequestInvalid(f"{count} exchanges have this queryId, {size} bytes", hint=_OWN_ID)
            found = self._reader.find(wanted, since=since)
        return [decrypt(each, unwrap) for each in found]

    def close(self) -> None:
        """Write what was handed over and let go of the file; blocks until then. May be called twice."""
        self._closed = True
        self._hurry.set()
        self._wake.set()
        self._thread.join()
        with self._reading:
            self._reader.close()
        self._file.close()

    def _oldest(self) -> Millis:
        return self._clock.now() - self._settings.days * DAY

    def _settle(self, handed: int) -> None:
        self._hurry.set()
        self._wake.set()
        with self._moved:
            if not self._moved.wait_for(lambda: self._done >= handed, PATIENCE):
                raise StorageFailed(f"archive: not written within {PATIENCE:g} s")

    def _run(self) -> None:
        purged = -PURGE_EVERY
        while True:
            if time.monotonic() - purged >= PURGE_EVERY:
                self._purge()
                purged = time.monotonic()
            if not self._wake.wait(PURGE_EVERY):
                continue
            # Who waits for it, or the end, does not wait for more to come.
            self._hurry.wait(self._gather)
            self._hurry.clear()
            self._wake.clear()
            while self._waiting:
                self._write([self._waiting.popleft() for _ in range(min(_GROUP, len(self._waiting)))])
            if self._closed:
                return

    def _write(self, group: list[Exchanged]) -> None:
        rows = [row for exchanged in group if (row := self._row(exchanged)) is not None]
        try:
            if rows:
                self._file.add(rows)
        except StorageFailed as error:
            self.left_out += len(rows)
            _log.warning("%d exchanges are not in the archive: %s", len(rows), error)
        self._done_bytes += sum(each.size for each in group)
        with self._moved:
            self._done += len(group)
            self._moved.notify_all()

    def _row(self, exchanged: Exchanged) -> Row | None:
        header = exchanged.header
        try:
            place = Place(
                at=self._clock.now(),
                side=exchanged.side,
                exchange=header.id,
                owner=exchanged.owner,
                peer=exchanged.peer,
            )
            plaintext = contents(exchanged, keep=self._settings.keep, max_body=self._settings.max_body)
            number, content = self._keys.encrypt(place, plaintext, level=header.label.level)
            found_by = lookup(place.owner, query_of(exchanged.request.head))
        except LienthongError as error:
            self.left_out += 1
            _log.warning("exchange %s is not in the archive: %s", header.id, error)
            return None
        return Row(place=place, lookup=found_by, key=number, content=content)

    def _purge(self) -> None:
        try:
            gone = self._file.purge(before=self._oldest())
        except StorageFailed as error:
            _log.warning("what is too old stays in the archive: %s", error)
        else:
            if gone:
                _log.info("%d exchanges have left the archive", gone)


def _held(body: Body) -> int:
    return len(body) if isinstance(body, bytes) else 0
