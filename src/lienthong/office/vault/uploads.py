"""Uploads that are too large for memory: on disk under a key that only their request has.

Django writes such files into temporary ones in plain, which a process that is killed leaves behind. These have no name,
and are encrypted before they are written. ``store`` reads them with ``chunks()`` as any upload; they can be read from
any place, so that spreadsheets open as well.
"""

import io
import os
import secrets
import tempfile
from typing import IO, Any, Final

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler
from django.http import HttpRequest

from lienthong.trust.chunks import CHUNK, ON_WIRE, Cipher, Sealer, count_of
from lienthong.trust.stored import KEY_SIZE

SPOOL: Final = "spool"
"""Within the vault's folder."""
_AT_ONCE: Final = 16 * CHUNK


class SealedFile(io.RawIOBase):
    """A file that is written once, then read from any place."""

    def __init__(self, file: IO[bytes]) -> None:
        """Begin with an empty file that nobody else has; it is closed with this one."""
        super().__init__()
        self.size = 0
        self._file = file
        self._key = secrets.token_bytes(KEY_SIZE)
        self._sealer = Sealer(self._key)
        self._waiting = bytearray()
        self._room = bytearray(_AT_ONCE // CHUNK * ON_WIRE)
        self._place = 0
        # The chunk that was read last, as readers come back to it many times.
        self._number, self._plain = -1, b""

    def add(self, piece: bytes) -> None:
        """Write more."""
        self.size += len(piece)
        self._waiting += piece
        # One byte is kept back: the last chunk must be known as the last.
        while len(self._waiting) > _AT_ONCE:
            self._write(last=False)

    def finish(self) -> None:
        """End it; from then on it can be read."""
        self._write(last=True)
        self._file.flush()
        self._cipher = Cipher(self._key, count=count_of(self.size))

    def readable(self) -> bool:
        """It is, once it was ended."""
        return True

    def seekable(self) -> bool:
        """Any place of it can be read."""
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        """Go to a place, as in any file."""
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._place, os.SEEK_END: self.size}[whence]
        self._place = max(0, start + offset)
        return self._place

    def tell(self) -> int:
        """Return the place, in bytes."""
        return self._place

    def readinto(self, buffer: Any, /) -> int:  # noqa: ANN401 - whatever takes bytes
        """Read up to the end of the chunk.

        Raises:
            EnvelopeInvalid: the file was altered.
        """
        if self._place >= self.size:
            return 0
        number, offset = divmod(self._place, CHUNK)
        part = memoryview(self._chunk(number))[offset : offset + len(buffer)]
        buffer[: len(part)] = part
        self._place += len(part)
        return len(part)

    def close(self) -> None:
        """Let go of file and key."""
        if not self.closed:
            self._file.close()
            self._key = self._plain = b""
        super().close()

    def _chunk(self, number: int) -> bytes:
        if number != self._number:
            chunk = os.pread(self._file.fileno(), ON_WIRE, number * ON_WIRE)
            self._number, self._plain = number, self._cipher.decrypt(number, chunk)
        return self._plain

    def _write(self, *, last: bool) -> None:
        with memoryview(self._waiting) as waiting, waiting[:_AT_ONCE] as part, memoryview(self._room) as room:
            self._file.write(room[: self._sealer.encrypt_into(part, room, last=last)])
        del self._waiting[:_AT_ONCE]


class EncryptingUploadHandler(FileUploadHandler):
    """Takes the files of a request, from whoever is signed in only, up to the site's bound for all of them together."""

    # Under this name Django looks for what it must close when a request breaks off.
    file: SealedFile

    def __init__(self, request: HttpRequest | None = None) -> None:
        """Begin with a request."""
        super().__init__(request)
        self._files: list[SealedFile] = []
        self._came = 0

    def new_file(self, *args: Any, **options: Any) -> None:  # noqa: ANN401 - the signature of Django's own
        """Begin a file.

        Raises:
            RequestDataTooBig: nobody is signed in: strangers fill no disk.
        """
        super().new_file(*args, **options)
        if getattr(self.request, "actor", None) is None:
            raise RequestDataTooBig("a file of nobody")
        folder = settings.VAULT.folder / SPOOL
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.file = SealedFile(tempfile.TemporaryFile(dir=folder))  # noqa: SIM115 - it is closed with the upload
        self._files.append(self.file)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """Take more of it.

        Raises:
            RequestDataTooBig: it is beyond the bound.
        """
        del start
        self._came += len(raw_data)
        if self._came > settings.VAULT.largest:
            # Django closes what is stopped, not what is refused.
            self.upload_interrupted()
            raise RequestDataTooBig(f"> {settings.VAULT.largest} B")
        self.file.add(raw_data)

    def file_complete(self, file_size: int) -> "UploadedFile[bytes]":
        """Hand it over."""
        self.file.finish()
        return UploadedFile(
            file=io.BufferedReader(self.file, CHUNK),
            name=self.file_name,
            content_type=self.content_type,
            size=file_size,
            charset=self.charset,
            content_type_extra=self.content_type_extra,
        )

    def upload_interrupted(self) -> None:
        """Forget what came."""
        for file in self._files:
            file.close()
