"""Large contents: put once on the carrier, encrypted; fetched by name; kept at the receiver as they came."""

import asyncio
import hashlib
import os
import secrets
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Collection, Iterable, Sequence
from contextlib import AsyncExitStack, aclosing
from pathlib import Path
from typing import Final
from weakref import WeakValueDictionary

from lienthong.directory.model import Organ
from lienthong.exchange.chunk_file import SLAB, ChunkFile, check_room, plain_slab, storing
from lienthong.exchange.errors import Malformed, PayloadTooLarge
from lienthong.exchange.leftovers import Leftovers, is_left_alone, touch
from lienthong.exchange.packet import BlobRef
from lienthong.exchange.subjects import blob_stream
from lienthong.exchange.threads import in_thread
from lienthong.exchange.transport.base import Carrier
from lienthong.trust import chunks
from lienthong.trust.envelope import KEY_SIZE
from lienthong.trust.errors import DigestMismatch, EnvelopeInvalid, TrustError
from lienthong.trust.header import Content

MAX_CONTENT: Final = 256 * 1024 * 1024
"""Bytes of one content that is held in memory whole, as those of calls are."""
_REMEMBERED: Final = 1024
_PART: Final = ".part"
_SWEPT_AT_ONCE: Final = 64


async def put(carrier: Carrier, sender: Organ, content: bytes) -> BlobRef:
    """Encrypt a content under a fresh key and store it durably on the carrier.

    Raises:
        PayloadTooLarge: over ``MAX_CONTENT``.
        CarrierUnavailable: it could not be stored.
    """
    if len(content) > MAX_CONTENT:
        raise PayloadTooLarge(f"a content of {len(content)} bytes where {MAX_CONTENT} are allowed")
    key, name = os.urandom(KEY_SIZE), secrets.token_hex(16)
    count = await carrier.put_blob(_prefix(sender.branch, sender.site, name), _each(chunks.encrypt(content, key)))
    return BlobRef(branch=sender.branch, site=sender.site, name=name, key=key, chunks=count)


def check(ref: BlobRef, sender: Organ, content: Content, *, limit: int | None = None) -> None:
    """Check before anything is fetched that a content is where its sender's contents are, and as large as sealed.

    Args:
        ref: where it is said to be.
        sender: the organ that sealed it.
        content: what was sealed of it.
        limit: bytes it may have; ``MAX_CONTENT`` if not given.

    Raises:
        Malformed: at another site, in another number of chunks than its size makes, or over the limit.
    """
    limit = MAX_CONTENT if limit is None else limit
    if (ref.branch, ref.site) != (sender.branch, sender.site):
        raise Malformed(f"a content of {ref.branch}, site {ref.site}, where {sender.id} is the sender")
    if content.size > limit or ref.chunks != chunks.count_of(content.size):
        raise Malformed(f"a content of {content.size} bytes in {ref.chunks} chunks")


async def get(carrier: Carrier, ref: BlobRef) -> bytes:
    """Fetch and decrypt a content that has been checked.

    Raises:
        EnvelopeInvalid: altered or cut short.
        CarrierUnavailable: it could not be fetched.
        NotStored, NoResponder: the carrier does not hold it.
    """
    return await _joined(chunks.decrypt(_fetch(carrier, ref), ref.key, count=ref.chunks))


class BlobStore:
    """Large contents in a folder, one file each, encrypted as they came from the carrier."""

    def __init__(self, folder: Path) -> None:
        """Keep contents in a folder; it is made when missing."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder = folder
        self._leftovers = Leftovers(folder)
        # Locks live as long as someone fetches.
        self._fetching: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        # What was checked here, the oldest first.
        self._intact: dict[BlobRef, bytes] = {}

    async def keep(self, carrier: Carrier, ref: BlobRef, content: Content) -> None:
        """Fetch a content unless it is here, and check that it is the sealed one, chunk by chunk.

        What was fetched before a break stays in a file of its own and is not fetched again. What is here now is not
        swept for a while: until then it has to be noted who needs it.

        Raises:
            EnvelopeInvalid, DigestMismatch: it is not; what was fetched of it is dropped.
            CarrierUnavailable, CarrierTimeout: it could not be fetched to its end.
            NotStored, NoResponder: the carrier does not hold it, or not all of it.
            StorageFailed: it could not be written, or there is no room for it.
        """
        path = self._path(ref)
        async with self._fetching.setdefault(path.name, asyncio.Lock()):
            # To many: the same content under the same key has been checked for the first of our organs.
            if not self.holds(ref, content):
                if path.exists():
                    await in_thread(_check_kept, path, ref, content)
                else:
                    await self._fetch(carrier, ref, content, path)
                if len(self._intact) >= _REMEMBERED:
                    del self._intact[next(iter(self._intact))]
                self._intact[ref] = content.digest
            touch(path)

    def holds(self, ref: BlobRef, content: Content) -> bool:
        """Tell whether a content is here and was checked since the start."""
        return self._intact.get(ref) == content.digest and self.has(ref)

    def has(self, ref: BlobRef) -> bool:
        """Tell whether a content is here, whole."""
        return self._path(ref).exists()

    def files(self) -> list[str]:
        """Return the names of all contents that are here, or being fetched.

        Raises:
            StorageFailed: the folder cannot be read.
        """
        with storing(self._folder):
            return [path.name.removesuffix(_PART) for path in self._folder.iterdir()]

    async def sweep(
        self, needed: Callable[[Collection[str]], set[str]], forget: Callable[[Collection[str]], Awaitable[None]]
    ) -> int:
        """Remove those of the next files that nobody needs and nobody has used of late; returns how many.

        Args:
            needed: returns which of these files somebody needs.
            forget: notes that files are here no more; called before they are removed, so that a break leaves but files.

        Raises:
            LienthongError: it cannot be noted.
            StorageFailed: the folder cannot be read, or a file not removed.
        """
        paths = await in_thread(self._leftovers.next)
        swept = [
            await self._sweep(paths[start : start + _SWEPT_AT_ONCE], needed, forget)
            for start in range(0, len(paths), _SWEPT_AT_ONCE)
        ]
        return sum(swept)

    async def read(self, ref: BlobRef) -> bytes:
        """Decrypt a kept content into memory.

        Raises:
            EnvelopeInvalid: altered or cut short.
            StorageFailed: it is not there.
        """
        return await _joined(self.pieces(ref))

    async def pieces(self, ref: BlobRef, start: int = 0, stop: int | None = None) -> AsyncGenerator[bytes]:
        """Decrypt a kept content, or a range of it, piece by piece; memory stays bounded.

        Args:
            ref: where it came from.
            start: the first byte, from 0.
            stop: the byte after the last; to the end if not given.

        Raises:
            EnvelopeInvalid: altered or cut short.
            StorageFailed: it is not there.
        """
        cipher = chunks.Cipher(ref.key, count=ref.chunks)
        number = start // chunks.CHUNK
        while number < ref.chunks and (stop is None or number * chunks.CHUNK < stop):
            slab = await in_thread(plain_slab, self._path(ref), cipher, number)
            if not slab:
                raise EnvelopeInvalid(f"{number} of {ref.chunks} chunks")
            for piece in slab:
                at = number * chunks.CHUNK
                number += 1
                if wanted := piece[max(0, start - at) : None if stop is None else max(0, stop - at)]:
                    yield wanted

    async def _sweep(
        self,
        paths: Sequence[Path],
        needed: Callable[[Collection[str]], set[str]],
        forget: Callable[[Collection[str]], Awaitable[None]],
    ) -> int:
        async with AsyncExitStack() as stack:
            named: dict[str, Path] = {}
            for path in paths:
                name = path.name.removesuffix(_PART)
                lock = self._fetching.setdefault(name, asyncio.Lock())
                # Whoever fetches it, or has just had it checked, goes first; half of it may have to wait for the whole.
                if not lock.locked():
                    await stack.enter_async_context(lock)
                    named[name] = path
            # Who has wanted one in the meantime has touched it, or noted that he needs it.
            wanted = needed(named.keys())
            gone = {name: path for name, path in named.items() if name not in wanted and is_left_alone(path)}
            if gone:
                await forget(gone.keys())
                await in_thread(_remove, gone.values())
        return len(gone)

    async def _fetch(self, carrier: Carrier, ref: BlobRef, content: Content, path: Path) -> None:
        await in_thread(check_room, self._folder, content.size)
        part = path.with_name(f"{path.name}{_PART}")
        file = await in_thread(ChunkFile, part, chunks.Cipher(ref.key, count=ref.chunks))
        try:
            async with aclosing(_fetch(carrier, ref, first=file.number)) as source:
                async for slab in _slabs(source):
                    await in_thread(file.add_chunks, slab)
            file.check(content)
            await in_thread(file.finish, path)
        except TrustError:
            part.unlink(missing_ok=True)
            raise
        finally:
            file.close()

    def _path(self, ref: BlobRef) -> Path:
        return self._folder / file_of(ref)


def file_of(ref: BlobRef) -> str:
    """Return the name of a content's file."""
    # Names are the sender's choice: two sites may choose the same, and must not stand in each other's way.
    return f"{ref.branch}.{ref.site}.{ref.name}"


def _check_kept(path: Path, ref: BlobRef, content: Content) -> None:
    cipher = chunks.Cipher(ref.key, count=ref.chunks)
    digest, size, number = hashlib.sha256(), 0, 0
    while slab := plain_slab(path, cipher, number):
        for piece in slab:
            digest.update(piece)
            size += len(piece)
        number += len(slab)
    if number != ref.chunks:
        raise EnvelopeInvalid(f"{number} of {ref.chunks} chunks")
    if size != content.size or digest.digest() != content.digest:
        raise DigestMismatch(content.name or f"{size} bytes where {content.size} were sealed")


def _remove(paths: Iterable[Path]) -> None:
    for path in paths:
        with storing(path):
            path.unlink(missing_ok=True)


def _prefix(branch: str, site: str, name: str) -> str:
    return f"blob.{branch}.{site}.{name}"


def _fetch(carrier: Carrier, ref: BlobRef, *, first: int = 0) -> AsyncGenerator[bytes]:
    prefix = _prefix(ref.branch, ref.site, ref.name)
    return carrier.get_blob(blob_stream(ref.branch), prefix, ref.chunks, first=first)


async def _slabs(source: AsyncIterator[bytes]) -> AsyncIterator[list[bytes]]:
    slab: list[bytes] = []
    async for chunk in source:
        slab.append(chunk)
        if len(slab) == SLAB:
            yield slab
            slab = []
    if slab:
        yield slab


async def _each(pieces: Iterable[bytes]) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


async def _joined(pieces: AsyncIterator[bytes]) -> bytes:
    return b"".join([piece async for piece in pieces])
