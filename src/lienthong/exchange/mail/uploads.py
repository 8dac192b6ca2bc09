"""Contents too large for memory, at their sender: uploaded piece by piece, kept encrypted, put on the carrier.

An upload survives the gateway: its file holds whole chunks, each encrypted before it is written. What a break tore off
is asked for again, from the offset that the upload says.
"""

import asyncio
import hashlib
import os
import secrets
from collections.abc import AsyncIterable, AsyncIterator
from pathlib import Path
from typing import Final
from uuid import UUID
from weakref import WeakValueDictionary

from lienthong.directory.model import Organ
from lienthong.exchange.chunk_file import SLAB, ChunkFile, check_room, encrypted_slab
from lienthong.exchange.errors import (
    PayloadTooLarge,
    RequestInvalid,
    StorageFailed,
    UploadConflict,
    UploadInvalid,
    UploadUnknown,
)
from lienthong.exchange.mail import upload_rows
from lienthong.exchange.mail.safe import Safe
from lienthong.exchange.mail.upload_rows import COLUMNS, Row, Upload
from lienthong.exchange.node import Node
from lienthong.exchange.packet import BlobRef
from lienthong.exchange.subjects import blob_prefix
from lienthong.exchange.threads import in_thread
from lienthong.kernel.clock import DAY, Millis
from lienthong.kernel.identifiers import OrganId
from lienthong.kernel.ids import new_id
from lienthong.trust import chunks
from lienthong.trust.envelope import KEY_SIZE
from lienthong.trust.header import DIGEST_SIZE
from lienthong.trust.journal import Statement

MAX_UPLOAD: Final = 64 * 1024 * 1024 * 1024
"""Bytes of one content of a message, unless the configuration says otherwise."""
MAX_OPEN: Final = 64
"""Uploads that one organ may have begun and not sent."""
UPLOAD_TERM: Final[Millis] = 7 * DAY
"""How long an upload is kept that is in no message."""
_HANDLES: Final = 64
_PIECE: Final = SLAB * chunks.CHUNK
# How often it is noted how far the carrier has a content: every 64 MiB.
_NOTE_EVERY: Final = 64 * SLAB

__all__ = ["MAX_UPLOAD", "UPLOAD_TERM", "Upload", "Uploads"]


class Uploads:
    """The uploads of one gateway's organs."""

    def __init__(self, node: Node, safe: Safe, folder: Path, *, limit: int = MAX_UPLOAD) -> None:
        """Keep uploads in a folder; it is made when missing.

        Args:
            node: the gateway.
            safe: locks the keys.
            folder: where the files are.
            limit: bytes one content may have.
        """
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._node = node
        self._safe = safe
        self._folder = folder
        self._limit = limit
        self._locks: WeakValueDictionary[bytes, asyncio.Lock] = WeakValueDictionary()
        # Files that are written to, the least recently used first: to open one, all of it is read.
        self._files: dict[bytes, ChunkFile] = {}

    async def begin(self, organ: OrganId, *, size: int, digest: bytes = b"") -> Upload:
        """Begin an upload.

        Args:
            organ: whose it is, hosted here.
            size: bytes of the content.
            digest: its SHA-256, if it is known already: then another content is refused.

        Raises:
            CallerUnknown: the organ is not hosted here.
            PayloadTooLarge: over the limit of this gateway.
            RequestInvalid: a size below 0, a digest of another length, or too many uploads that were not sent.
            StorageFailed: there is no room for it.
            KeyUnknown: the organ has no wrapping key.
            JournalError: it cannot be noted.
        """
        owner = self._node.hosted(organ)
        if size > self._limit:
            raise PayloadTooLarge(f"a content of {size} bytes where {self._limit} are allowed")
        if size < 0 or len(digest) not in {0, DIGEST_SIZE}:
            raise RequestInvalid(f"an upload of {size} bytes, with a digest of {len(digest)}")
        ((count,),) = self._node.journal.read(
            "SELECT count(*) FROM upload WHERE organ = ? AND key != x''", (str(owner.id),)
        )
        if count >= MAX_OPEN:
            raise RequestInvalid(f"{owner.id} has begun {count} uploads; send or drop some of them first")
        await in_thread(check_room, self._folder, size)
        key, lock = self._safe.lock(owner, os.urandom(KEY_SIZE))
        row = Row(
            id=new_id().bytes,
            organ=str(owner.id),
            size=size,
            digest=digest,
            name=secrets.token_hex(16),
            key=key,
            expires=self._node.clock.now() + UPLOAD_TERM,
            whole=False,
            stored=0,
        )
        await self._node.journal.commit([], [lock, upload_rows.insert(row)])
        return upload_rows.upload_of(row, 0)

    async def get(self, organ: OrganId, upload: UUID) -> Upload:
        """Return how far an upload has come.

        Raises:
            CallerUnknown: the organ is not hosted here.
            UploadUnknown: it has no such upload.
            StorageFailed: its file cannot be read.
        """
        row = self._row(organ, upload)
        async with self._lock(row):
            return await self._now(self._row(organ, upload))

    async def append(self, organ: OrganId, upload: UUID, *, offset: int, pieces: AsyncIterable[bytes]) -> Upload:
        """Go on with an upload; memory stays bounded whatever comes.

        Only whole chunks are kept, so that after a break, or a part that ends within a chunk, the upload's offset
        lies before what was sent: go on from there. When the last byte is here, the digest is checked.

        Args:
            organ: whose it is.
            upload: its id.
            offset: where these pieces belong: where the upload is.
            pieces: the content from there on, or a part of it; at least 64 KiB unless it is the end.

        Raises:
            CallerUnknown: the organ is not hosted here.
            UploadUnknown: it has no such upload.
            UploadConflict: the upload is somewhere else.
            UploadInvalid: more bytes than announced, or another digest (then the upload is dropped).
            RequestInvalid: less than a chunk, which is not the end.
            StorageFailed: the disk refuses; what is there stays.
            JournalError: it cannot be noted that it is whole; end it again with no pieces.
        """
        async with self._lock(self._row(organ, upload)):
            row = self._row(organ, upload)
            now = await self._now(row)
            if offset != now.offset:
                raise UploadConflict(f"{upload} is at {now.offset}, not {offset}")
            if now.whole:
                return now
            file = await self._file(row)
            came = await self._take(row, file, pieces)
            if file.number == row.chunks:
                return await self._end(row, file)
            await in_thread(file.sync)
            if came and file.size == offset:
                raise RequestInvalid(f"{came} bytes; a part that is not the last has at least {chunks.CHUNK}")
            return upload_rows.upload_of(row, file.size)

    async def drop(self, organ: OrganId, upload: UUID) -> None:
        """Give an upload up. A message that has it goes on without.

        Raises:
            CallerUnknown: the organ is not hosted here.
            UploadUnknown: it has no such upload.
            JournalError: it cannot be noted.
        """
        row = self._row(organ, upload)
        async with self._lock(row):
            await self._drop(row)

    # -- for who sends

    async def whole(self, organ: OrganId, upload: UUID) -> Upload:
        """Return an upload that can be sent.

        Raises:
            UploadUnknown: the organ has no such upload.
            UploadConflict: it is not whole.
        """
        row = self._row(organ, upload)
        if not row.whole:
            raise UploadConflict(f"{upload} is not whole yet")
        return upload_rows.upload_of(row, row.size)

    async def store(self, organ: Organ, upload: UUID, *, until: Millis) -> BlobRef:
        """Put a whole upload on the carrier, from where it was left, and keep the file until a time.

        Raises:
            UploadUnknown: the organ has no such upload.
            CarrierUnavailable, CarrierTimeout, CarrierRefused, NoResponder: the carrier does not take all of it now.
            StorageFailed: the file cannot be read.
            KeyStoreError, TrustError: its key cannot be unlocked.
        """
        async with self._lock(self._row(organ.id, upload)):
            row = self._row(organ.id, upload)
            ref = upload_rows.ref_of(organ, row, self._safe.unlock(organ, row.key))
            await self._put(organ, row)
            await self._node.journal.commit([], [upload_rows.keep(row, until)])
            return ref

    async def spool(self, organ: Organ, content: bytes, *, until: Millis) -> tuple[BlobRef, Statement]:
        """Put a content from memory on the carrier, and keep a copy in a file until a time.

        Returns:
            Where it is, and a statement that belongs into the transaction of its message.

        Raises:
            CarrierUnavailable, CarrierTimeout, CarrierRefused, NoResponder: the carrier does not take it.
            StorageFailed: the copy cannot be kept.
        """
        key = os.urandom(KEY_SIZE)
        row = Row(
            id=new_id().bytes,
            organ=str(organ.id),
            size=len(content),
            digest=hashlib.sha256(content).digest(),
            name=secrets.token_hex(16),
            key=b"",
            expires=until,
            whole=True,
            stored=chunks.count_of(len(content)),
        )
        path = self._path(row.name)
        try:
            await in_thread(_write, path, content, key)
            await self._put(organ, row, first=0)
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        return upload_rows.ref_of(organ, row, key), upload_rows.insert(row)

    async def restore(self, organ: Organ, ref: BlobRef, *, until: Millis) -> bool:
        """Put a kept content on the carrier again, for it may be there no more.

        Returns:
            Whether it is still kept here.

        Raises:
            CarrierUnavailable, CarrierTimeout, CarrierRefused, NoResponder: the carrier does not take it.
            StorageFailed: the file cannot be read.
        """
        rows = self._node.journal.read(f"SELECT {COLUMNS} FROM upload WHERE name = ?", (ref.name,))  # noqa: S608 - a constant
        if not rows or not self._path(ref.name).exists():
            return False
        row = upload_rows.row_of(rows[0])
        await self._put(organ, row, first=0)
        await self._node.journal.commit([], [upload_rows.keep(row, until)])
        return True

    async def sweep(self) -> int:
        """Drop what nobody needs any more; returns how many.

        Raises:
            JournalError: it cannot be noted.
        """
        count = 0
        for row in self._expired():
            lock = self._lock(row)
            # What is in use is left for the next time; what was sent in the meantime is kept for longer.
            if not lock.locked():
                async with lock:
                    for still in self._expired(row.id):
                        await self._drop(still)
                        count += 1
        return count

    def close(self) -> None:
        """Let go of all files."""
        for file in self._files.values():
            file.close()
        self._files.clear()

    # -- inside

    def _row(self, organ: OrganId, upload: UUID) -> Row:
        owner = self._node.hosted(organ)
        rows = self._node.journal.read(
            f"SELECT {COLUMNS} FROM upload WHERE id = ? AND organ = ?",  # noqa: S608 - a constant
            (upload.bytes, str(owner.id)),
        )
        if not rows:
            raise UploadUnknown(str(upload))
        return upload_rows.row_of(rows[0])

    def _expired(self, id_: bytes = b"") -> list[Row]:
        rows = self._node.journal.read(
            f"SELECT {COLUMNS} FROM upload WHERE expires <= ? AND ? IN (id, x'') LIMIT 1000",  # noqa: S608 - a constant
            (self._node.clock.now(), id_),
        )
        return list(map(upload_rows.row_of, rows))

    def _lock(self, row: Row) -> asyncio.Lock:
        return self._locks.setdefault(row.id, asyncio.Lock())

    async def _now(self, row: Row) -> Upload:
        return upload_rows.upload_of(row, row.size if row.whole else (await self._file(row)).size)

    async def _file(self, row: Row) -> ChunkFile:
        file = self._files.pop(row.id, None)
        if file is None:
            organ = self._node.hosted(OrganId.parse(row.organ))
            cipher = chunks.Cipher(self._safe.unlock(organ, row.key), count=row.chunks)
            file = await in_thread(ChunkFile, self._path(row.name), cipher)
        self._files[row.id] = file
        idle = [key for key in self._files if key != row.id and not self._is_busy(key)]
        for key in idle[: max(0, len(self._files) - _HANDLES)]:
            self._files.pop(key).close()
        return file

    def _is_busy(self, key: bytes) -> bool:
        lock = self._locks.get(key)
        return lock is not None and lock.locked()

    async def _take(self, row: Row, file: ChunkFile, pieces: AsyncIterable[bytes]) -> int:
        """Write what comes; returns how many bytes came."""
        buffer = bytearray()
        came = 0
        async for piece in pieces:
            came += len(piece)
            if file.size + len(buffer) + len(piece) > row.size:
                raise UploadInvalid(f"{UUID(bytes=row.id)}: more than {row.size} bytes")
            for start in range(0, len(piece), _PIECE):
                buffer += piece[start : start + _PIECE]
                if len(buffer) >= _PIECE:
                    await in_thread(file.add_pieces, bytes(buffer[:_PIECE]))
                    del buffer[:_PIECE]
        end = file.size + len(buffer) == row.size
        whole = len(buffer) if end else len(buffer) // chunks.CHUNK * chunks.CHUNK
        if file.number < row.chunks and (whole or end):
            await in_thread(file.add_pieces, bytes(buffer[:whole]))
        return came

    async def _end(self, row: Row, file: ChunkFile) -> Upload:
        digest = file.digest()
        if row.digest and not secrets.compare_digest(row.digest, digest):
            await self._drop(row)
            raise UploadInvalid(f"{UUID(bytes=row.id)}: another digest than announced; it is dropped")
        await in_thread(file.sync)
        self._files.pop(row.id).close()
        await self._node.journal.commit(
            [], [("UPDATE upload SET whole = 1, digest = ? WHERE id = ?", (digest, row.id))]
        )
        return upload_rows.upload_of(self._row(OrganId.parse(row.organ), UUID(bytes=row.id)), row.size)

    async def _put(self, organ: Organ, row: Row, *, first: int | None = None) -> None:
        begin = row.stored if first is None else first
        done = noted = begin

        def stored(count: int) -> None:
            nonlocal done
            done = count

        async def source() -> AsyncIterator[bytes]:
            nonlocal noted
            number = begin
            while number < row.chunks and (slab := await in_thread(encrypted_slab, self._path(row.name), number)):
                for chunk in slab:
                    yield chunk
                number += len(slab)
                if done - noted >= _NOTE_EVERY:
                    noted = done
                    await self._node.journal.commit([], [upload_rows.stored(row, done)])

        try:
            count = await self._node.carrier.put_blob(
                blob_prefix(organ, row.name), source(), first=begin, stored=stored
            )
        finally:
            if done > noted and row.key:
                await self._node.journal.commit([], [upload_rows.stored(row, done)])
        if count != row.chunks:
            raise StorageFailed(f"{row.name}: {count} of {row.chunks} chunks")

    async def _drop(self, row: Row) -> None:
        file = self._files.pop(row.id, None)
        if file is not None:
            file.close()
        await self._node.journal.commit([], [("DELETE FROM upload WHERE id = ?", (row.id,))])
        self._path(row.name).unlink(missing_ok=True)

    def _path(self, name: str) -> Path:
        return self._folder / name


def _write(path: Path, content: bytes, key: bytes) -> None:
    check_room(path.parent, len(content))
    with ChunkFile(path, chunks.Cipher(key, count=chunks.count_of(len(content)))) as file:
        file.add_pieces(content)
