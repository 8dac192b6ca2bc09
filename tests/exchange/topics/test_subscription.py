"""Reading: each in its own time, in order, once for whoever says how far it has come; never what it may not."""

import asyncio

import pytest

from lienthong.exchange.topics.errors import (
    EventsMissing,
    NotGranted,
    SubscriptionUnknown,
)
from lienthong.kernel.clock import HOUR
from tests.support.gateways import CENTRE, HSO, World
from tests.support.topics import (
    DESK,
    MOVES,
    equip,
    numbers,
    offer,
    publish,
    read_up,
    reads,
    subscribed,
    topics,
)

STREAM = "TOPIC_01"


# -- where it begins, and how far it has come


async def test_each_reader_has_a_place_of_its_own(country: World) -> None:
    equip(country)
    offer(country, str(CENTRE), str(DESK))
    first, second = await subscribed(country), await subscribed(country, DESK)
    third = await subscribed(country, name="again")
    await publish(country, *range(1, 11))
    await read_up(country, 10)
    await first.ack(4)
    await second.ack(9)
    assert (numbers(first), numbers(second)) == ([5, 6, 7, 8, 9, 10], [10])
    assert numbers(third, limit=3) == [1, 2, 3]
    assert numbers(third, limit=3) == [1, 2, 3]
    assert [each.reader.name for each in topics(country).subscriptions.of(HSO)] == ["", "again"]
    # Whoever reads here, it is kept once.
    assert country.running["tw"].node.journal.read("SELECT count(*) FROM topic_block") == [(1,)]


async def test_subscribing_again_changes_nothing(country: World) -> None:
    offer(country)
    subscription = await subscribed(country)
    await publish(country, 1, 2)
    await read_up(country, 2)
    await subscription.ack(1)
    assert await subscribed(country, after=0) is subscription
    assert numbers(subscription) == [2]


@pytest.mark.parametrize(("after", "expected"), [(0, [1, 2, 3]), (2, [3]), (3, []), (7, [])])
async def test_it_begins_behind_an_event(country: World, after: int, expected: list[int]) -> None:
    offer(country)
    await publish(country, 1, 2, 3)
    subscription = await subscribed(country, after=after)
    await read_up(country, 3)
    assert numbers(subscription) == expected


async def test_it_begins_at_a_time(country: World) -> None:
    offer(country)
    times = []
    for number in range(1, 5):
        times.append(country.clock.now())
        await publish(country, number)
        country.clock.advance(HOUR)
    subscription = await subscribed(country, since=times[1] + 1)
    await reads(subscription, [3, 4])
    assert numbers(await subscribed(country, name="exact", since=times[1])) == [2, 3, 4]
    late = await subscribed(country, name="new", since=country.clock.now())
    assert numbers(late) == []
    await publish(country, 5)
    await reads(late, [5])


async def test_seeking_replays_from_a_sequence_or_a_time(country: World) -> None:
    offer(country)
    subscription = await subscribed(country)
    await publish(country, 1, 2)
    country.clock.advance(HOUR)
    at = country.clock.now()
    await publish(country, 3)
    await read_up(country, 3)
    await subscription.ack(3)
    assert numbers(subscription) == []
    await subscription.seek(sequence=1)
    assert numbers(subscription) == [2, 3]
    await subscription.seek(at=at)
    assert numbers(subscription) == [3]
    await subscription.seek(at=0)
    assert numbers(subscription) == [1, 2, 3]
    details = [entry_.detail for entry_ in country.entries("tw") if "seek" in entry_.detail]
    assert [detail.partition(": ")[2] for detail in details] == [
        "seek: behind 1",
        f"seek: from time {at}",
        "seek: from time 0",
    ]


async def test_the_place_outlives_a_restart(country: World) -> None:
    offer(country)
    subscription = await subscribed(country, purpose="audit")
    await publish(country, 1, 2, 3)
    await read_up(country, 3)
    await subscription.ack(2)
    await country.restart("tw")
    again = topics(country).subscriptions.get(HSO, MOVES)
    assert numbers(again) == [3]
    assert again.reader.purpose == "audit"
    await publish(country, 4)
    await reads(again, [3, 4])


async def test_an_acknowledgement_is_evidence_of_what_was_read(country: World) -> None:
    offer(country)
    subscription = await subscribed(country, purpose="audit", name="n")
    await publish(country, 1, 2, 3)
    await read_up(country, 3)
    await subscription.ack(2)
    await subscription.ack(1)
    await subscription.ack(2)
    await subscription.ack(3)
    read = [entry_ for entry_ in country.entries("tw") if entry_.kind == "read"]
    assert [(e.organ, e.direction, e.peer, e.purpose, e.label, e.detail) for e in read] == [
        (str(CENTRE), "in", str(MOVES), "audit", "internal", f"{HSO} n: 1 to 2"),
        (str(CENTRE), "in", str(MOVES), "audit", "internal", f"{HSO} n: 3 to 3"),
    ]
    with pytest.raises(EventsMissing, match="4 to 9"):
        await subscription.ack(9)


async def test_acknowledging_at_once_loses_nothing(country: World) -> None:
    offer(country)
    subscription = await subscribed(country)
    await publish(country, *range(1, 31))
    await read_up(country, 30)
    await asyncio.gather(*(subscription.ack(number) for number in (3, 30, 7, 29)))
    assert subscription.reader.sequence == 30
    await country.restart("tw")
    assert topics(country).subscriptions.get(HSO, MOVES).reader.sequence == 30


async def test_what_nobody_reads_any_more_is_let_go_of(country: World) -> None:
    offer(country)
    first, second = await subscribed(country), await subscribed(country, name="2")
    await publish(country, 1)
    await read_up(country, 1)
    await topics(country).unsubscribe(first)
    assert numbers(second) == [1]
    with pytest.raises(SubscriptionUnknown):
        topics(country).subscriptions.get(HSO, MOVES)
    await topics(country).unsubscribe(second)
    journal = country.running["tw"].node.journal
    for table in ("topic_block", "topic_follow", "topic_keys", "topic_reader"):
        assert journal.read(f"SELECT count(*) FROM {table}") == [(0,)]  # noqa: S608 - constants
    await publish(country, 2)
    again = await subscribed(country)
    await reads(again, [1, 2])


# -- waiting


async def test_waiting_ends_when_something_comes_or_time_is_up(country: World) -> None:
    offer(country)
    subscription = await subscribed(country)
    assert not await subscription.wait(timeout=0.01)
    waiting = [asyncio.create_task(subscription.wait(timeout=10)) for _ in range(3)]
    await asyncio.sleep(0.01)
    await publish(country, 1)
    assert await asyncio.gather(*waiting) == [True] * 3
    assert await subscription.wait(timeout=0)
    assert not await subscription.wait(after=1, timeout=0.01)


async def test_who_is_cut_off_while_waiting_is_told(country: World) -> None:
    offer(country)
    subscription = await subscribed(country)
    waiting = asyncio.create_task(subscription.wait(timeout=10))
    await asyncio.sleep(0.01)
    offer(country, "group:spies")
    await country.running["tw"].directory_changed(country.directory.snapshot)
    with pytest.raises(NotGranted):
        await waiting
