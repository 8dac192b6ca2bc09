"""The spool: encrypted wherever it lies, bounded, and gone when it is let go of."""

import asyncio
import errno
import hashlib
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lienthong.exchange import spool_store
from lienthong.exchange.errors import BodyGone, BodyTooLarge, SpoolFull, StorageFailed
from lienthong.exchange.spool import Bodies, Spool, described, spooled
from lienthong.exchange.spool_store import ALL_IN_MEMORY, IN_MEMORY, NUMBER_SIZE, UNIT, UNIT_CHUNKS
from lienthong.trust import chunks
from tests.support import large
from tests.support.large import spooled as bring
from tests.support.whole import whole


def files(folder: Path) -> list[str]:
    """What this process holds open in a folder, deleted or not."""
    return [str(link.readlink()) for link in _open(folder)]


def read_files(folder: Path) -> bytes:
    """What is in these files."""
    return b"".join(link.read_bytes() for link in _open(folder))


def _open(folder: Path) -> list[Path]:
    links = [link for link in Path("/proc/self/fd").iterdir() if link.is_symlink()]
    return [link for link in links if str(link.readlink()).startswith(str(folder))]


async def closed(folder: Path) -> None:
    """Wait until nothing is open in a folder."""
    for _ in range(500):
        if not files(folder):
            return
        await asyncio.sleep(0.01)
    raise AssertionError(files(folder))


@settings(max_examples=40, deadline=None)
@given(
    size=st.one_of(st.integers(0, 200), st.sampled_from([UNIT - 1, UNIT, UNIT + 1]), st.integers(0, 3 * UNIT)),
    piece=st.integers(1, 2 * UNIT),
)
async def test_what_goes_in_comes_out(size: int, piece: int) -> None:
    body = os.urandom(size)
    spool = Spool()
    lying = await bring(spool, body, piece=max(piece, size // 50 + 1))
    assert await whole(lying) == body
    assert (lying.size, lying.chunks) == (size, chunks.count_of(size))
    assert lying.digest == hashlib.sha256(body).digest()
    assert lying.sha512 == hashlib.sha512(body).digest()
    lying.release()
    assert (spool.used, spool.in_memory) == (0, 0)


async def test_it_is_what_chunks_encrypt_to(tmp_path: Path) -> None:
    body = os.urandom(IN_MEMORY + 12_345)
    for folder in (None, tmp_path):
        lying = await bring(Spool(folder=folder), body)
        wire = b"".join(chunks.encrypt(body, lying.key))
        read = [await lying.read(first, UNIT_CHUNKS) for first in range(0, lying.chunks, UNIT_CHUNKS)]
        assert b"".join(piece[NUMBER_SIZE:] for piece in read) == wire
        assert [int.from_bytes(piece[:NUMBER_SIZE]) for piece in read] == list(range(0, lying.chunks, UNIT_CHUNKS))
        # From any chunk on, any number of them.
        for first, count in ((0, 1), (1, 1), (3, 6), (6, 7), (8, 2), (lying.chunks - 1, 5)):
            start = first * chunks.ON_WIRE
            assert (await lying.read(first, count))[NUMBER_SIZE:] == wire[start : start + count * chunks.ON_WIRE]
        lying.release()


async def test_little_stays_in_memory_and_more_goes_into_a_file_without_a_name(tmp_path: Path) -> None:
    spool = Spool(folder=tmp_path)
    small = await bring(spool, b"x" * (IN_MEMORY // 2))
    assert files(tmp_path) == []
    assert spool.in_memory > IN_MEMORY // 2
    body = b"plain text " * (2 * IN_MEMORY // 11)
    big = await bring(spool, body)
    assert len(files(tmp_path)) == 1
    assert os.listdir(tmp_path) == []  # noqa: PTH208 - no waiting on a folder in memory
    assert spool.in_memory < IN_MEMORY
    # Never plain on the disk.
    assert b"plain text" not in read_files(tmp_path)
    assert await whole(big) == body
    for each in (small, big):
        each.release()
        each.release()
    assert files(tmp_path) == []
    assert (spool.used, spool.in_memory) == (0, 0)


async def test_many_small_ones_go_into_files_when_memory_is_used_up(tmp_path: Path) -> None:
    spool = Spool(folder=tmp_path)
    lying = [await bring(spool, b"x" * (IN_MEMORY - UNIT)) for _ in range(ALL_IN_MEMORY // IN_MEMORY + 3)]
    assert spool.in_memory <= ALL_IN_MEMORY
    assert files(tmp_path)
    for each in lying:
        each.release()
    assert spool.in_memory == 0


async def test_room_is_counted_for_each_peer_and_for_all() -> None:
    spool = Spool(room=1000, room_per_peer=600)
    first = await bring(spool, b"x" * 600, peer="a")
    with pytest.raises(SpoolFull, match="for a"):
        await spool.writer("a").write(b"x")
    second = await bring(spool, b"x" * 400, peer="b")
    writer = spool.writer("c")
    with pytest.raises(SpoolFull):
        await writer.write(b"x")
    writer.discard()
    first.release()
    third = await bring(spool, b"x" * 600, peer="a")
    for each in (second, third):
        each.release()
    assert spool.used == 0


async def test_a_body_over_the_limit_is_refused() -> None:
    spool = Spool(largest=100)
    spool.check(100)
    writer = spool.writer("a")
    await writer.write(b"x" * 100)
    with pytest.raises(BodyTooLarge, match="100"):
        await writer.write(b"x")
    writer.discard()
    assert spool.used == 0


async def test_a_full_disk_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(spool_store, "_write", full)
    spool = Spool(folder=tmp_path)
    writer = spool.writer("a")
    with pytest.raises(StorageFailed, match="No space left"):
        await writer.write(bytes(2 * IN_MEMORY))
    writer.discard()
    await asyncio.sleep(0.05)
    assert (spool.used, spool.in_memory, files(tmp_path)) == (0, 0, [])


async def test_a_folder_that_is_gone_is_said(tmp_path: Path) -> None:
    spool = Spool(folder=tmp_path / "none")
    with pytest.raises(StorageFailed, match="No such file"):
        await bring(spool, bytes(IN_MEMORY + UNIT))


async def test_what_was_let_go_of_cannot_be_read(tmp_path: Path) -> None:
    lying = await bring(Spool(folder=tmp_path), bytes(IN_MEMORY + UNIT))
    lying.release()
    with pytest.raises(BodyGone):
        await lying.read(0, 1)


async def test_a_file_stays_open_while_a_thread_reads_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # A closed descriptor's number may be the journal's the next moment: nothing of that may leave.
    loop, reading, go_on = asyncio.get_running_loop(), asyncio.Event(), asyncio.Event()
    read = os.preadv

    def slow(*arguments: object) -> int:
        loop.call_soon_threadsafe(reading.set)
        asyncio.run_coroutine_threadsafe(go_on.wait(), loop).result()
        return read(*arguments)  # type: ignore[arg-type]  # as they came

    lying = await bring(Spool(folder=tmp_path), bytes(IN_MEMORY + UNIT))
    monkeypatch.setattr(os, "preadv", slow)
    waiting = asyncio.ensure_future(lying.read(0, 7))
    await reading.wait()
    lying.release()
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    assert len(files(tmp_path)) == 1
    go_on.set()
    await closed(tmp_path)


async def test_discarding_in_the_middle_leaves_nothing(tmp_path: Path) -> None:
    spool = Spool(folder=tmp_path)
    writer = spool.writer("a")
    for _ in range(2 * IN_MEMORY // UNIT):
        await writer.write(bytes(UNIT))
    writer.discard()
    writer.discard()
    await closed(tmp_path)
    assert (spool.used, spool.in_memory) == (0, 0)


async def test_a_body_is_described_as_it_was_sealed() -> None:
    lying = await bring(Spool(), b"abc")
    for body in (b"abc", lying):
        content = described(body, "text/plain")
        assert (content.digest, content.size) == (hashlib.sha256(b"abc").digest(), 3)
        assert (content.name, content.media_type) == ("", "text/plain")


def test_only_what_lies_in_the_spool_can_be_sealed() -> None:
    class Elsewhere(large.Unread):
        pass

    with pytest.raises(TypeError, match="Elsewhere"):
        spooled(Elsewhere())


def test_settings_are_in_mebibytes(tmp_path: Path) -> None:
    spool = Bodies(room=3, room_per_peer=2, largest=1).spool(tmp_path)
    assert (spool.room, spool.room_per_peer, spool.largest) == (3 << 20, 2 << 20, 1 << 20)
    assert isinstance(spool, Spool)
