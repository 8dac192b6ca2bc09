"""The chain: whatever order, repetition or loss the carrier makes of blocks, what is taken is the owner's history."""

import uuid

from hypothesis import given
from hypothesis import strategies as st

from lienthong.exchange.topics.chain import Chain, Link, Missing, Step

CHAIN = uuid.UUID("019aaaaa-0000-7000-8000-000000000001")
NEWER = uuid.UUID("019aaaab-0000-7000-8000-000000000001")


def digest(number: int, history: str = "") -> bytes:
    return f"{history}{number}".encode().ljust(32, b".")


def history(counts: list[int], name: str = "", begin: int = 1) -> list[Link]:
    """Links as an owner makes them: so many events each."""
    links, first = [], 1
    for number, count in enumerate(counts, begin):
        previous = digest(number - 1, name) if number > 1 else b""
        links.append(Link(number=number, first=first, count=count, digest=digest(number, name), previous=previous))
        first += count
    return links


class Taker:
    """Takes links as the receiver does, and remembers what it took."""

    def __init__(self) -> None:
        self.chain = Chain()
        self.kept: dict[int, Link] = {}
        self.steps: list[Step] = []

    def take(self, link: Link, chain: uuid.UUID = CHAIN) -> Step:
        step = self.chain.step(chain, link, self.kept.get)
        self.steps.append(step)
        if step is Step.RESTART:
            self.kept.clear()
            self.chain = Chain()
        if step in {Step.NEXT, Step.AHEAD, Step.RESTART}:
            self.chain = self.chain.taken(chain, link)
        if step in {Step.NEXT, Step.AHEAD, Step.RESTART, Step.LATE}:
            self.kept[link.number] = link
        return step


HISTORY = history([1, 0, 3, 2, 0, 0, 5, 1, 1, 4])


def test_a_history_in_its_order_is_taken_block_by_block() -> None:
    taker = Taker()
    assert [taker.take(link) for link in HISTORY] == [Step.RESTART, *[Step.NEXT] * 9]
    assert (taker.chain.number, taker.chain.sequence, taker.chain.ahead) == (10, 17, {})


@given(order=st.lists(st.integers(0, 9), max_size=60))
def test_whatever_comes_in_whatever_order_is_a_run_of_the_history(order: list[int]) -> None:
    taker = Taker()
    for index in order:
        assert taker.take(HISTORY[index]) is not Step.FORK
        chain = taker.chain
        # Where it stands is a place of the history, and what lies ahead does not follow yet.
        true = HISTORY[chain.number - 1]
        assert (chain.sequence, chain.digest) == (true.last, true.digest)
        assert chain.number + 1 not in chain.ahead
        assert not chain.contradicted
        # From the first block taken on there is no hole up to there.
        begin = order[0] + 1
        assert set(range(begin, chain.number + 1)) <= set(taker.kept)


@given(order=st.permutations(range(10)))
def test_once_all_has_come_all_from_the_first_on_is_taken(order: list[int]) -> None:
    taker = Taker()
    for index in order:
        taker.take(HISTORY[index])
    assert (taker.chain.number, taker.chain.ahead) == (10, {})


@given(lost=st.sets(st.integers(1, 8), min_size=1))
def test_a_jump_names_exactly_the_events_that_are_missing(lost: set[int]) -> None:
    taker = Taker()
    for index, link in enumerate(HISTORY):
        if index not in lost:
            taker.take(link)
    missing: list[int] = []
    while taker.chain.ahead:
        taker.chain, gap = taker.chain.jumped()
        missing += range(gap.first, gap.last + 1)
    assert missing == [s for i in sorted(lost) for s in range(HISTORY[i].first, HISTORY[i].last + 1)]
    assert taker.chain.number == 10


def test_a_jump_over_blocks_without_events_misses_none() -> None:
    taker = Taker()
    for index in (0, 2):
        taker.take(HISTORY[index])
    assert taker.chain.jumped()[1] == Missing(first=2, last=1)


def test_a_hole_is_filled_from_either_side() -> None:
    taker = Taker()
    for index in (0, 4):
        taker.take(HISTORY[index])
    taker.chain, _ = taker.chain.jumped()
    assert [taker.take(HISTORY[index]) for index in (1, 3, 2)] == [Step.LATE] * 3
    assert set(taker.kept) == {1, 2, 3, 4, 5}


def test_what_nothing_shows_the_place_of_is_not_taken() -> None:
    taker = Taker()
    for index in (0, 6):
        taker.take(HISTORY[index])
    taker.chain, _ = taker.chain.jumped()
    assert taker.take(HISTORY[3]) is Step.STALE


@given(at=st.integers(1, 9), order=st.permutations(range(10)))
def test_two_histories_of_one_owner_are_told_apart(at: int, order: list[int]) -> None:
    # The owner goes on from an older journal: from some block on there are two.
    other = [*HISTORY[:at], *history([1, 0, 3, 2, 0, 0, 5, 1, 1, 4], "x")[at:]]
    taker = Taker()
    for link in HISTORY:
        taker.take(link)
    steps = {index: taker.take(other[index]) for index in order}
    assert all(step is (Step.KNOWN if index < at else Step.FORK) for index, step in steps.items())


def test_a_block_that_does_not_continue_is_a_fork_whenever_it_comes() -> None:
    other = history([1, 0, 3, 2, 0, 0, 5, 1, 1, 4], "x")
    taker = Taker()
    taker.take(HISTORY[0])
    assert taker.take(other[2]) is Step.AHEAD
    assert taker.take(HISTORY[2]) is Step.FORK
    assert taker.take(other[1]) is Step.FORK
    taker.take(HISTORY[1])
    # What lay ahead does not follow; nothing that comes makes it follow.
    assert taker.chain.number == 2
    assert taker.chain.contradicted


def test_a_block_whose_events_are_behind_us_is_a_fork() -> None:
    taker = Taker()
    for link in HISTORY[:4]:
        taker.take(link)
    wrong = Link(number=9, first=3, count=1, digest=digest(9), previous=digest(8))
    assert taker.take(wrong) is Step.FORK


def test_a_newer_chain_replaces_an_older_one_and_never_the_other_way_round() -> None:
    taker = Taker()
    for link in HISTORY:
        taker.take(link)
    fresh = history([2, 2], "n")
    assert taker.take(fresh[0], NEWER) is Step.RESTART
    assert (taker.chain.id, taker.chain.sequence) == (NEWER, 2)
    assert taker.take(HISTORY[0]) is Step.STALE
    assert taker.take(fresh[1], NEWER) is Step.NEXT
