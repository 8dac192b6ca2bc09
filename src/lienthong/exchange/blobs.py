"""Large contents: put once on the carrier, encrypted; fetched by name; kept at the receiver as they came."""

import asyncio
import os
import secrets
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import Final
from weakref import WeakValueDictionary

from lienthong.directory.model import Organ
from lienthong.exchange.errors import Malformed, PayloadTooLarge, StorageFailed
from lienthong.exchange.packet import BlobRef
from lienthong.exchange.subjects import blob_stream
from lienthong.exchange.transport.base import Carrier
from lienthong.kernel.files import write_atomically
from lienthong.trust import chunks
from lienthong.trust.envelope import KEY_SIZE
from lienthong.trust.header import Content

MAX_CONTENT: Final = 256 * 1024 * 1024
"""Bytes of one content: it is held in memory whole."""
_CHUNK_ON_WIRE: Final = chunks.CHUNK + chunks.TAG_SIZE


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


def check(ref: BlobRef, sender: Organ, content: Content) -> None:
    """Check before anything is fetched that a content is where its sender's contents are, and as large as sealed.

    Args:
        ref: where it is said to be.
        sender: the organ that sealed it.
        content: what was sealed of it.

    Raises:
        Malformed: at another site, in another number of chunks than its size makes, or over ``MAX_CONTENT``.
    """
    if (ref.branch, ref.site) != (sender.branch, sender.site):
        raise Malformed(f"a content of {ref.branch}, site {ref.site}, where {sender.id} is the sender")
    if content.size > MAX_CONTENT or ref.chunks != max(1, -(-content.size // chunks.CHUNK)):
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
        # Locks live as long as someone fetches.
        self._fetching: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def keep(self, carrier: Carrier, ref: BlobRef) -> bool:
        """Fetch a content once and keep it durably; tell whether it was fetched now.

        Raises:
            CarrierUnavailable: it could not be fetched.
            NotStored, NoResponder: the carrier does not hold it.
            StorageFailed: it could not be written.
        """
        path = self._path(ref)
        async with self._fetching.setdefault(path.name, asyncio.Lock()):
            if path.exists():
                return False
            data = b"".join([chunk async for chunk in _fetch(carrier, ref)])
            try:
                await asyncio.to_thread(write_atomically, path, data)
            except OSError as error:
                raise StorageFailed(f"{path.name}: {error.strerror}") from error
            return True

    async def read(self, ref: BlobRef) -> bytes:
        """Decrypt a kept content.

        Raises:
            EnvelopeInvalid: altered or cut short.
            StorageFailed: it is not there.
        """
        path = self._path(ref)
        try:
            data = await asyncio.to_thread(path.read_bytes)
        except OSError as error:
            raise StorageFailed(f"{path.name}: {error.strerror}") from error
        pieces = (data[start : start + _CHUNK_ON_WIRE] for start in range(0, len(data), _CHUNK_ON_WIRE))
        return await _joined(chunks.decrypt(_each(pieces), ref.key, count=ref.chunks))

    def drop(self, ref: BlobRef) -> None:
        """Let go of a kept content that turned out not to be the sealed one, so that it can be fetched again."""
        self._path(ref).unlink(missing_ok=True)

    def _path(self, ref: BlobRef) -> Path:
        # Names are the sender's choice: two sites may choose the same, and must not stand in each other's way.
        return self._folder / f"{ref.branch}.{ref.site}.{ref.name}"


def _prefix(branch: str, site: str, name: str) -> str:
    return f"blob.{branch}.{site}.{name}"


def _fetch(carrier: Carrier, ref: BlobRef) -> AsyncIterator[bytes]:
    return carrier.get_blob(blob_stream(ref.branch), _prefix(ref.branch, ref.site, ref.name), ref.chunks)


async def _each(pieces: Iterable[bytes]) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


async def _joined(pieces: AsyncIterator[bytes]) -> bytes:
    return b"".join([piece async for piece in pieces])
