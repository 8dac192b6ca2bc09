"""Replays: an id counts once for its sender, durably, and for as long as it could come again."""

import uuid
from collections.abc import Iterator
from copy import replace
from pathlib import Path

import pytest

from lienthong.exchange.errors import Replayed
from lienthong.exchange.replay import _SWEEP_EVERY, ReplayGuard
from lienthong.kernel.clock import ManualClock
from lienthong.kernel.labels import INTERNAL
from lienthong.trust.header import Header, Kind
from lienthong.trust.journal import Journal

NOW = 1_795_000_000_000
HEADER = Header(
    kind=Kind.MESSAGE,
    id=uuid.UUID(int=1),
    sender="VN/PARTY/A01",
    receiver="VN/PARTY/U1",
    label=INTERNAL,
    created=NOW,
    expires=NOW + 1000,
)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOW)


@pytest.fixture
def journal(tmp_path: Path, clock: ManualClock) -> Iterator[Journal]:
    opened = Journal.open(tmp_path / "journal.sqlite", site="p1", clock=clock)
    yield opened
    opened.close()


def test_an_id_is_taken_once(journal: Journal, clock: ManualClock) -> None:
    guard = ReplayGuard(journal, clock)
    assert guard.digest_of(HEADER) is None
    guard.claim(HEADER, b"digest")
    assert guard.digest_of(HEADER) == b"digest"
    with pytest.raises(Replayed, match=str(HEADER.id)):
        guard.claim(HEADER, b"another")
    assert guard.digest_of(HEADER) == b"digest"


@pytest.mark.parametrize("field", ["id", "sender", "receiver"])
def test_nobody_uses_up_an_id_of_somebody_else(journal: Journal, clock: ManualClock, field: str) -> None:
    # All receivers of a broadcast know its id: one of them must not be able to shut out another.
    guard = ReplayGuard(journal, clock)
    guard.claim(HEADER, b"digest")
    other = replace(HEADER, **{field: uuid.UUID(int=2) if field == "id" else "VN/STATE/M1"})  # type: ignore[arg-type]  # by name
    assert guard.digest_of(other) is None
    assert guard.claim(other, b"digest")


def test_an_id_that_was_given_back_may_come_again(journal: Journal, clock: ManualClock) -> None:
    guard = ReplayGuard(journal, clock)
    guard.claim(HEADER, b"digest")
    guard.release(HEADER)
    guard.release(HEADER)
    assert guard.digest_of(HEADER) is None
    assert guard.claim(HEADER, b"digest")


async def test_what_was_recorded_is_known_after_a_restart(journal: Journal, clock: ManualClock) -> None:
    await journal.commit([], ReplayGuard(journal, clock).claim(HEADER, b"digest"))
    assert ReplayGuard(journal, clock).digest_of(HEADER) == b"digest"
    # What was not recorded is not: it has not counted.
    ReplayGuard(journal, clock).claim(replace(HEADER, id=uuid.UUID(int=2)), b"digest")
    assert ReplayGuard(journal, clock).digest_of(replace(HEADER, id=uuid.UUID(int=2))) is None


async def test_what_has_expired_is_forgotten_in_time(journal: Journal, clock: ManualClock) -> None:
    guard = ReplayGuard(journal, clock)
    await journal.commit([], guard.claim(HEADER, b"digest"))
    clock.advance(2000)
    later = replace(HEADER, expires=NOW + 9_000_000)
    for number in range(2, _SWEEP_EVERY):
        assert len(guard.claim(replace(later, id=uuid.UUID(int=number)), b"digest")) == 1
    assert guard.digest_of(HEADER) == b"digest"
    await journal.commit([], guard.claim(replace(later, id=uuid.UUID(int=_SWEEP_EVERY)), b"digest"))
    assert guard.digest_of(HEADER) is None
    assert journal.read("SELECT count(*) FROM replay WHERE id = ?", (HEADER.id.bytes,)) == [(0,)]


async def test_an_expired_id_that_is_still_stored_can_be_used_again(journal: Journal, clock: ManualClock) -> None:
    # An error here would end the reading of mail for good, with one message of one ill-meaning peer.
    await journal.commit([], ReplayGuard(journal, clock).claim(HEADER, b"digest"))
    clock.advance(2000)
    guard = ReplayGuard(journal, clock)
    again = replace(HEADER, created=NOW + 2000, expires=NOW + 5000)
    await journal.commit([], guard.claim(again, b"other"))
    assert ReplayGuard(journal, clock).digest_of(HEADER) == b"other"
