"""The file of a backup: what was written comes out again, and nothing that was not."""

import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lienthong.cli.backup_file import BackupInvalid, BackupReader, BackupWriter, PassphraseTooShort
from lienthong.trust.chunks import CHUNK
from lienthong.trust.passphrase_lock import Cost

QUICK = Cost(memory=8 * 1024, iterations=1, lanes=1)
PASSPHRASE = b"correct horse battery"
PATH = Path("backup")


def written(parts: dict[str, list[bytes]]) -> bytes:
    file = io.BytesIO()
    writer = BackupWriter(file, PASSPHRASE, cost=QUICK)
    for name, pieces in parts.items():
        writer.begin(name)
        for piece in pieces:
            writer.write(piece)
        writer.end()
    writer.close()
    return file.getvalue()


def read(data: bytes, passphrase: bytes = PASSPHRASE) -> dict[str, bytes]:
    reader = BackupReader.open(PATH, io.BytesIO(data), passphrase)
    return {name: b"".join(pieces) for name, pieces in reader.parts()}


@pytest.fixture(scope="module")
def large() -> bytes:
    """A backup of several chunks, more than are encrypted at once."""
    return written({"a": [b"x" * CHUNK * 20], "b": [b"y" * 1000]})


# The lengths around the borders of chunks, and of what is encrypted at once.
@given(st.lists(st.sampled_from([0, 1, CHUNK - 20, CHUNK - 13, CHUNK - 12, CHUNK - 11, CHUNK, 16 * CHUNK]), max_size=3))
def test_what_was_written_comes_out(sizes: list[int]) -> None:
    parts = {f"part {number}": [bytes([number]) * size] for number, size in enumerate(sizes)}
    assert read(written(parts)) == {name: b"".join(pieces) for name, pieces in parts.items()}


def test_pieces_are_not_bound_to_chunks() -> None:
    assert read(written({"a": [b"1", b"", b"22" * CHUNK, b"3"]})) == {"a": b"1" + b"22" * CHUNK + b"3"}


def test_nothing_can_be_read_without_the_passphrase(large: bytes) -> None:
    assert b"xxxx" not in large
    with pytest.raises(BackupInvalid, match="backup"):
        read(large, b"another passphrase")


@pytest.mark.parametrize("place", [0, 25, 30, 60, 70_000, -1])
def test_every_altered_bit_is_noticed(large: bytes, place: int) -> None:
    data = bytearray(large)
    data[place] ^= 1
    with pytest.raises(BackupInvalid):
        read(bytes(data))


@pytest.mark.parametrize("length", [0, 10, 30, 100, 65_650, -1, -65_552, -100_000])
def test_every_cut_is_noticed(large: bytes, length: int) -> None:
    with pytest.raises(BackupInvalid):
        read(large[:length])


def test_chunks_out_of_order_are_noticed(large: bytes) -> None:
    begin, size = len(large) % (CHUNK + 16), CHUNK + 16
    head = len(written({})) - 17
    first, second = large[head : head + size], large[head + size : head + 2 * size]
    assert begin
    with pytest.raises(BackupInvalid):
        read(large[:head] + second + first + large[head + 2 * size :])


def test_what_follows_the_end_is_noticed(large: bytes) -> None:
    with pytest.raises(BackupInvalid):
        read(large + b"x")


def test_backup_that_was_not_closed_is_none() -> None:
    file = io.BytesIO()
    writer = BackupWriter(file, PASSPHRASE, cost=QUICK)
    writer.begin("a")
    writer.write(b"x" * 17 * CHUNK)
    with pytest.raises(BackupInvalid):
        read(file.getvalue())


def test_head_that_asks_for_too_much_is_refused() -> None:
    data = bytearray(written({}))
    place = data.index(b"\x19\x20\x00")
    data[place : place + 3] = b"\x19\xff\xff"
    with pytest.raises(BackupInvalid):
        read(bytes(data))


def test_same_content_never_looks_the_same() -> None:
    assert written({"a": [b"x"]}) != written({"a": [b"x"]})


def test_short_passphrase_is_refused_before_anything_is_written() -> None:
    file = io.BytesIO()
    with pytest.raises(PassphraseTooShort):
        BackupWriter(file, b"short")
    assert not file.getvalue()
