"""A small directory that every test starts from; values never change, so it is made once."""

from collections.abc import Callable
from pathlib import Path

import pytest

from lienthong.directory.fetchers import MemoryFetcher
from lienthong.directory.follow import Follower
from lienthong.directory.publish import build
from lienthong.directory.published import Published
from lienthong.directory.signing import RoleKeys
from lienthong.directory.source import Source
from lienthong.kernel.clock import ManualClock
from tests.support.directories import clock, new_source


@pytest.fixture(scope="session")
def source() -> Source:
    """Two branches with two and three organs."""
    return new_source((2, 3))


@pytest.fixture(scope="session")
def keys(source: Source) -> RoleKeys:
    """A key for every role."""
    return RoleKeys.generate(source.branches)


@pytest.fixture(scope="session")
def published(source: Source, keys: RoleKeys) -> Published:
    """The first published version."""
    return build(source, keys, clock())


@pytest.fixture
def now() -> ManualClock:
    """The gateway's clock."""
    return clock()


@pytest.fixture
def mirror(published: Published) -> MemoryFetcher:
    """What the gateway fetches from; tests put other files there."""
    return MemoryFetcher(published.files())


@pytest.fixture
def start(tmp_path: Path, mirror: MemoryFetcher, published: Published, now: ManualClock) -> Callable[[], Follower]:
    """Make a follower as a new process would, always in the same folder."""
    return lambda: Follower(mirror, folder=tmp_path / "cache", root=published.root, clock=now)


@pytest.fixture
def follower(start: Callable[[], Follower]) -> Follower:
    """A gateway that has the first version."""
    made = start()
    assert made.refresh_blocking()
    return made
