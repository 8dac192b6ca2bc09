"""Files at rest: what was written comes out, any part of it, and nothing that was not."""

import hashlib
import tracemalloc
from collections.abc import Iterator

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from lienthong.trust.chunks import CHUNK, ON_WIRE
from lienthong.trust.errors import StoredInvalid
from lienthong.trust.stored import HEAD_SIZE, KIND, Fetch, decrypt, encrypt, object_size

KEY = bytes(range(32))
ID = bytes(range(16))
OTHER = bytes(16)
# The lengths around the borders of chunks, and of what is encrypted at once.
SIZES = st.sampled_from([0, 1, 1000, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK, 16 * CHUNK, 16 * CHUNK + 1, 20 * CHUNK])


def content(size: int) -> bytes:
    """Bytes of which no two chunks are alike."""
    return b"".join(hashlib.sha256(number.to_bytes(8)).digest() for number in range(-(-size // 32)))[:size]


def fetching(data: bytes, *, cut: int = 10_000) -> Fetch:
    """Read an object as storage does: in pieces of any size."""

    def fetch(start: int, length: int) -> tuple[int, Iterator[bytes]]:
        part = data[start : start + length]
        return len(data), (part[place : place + cut] for place in range(0, len(part), cut))

    return fetch


def sealed(plain: bytes, key: bytes = KEY, id_: bytes = ID) -> bytes:
    return b"".join(encrypt([plain], key, id_=id_))


def opened(data: bytes, size: int, start: int = 0, end: int | None = None, id_: bytes = ID) -> bytes:
    return b"".join(decrypt(fetching(data), KEY, id_=id_, size=size, start=start, end=end))


@given(size=SIZES, cut=st.integers(1, 3 * CHUNK))
def test_what_was_written_comes_out_however_it_was_cut(size: int, cut: int) -> None:
    plain = content(size)
    data = b"".join(encrypt((plain[place : place + cut] for place in range(0, size, cut)), KEY, id_=ID))
    assert len(data) == object_size(size)
    assert data == sealed(plain)
    assert opened(data, size) == plain


@given(data=st.data(), size=SIZES)
def test_every_part_is_the_same_as_of_the_content(data: st.DataObject, size: int) -> None:
    start = data.draw(st.integers(0, size))
    end = data.draw(st.integers(start, size))
    plain = content(size)
    assert opened(sealed(plain), size, start, end) == plain[start:end]


def test_a_part_is_read_without_the_rest() -> None:
    asked = []

    def fetch(start: int, length: int) -> tuple[int, Iterator[bytes]]:
        asked.append((start, length))
        return fetching(data)(start, length)

    data = sealed(content(20 * CHUNK))
    part = b"".join(decrypt(fetch, KEY, id_=ID, size=20 * CHUNK, start=5 * CHUNK + 7, end=6 * CHUNK + 1))
    assert part == content(20 * CHUNK)[5 * CHUNK + 7 : 6 * CHUNK + 1]
    assert asked == [(HEAD_SIZE + 5 * ON_WIRE, 2 * ON_WIRE)]


@pytest.mark.parametrize(("start", "end"), [(-1, 2), (3, 2), (0, 11), (11, 11)])
def test_a_part_that_is_none_is_refused(start: int, end: int) -> None:
    with pytest.raises(ValueError, match="of 10"):
        opened(sealed(content(10)), 10, start, end)


DAMAGED = content(2 * CHUNK + 100)
WHOLE = sealed(DAMAGED)


@given(place=st.integers(0, len(WHOLE) - 1), bit=st.integers(0, 7))
def test_every_bit_that_was_turned_is_noticed(place: int, bit: int) -> None:
    data = bytearray(WHOLE)
    data[place] ^= 1 << bit
    with pytest.raises(StoredInvalid):
        opened(bytes(data), len(DAMAGED))


@given(st.integers(0, len(WHOLE) - 1))
def test_every_cut_is_noticed_whatever_size_is_claimed(length: int) -> None:
    for claimed in (len(DAMAGED), max(0, length - HEAD_SIZE - 16), length // ON_WIRE * CHUNK):
        with pytest.raises(StoredInvalid):
            opened(WHOLE[:length], claimed)


@given(st.binary(min_size=1, max_size=ON_WIRE))
def test_what_follows_is_noticed(more: bytes) -> None:
    with pytest.raises(StoredInvalid):
        opened(WHOLE + more, len(DAMAGED))
    with pytest.raises(StoredInvalid):
        opened(WHOLE + more, len(DAMAGED) + len(more))


@pytest.mark.parametrize("order", [(1, 0, 2), (0, 0, 2), (0, 2, 1), (0, 1, 1)])
def test_chunks_in_another_order_are_noticed(order: tuple[int, ...]) -> None:
    size = 3 * CHUNK
    data = sealed(content(size))
    chunks = [data[HEAD_SIZE + n * ON_WIRE :][:ON_WIRE] for n in range(3)]
    with pytest.raises(StoredInvalid):
        opened(data[:HEAD_SIZE] + b"".join(chunks[n] for n in order), size)


def test_a_chunk_of_another_file_is_noticed_even_under_the_same_key() -> None:
    size = 2 * CHUNK
    mine, other = sealed(content(size)), sealed(content(size), id_=OTHER)
    mixed = mine[: HEAD_SIZE + ON_WIRE] + other[HEAD_SIZE + ON_WIRE :]
    assert opened(mixed, size, 0, CHUNK) == content(size)[:CHUNK]
    with pytest.raises(StoredInvalid):
        opened(mixed, size)


def test_a_file_is_none_under_another_id_or_key() -> None:
    with pytest.raises(StoredInvalid):
        opened(sealed(content(10)), 10, id_=OTHER)
    with pytest.raises(StoredInvalid):
        opened(sealed(content(10), key=bytes(32)), 10)


def test_storage_that_gives_too_little_is_noticed() -> None:
    with pytest.raises(StoredInvalid, match="too early"):
        list(decrypt(lambda *_: (len(WHOLE), iter([WHOLE[:100]])), KEY, id_=ID, size=len(DAMAGED)))


def test_the_format_is_the_documented_one() -> None:
    """The vector of docs/adr/0072: another program reads and writes the same."""
    plain = content(CHUNK + 3)
    head = KIND + ID
    first = AESGCM(KEY).encrypt(b"lt-part" + (0).to_bytes(4) + b"\x00", plain[:CHUNK], head)
    last = AESGCM(KEY).encrypt(b"lt-part" + (1).to_bytes(4) + b"\x01", plain[CHUNK:], head)
    assert sealed(plain) == head + first + last
    assert sealed(b"abc").hex() == VECTOR
    assert opened(bytes.fromhex(VECTOR), 3) == b"abc"


VECTOR = "6c69656e74686f6e672066696c6520310a000102030405060708090a0b0c0d0e0f2d724d08207c3f3a5f0301ee43e7835a9e37b2"


def test_a_large_file_takes_little_memory() -> None:
    piece = content(1 << 20)
    tracemalloc.start()
    try:
        size = sum(map(len, encrypt((piece for _ in range(64)), KEY, id_=ID)))
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert size == object_size(64 << 20)
    assert most < 8 << 20
