"""Large contents: put once on the carrier, encrypted; fetched by name; kept at the receiver as they came."""

import asyncio
import os
import secrets
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import Final

from lienthong.directory.model import Organ
from lienthong.exchange.packet import BlobRef
from lienthong.exchange.subjects import blob_stream
from lienthong.exchange.transport.base import Carrier
from lienthong.kernel.files import write_atomically
from lienthong.trust import chunks
from lienthong.trust.envelope import KEY_SIZE
from lienthong.trust.errors import EnvelopeInvalid

_CHUNK_ON_WIRE: Final = chunks.CHUNK + chunks.TAG_SIZE


async def put(carrier: Carrier, sender: Organ, content: bytes) -> BlobRef:
    """Encrypt a content under a fresh key and store it durably on the carrier.

    Raises:
        CarrierUnavailable: it could not be stored.
    """
    key, name = os.urandom(KEY_SIZE), secrets.token_hex(16)
    count = await carrier.put_blob(_prefix(sender.branch, sender.site, name), _each(chunks.encrypt(content, key)))
    return BlobRef(branch=sender.branch, site=sender.site, name=name, key=key, chunks=count)


async def get(carrier: Carrier, ref: BlobRef, *, limit: int) -> bytes:
    """Fetch and decrypt a content.

    Args:
        carrier: where it is stored.
        ref: where and under which key.
        limit: bytes; the size that was sealed.

    Raises:
        EnvelopeInvalid: altered, cut short, or larger than was sealed.
        CarrierUnavailable: it could not be fetched.
    """
    return await _joined(chunks.decrypt(_fetch(carrier, ref), ref.key, count=ref.chunks), ref, limit)


class BlobStore:
    """Large contents in a folder, one file each, encrypted as they came from the carrier."""

    def __init__(self, folder: Path) -> None:
        """Keep contents in a folder; it is made when missing."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder = folder
        self._fetching: dict[str, asyncio.Lock] = {}

    async def keep(self, carrier: Carrier, ref: BlobRef) -> None:
        """Fetch a content once and keep it durably.

        Raises:
            CarrierUnavailable: it could not be fetched.
            OSError: it could not be written.
        """
        path = self._path(ref)
        async with self._fetching.setdefault(ref.name, asyncio.Lock()):
            if not path.exists():
                data = b"".join([chunk async for chunk in _fetch(carrier, ref)])
                await asyncio.to_thread(write_atomically, path, data)
        self._fetching.pop(ref.name, None)

    async def read(self, ref: BlobRef, *, limit: int) -> bytes:
        """Decrypt a kept content.

        Raises:
            EnvelopeInvalid: altered, cut short, or larger than was sealed.
            OSError: it is not there.
        """
        data = await asyncio.to_thread(self._path(ref).read_bytes)
        pieces = (data[start : start + _CHUNK_ON_WIRE] for start in range(0, len(data), _CHUNK_ON_WIRE))
        return await _joined(chunks.decrypt(_each(pieces), ref.key, count=ref.chunks), ref, limit)

    def _path(self, ref: BlobRef) -> Path:
        return self._folder / ref.name


def _prefix(branch: str, site: str, name: str) -> str:
    return f"blob.{branch}.{site}.{name}"


def _fetch(carrier: Carrier, ref: BlobRef) -> AsyncIterator[bytes]:
    return carrier.get_blob(blob_stream(ref.branch), _prefix(ref.branch, ref.site, ref.name), ref.chunks)


async def _each(pieces: Iterable[bytes]) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


async def _joined(pieces: AsyncIterator[bytes], ref: BlobRef, limit: int) -> bytes:
    content = bytearray()
    async for piece in pieces:
        content += piece
        if len(content) > limit:
            raise EnvelopeInvalid(f"content {ref.name} is larger than the {limit} bytes that were sealed")
    return bytes(content)
