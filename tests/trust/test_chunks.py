"""Chunks: a large content comes out as it went in, or not at all."""

import os
from collections.abc import AsyncIterator, Iterable
from itertools import permutations

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from lienthong.trust import chunks
from lienthong.trust.errors import EnvelopeInvalid

KEY = bytes(range(32))
# Three whole chunks and a bit, each byte telling its place.
CONTENT = b"".join(number.to_bytes(4) for number in range(3 * chunks.CHUNK // 4 + 5))
PIECES = list(chunks.encrypt(CONTENT, KEY))


async def each(pieces: Iterable[bytes]) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


async def joined(pieces: Iterable[bytes], *, count: int, key: bytes = KEY) -> bytes:
    return b"".join([piece async for piece in chunks.decrypt(each(pieces), key, count=count)])


@pytest.mark.parametrize(
    ("size", "count"),
    [(0, 1), (1, 1), (chunks.CHUNK, 1), (chunks.CHUNK + 1, 2), (2 * chunks.CHUNK, 2), (5 * chunks.CHUNK - 1, 5)],
)
async def test_any_size_comes_back(size: int, count: int) -> None:
    content = os.urandom(size)
    pieces = list(chunks.encrypt(content, KEY))
    assert [len(piece) for piece in pieces[:-1]] == [chunks.CHUNK + chunks.TAG_SIZE] * (count - 1)
    assert len(pieces) == count
    assert await joined(pieces, count=count) == content


async def test_the_nonce_is_that_of_the_protocol() -> None:
    cipher = AESGCM(KEY)
    for number, piece in enumerate(PIECES):
        last = number == len(PIECES) - 1
        nonce = b"lt-part" + number.to_bytes(4) + bytes([last])
        assert cipher.decrypt(nonce, piece, None) == CONTENT[number * chunks.CHUNK :][: chunks.CHUNK]


@pytest.mark.parametrize("order", [order for order in permutations(range(4)) if order != (0, 1, 2, 3)])
async def test_chunks_in_another_order_are_refused(order: tuple[int, ...]) -> None:
    with pytest.raises(EnvelopeInvalid, match="was altered"):
        await joined([PIECES[place] for place in order], count=4)


@pytest.mark.parametrize("kept", [0, 1, 2, 3])
async def test_a_cut_is_noticed(kept: int) -> None:
    with pytest.raises(EnvelopeInvalid, match=f"{kept} of 4 chunks"):
        await joined(PIECES[:kept], count=4)
    # Nor does it help to say that there were fewer: the last chunk knows that it is the last.
    if kept:
        with pytest.raises(EnvelopeInvalid, match="was altered"):
            await joined(PIECES[:kept], count=kept)


@pytest.mark.parametrize("place", range(4))
async def test_a_missing_chunk_is_noticed(place: int) -> None:
    rest = PIECES[:place] + PIECES[place + 1 :]
    for count in (3, 4):
        with pytest.raises(EnvelopeInvalid):
            await joined(rest, count=count)


@pytest.mark.parametrize("place", range(4))
async def test_a_chunk_twice_is_noticed(place: int) -> None:
    twice = [*PIECES[: place + 1], *PIECES[place:]]
    for count in (4, 5):
        with pytest.raises(EnvelopeInvalid):
            await joined(twice, count=count)


async def test_one_chunk_more_than_announced_is_refused_unread() -> None:
    with pytest.raises(EnvelopeInvalid, match="one too many"):
        await joined([*PIECES, b""], count=4)


async def test_a_chunk_over_its_size_is_refused_unread() -> None:
    oversize = AESGCM(KEY).encrypt(b"lt-part" + bytes(4) + b"\x01", bytes(chunks.CHUNK + 1), None)
    with pytest.raises(EnvelopeInvalid, match="too large"):
        await joined([oversize], count=1)


async def test_chunks_of_another_content_are_refused() -> None:
    other = list(chunks.encrypt(CONTENT, os.urandom(32)))
    for place in range(4):
        mixed = [*PIECES]
        mixed[place] = other[place]
        with pytest.raises(EnvelopeInvalid, match=f"chunk {place} of 4 was altered"):
            await joined(mixed, count=4)


async def test_nothing_is_not_an_empty_content() -> None:
    with pytest.raises(EnvelopeInvalid, match="0 of 1 chunks"):
        await joined([], count=1)
    with pytest.raises(EnvelopeInvalid, match="0 chunks"):
        await joined([], count=0)


@given(data=st.data())
async def test_any_changed_bit_is_refused(data: st.DataObject) -> None:
    pieces = list(chunks.encrypt(CONTENT[: chunks.CHUNK + 100], KEY))
    place = data.draw(st.integers(0, 1))
    changed = bytearray(pieces[place])
    bit = data.draw(st.integers(0, len(changed) * 8 - 1))
    changed[bit // 8] ^= 1 << bit % 8
    pieces[place] = bytes(changed)
    with pytest.raises(EnvelopeInvalid, match=f"chunk {place} of 2 was altered"):
        await joined(pieces, count=2)


@pytest.mark.parametrize("length", [0, 1, 15])
async def test_a_chunk_shorter_than_its_tag_is_refused(length: int) -> None:
    with pytest.raises(EnvelopeInvalid, match="was altered"):
        await joined([bytes(length)], count=1)


# -- several at once, in place


@pytest.mark.parametrize("at_once", [1, 2, 3, 10])
@pytest.mark.parametrize("size", [0, 1, chunks.CHUNK, chunks.CHUNK + 1, 3 * chunks.CHUNK, 3 * chunks.CHUNK + 7])
def test_in_place_it_is_the_same(size: int, at_once: int) -> None:
    content = os.urandom(size)
    sealer, step, wire = chunks.Sealer(KEY), at_once * chunks.CHUNK, b""
    for start in range(0, max(1, size), step):
        piece = memoryview(content)[start : start + step]
        room = bytearray(len(piece) + at_once * chunks.TAG_SIZE)
        written = sealer.encrypt_into(piece, memoryview(room), last=start + step >= size)
        wire += bytes(room[:written])
    assert wire == b"".join(chunks.encrypt(content, KEY))
    assert sealer.count == chunks.count_of(size)
    cipher, back = chunks.Cipher(KEY, count=sealer.count), b""
    for first in range(0, sealer.count, at_once):
        room = bytearray(step)
        given = memoryview(wire)[first * chunks.ON_WIRE : (first + at_once) * chunks.ON_WIRE]
        back += bytes(room[: cipher.decrypt_into(first, given, memoryview(room))])
    assert back == content


@pytest.mark.parametrize(
    ("first", "wire", "reason"),
    [
        (0, PIECES[1] + PIECES[0], "chunk 0 of 4 was altered"),
        (1, PIECES[1] + PIECES[1], "chunk 2 of 4 was altered"),
        (0, PIECES[0][:-1], "chunk 0 of 4 was altered"),
        (0, PIECES[0] + PIECES[1][:15], "chunk 1 of 4 is one too many or cut short"),
        (3, PIECES[3] + bytes(chunks.ON_WIRE - len(PIECES[3])) + PIECES[3], "chunk 3 of 4 was altered"),
        (4, PIECES[3], "chunk 4 of 4 is one too many"),
    ],
)
def test_in_place_what_does_not_hold_is_refused(first: int, wire: bytes, reason: str) -> None:
    cipher = chunks.Cipher(KEY, count=4)
    with pytest.raises(EnvelopeInvalid, match=reason):
        cipher.decrypt_into(first, memoryview(wire), memoryview(bytearray(len(wire))))
