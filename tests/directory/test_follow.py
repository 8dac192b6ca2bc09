"""A gateway's copy: offline, through freezes, killed processes and clocks that run backwards."""

import asyncio
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from lienthong.directory.errors import (
    DirectoryError,
    DirectoryExpired,
    DirectoryMissing,
    DirectoryRefused,
    DirectoryRolledBack,
    DirectoryUnreachable,
)
from lienthong.directory.fetchers import MemoryFetcher
from lienthong.directory.follow import Follower
from lienthong.directory.publish import build
from lienthong.directory.published import Published
from lienthong.directory.signing import RoleKeys
from lienthong.directory.snapshot import Snapshot, Standing
from lienthong.directory.source import Source
from lienthong.kernel.clock import DAY, HOUR, SECOND, ManualClock
from tests.support.directories import NOW, clock, files_in, renamed

type Start = Callable[[], Follower]


@pytest.fixture(scope="module")
def newer(source: Source, keys: RoleKeys, published: Published) -> Published:
    """The second version, an hour later, with one organ of branch 01 changed."""
    return build(renamed(source, "01", "New name"), keys, clock(NOW + HOUR), published)


@pytest.fixture
def republish(
    mirror: MemoryFetcher, source: Source, keys: RoleKeys, published: Published, now: ManualClock
) -> Callable[[], None]:
    """Let the centre renew the timestamp now."""

    def renew() -> None:
        mirror.files = build(source, keys, now, published).files()

    return renew


def test_without_a_copy_there_is_none(start: Start) -> None:
    follower = start()
    assert follower.start() is None
    assert follower.standing() is Standing.STALE
    with pytest.raises(DirectoryMissing, match="Connect the gateway to the centre once"):
        _ = follower.snapshot


def test_the_first_fetch_brings_everything(follower: Follower, published: Published) -> None:
    assert len(list(follower.snapshot.organs())) == 5
    assert follower.published == published
    assert follower.standing() is Standing.FRESH


def test_without_news_nothing_changes(follower: Follower) -> None:
    before = follower.snapshot
    assert not follower.refresh_blocking()
    assert follower.snapshot is before


def test_news_are_taken_and_announced(
    follower: Follower, mirror: MemoryFetcher, newer: Published, now: ManualClock, tmp_path: Path
) -> None:
    seen: list[Snapshot] = []
    listener = Follower(mirror, folder=tmp_path / "other", root=newer.root, clock=now, on_change=seen.append)
    assert listener.refresh_blocking()
    mirror.files = newer.files()
    assert listener.refresh_blocking()
    assert not listener.refresh_blocking()
    assert [snapshot.version for snapshot in seen] == [1, 2]
    organ = seen[1].organ_by_token("o01-0")
    assert organ is not None
    assert organ.name == "New name"


async def test_fetching_does_not_hold_up_the_loop(start: Start, mirror: MemoryFetcher) -> None:
    follower = start()
    refreshing = asyncio.create_task(follower.refresh())
    turns = 0
    while not refreshing.done():
        await asyncio.sleep(0)
        turns += 1
    assert await refreshing
    assert turns > 10


async def test_a_change_is_announced_in_the_loop(start: Start, mirror: MemoryFetcher, tmp_path: Path) -> None:
    loops: list[asyncio.AbstractEventLoop] = []
    follower = Follower(
        mirror, folder=tmp_path, root=start()._root, clock=clock(),
        on_change=lambda _: loops.append(asyncio.get_running_loop()),
    )  # fmt: skip
    await follower.refresh()
    assert loops == [asyncio.get_running_loop()]


async def test_it_goes_on_refreshing_through_failures(
    start: Start, mirror: MemoryFetcher, published: Published, caplog: pytest.LogCaptureFixture
) -> None:
    follower = start()
    mirror.files = {}
    running = asyncio.create_task(follower.run(0.01))
    await _until(lambda: bool(caplog.records))
    assert "directory_unreachable" in caplog.text
    mirror.files = published.files()
    await _until(lambda: follower.standing() is Standing.FRESH)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


def test_a_timestamp_alone_extends_the_term(
    follower: Follower, republish: Callable[[], None], now: ManualClock
) -> None:
    before = follower.snapshot
    now.advance(DAY)
    republish()
    assert follower.refresh_blocking()
    assert follower.snapshot.expires == before.expires + DAY
    assert follower.snapshot.grace_until == before.grace_until + DAY
    # The same content is not read again.
    assert follower.snapshot.indexes is before.indexes


def test_cut_off_it_is_fresh_then_in_grace_then_stale(
    follower: Follower, mirror: MemoryFetcher, now: ManualClock
) -> None:
    mirror.files = {}
    for wait, standing in (
        (3 * DAY - SECOND, Standing.FRESH),
        (SECOND, Standing.GRACE),
        (3 * DAY - SECOND, Standing.GRACE),
        (SECOND, Standing.STALE),
    ):
        now.advance(wait)
        with pytest.raises(DirectoryUnreachable):
            follower.refresh_blocking()
        assert follower.standing() is standing
    assert len(list(follower.snapshot.organs())) == 5


def test_frozen_it_ends_the_same_way(follower: Follower, now: ManualClock) -> None:
    now.advance(3 * DAY)
    with pytest.raises(DirectoryExpired, match="someone holds back"):
        follower.refresh_blocking()
    assert follower.standing() is Standing.GRACE
    now.advance(3 * DAY)
    assert follower.standing() is Standing.STALE


def test_after_grace_a_newer_version_makes_it_fresh(
    follower: Follower, republish: Callable[[], None], now: ManualClock
) -> None:
    now.advance(10 * DAY)
    republish()
    assert follower.refresh_blocking()
    assert follower.standing() is Standing.FRESH


@pytest.mark.parametrize(
    ("later", "standing"),
    [(0, Standing.FRESH), (3 * DAY, Standing.GRACE), (6 * DAY, Standing.STALE), (400 * DAY, Standing.STALE)],
)
def test_it_starts_offline(
    follower: Follower, mirror: MemoryFetcher, now: ManualClock, later: int, standing: Standing
) -> None:
    before = mirror.requests
    now.advance(later)
    again = Follower(mirror, folder=follower.folder, root=follower.published.root, clock=now)
    assert again.start() == follower.snapshot
    assert again.standing() is standing
    assert mirror.requests == before


def test_a_copy_counts_only_under_the_root_that_is_trusted(
    follower: Follower, mirror: MemoryFetcher, source: Source, tmp_path: Path
) -> None:
    other = build(source, RoleKeys.generate(source.branches), clock())
    stranger = Follower(mirror, folder=tmp_path / "cache", root=other.root, clock=clock())
    with pytest.raises(DirectoryRefused):
        stranger.start()
    assert stranger.standing() is Standing.STALE


def test_a_rollback_is_seen_after_a_restart(
    follower: Follower, start: Start, mirror: MemoryFetcher, newer: Published, published: Published
) -> None:
    mirror.files = newer.files()
    assert follower.refresh_blocking()
    mirror.files = published.files()
    # Nobody called start(): the copy on disk guards all the same.
    with pytest.raises(DirectoryRolledBack):
        start().refresh_blocking()
    with pytest.raises(DirectoryRolledBack):
        follower.refresh_blocking()
    assert follower.snapshot.version == 2


def test_a_refused_version_leaves_no_trace(
    follower: Follower, start: Start, mirror: MemoryFetcher, newer: Published, tmp_path: Path
) -> None:
    before = _content(tmp_path)
    mirror.files = {name: data for name, data in newer.files().items() if "2.branch-01" not in name}
    with pytest.raises(DirectoryUnreachable):
        follower.refresh_blocking()
    mirror.files = {name: data + b" " if "2.branch-01" in name else data for name, data in newer.files().items()}
    with pytest.raises(DirectoryRefused):
        follower.refresh_blocking()
    assert _content(tmp_path) == before
    snapshot = start().start()
    assert snapshot is not None
    assert snapshot.version == 1
    mirror.files = newer.files()
    assert follower.refresh_blocking()


def test_a_clock_that_runs_backwards_makes_nothing_fresher(
    follower: Follower, start: Start, republish: Callable[[], None], now: ManualClock
) -> None:
    now.advance(2 * DAY)
    republish()
    assert follower.refresh_blocking()
    assert not follower.clock_is_behind
    now.at = NOW - 365 * DAY
    for one in (follower, start()):
        one.start()
        assert one.clock_is_behind
        assert one.now() == NOW + 2 * DAY
        assert one.snapshot.standing(one.now()) is Standing.FRESH
        assert not one.refresh_blocking()


def test_a_clock_that_ran_ahead_is_healed_by_a_newer_timestamp(
    follower: Follower, republish: Callable[[], None], now: ManualClock
) -> None:
    now.advance(2 * DAY)
    assert not follower.refresh_blocking()
    now.at = NOW + 12 * HOUR
    behind = [follower.clock_is_behind]
    republish()
    assert follower.refresh_blocking()
    assert [*behind, follower.clock_is_behind] == [True, False]
    assert follower.now() == NOW + 12 * HOUR


def test_a_damaged_copy_says_what_to_do(follower: Follower, start: Start, tmp_path: Path) -> None:
    (path,) = (tmp_path / "cache").iterdir()
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(DirectoryRefused, match=r"directory.cbor is damaged.*Delete it"):
        start().start()
    path.unlink()
    assert start().refresh_blocking()


def test_an_altered_copy_is_refused(follower: Follower, start: Start, tmp_path: Path) -> None:
    (path,) = (tmp_path / "cache").iterdir()
    path.write_bytes(path.read_bytes().replace(b"Organ 0 of 01", b"Organ 1 of 01"))
    with pytest.raises(DirectoryRefused):
        start().start()


def test_a_folder_that_cannot_be_used_is_named(start: Start, tmp_path: Path) -> None:
    (tmp_path / "cache").write_bytes(b"a file")
    with pytest.raises(DirectoryError, match="cache"):
        start().start()


def test_what_a_killed_run_left_is_cleared_away(start: Start, tmp_path: Path) -> None:
    (tmp_path / "cache" / "sync-left").mkdir(parents=True)
    (tmp_path / "cache" / "sync-left" / "timestamp.json").write_bytes(b"{")
    assert start().refresh_blocking()
    assert files_in(tmp_path) == ["cache/directory.cbor"]


SLOW = """
import sys, time
from pathlib import Path
from lienthong.directory.fetchers import MemoryFetcher
from lienthong.directory.follow import Follower
from lienthong.directory.published import Published
from lienthong.kernel.clock import ManualClock

class SlowFetcher(MemoryFetcher):
    def _chunks(self, name):
        print(name, flush=True)
        time.sleep(0.05)
        return super()._chunks(name)

published = Published.from_bytes(Path(sys.argv[1]).read_bytes())
fetcher = SlowFetcher(published.files())
clock = ManualClock(int(sys.argv[3]))
Follower(fetcher, folder=Path(sys.argv[2]), root=published.root, clock=clock).refresh_blocking()
"""


@pytest.mark.parametrize("files", [1, 2, 4])
def test_a_gateway_killed_in_mid_fetch_starts_again(
    files: int, published: Published, newer: Published, tmp_path: Path
) -> None:
    folder, bundle = tmp_path / "cache", tmp_path / "newer"
    bundle.write_bytes(newer.to_bytes())
    first = Follower(MemoryFetcher(published.files()), folder=folder, root=published.root, clock=clock())
    first.refresh_blocking()
    arguments = [sys.executable, "-c", SLOW, str(bundle), str(folder), str(NOW)]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        for _ in range(files):
            process.stdout.readline()
        process.kill()
    assert len(files_in(folder)) > 1
    again = Follower(MemoryFetcher(newer.files()), folder=folder, root=published.root, clock=clock())
    snapshot = again.start()
    assert snapshot is not None
    assert snapshot.version == 1
    again.refresh_blocking()
    assert again.snapshot.version == 2
    assert files_in(folder) == ["directory.cbor"]


async def _until(reached: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not reached():  # noqa: ASYNC110 - what is waited for has no event
            await asyncio.sleep(0.01)


def _content(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in files_in(folder)}
