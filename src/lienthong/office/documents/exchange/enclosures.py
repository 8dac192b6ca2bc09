"""The files that leave with a document, read from the vault as they are sent: in plain they touch no disk."""

import io
from collections.abc import Iterator
from typing import BinaryIO, override

from lienthong.office.documents.models import Document, File
from lienthong.office.vault.selectors import read


def enclosed(document: Document) -> list[File]:
    """Return the files that leave with a document, the main file first. Read as the system."""
    return list(File.objects.filter(document=document, current=True).order_by("-role", "pk"))


def opened(file: File) -> BinaryIO:
    """Open a file of a document; what comes can be sought, and was verified before it comes."""
    return io.BufferedReader(_Stored(file), io.DEFAULT_BUFFER_SIZE)


class _Stored(io.RawIOBase):
    """A file of the vault, from wherever it is read on."""

    def __init__(self, file: File) -> None:
        self._file = file
        self._at = 0
        self._pieces: Iterator[bytes] | None = None
        self._rest = b""

    @override
    def readable(self) -> bool:
        return True

    @override
    def seekable(self) -> bool:
        return True

    @override
    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._file.size}[whence]
        position = min(max(start + offset, 0), self._file.size)
        if position != self._at:
            self._at, self._pieces, self._rest = position, None, b""
        return self._at

    @override
    def readinto(self, buffer: memoryview, /) -> int:  # type: ignore[override]  # any buffer; BufferedReader gives this
        if self._pieces is None:
            self._pieces = read(self._file.blob_id, self._at)
        while not self._rest:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._rest = piece
        part, self._rest = self._rest[: len(buffer)], self._rest[len(buffer) :]
        buffer[: len(part)] = part
        self._at += len(part)
        return len(part)
