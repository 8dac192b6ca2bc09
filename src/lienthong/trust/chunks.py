"""Large contents: encrypted in chunks, so that any size streams and a cut is noticed.

The STREAM construction (Hoang, Reyhanitabar, Rogaway, Vizár 2015) over AES-256-GCM: the nonce of a chunk is its
number and whether it is the last. The key is fresh for every content, so a fixed prefix is safe.
"""

from collections.abc import AsyncIterator, Iterator
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from lienthong.trust.errors import EnvelopeInvalid

CHUNK: Final = 64 * 1024
"""Bytes of plain content in a chunk; 16 more on the wire."""
TAG_SIZE: Final = 16
ON_WIRE: Final = CHUNK + TAG_SIZE
_PREFIX: Final = b"lt-part"
_LAST: Final = b"\x01"
_MORE: Final = b"\x00"


def count_of(size: int) -> int:
    """Return in how many chunks a content of so many bytes goes: at least one, for even nothing is authenticated."""
    return max(1, -(-size // CHUNK))


class Cipher:
    """Encrypts and decrypts the chunks of one content, in any order."""

    def __init__(self, key: bytes, *, count: int, associated: bytes | None = None) -> None:
        """Work with a key that is used for this content only.

        Args:
            key: 32 bytes.
            count: how many chunks there are.
            associated: what each chunk is bound to beside its place; on the wire nothing.
        """
        self._cipher = AESGCM(key)
        self._associated = associated
        self.count = count

    def encrypt(self, number: int, piece: bytes | memoryview) -> bytes:
        """Encrypt the piece of that number, from 0; never twice with different pieces."""
        return self._cipher.encrypt(self._nonce(number), piece, self._associated)

    def decrypt(self, number: int, chunk: bytes) -> bytes:
        """Decrypt the chunk of that number, from 0.

        Raises:
            EnvelopeInvalid: it was altered, stands in another place, or is one too many or too large.
        """
        if number >= self.count or len(chunk) > CHUNK + TAG_SIZE:
            raise EnvelopeInvalid(f"chunk {number} of {self.count} is one too many or too large")
        try:
            return self._cipher.decrypt(self._nonce(number), chunk, self._associated)
        except InvalidTag:
            raise EnvelopeInvalid(f"chunk {number} of {self.count} was altered") from None

    def decrypt_into(self, first: int, chunks: memoryview, into: memoryview) -> int:
        """Decrypt some consecutive chunks into a buffer; returns the bytes written.

        Args:
            first: number of the first of them.
            chunks: one after another.
            into: room for what is in them.

        Raises:
            EnvelopeInvalid: one was altered or cut short, stands in another place, or is one too many.
        """
        place = 0
        for number, start in enumerate(range(0, len(chunks), ON_WIRE), first):
            chunk = chunks[start : start + ON_WIRE]
            if number >= self.count or len(chunk) < TAG_SIZE:
                raise EnvelopeInvalid(f"chunk {number} of {self.count} is one too many or cut short")
            room = into[place : place + len(chunk) - TAG_SIZE]
            try:
                place += self._cipher.decrypt_into(self._nonce(number), chunk, self._associated, room)
            except InvalidTag:
                raise EnvelopeInvalid(f"chunk {number} of {self.count} was altered") from None
        return place

    def _nonce(self, number: int) -> bytes:
        return _nonce(number, last=number == self.count - 1)


class Sealer:
    """Encrypts a content whose size is not known before it ends."""

    def __init__(self, key: bytes, *, associated: bytes | None = None) -> None:
        """Work with a key of 32 bytes that is used for this content only; ``associated`` as for ``Cipher``."""
        self._cipher = AESGCM(key)
        self._associated = associated
        self.count = 0

    def encrypt_into(self, content: memoryview, into: memoryview, *, last: bool) -> int:
        """Encrypt the next chunks into a buffer; returns the bytes written.

        Args:
            content: whole chunks, unless the content ends with them.
            into: room for them and their tags.
            last: whether the content ends with them.
        """
        place, end = 0, self.count + count_of(len(content))
        for start in range(0, max(1, len(content)), CHUNK):
            plain = content[start : start + CHUNK]
            nonce = _nonce(self.count, last=last and self.count == end - 1)
            room = into[place : place + len(plain) + TAG_SIZE]
            place += self._cipher.encrypt_into(nonce, plain, self._associated, room)
            self.count += 1
        return place


def encrypt(content: bytes, key: bytes) -> Iterator[bytes]:
    """Encrypt a content into chunks; an empty one gives one chunk.

    Args:
        content: any bytes.
        key: 32 bytes, used for this content only.
    """
    view = memoryview(content)
    cipher = Cipher(key, count=count_of(len(view)))
    for number in range(cipher.count):
        yield cipher.encrypt(number, view[number * CHUNK :][:CHUNK])


async def decrypt(chunks: AsyncIterator[bytes], key: bytes, *, count: int) -> AsyncIterator[bytes]:
    """Decrypt chunks as they come.

    Args:
        chunks: what ``encrypt`` gave, in order.
        key: 32 bytes.
        count: how many chunks there must be, at least one: even nothing is authenticated by one.

    Raises:
        EnvelopeInvalid: a chunk was altered, is missing, stands in another place, or there are too many.
    """
    cipher = Cipher(key, count=count)
    number = 0
    async for chunk in chunks:
        yield cipher.decrypt(number, chunk)
        number += 1
    if number != count or not count:
        raise EnvelopeInvalid(f"{number} of {count} chunks")


def _nonce(number: int, *, last: bool) -> bytes:
    return _PREFIX + number.to_bytes(4) + (_LAST if last else _MORE)
