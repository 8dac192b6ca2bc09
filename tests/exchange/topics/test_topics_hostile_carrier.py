"""A carrier that loses, repeats, swaps, alters and splices: what is read is the owner's history, or is missing."""

import asyncio
import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lienthong.exchange.subjects import topic_subject
from lienthong.exchange.topics.errors import EventsMissing
from lienthong.exchange.topics.receiver import PATIENCE
from lienthong.exchange.topics.shelf import SILENT_AFTER
from lienthong.exchange.topics.subscription import Subscription
from tests.support.carriers import eventually
from tests.support.gateways import COMMUNE, HSO, NEIGHBOUR, World, turns, world
from tests.support.topics import MOVES, SECRET, entry, publish, topics

BLOCKS = 8
STREAM = "TOPIC_01"


def offer_both(made: World, *grants: str) -> None:
    """The topic of moves and another one of the same owner."""
    grants = grants or (str(HSO),)
    made.change(COMMUNE, topics=(entry(*grants), entry(*grants, code="quiet")))


async def _record(folder: Path) -> tuple[list[bytes], list[bytes]]:
    """What is on the stream for the topic of moves, in two epochs, and for the other topic."""
    async with world(folder, "p1") as made:
        offer_both(made)
        for number in range(1, BLOCKS + 1):
            if number == 5:
                offer_both(made, str(HSO), str(NEIGHBOUR))
            await publish(made, number)
            await publish(made, 900 + number, topic=SECRET)
        owner = made.organ(COMMUNE)
        found = made.broker.streams[STREAM].messages
        ours, others = (
            [message.data for message in found if message.subject == topic_subject(owner, topic)]
            for topic in (MOVES, SECRET)
        )
        return ours, others


@cache
def recorded() -> tuple[list[bytes], list[bytes]]:
    """Recorded once: keys and times of all worlds are the same."""
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(_record(Path(folder)))


def altered(data: bytes, at: int) -> bytes:
    at %= len(data)
    return data[:at] + bytes((data[at] ^ 1,)) + data[at + 1 :]


async def everything(subscription: Subscription) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """Read to the end, going on behind every hole: sequences with the numbers in the events, and what is missing."""
    found: list[tuple[int, int]] = []
    missing: list[tuple[int, int]] = []
    after = 0
    while True:
        try:
            deliveries = subscription.read(after=after, limit=3).deliveries
        except EventsMissing as error:
            missing.append((error.first, error.last))
            after = error.last
            continue
        if not deliveries:
            return found, missing
        found += [(each.sequence, int(each.event.data[5:-1])) for each in deliveries]
        after = deliveries[-1].sequence


async def brought(messages: Sequence[bytes]) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """Bring this to a new reader and return what it reads."""
    with tempfile.TemporaryDirectory() as folder:
        async with world(Path(folder), "tw") as made:
            offer_both(made, str(HSO), str(NEIGHBOUR))
            subject = topic_subject(made.organ(COMMUNE), MOVES)
            for number, data in enumerate(messages):
                made.broker.store(subject, data, str(number))
            subscription = await topics(made).subscribe(HSO, MOVES)
            receiver = topics(made)._receiver
            last = made.broker.streams[STREAM].last
            await eventually(lambda: receiver.follows[str(MOVES)].position >= last and not receiver.rewinding)
            await turns()
            for _ in range(BLOCKS):
                made.clock.advance(PATIENCE)
                await topics(made).tick()
            return await everything(subscription)


def whole(number: int) -> list[tuple[int, int]]:
    return [(each, each) for each in range(1, number + 1)]


def test_as_recorded_it_is_read_as_published() -> None:
    ours, _ = recorded()
    assert len(ours) == BLOCKS + 2
    assert asyncio.run(brought(ours)) == (whole(BLOCKS), [])


ACTS = st.one_of(
    st.tuples(st.just("ours"), st.integers(0, BLOCKS + 1)),
    st.tuples(st.just("other"), st.integers(0, BLOCKS)),
    st.tuples(st.just("altered"), st.integers(0, BLOCKS + 1), st.integers(0, 5000)),
    st.tuples(st.just("noise"), st.binary(max_size=60)),
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(acts=st.lists(ACTS, max_size=30))
def test_nothing_but_the_history_is_ever_read_and_every_hole_is_said(acts: list[tuple[object, ...]]) -> None:
    ours, others = recorded()
    messages = []
    for act in acts:
        match act:
            case ("ours", int() as index):
                messages.append(ours[index])
            case ("other", int() as index):
                messages.append(others[index % len(others)])
            case ("altered", int() as index, int() as at):
                messages.append(altered(ours[index], at))
            case (_, bytes() as noise):
                messages.append(noise)
    found, missing = asyncio.run(brought(messages))
    # What is read is what was published there, in order; what is not, up to the last, is said to be missing.
    assert all(sequence == number for sequence, number in found)
    covered = [*(sequence for sequence, _ in found), *(s for a, b in missing for s in range(a, b + 1))]
    last = found[-1][0] if found else 0
    assert sorted(covered) == list(range(1, last + 1))


@settings(max_examples=15, suppress_health_check=[HealthCheck.too_slow])
@given(order=st.permutations(range(BLOCKS + 2)), again=st.lists(st.integers(0, BLOCKS + 1), max_size=5))
def test_whatever_the_order_and_repetition_nothing_is_lost_behind_the_first(order: list[int], again: list[int]) -> None:
    ours, _ = recorded()
    found, missing = asyncio.run(brought([ours[index] for index in [*order, *again]]))
    assert found
    assert found[-1] == (BLOCKS, BLOCKS)
    # A new reader cannot know what lay before the first block it got, but for that the numbers tell.
    assert not missing or missing == [(1, found[0][0] - 1)]


def test_a_rollback_of_the_stream_is_no_rollback_of_the_reader() -> None:
    async def rolled_back() -> None:
        ours, _ = recorded()
        with tempfile.TemporaryDirectory() as folder:
            async with world(Path(folder), "tw") as made:
                offer_both(made, str(HSO), str(NEIGHBOUR))
                subject = topic_subject(made.organ(COMMUNE), MOVES)
                for data in ours:
                    made.broker.store(subject, data, None)
                subscription = await topics(made).subscribe(HSO, MOVES)
                await eventually(lambda: subscription.head().sequence == BLOCKS)
                await subscription.ack(BLOCKS)
                # An older state of the stream under the same name.
                made.broker.lose(STREAM)
                for data in ours[:4]:
                    made.broker.store(subject, data, None)
                await made.restart("tw")
                again = topics(made).subscriptions.get(HSO, MOVES)
                await eventually(lambda: topics(made)._receiver.follows[str(MOVES)].position == 4)
                assert again.head().sequence == BLOCKS
                assert again.read().deliveries == ()
                assert len(again.read(after=0).deliveries) == BLOCKS
                # And the rest comes as if nothing had been.
                made.broker.store(subject, ours[-1], None)
                await eventually(lambda: topics(made)._receiver.follows[str(MOVES)].position == 5)
                assert not again.head().forked

    asyncio.run(rolled_back())


def test_a_stream_that_is_cut_off_falls_silent() -> None:
    async def cut() -> None:
        ours, _ = recorded()
        with tempfile.TemporaryDirectory() as folder:
            async with world(Path(folder), "tw") as made:
                offer_both(made, str(HSO), str(NEIGHBOUR))
                for data in ours[:5]:
                    made.broker.store(topic_subject(made.organ(COMMUNE), MOVES), data, None)
                subscription = await topics(made).subscribe(HSO, MOVES)
                await eventually(lambda: subscription.head().sequence == 4)
                assert not subscription.head().silent
                made.clock.advance(SILENT_AFTER)
                assert subscription.head().silent

    asyncio.run(cut())
