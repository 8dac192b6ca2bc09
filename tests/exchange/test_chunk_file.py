"""Chunks in a file: whatever a crash leaves, only what is whole and fits the key counts."""

import hashlib
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lienthong.exchange.chunk_file import ChunkFile, encrypted_slab, plain_slab
from lienthong.exchange.errors import StorageFailed
from lienthong.exchange.packet import content_of
from lienthong.trust.chunks import CHUNK, TAG_SIZE, Cipher, encrypt
from lienthong.trust.errors import DigestMismatch, EnvelopeInvalid

KEY = bytes(range(32))
DATA = os.urandom(18 * CHUNK + 7)
COUNT = 19


def opened(path: Path, key: bytes = KEY) -> ChunkFile:
    return ChunkFile(path, Cipher(key, count=COUNT))


def filled(path: Path) -> bytes:
    with opened(path) as file:
        file.add_pieces(DATA)
    return path.read_bytes()


def test_it_is_what_the_chunks_of_the_protocol_are(tmp_path: Path) -> None:
    assert filled(tmp_path / "a") == b"".join(encrypt(DATA, KEY))
    with opened(tmp_path / "b") as file:
        file.add_chunks(list(encrypt(DATA, KEY)))
        file.check(content_of(DATA))
    assert (tmp_path / "b").read_bytes() == (tmp_path / "a").read_bytes()
    assert b"".join(plain_slab(tmp_path / "a", Cipher(KEY, count=COUNT), 16)) == DATA[16 * CHUNK :]
    assert [len(chunk) for chunk in encrypted_slab(tmp_path / "a", 17)] == [CHUNK + TAG_SIZE, 7 + TAG_SIZE]


@given(
    cut=st.integers(0, 19 * (CHUNK + TAG_SIZE)), junk=st.binary(max_size=40), bit=st.none() | st.integers(0, 1 << 20)
)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_a_crash_leaves_it_goes_on_and_ends_the_same(
    tmp_path: Path, cut: int, junk: bytes, bit: int | None
) -> None:
    path = tmp_path / "a"
    path.unlink(missing_ok=True)
    whole = filled(path)
    left = bytearray(whole[:cut] + junk)
    if bit is not None and left:
        left[bit % len(left)] ^= 1
    path.write_bytes(left)
    with opened(path) as file:
        assert file.size == min(file.number * CHUNK, len(DATA))
        assert file.digest() == hashlib.sha256(DATA[: file.size]).digest()
        if file.number < COUNT:
            file.add_chunks(list(encrypt(DATA, KEY))[file.number :])
        file.check(content_of(DATA))
    assert path.read_bytes() == whole


def test_what_lies_under_another_key_is_begun_anew(tmp_path: Path) -> None:
    filled(tmp_path / "a")
    with opened(tmp_path / "a", bytes(32)) as file:
        assert (file.number, (tmp_path / "a").stat().st_size) == (0, 0)


def test_what_is_wrong_is_not_written(tmp_path: Path) -> None:
    chunks = list(encrypt(DATA, KEY))
    with opened(tmp_path / "a") as file:
        for wrong in ([chunks[1]], [chunks[0], chunks[2]], [chunks[0] + b"x"], [chunks[0][:-1] + b"\x00\x00"]):
            with pytest.raises(EnvelopeInvalid):
                file.add_chunks(wrong)
            assert (file.number, (tmp_path / "a").stat().st_size) == (0, 0)
        file.add_chunks(chunks[:18])
        with pytest.raises(EnvelopeInvalid, match="18 of 19"):
            file.check(content_of(DATA))
        file.add_chunks(chunks[18:])
        with pytest.raises(EnvelopeInvalid, match="one too many"):
            file.add_chunks([chunks[18]])
        for other in (DATA[:-1] + bytes([DATA[-1] ^ 1]), DATA + b"x"):
            with pytest.raises(DigestMismatch):
                file.check(content_of(other))


def test_what_the_file_system_refuses_is_said(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    with pytest.raises(StorageFailed, match="a: Is a directory"):
        opened(tmp_path / "a")
    with pytest.raises(StorageFailed, match="No such file"):
        encrypted_slab(tmp_path / "none", 0)
    file = opened(tmp_path / "b")
    with pytest.raises(StorageFailed):
        file.finish(tmp_path / "none" / "b")
