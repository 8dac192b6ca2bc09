"""The directory of a country: 3,400 organs with hybrid keys, published, fetched, changed, looked up.

Everything is signed and verified for real, in memory and over HTTP on loopback. The peer of a transfer is
the file it would be without shards: all organs of the branch in one.
"""

import contextlib
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from msgspec.structs import replace as changed

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from _report import Row, at_most, main

from lienthong.directory.client import verify
from lienthong.directory.fetchers import Fetcher, HttpFetcher, MemoryFetcher
from lienthong.directory.follow import Follower
from lienthong.directory.indexing import Indexer
from lienthong.directory.layout import split
from lienthong.directory.proof import extract
from lienthong.directory.publish import build, with_branch, with_clock
from lienthong.directory.published import Published
from lienthong.directory.signing import RoleKeys
from lienthong.directory.snapshot import Snapshot
from lienthong.directory.source import Source
from tests.support.directories import NOW, clock, new_source

# 35 branches; the largest province has 166 communes and an organ of its own.
SIZES = (1, 167, *[98] * 32, 96)
LARGEST = "02"


def measure(quick: bool) -> list[Row]:  # noqa: FBT001 - as _report calls it
    """Publish, fetch, change and look up."""
    runs = 1 if quick else 5
    source = new_source(SIZES)
    organs = sum(len(branch.organs) for branch in source.branches.values())
    keys = RoleKeys.generate(source.branches)
    now = clock()
    published = build(source, keys, now)
    first = _seconds(runs, lambda: build(source, keys, now))
    return [
        at_most(f"publish {organs} organs for the first time", first, "s", 2),
        *_branch(runs, source, keys, published),
        *_start(runs, published),
        *_changes(source, keys, published),
        *_lookups(published),
    ]


def _branch(runs: int, source: Source, keys: RoleKeys, published: Published) -> Iterator[Row]:
    after = _renamed(source, 0)

    def publish() -> None:
        signed = with_branch(published, after, LARGEST, keys.branches[LARGEST], NOW)
        with_clock(signed, snapshot=keys.snapshot, timestamp=keys.timestamp, now=NOW)

    yield at_most("publish a change in the largest branch", _seconds(runs, publish) * 1000, "ms", 100)


def _start(runs: int, published: Published) -> Iterator[Row]:
    memory = MemoryFetcher(published.files())
    seconds = [_cold(memory, published) for _ in range(runs)]
    yield at_most("start from nothing, files in memory", statistics.median(seconds), "s", 3)
    yield Row(name="fetched for that", value=memory.received / runs / 1e6, unit="MB")
    yield Row(name="in so many files", value=memory.requests / runs, unit="files")
    # Without nginx (Debian package nginx-light) the table has one row less.
    if _nginx():
        with _served(published) as url:
            seconds = [_cold(HttpFetcher(url), published) for _ in range(runs)]
        yield at_most("start from nothing over HTTP (nginx)", statistics.median(seconds), "s", 3)
    with tempfile.TemporaryDirectory() as folder:
        _follower(memory, published, folder).refresh_blocking()

        def offline() -> None:
            _follower(MemoryFetcher({}), published, folder).start()

        yield at_most("start offline from its copy", _seconds(runs, offline), "s", 3)


def _changes(source: Source, keys: RoleKeys, published: Published) -> Iterator[Row]:
    whole = sum(map(len, split(LARGEST, source.branches[LARGEST]).values()))
    costs, seconds = [], []
    fetcher = MemoryFetcher(published.files())
    with tempfile.TemporaryDirectory() as folder:
        follower = _follower(fetcher, published, folder)
        follower.refresh_blocking()
        before = fetcher.received
        follower.refresh_blocking()
        yield Row(name="fetched when nothing changed", value=fetcher.received - before, unit="B")
        for number in _worst(source):
            source = _renamed(source, number)
            published = build(source, keys, clock(), published)
            fetcher.files = published.files()
            before, start = fetcher.received, time.perf_counter()
            follower.refresh_blocking()
            seconds.append(time.perf_counter() - start)
            costs.append(fetcher.received - before)
    yield replace(
        at_most("fetched when one organ changed, worst case", max(costs) / 1000, "KB", 50),
        peer="the branch in one file",
        peer_value=whole / 1000,
        ratio=max(costs) / whole,
    )
    yield Row(name="fetched when one organ changed, on average", value=statistics.mean(costs) / 1000, unit="KB")
    yield Row(name="until that change counts at a gateway", value=statistics.median(seconds) * 1000, unit="ms")


def _lookups(published: Published) -> Iterator[Row]:
    verified = verify(published, root=published.root, at=NOW)
    seconds = _seconds(5, lambda: Indexer().snapshot(verified.facts))
    yield at_most("build the snapshot of all organs", seconds, "s", 0.3)
    snapshot = Indexer().snapshot(verified.facts)
    organs = list(snapshot.organs())
    yield Row(name="look up an organ and its sealing key", value=_microseconds(snapshot), unit="µs")
    data = extract(published, organs=[organs[-1].id])
    yield Row(name="proof of one organ for offline evidence", value=len(data) / 1000, unit="KB")


def _microseconds(snapshot: Snapshot) -> float:
    ids = [organ.id for organ in snapshot.organs()]
    start = time.perf_counter()
    for id_ in ids:
        snapshot.sealing_key(id_, NOW)
    return (time.perf_counter() - start) / len(ids) * 1e6


def _renamed(source: Source, number: int) -> Source:
    """Return a source in which one organ of the largest branch has another name."""
    branch = source.branches[LARGEST]
    organs = list(branch.organs)
    organs[number] = changed(organs[number], name=f"Renamed {number}")
    return replace(source, branches={**source.branches, LARGEST: changed(branch, organs=tuple(organs))})


def _worst(source: Source) -> list[int]:
    """Return one organ of every file of the largest branch: the fullest file is the worst case."""
    organs = source.branches[LARGEST].organs
    return [
        next(number for number, organ in enumerate(organs) if f'"{organ.token}"'.encode() in data)
        for data in split(LARGEST, source.branches[LARGEST]).values()
    ]


def _cold(fetcher: Fetcher, published: Published) -> float:
    with tempfile.TemporaryDirectory() as folder:
        follower = _follower(fetcher, published, folder)
        start = time.perf_counter()
        follower.refresh_blocking()
        return time.perf_counter() - start


def _follower(fetcher: Fetcher, published: Published, folder: str) -> Follower:
    return Follower(fetcher, folder=Path(folder), root=published.root, clock=clock())


@contextmanager
def _served(published: Published) -> Iterator[str]:
    with tempfile.TemporaryDirectory() as folder:
        published.save(Path(folder))
        # Its worker may run as another user.
        Path(folder).chmod(0o755)
        port = _free_port()
        configuration = Path(folder) / "nginx.conf"
        configuration.write_text(
            f"daemon off; pid {folder}/pid; error_log /dev/null; events {{}}\n"
            f"http {{ access_log off; server {{ listen 127.0.0.1:{port}; root {folder}; }} }}\n"
        )
        with subprocess.Popen([_nginx(), "-c", str(configuration)], stderr=subprocess.DEVNULL) as server:
            try:
                _wait_for(port)
                yield f"http://127.0.0.1:{port}"
            finally:
                server.terminate()


def _nginx() -> str:
    return shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin") or ""


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _wait_for(port: int) -> None:
    for _ in range(200):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return
        time.sleep(0.05)


def _seconds(runs: int, what: Callable[[], object]) -> float:
    """Return the median duration."""
    durations = []
    for _ in range(runs):
        start = time.perf_counter()
        what()
        durations.append(time.perf_counter() - start)
    return statistics.median(durations)


if __name__ == "__main__":
    main("Directory", measure)
