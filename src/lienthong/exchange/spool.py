"""The spool: large bodies of calls, encrypted as they arrive, until the other side has fetched them.

A body goes through in units of seven chunks (``trust.chunks``). Each is hashed and encrypted in a thread while the
next one arrives. Ciphertext stays in memory while there is little of it, and lies in a file without a name beyond
that; the key is in memory only, so nothing on the disk can be read by anyone once the process is gone.
"""

import asyncio
import hashlib
import os
import tempfile
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import IO, Any, Final

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from lienthong.exchange.errors import BodyGone, BodyTooLarge, SpoolFull, StorageFailed
from lienthong.exchange.http import Body, LargeBody
from lienthong.exchange.packet import content_of
from lienthong.trust import chunks
from lienthong.trust.envelope import KEY_SIZE
from lienthong.trust.header import Content

UNIT_CHUNKS: Final = 7
UNIT: Final = UNIT_CHUNKS * chunks.CHUNK
"""Plain bytes that are encrypted, and travel, at once."""
UNIT_ON_WIRE: Final = UNIT_CHUNKS * chunks.ON_WIRE
NUMBER_SIZE: Final = 8
"""Bytes in front of chunks on the wire: the number of the first."""
IN_MEMORY: Final = 12 * 1024 * 1024
"""Bytes of one body that stay in memory before it goes into a file."""
ALL_IN_MEMORY: Final = 40 * 1024 * 1024
"""Bytes of all bodies that stay in memory."""
_GIB: Final = 1024 * 1024 * 1024


@dataclass(kw_only=True)
class Spool:
    """Room for the large bodies of one gateway."""

    # Where files without a name are made; None keeps everything in memory.
    folder: Path | None = None
    # Bytes of all bodies that lie here at once, and of those of one peer: a site or an information system.
    room: int = 32 * _GIB
    room_per_peer: int = 16 * _GIB
    # Bytes of one body; 0: as many as there is room for.
    largest: int = 0
    in_memory: int = field(init=False, default=0)
    _used: dict[str, int] = field(init=False, default_factory=dict)

    @property
    def used(self) -> int:
        """Bytes that lie here."""
        return sum(self._used.values())

    def writer(self, peer: str, *, sha512: bool = False) -> "Writer":
        """Begin a body.

        Args:
            peer: on whose account.
            sha512: whether the SHA-512 of the body will be needed.
        """
        return Writer(self, peer, sha512=sha512)

    def check(self, size: int) -> None:
        """Check that a body of so many bytes is one that this gateway takes.

        Raises:
            BodyTooLarge: it is not.
        """
        if self.largest and size > self.largest:
            raise BodyTooLarge(f"over {self.largest} bytes")

    def take(self, peer: str, size: int) -> None:
        """Count bytes that come to lie here.

        Raises:
            SpoolFull: there is no room for them.
        """
        theirs = self._used.get(peer, 0) + size
        if theirs > self.room_per_peer or self.used + size > self.room:
            raise SpoolFull(f"{size} bytes more for {peer}")
        self._used[peer] = theirs

    def give(self, peer: str, size: int) -> None:
        """Count bytes that no longer lie here."""
        self._used[peer] -= size
        if not self._used[peer]:
            del self._used[peer]


class _Store:
    """Where the ciphertext of one body lies."""

    def __init__(self, spool: Spool) -> None:
        self.closed = False
        self._spool = spool
        # As they travel: each with the number of its first chunk in front.
        self._units: list[bytes] = []
        self._in_memory = 0
        self._file: IO[bytes] | None = None
        self._filed = False
        self._busy = 0

    def place(self, size: int) -> bool:
        """Decide where the next bytes go; returns whether into the file, where all go from then on."""
        spool = self._spool
        fits = self._in_memory + size <= IN_MEMORY and spool.in_memory + size <= ALL_IN_MEMORY
        if not self._filed and (fits or spool.folder is None):
            self._in_memory += size
            spool.in_memory += size
        elif not self._filed:
            self._filed = True
            self._forget()
        return self._filed

    async def run[Result](self, work: Callable[[], Result]) -> Result:
        """Do something with what lies here in a thread; it stays open meanwhile.

        Raises:
            BodyGone: it has been closed.
            StorageFailed: the disk refuses.
        """
        if self.closed:
            raise BodyGone
        self._busy += 1
        running = asyncio.get_running_loop().run_in_executor(None, work)
        running.add_done_callback(self._rested)
        try:
            # Cancelling who waits does not stop a thread: only when that is done may the file be closed.
            return await asyncio.shield(running)
        except OSError as error:
            raise StorageFailed(f"a large body: {error.strerror}") from error

    def _rested(self, _: "asyncio.Future[Any]") -> None:
        self._busy -= 1
        if self.closed:
            self.close()

    def append(self, unit: memoryview, *, filed: bool) -> None:
        """Keep a unit where ``place`` said."""
        if not filed:
            self._units.append(bytes(unit))
            return
        if self._file is None:
            self._file = tempfile.TemporaryFile(dir=self._spool.folder, buffering=0)  # noqa: SIM115 - closed in ``close``
            for each in self._units:
                _write(self._file, memoryview(each)[NUMBER_SIZE:])
            self._units = []
        _write(self._file, unit[NUMBER_SIZE:])

    def unit(self, first: int, count: int) -> bytes | None:
        """Return chunks that are a unit in memory; None if they are not."""
        index, rest = divmod(first, UNIT_CHUNKS)
        if rest or self._file is not None or index >= len(self._units):
            return None
        unit = self._units[index]
        return unit if len(unit) <= NUMBER_SIZE + count * chunks.ON_WIRE else None

    def read(self, first: int, size: int) -> bytes:
        """Return so many bytes of chunks, with the first one's number in front."""
        data = bytearray(NUMBER_SIZE + size)
        data[:NUMBER_SIZE] = first.to_bytes(NUMBER_SIZE)
        view, start = memoryview(data)[NUMBER_SIZE:], first * chunks.ON_WIRE
        if self._file is None:
            self._copy(view, start)
        elif os.preadv(self._file.fileno(), [view], start) != size:
            raise OSError(0, "a file was cut short")
        return bytes(data)

    def _copy(self, into: memoryview, start: int) -> None:
        done = 0
        while done < len(into):
            index, offset = divmod(start + done, UNIT_ON_WIRE)
            piece = memoryview(self._units[index])[NUMBER_SIZE + offset :][: len(into) - done]
            into[done : done + len(piece)] = piece
            done += len(piece)

    def close(self) -> None:
        """Let go of everything, as soon as no thread uses it."""
        self.closed = True
        if self._busy:
            return
        self._forget()
        self._units = []
        if self._file is not None:
            self._file.close()

    def _forget(self) -> None:
        self._spool.in_memory -= self._in_memory
        self._in_memory = 0


class Spooled(LargeBody):
    """A body that lies in the spool as a whole; let go of it with ``release``."""

    def __init__(  # noqa: PLR0913 - what a writer has
        self, *, spool: Spool, peer: str, store: _Store, key: bytes, size: int, digests: "_Digests"
    ) -> None:
        """Take over what a writer has written."""
        self._size = size
        self.digest = digests.sha256.digest()
        self.sha512 = b"" if digests.sha512 is None else digests.sha512.digest()
        self.key = key
        self.chunks = chunks.count_of(size)
        self._spool = spool
        self._peer = peer
        self._store = store

    @property
    def size(self) -> int:
        """Its bytes."""
        return self._size

    async def read(self, first: int, count: int) -> bytes:
        """Return consecutive chunks as they travel: the number of the first in eight bytes, then the chunks.

        Raises:
            BodyGone: it has been let go of.
            StorageFailed: the disk refuses.
        """
        if self._store.closed:
            raise BodyGone
        unit = self._store.unit(first, count)
        if unit is not None:
            return unit
        total = self.size + self.chunks * chunks.TAG_SIZE
        size = min(count * chunks.ON_WIRE, total - first * chunks.ON_WIRE)
        return await self._store.run(lambda: self._store.read(first, size))

    async def pieces(self) -> AsyncGenerator[bytes]:
        """Return the plain body, as long as it has not been let go of."""
        cipher = AESGCM(self.key)
        for first in range(0, self.chunks, UNIT_CHUNKS):
            data = await self.read(first, min(UNIT_CHUNKS, self.chunks - first))
            plain = memoryview(bytearray(UNIT))
            size = chunks.decrypt_into(cipher, memoryview(data)[NUMBER_SIZE:], plain, first=first, count=self.chunks)
            yield bytes(plain[:size])

    def release(self) -> None:
        """Let go of it."""
        if not self._store.closed:
            self._store.close()
            self._spool.give(self._peer, self.size)


@dataclass(slots=True, kw_only=True)
class _Digests:
    sha256: "hashlib._Hash"
    sha512: "hashlib._Hash | None"

    def update(self, data: memoryview) -> None:
        self.sha256.update(data)
        if self.sha512 is not None:
            self.sha512.update(data)


class Writer:
    """A body on its way into the spool. ``finish`` it or ``discard`` it."""

    def __init__(self, spool: Spool, peer: str, *, sha512: bool) -> None:
        """Begin; see ``Spool.writer``."""
        self.size = 0
        self._spool = spool
        self._peer = peer
        self._store = _Store(spool)
        self._key = os.urandom(KEY_SIZE)
        self._cipher = AESGCM(self._key)
        self._digests = _Digests(sha256=hashlib.sha256(), sha512=hashlib.sha512() if sha512 else None)
        self._unit = bytearray(UNIT)
        self._filled = 0
        self._spare = bytearray(UNIT)
        self._out = bytearray(NUMBER_SIZE + UNIT_ON_WIRE)
        self._working: asyncio.Task[None] | None = None
        self._chunks = 0

    async def write(self, piece: bytes) -> None:
        """Add a piece; waits while the pieces before are still being written.

        Raises:
            BodyTooLarge, SpoolFull: there is no room for it.
            StorageFailed: the disk refuses.
        """
        self._spool.check(self.size + len(piece))
        self._spool.take(self._peer, len(piece))
        self.size += len(piece)
        view = memoryview(piece)
        while view:
            if self._filled == UNIT:
                await self._pass_on(last=False)
            fits = min(UNIT - self._filled, len(view))
            self._unit[self._filled : self._filled + fits] = view[:fits]
            self._filled += fits
            view = view[fits:]

    async def finish(self) -> Spooled:
        """End the body and return it.

        Raises:
            StorageFailed: the disk refuses.
        """
        await self._pass_on(last=True)
        await self._rest()
        return Spooled(
            spool=self._spool,
            peer=self._peer,
            store=self._store,
            key=self._key,
            size=self.size,
            digests=self._digests,
        )

    def discard(self) -> None:
        """Give the body up; not after ``finish``."""
        if self._working is not None:
            # Whatever comes of it, nobody waits for it any more.
            self._working.add_done_callback(lambda done: done.cancelled() or done.exception())
        if not self._store.closed:
            self._store.close()
            if self.size:
                self._spool.give(self._peer, self.size)

    async def _pass_on(self, *, last: bool) -> None:
        await self._rest()
        view, number = memoryview(self._unit)[: self._filled], self._chunks
        # One unit is worked on while the next one fills.
        self._unit, self._spare = self._spare, self._unit
        self._filled = 0
        self._chunks += (count := chunks.count_of(len(view)))
        filed = self._store.place(NUMBER_SIZE + len(view) + count * chunks.TAG_SIZE)
        work = partial(self._absorb, view, number, last=last, filed=filed)
        self._working = asyncio.ensure_future(self._store.run(work))

    async def _rest(self) -> None:
        if self._working is not None:
            working, self._working = self._working, None
            await working

    def _absorb(self, plain: memoryview, number: int, *, last: bool, filed: bool) -> None:
        """Hash, encrypt and keep a unit; runs in a thread."""
        self._digests.update(plain)
        out = memoryview(self._out)
        out[:NUMBER_SIZE] = number.to_bytes(NUMBER_SIZE)
        size = chunks.encrypt_into(self._cipher, plain, out[NUMBER_SIZE:], first=number, last=last)
        self._store.append(out[: NUMBER_SIZE + size], filed=filed)


def described(body: Body, media_type: str) -> Content:
    """Describe a body for the sealed header; a large one must lie in the spool."""
    if isinstance(body, bytes):
        return content_of(body, media_type=media_type)
    lying = spooled(body)
    return Content(digest=lying.digest, size=lying.size, media_type=media_type)


def spooled(body: LargeBody) -> Spooled:
    """Return a large body as one that lies in the spool.

    Raises:
        TypeError: it does not; only what has been read to its end can be sealed.
    """
    if not isinstance(body, Spooled):
        raise TypeError(f"{type(body).__name__} is not in the spool")
    return body


def _write(file: IO[bytes], view: memoryview) -> None:
    while view:
        view = view[file.write(view) :]
