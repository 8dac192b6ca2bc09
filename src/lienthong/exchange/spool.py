"""The spool: large bodies of calls, encrypted as they arrive, until the other side has fetched them.

A body goes through in units of seven chunks (``trust.chunks``), hashed and encrypted as they arrive. Ciphertext
stays in memory while there is little of it, and lies in a file without a name beyond that; the key is in memory
only, so nothing on the disk can be read by anyone once the process is gone.
"""

import asyncio
import hashlib
import os
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Annotated, Final

import msgspec

from lienthong.exchange.errors import BodyGone, BodyTooLarge, SpoolFull
from lienthong.exchange.http import Body, LargeBody
from lienthong.exchange.packet import content_of
from lienthong.exchange.spool_store import NUMBER_SIZE, UNIT, UNIT_CHUNKS, Memory, Store
from lienthong.trust import chunks
from lienthong.trust.envelope import KEY_SIZE
from lienthong.trust.header import Content

_MIB: Final = 1024 * 1024
_GIB: Final = 1024 * _MIB


class Bodies(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="kebab"):
    """Room for large bodies of calls, in MiB: the names are those of ``[bodies]`` in the configuration."""

    # All that wait here at once, and those of one information system or other site.
    room: Annotated[int, msgspec.Meta(ge=1)] = 32 * 1024
    room_per_peer: Annotated[int, msgspec.Meta(ge=1)] = 16 * 1024
    # One body; 0: as much as there is room for.
    largest: Annotated[int, msgspec.Meta(ge=0)] = 0

    def spool(self, folder: Path) -> "Spool":
        """Return a spool of that size whose files are made in a folder."""
        return Spool(
            folder=folder,
            room=self.room * _MIB,
            room_per_peer=self.room_per_peer * _MIB,
            largest=self.largest * _MIB,
        )


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
    # Bytes that lie here.
    used: int = field(init=False, default=0)
    _memory: Memory = field(init=False)
    _peers: dict[str, int] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        """Begin without any body."""
        self._memory = Memory(folder=self.folder)

    @property
    def in_memory(self) -> int:
        """Bytes that lie here in memory, not in files."""
        return self._memory.used

    def writer(self, peer: str, *, sha512: bool = False) -> "Writer":
        """Begin a body.

        Args:
            peer: on whose account.
            sha512: whether the SHA-512 of the body will be needed.
        """
        return Writer(self, Store(self._memory), peer, sha512=sha512)

    def check(self, size: int) -> None:
        """Check that a body of so many bytes is one that this gateway could take.

        Raises:
            BodyTooLarge: it is not.
        """
        most = min(self.largest or self.room, self.room, self.room_per_peer)
        if size > most:
            raise BodyTooLarge(f"a body of over {most} bytes")

    def take(self, peer: str, size: int) -> None:
        """Count bytes that come to lie here.

        Raises:
            SpoolFull: there is no room for them.
        """
        theirs = self._peers.get(peer, 0) + size
        if theirs > self.room_per_peer or self.used + size > self.room:
            raise SpoolFull(f"{size} bytes more for {peer}")
        self._peers[peer] = theirs
        self.used += size

    def give(self, peer: str, size: int) -> None:
        """Count bytes that no longer lie here."""
        left = self._peers.pop(peer, 0) - size
        if left > 0:
            self._peers[peer] = left
        self.used -= size


class Spooled(LargeBody):
    """A body that lies in the spool as a whole; let go of it with ``release``."""

    def __init__(  # noqa: PLR0913 - what a writer has
        self, *, spool: Spool, peer: str, store: Store, key: bytes, size: int, digests: "_Digests"
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
        cipher, plain = chunks.Cipher(self.key, count=self.chunks), memoryview(bytearray(UNIT))
        for first in range(0, self.chunks, UNIT_CHUNKS):
            data = await self.read(first, min(UNIT_CHUNKS, self.chunks - first))
            yield bytes(plain[: cipher.decrypt_into(first, memoryview(data)[NUMBER_SIZE:], plain)])

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

    def __init__(self, spool: Spool, store: Store, peer: str, *, sha512: bool) -> None:
        """Begin; see ``Spool.writer``."""
        self.size = 0
        self._spool = spool
        self._peer = peer
        self._store = store
        self._key = os.urandom(KEY_SIZE)
        self._sealer = chunks.Sealer(self._key)
        self._digests = _Digests(sha256=hashlib.sha256(), sha512=hashlib.sha512() if sha512 else None)
        # Grows with what comes: many slow bodies must not take a unit each.
        self._unit = bytearray()
        self._working: asyncio.Task[None] | None = None
        self._chunks = 0

    async def write(self, piece: bytes) -> None:
        """Add a piece; waits while the pieces before are still being written.

        Raises:
            BodyTooLarge, SpoolFull: there is no room for it.
            StorageFailed: the disk refuses.
        """
        self._spool.take(self._peer, len(piece))
        self.size += len(piece)
        self._spool.check(self.size)
        view = memoryview(piece)
        while view:
            if len(self._unit) == UNIT:
                await self._pass_on(last=False)
            fits = UNIT - len(self._unit)
            self._unit += view[:fits]
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
        # One unit is worked on while the next one fills.
        view, number = memoryview(self._unit), self._chunks
        self._unit = bytearray()
        self._chunks += (count := chunks.count_of(len(view)))
        # Made here, not in a thread: each thread would keep memory of its own for such.
        out = bytearray(NUMBER_SIZE + len(view) + count * chunks.TAG_SIZE)
        out[:NUMBER_SIZE] = number.to_bytes(NUMBER_SIZE)
        filed = self._store.place(len(out))
        work = partial(self._absorb, view, out, last=last, filed=filed)
        if filed or self._digests.sha512 is not None:
            self._working = asyncio.ensure_future(self._store.run(work))
        else:
            # Half a millisecond: a thread would take longer to be told, and get in everybody's way meanwhile.
            work()

    async def _rest(self) -> None:
        if self._working is not None:
            working, self._working = self._working, None
            await working

    def _absorb(self, plain: memoryview, out: bytearray, *, last: bool, filed: bool) -> None:
        """Hash, encrypt and keep a unit; in a thread where that takes long, or waits for the disk."""
        self._digests.update(plain)
        self._sealer.encrypt_into(plain, memoryview(out)[NUMBER_SIZE:], last=last)
        self._store.append(out, filed=filed)


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
