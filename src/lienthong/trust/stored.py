"""Files at rest: encrypted in chunks under a key of their own, readable from any place.

An object is a head and the chunks of ``trust.chunks`` (AES-256-GCM, 64 KiB of plain content each, the STREAM
construction). The head is a line that names kind and version, and the 16 bytes of the file's id; it is associated with
every chunk. So a chunk opens only in its place, of its file, in this version; and the last one only as the last. What
follows the last chunk, or is missing, shows in the object's length, which follows from that of the content.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from lienthong.trust.chunks import CHUNK, ON_WIRE, TAG_SIZE, Cipher, Sealer, count_of
from lienthong.trust.errors import EnvelopeInvalid, StoredInvalid

KIND: Final = b"lienthong file 1\n"
ID_SIZE: Final = 16
HEAD_SIZE: Final = len(KIND) + ID_SIZE
KEY_SIZE: Final = 32
MAX_SIZE: Final = (1 << 32) * CHUNK
"""Bytes that a file can have: the number of a chunk has four bytes."""
# Encrypted at once: fewer calls, and still little memory.
_AT_ONCE: Final = 16 * CHUNK

type Fetch = Callable[[int, int], tuple[int, Iterator[bytes]]]
"""Takes the first byte of an object and how many; gives the length of the whole object, and those bytes."""


def object_size(size: int) -> int:
    """Return the length of the object that a content of so many bytes makes."""
    return HEAD_SIZE + size + count_of(size) * TAG_SIZE


def encrypt(pieces: Iterable[bytes], key: bytes, *, id_: bytes) -> Iterator[bytes]:
    """Encrypt a content as it comes; about 2 MiB of memory.

    Args:
        pieces: the content, cut anyhow.
        key: 32 random bytes, for this file only.
        id_: the file's id, 16 bytes.
    """
    head = _head(id_)
    yield head
    sealer = Sealer(key, associated=head)
    waiting, room = bytearray(), bytearray(_AT_ONCE // CHUNK * ON_WIRE)
    for piece in pieces:
        waiting += piece
        # One byte is kept back: the last chunk must be known as the last.
        while len(waiting) > _AT_ONCE:
            yield _sealed(sealer, waiting, room, last=False)
    yield _sealed(sealer, waiting, room, last=True)


def decrypt(  # noqa: PLR0913 - a file and a part of it
    fetch: Fetch, key: bytes, *, id_: bytes, size: int, start: int = 0, end: int | None = None
) -> Iterator[bytes]:
    """Decrypt a part of a file; no byte comes out before its chunk was verified.

    Args:
        fetch: reads the object.
        key: as it was encrypted with.
        id_: the file's id, 16 bytes.
        size: bytes of the whole content.
        start: the first byte wanted.
        end: the byte before which the part ends; the content's end unless given.

    Raises:
        StoredInvalid: the object is not the one that was written.
        ValueError: the part is not within the content.
    """
    end = size if end is None else end
    if not 0 <= start <= end <= size:
        raise ValueError(f"bytes {start} to {end} of {size}")
    # Even nothing is authenticated: of an empty content the one chunk is read.
    if start < end or not size:
        yield from _decrypted(fetch, key, _head(id_), size, start, end)


def _decrypted(  # noqa: PLR0913, PLR0917 - as above
    fetch: Fetch, key: bytes, head: bytes, size: int, start: int, end: int
) -> Iterator[bytes]:
    cipher = Cipher(key, count=count_of(size), associated=head)
    first, last = start // CHUNK, max(0, end - 1) // CHUNK
    begin = HEAD_SIZE + first * ON_WIRE if first else 0
    finish = min(HEAD_SIZE + (last + 1) * ON_WIRE, object_size(size))
    length, pieces = fetch(begin, finish - begin)
    if length != object_size(size):
        raise StoredInvalid(f"{length} bytes instead of {object_size(size)}")
    parts = _Parts(pieces)
    if not first and parts.take(HEAD_SIZE) != head:
        raise StoredInvalid("its head")
    for number in range(first, last + 1):
        place = number * CHUNK
        plain = _opened(cipher, number, parts.take(min(CHUNK, size - place) + TAG_SIZE))
        yield plain[max(0, start - place) : end - place]


def _opened(cipher: Cipher, number: int, chunk: bytes) -> bytes:
    try:
        return cipher.decrypt(number, chunk)
    except EnvelopeInvalid as error:
        raise StoredInvalid(error.where) from None


class _Parts:
    """Bytes that come in pieces, taken in other sizes."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._waiting = bytearray()

    def take(self, size: int) -> bytes:
        while len(self._waiting) < size:
            piece = next(self._pieces, b"")
            if not piece:
                raise StoredInvalid("it ends too early")
            self._waiting += piece
        taken = bytes(self._waiting[:size])
        del self._waiting[:size]
        return taken


def _head(id_: bytes) -> bytes:
    if len(id_) != ID_SIZE:
        raise ValueError(f"an id of {len(id_)} bytes")
    return KIND + id_


def _sealed(sealer: Sealer, waiting: bytearray, room: bytearray, *, last: bool) -> bytes:
    with memoryview(waiting) as plain, plain[:_AT_ONCE] as part, memoryview(room) as into:
        sealed = bytes(into[: sealer.encrypt_into(part, into, last=last)])
    del waiting[:_AT_ONCE]
    return sealed
