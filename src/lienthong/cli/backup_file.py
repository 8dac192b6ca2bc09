"""The file of a backup: parts under a name, encrypted under a passphrase, written and read as a stream.

Layout: a line that names kind and version; the length of a head (4 bytes) and the head, CBOR ``[salt, memory KiB,
iterations, lanes]``; chunks of the STREAM construction (``trust.chunks``). Their key comes of the passphrase by
Argon2id (RFC 9106) and of the head by HKDF (RFC 5869), so a head that was altered opens nothing, and a fresh salt makes
the key fresh. Inside: for each part the length of its name (1 byte), the name, and pieces with their lengths (4 bytes)
up to an empty one; a part without a name ends it all.
"""

import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final, Self

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from lienthong.kernel import cbor
from lienthong.kernel.errors import BadInput, CborInvalid
from lienthong.trust.chunks import CHUNK, ON_WIRE, TAG_SIZE, Cipher, Sealer
from lienthong.trust.errors import EnvelopeInvalid
from lienthong.trust.passphrase_lock import MIN_PASSPHRASE, Cost

_KIND: Final = b"lienthong backup 1\n"
_SALT: Final = 16
_KEY: Final = 32
_HEAD_MAX: Final = 256
# Encrypted at once: fewer calls, and still little memory.
_AT_ONCE: Final = 16 * CHUNK


class BackupInvalid(BadInput):
    """The backup cannot be read."""

    code = "backup_invalid"
    hint = "Take another copy of it."


class PassphraseTooShort(BadInput):
    """The passphrase is too short."""

    code = "passphrase_too_short"
    hint = f"Take at least {MIN_PASSPHRASE} bytes; words are fine."


class BackupWriter:
    """Writes parts, one after the other."""

    def __init__(self, file: BinaryIO, passphrase: bytes, *, cost: Cost | None = None) -> None:
        """Begin a backup.

        Args:
            file: open for writing.
            passphrase: at least ``MIN_PASSPHRASE`` bytes.
            cost: what a guess of it costs; as for a key store unless given.

        Raises:
            PassphraseTooShort: it is.
        """
        if len(passphrase) < MIN_PASSPHRASE:
            raise PassphraseTooShort
        cost = cost or Cost()
        head = cbor.encode([secrets.token_bytes(_SALT), cost.memory, cost.iterations, cost.lanes])
        file.write(_KIND + len(head).to_bytes(4) + head)
        self._file = file
        self._sealer = Sealer(_key(passphrase, head))
        self._waiting = bytearray()
        self._room = bytearray(_AT_ONCE // CHUNK * ON_WIRE)

    def begin(self, name: str) -> None:
        """Begin a part."""
        raw = name.encode()
        self._put(len(raw).to_bytes(1) + raw)

    def write(self, piece: bytes) -> None:
        """Add to the part."""
        if piece:
            self._put(len(piece).to_bytes(4) + piece)

    def end(self) -> None:
        """End the part."""
        self._put(bytes(4))

    def close(self) -> None:
        """End the backup; without it, it cannot be read."""
        self._put(bytes(1))
        self._flush(last=True)

    def _put(self, data: bytes) -> None:
        self._waiting += data
        # One byte is kept back: the last chunk must be known as the last.
        while len(self._waiting) > _AT_ONCE:
            self._flush(last=False)

    def _flush(self, *, last: bool) -> None:
        with memoryview(self._waiting) as waiting, memoryview(self._room) as room:
            part = waiting[:_AT_ONCE]
            size = self._sealer.encrypt_into(part, room, last=last)
            part.release()
            self._file.write(room[:size])
        del self._waiting[:_AT_ONCE]


class BackupReader:
    """Reads the parts of a backup in their order."""

    def __init__(self, plain: Iterator[bytes]) -> None:
        """Read what ``open`` decrypts."""
        self._plain = plain
        self._waiting = bytearray()

    @classmethod
    def open(cls, path: Path, file: BinaryIO, passphrase: bytes) -> Self:
        """Begin to read.

        Args:
            path: named in errors.
            file: open for reading, at its beginning.
            passphrase: what it was encrypted under.

        Raises:
            BackupInvalid: no backup, or one of another version.
        """
        if file.read(len(_KIND)) != _KIND:
            raise BackupInvalid(f"{path} does not begin with “{_KIND.decode().strip()}”")
        head = file.read(min(int.from_bytes(file.read(4)), _HEAD_MAX))
        try:
            salt, memory, iterations, lanes = cbor.decode(head)
            cost = Cost(memory=memory, iterations=iterations, lanes=lanes)
            key = _key(passphrase, head, salt=salt, cost=cost)
        except (CborInvalid, TypeError, ValueError):
            raise BackupInvalid(str(path)) from None
        return cls(_decrypted(path, file, key))

    def parts(self) -> Iterator[tuple[str, Iterator[bytes]]]:
        """Yield name and pieces of each part; its pieces must be read before the next one.

        Raises:
            BackupInvalid: the passphrase does not open it, it was altered, or it was cut short.
        """
        while length := self._take(1)[0]:
            yield self._take(length).decode(), self._pieces()
        if self._waiting or next(self._plain, b""):
            raise BackupInvalid("something follows its end")

    def _pieces(self) -> Iterator[bytes]:
        while length := int.from_bytes(self._take(4)):
            yield self._take(length)

    def _take(self, size: int) -> bytes:
        while len(self._waiting) < size:
            piece = next(self._plain, b"")
            if not piece:
                raise BackupInvalid("it ends too early")
            self._waiting += piece
        taken = bytes(self._waiting[:size])
        del self._waiting[:size]
        return taken


def _decrypted(path: Path, file: BinaryIO, key: bytes) -> Iterator[bytes]:
    begin = file.tell()
    size = file.seek(0, 2) - begin
    file.seek(begin)
    cipher = Cipher(key, count=max(1, -(-size // ON_WIRE)))
    for number in range(cipher.count):
        chunk = file.read(ON_WIRE)
        try:
            if len(chunk) < TAG_SIZE:
                raise EnvelopeInvalid
            piece = cipher.decrypt(number, chunk)
        except EnvelopeInvalid:
            if number == 0:
                raise BackupInvalid(
                    str(path), hint="Type the passphrase again; if it is certainly right, the file was altered."
                ) from None
            raise BackupInvalid(f"{path}: altered or cut short after {number * CHUNK} bytes") from None
        yield piece


def _key(passphrase: bytes, head: bytes, *, salt: bytes | None = None, cost: Cost | None = None) -> bytes:
    if salt is None or cost is None:
        salt, *numbers = cbor.decode(head)
        cost = Cost(memory=numbers[0], iterations=numbers[1], lanes=numbers[2])
    derived = Argon2id(
        salt=salt, length=_KEY, iterations=cost.iterations, lanes=cost.lanes, memory_cost=cost.memory
    ).derive(passphrase)
    return HKDF(algorithm=SHA256(), length=_KEY, salt=None, info=_KIND + head).derive(derived)
