"""The order of a conversation: whatever the order of arrival, and however often."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lienthong.exchange.mail.conversation import LATE, MAX_HELD, Thread


def heard(*places: int) -> list[tuple[int, int]]:
    thread = Thread[int]()
    return [pair for place in places for pair in thread.hear(place, place)]


@given(st.permutations(range(1, 9)))
def test_whatever_the_order_of_arrival_they_are_handed_over_in_order(places: list[int]) -> None:
    assert heard(*places) == [(place, 0) for place in range(1, 9)]


@given(st.lists(st.integers(1, 9), max_size=30), st.sets(st.integers(0, 29)))
def test_nothing_is_lost_and_a_gap_is_always_marked(places: list[int], impatient: set[int]) -> None:
    thread = Thread[int]()
    out: list[tuple[int, int]] = []
    for number, place in enumerate(places):
        out += thread.hear(place, number)
        if number in impatient:
            out += thread.overdue()
    while thread.held:
        out += thread.overdue()
    # Every arrival exactly once.
    assert sorted(number for number, _ in out) == list(range(len(places)))
    last = 0
    for number, gap in out:
        if gap == LATE:
            assert places[number] <= last or places.count(places[number]) > 1
            continue
        # In rising order, and what was skipped is told exactly.
        assert places[number] == last + gap + 1
        last = places[number]


@given(st.lists(st.integers(1, 12), unique=True, min_size=1))
def test_waiting_ends_with_what_is_there(places: list[int]) -> None:
    thread = Thread[int]()
    out = [pair for place in places for pair in thread.hear(place, place)]
    while thread.held:
        out += thread.overdue()
    assert [place for place, _ in out] == sorted(places)
    assert sum(gap for _, gap in out) == max(places) - len(places)


def test_one_that_will_not_come_is_passed_over() -> None:
    thread = Thread[int]()
    assert thread.hear(2, 2) == []
    # Not the one that is waited for: nothing changes.
    assert thread.skip(3) == []
    assert thread.skip(1) == [(2, 0)]
    assert thread.hear(3, 3) == [(3, 0)]
    assert thread.overdue() == []


def test_the_same_place_twice_does_not_push_the_first_out() -> None:
    assert heard(2, 2, 1, 1) == [(2, LATE), (1, 0), (2, 0), (1, LATE)]


def test_not_too_many_wait() -> None:
    thread = Thread[int]()
    for place in range(2, MAX_HELD + 2):
        assert thread.hear(place, place) == []
    ripe = thread.hear(MAX_HELD + 2, 0)
    assert len(ripe) == MAX_HELD + 1
    assert ripe[0] == (2, 1)
    assert thread.held == {}


@pytest.mark.parametrize("place", [1, 5])
def test_a_thread_goes_on_from_what_is_stored(place: int) -> None:
    thread = Thread[str](next=place, held={place + 1: "b"})
    assert thread.hear(place, "a") == [("a", 0), ("b", 0)]
