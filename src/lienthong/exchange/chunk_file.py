"""A content's chunks in a file, encrypted: written one after the other, taken up again after a break, read in ranges.

Everything here blocks: it is run in threads, many chunks at a time. The content is never in memory whole and never on
disk in the clear.
"""

import hashlib
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import FileIO
from pathlib import Path
from typing import Final, Self

from lienthong.exchange.errors import StorageFailed
from lienthong.kernel.files import sync_folder
from lienthong.trust import chunks
from lienthong.trust.errors import DigestMismatch, EnvelopeInvalid
from lienthong.trust.header import Content

SLAB: Final = 16
"""Chunks that are worked on at a time: 1 MiB."""
RESERVE: Final = 64 * 1024 * 1024
"""Bytes of the disk that contents leave free: evidence must find room when they do not."""
_ON_DISK: Final = chunks.CHUNK + chunks.TAG_SIZE


def check_room(folder: Path, size: int) -> None:
    """Check that a content of so many bytes can be kept in a folder.

    Raises:
        StorageFailed: the disk is too full for it.
    """
    free = shutil.disk_usage(folder).free
    if free < size + RESERVE:
        raise StorageFailed(f"{folder}: {size} bytes to keep, {max(0, free - RESERVE)} bytes free for contents")


class ChunkFile:
    """A file that grows by whole chunks. What it holds has been checked, and its digest is known so far."""

    def __init__(self, path: Path, cipher: chunks.Cipher) -> None:
        """Open a file, or begin one, and keep of it what is whole and fits the key.

        Raises:
            StorageFailed: the file cannot be opened, read or cut.
        """
        self._path = path
        self._cipher = cipher
        self._hash = hashlib.sha256()
        # How many chunks are there, and how many bytes of content that is.
        self.number = 0
        self.size = 0
        with storing(path):
            # Unbuffered: what cannot be written is known at once, and by whom.
            self._file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+b", buffering=0)
            self._recover()

    def __enter__(self) -> Self:
        """Use it, and close it in the end."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it; what is in it stays."""
        self.close()

    def add_chunks(self, encrypted: Sequence[bytes]) -> None:
        """Append chunks, all of them checked before the first is written.

        Raises:
            EnvelopeInvalid: one was altered, is too large, or one too many.
            StorageFailed: they cannot be written.
        """
        self._add(encrypted, [self._cipher.decrypt(self.number + at, chunk) for at, chunk in enumerate(encrypted)])

    def add_pieces(self, content: bytes | memoryview) -> None:
        """Encrypt a content's next bytes and append them: whole chunks, unless it is the end.

        Raises:
            StorageFailed: they cannot be written.
        """
        view = memoryview(content)
        pieces = [view[start : start + chunks.CHUNK] for start in range(0, max(1, len(view)), chunks.CHUNK)]
        self._add([self._cipher.encrypt(self.number + at, piece) for at, piece in enumerate(pieces)], pieces)

    def check(self, content: Content) -> None:
        """Check that this is the whole of a sealed content.

        Raises:
            EnvelopeInvalid: chunks are missing.
            DigestMismatch: another size or digest.
        """
        if self.number != self._cipher.count:
            raise EnvelopeInvalid(f"{self.number} of {self._cipher.count} chunks")
        if self.size != content.size or self.digest() != content.digest:
            raise DigestMismatch(content.name or f"{self.size} bytes where {content.size} were sealed")

    def digest(self) -> bytes:
        """Return the SHA-256 digest of the content so far."""
        return self._hash.digest()

    def sync(self) -> None:
        """Have the disk keep what was written.

        Raises:
            StorageFailed: it does not.
        """
        with storing(self._path):
            os.fsync(self._file.fileno())

    def finish(self, path: Path) -> None:
        """Close it and give it its last name, durably.

        Raises:
            StorageFailed: the disk refuses.
        """
        self.sync()
        self.close()
        with storing(self._path):
            self._path.replace(path)
            sync_folder(path.parent)

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def _recover(self) -> None:
        whole = True
        while whole and (slab := self._file.read(SLAB * _ON_DISK)):
            for start in range(0, len(slab), _ON_DISK):
                try:
                    self._count(self._cipher.decrypt(self.number, slab[start : start + _ON_DISK]))
                except EnvelopeInvalid:
                    # Torn when the machine stopped, or begun under another key: from here on it comes again.
                    whole = False
                    break
        self._file.seek(self._end())
        self._file.truncate()

    def _add(self, encrypted: Sequence[bytes], pieces: Sequence[bytes | memoryview]) -> None:
        with storing(self._path):
            try:
                _write_all(self._file, b"".join(encrypted))
            except OSError:
                # A part of a chunk would be cut off at the next opening; here nobody opens it again.
                self._file.seek(self._end())
                self._file.truncate()
                raise
        for piece in pieces:
            self._count(piece)

    def _count(self, piece: bytes | memoryview) -> None:
        self._hash.update(piece)
        self.number += 1
        self.size += len(piece)

    def _end(self) -> int:
        # Only the last chunk is shorter, and after it comes nothing.
        return self.size + self.number * chunks.TAG_SIZE


def encrypted_slab(path: Path, number: int) -> list[bytes]:
    """Return up to ``SLAB`` chunks of a file as they lie there, from a chunk on.

    Raises:
        StorageFailed: it cannot be read.
    """
    with storing(path), path.open("rb") as file:
        file.seek(number * _ON_DISK)
        slab = file.read(SLAB * _ON_DISK)
    return [slab[start : start + _ON_DISK] for start in range(0, len(slab), _ON_DISK)]


def plain_slab(path: Path, cipher: chunks.Cipher, number: int) -> list[bytes]:
    """Return up to ``SLAB`` pieces of the content in a file, from that of a chunk on.

    Raises:
        EnvelopeInvalid: altered, or under another key.
        StorageFailed: it cannot be read.
    """
    return [cipher.decrypt(number + offset, chunk) for offset, chunk in enumerate(encrypted_slab(path, number))]


def _write_all(file: FileIO, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[file.write(view) :]


@contextmanager
def storing(path: Path) -> Iterator[None]:
    """Work with a file or folder.

    Raises:
        StorageFailed: the disk or the file system refuses.
    """
    try:
        yield
    except OSError as error:
        raise StorageFailed(f"{path.name}: {error.strerror}") from error
