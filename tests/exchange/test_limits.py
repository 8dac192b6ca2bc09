"""Limits: what they let through, whatever comes in whatever order."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lienthong.exchange import limits
from lienthong.exchange.errors import LimitExceeded
from lienthong.exchange.limits import Limit, Limiter, Ticket
from lienthong.kernel.clock import HOUR, SECOND, ManualClock

PEERS = st.sampled_from(["a", "b"])


def limiter(**limit: float) -> tuple[Limiter, ManualClock]:
    clock = ManualClock(1_000_000)
    return Limiter(limit=Limit(**limit), clock=clock), clock  # type: ignore[arg-type]  # numbers of either kind


@given(
    rate=st.integers(1, 50),
    burst=st.integers(1, 20),
    pauses=st.lists(st.integers(0, 3000), max_size=60),
)
def test_never_more_than_the_burst_and_what_time_has_brought(rate: int, burst: int, pauses: list[int]) -> None:
    limited, clock = limiter(calls_per_second=rate, burst=burst)
    passed = taken = 0
    for pause in pauses:
        clock.advance(pause)
        passed += pause
        with contextlib.suppress(LimitExceeded):
            limited.enter("a").close()
            taken += 1
    assert taken <= burst + passed * rate / SECOND


@given(rate=st.integers(1, 50), burst=st.integers(1, 20), calls=st.integers(1, 60))
def test_who_keeps_to_the_rate_is_never_refused(rate: int, burst: int, calls: int) -> None:
    limited, clock = limiter(calls_per_second=rate, burst=burst)
    for _ in range(calls):
        limited.enter("a").close()
        clock.advance(-(-SECOND // rate))


@given(steps=st.lists(st.tuples(PEERS, st.integers(0, 40), st.booleans()), max_size=80))
def test_calls_and_bytes_at_once_are_counted_exactly(steps: list[tuple[str, int, bool]]) -> None:
    limited, _ = limiter(concurrent=3, bytes_in_flight=100, burst=1000)
    held: dict[str, list[tuple[Ticket, int]]] = {"a": [], "b": []}
    for peer, size, ends in steps:
        mine = held[peer]
        if ends and mine:
            ticket, _size = mine.pop()
            ticket.close()
            # Twice is once.
            ticket.close()
            continue
        fits = len(mine) < 3
        with contextlib.suppress(LimitExceeded):
            ticket = limited.enter(peer)
            assert fits
            mine.append((ticket, 0))
            room = sum(taken for _, taken in mine) + size <= 100
            with pytest.raises(LimitExceeded) if not room else contextlib.nullcontext():
                ticket.add(size)
            if room:
                mine[-1] = (ticket, size)


def test_one_peer_does_not_use_up_another_s() -> None:
    limited, _ = limiter(burst=1, calls_per_second=1)
    limited.enter("a")
    with pytest.raises(
        LimitExceeded, match=r"^Too much at once or in too short a time: a: more than 1 calls per second"
    ):
        limited.enter("a")
    limited.enter("b")


def test_a_clock_that_is_set_back_locks_nobody_out() -> None:
    limited, clock = limiter(burst=1, calls_per_second=1)
    limited.enter("a").close()
    clock.advance(-HOUR)
    with pytest.raises(LimitExceeded):
        limited.enter("a")
    clock.advance(SECOND)
    limited.enter("a")


def test_a_block_that_fails_gives_its_place_back() -> None:
    limited, _ = limiter(concurrent=1)
    with contextlib.suppress(ZeroDivisionError), limited.enter("a") as ticket:
        ticket.add(5)
        raise ZeroDivisionError
    with limited.enter("a") as ticket:
        ticket.add(Limit().bytes_in_flight)


def test_refusals_are_told_once_with_their_number() -> None:
    limited, clock = limiter(burst=1, calls_per_second=0.001)
    for peer in ("a", "b"):
        limited.enter(peer).close()
    for _ in range(1000):
        clock.advance(1)
        with contextlib.suppress(LimitExceeded):
            limited.enter("a")
    with contextlib.suppress(LimitExceeded):
        limited.enter("b")
    told = {each.peer: each for each in limited.told()}
    assert (told["a"].count, told["a"].last - told["a"].first, told["b"].count) == (1000, 999, 1)
    assert limited.told() == ()


def test_peers_without_number_share_an_account_and_no_more_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_PEERS", 10)
    limited, clock = limiter(burst=1, calls_per_second=0.001)
    for number in range(1000):
        with contextlib.suppress(LimitExceeded):
            limited.enter(str(number)).close()
    assert len(limited._accounts) <= 11
    assert {each.peer for each in limited.told()} == {"(others)"}
    # Whoever has not called for long makes room.
    clock.advance(HOUR)
    limited.enter("new").close()
    assert set(limited._accounts) == {"new"}


@pytest.mark.parametrize("name", ["calls_per_second", "burst", "concurrent", "bytes_in_flight"])
def test_a_limit_that_keeps_everybody_out_is_none(name: str) -> None:
    with pytest.raises(ValueError, match="must be above 0"):
        Limit(**{name: 0})
