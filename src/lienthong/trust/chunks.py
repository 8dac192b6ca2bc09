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


def encrypt(content: bytes, key: bytes) -> Iterator[bytes]:
    """Encrypt a content into chunks; an empty one gives one chunk.

    Args:
        content: any bytes.
        key: 32 bytes, used for this content only.
    """
    cipher = AESGCM(key)
    view = memoryview(content)
    count = count_of(len(view))
    for number in range(count):
        yield cipher.encrypt(_nonce(number, last=number == count - 1), view[number * CHUNK :][:CHUNK], None)


async def decrypt(chunks: AsyncIterator[bytes], key: bytes, *, count: int) -> AsyncIterator[bytes]:
    """Decrypt chunks as they come.

    Args:
        chunks: what ``encrypt`` gave, in order.
        key: 32 bytes.
        count: how many chunks there must be, at least one: even nothing is authenticated by one.

    Raises:
        EnvelopeInvalid: a chunk was altered, is missing, stands in another place, or there are too many.
    """
    cipher = AESGCM(key)
    number = 0
    async for chunk in chunks:
        if number >= count or len(chunk) > CHUNK + TAG_SIZE:
            raise EnvelopeInvalid(f"chunk {number} of {count} is one too many or too large")
        try:
            yield cipher.decrypt(_nonce(number, last=number == count - 1), chunk, None)
        except InvalidTag:
            raise EnvelopeInvalid(f"chunk {number} of {count} was altered") from None
        number += 1
    if number != count or not count:
        raise EnvelopeInvalid(f"{number} of {count} chunks")


def count_of(size: int) -> int:
    """Return how many chunks a content of so many bytes has."""
    return max(1, -(-size // CHUNK))


def encrypt_into(cipher: AESGCM, content: memoryview, into: memoryview, *, first: int, last: bool) -> int:
    """Encrypt some consecutive chunks of a content into a buffer; returns the bytes written.

    Args:
        cipher: under the content's key.
        content: whole chunks, unless the content ends with them.
        into: room for them and their tags.
        first: number of the first of them.
        last: whether the content ends with them.
    """
    count, place = count_of(len(content)), 0
    for index in range(count):
        plain = content[index * CHUNK : (index + 1) * CHUNK]
        nonce = _nonce(first + index, last=last and index == count - 1)
        place += cipher.encrypt_into(nonce, plain, None, into[place : place + len(plain) + TAG_SIZE])
    return place


def decrypt_into(cipher: AESGCM, chunks: memoryview, into: memoryview, *, first: int, count: int) -> int:
    """Decrypt some consecutive chunks of a content into a buffer; returns the bytes written.

    Args:
        cipher: under the content's key.
        chunks: one or several, one after another.
        into: room for what is in them.
        first: number of the first of them.
        count: how many the whole content has.

    Raises:
        EnvelopeInvalid: one was altered or cut short, or stands in another place.
    """
    place = 0
    for index, start in enumerate(range(0, len(chunks), ON_WIRE), first):
        chunk = chunks[start : start + ON_WIRE]
        if len(chunk) < TAG_SIZE:
            raise EnvelopeInvalid(f"chunk {index} of {count} was cut short")
        room = into[place : place + len(chunk) - TAG_SIZE]
        try:
            place += cipher.decrypt_into(_nonce(index, last=index == count - 1), chunk, None, room)
        except InvalidTag:
            raise EnvelopeInvalid(f"chunk {index} of {count} was altered") from None
    return place


def _nonce(number: int, *, last: bool) -> bytes:
    return _PREFIX + number.to_bytes(4) + (_LAST if last else _MORE)
