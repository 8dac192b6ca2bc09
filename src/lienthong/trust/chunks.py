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
    count = max(1, -(-len(view) // CHUNK))
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


def _nonce(number: int, *, last: bool) -> bytes:
    return _PREFIX + number.to_bytes(4) + (_LAST if last else _MORE)
