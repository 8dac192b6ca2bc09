"""What is missing, and what is too much: told to who reads, never passed over."""

import pytest

from lienthong.exchange.topics import shelf
from lienthong.exchange.topics.errors import (
    EventForked,
    EventsMissing,
    TopicRestarted,
)
from lienthong.kernel.clock import DAY
from tests.support.gateways import World
from tests.support.topics import (
    MOVES,
    Forged,
    event,
    numbers,
    offer,
    publish,
    put,
    read_up,
    state,
    subscribed,
    taken,
    topics,
)

STREAM = "TOPIC_01"


# -- what is missing


async def test_a_slow_reader_is_told_what_has_expired(country: World) -> None:
    offer(country, keep_days=2)
    subscription = await subscribed(country)
    await publish(country, 1, 2)
    await read_up(country, 2)
    await subscription.ack(1)
    country.clock.advance(2 * DAY)
    await topics(country, "p1").tick()
    await publish(country, 3)
    await read_up(country, 3)
    await topics(country).tick()
    with pytest.raises(EventsMissing) as told:
        subscription.read()
    assert (told.value.first, told.value.last, told.value.expired) == (2, 2, True)
    await subscription.seek(sequence=2)
    assert numbers(subscription) == [3]


async def test_when_all_has_expired_that_is_told_too(country: World) -> None:
    offer(country, keep_days=1)
    subscription = await subscribed(country, after=0)
    await publish(country, 1, 2)
    await read_up(country, 2)
    country.clock.advance(DAY)
    await topics(country).tick()
    with pytest.raises(EventsMissing) as told:
        subscription.read()
    assert (told.value.first, told.value.last) == (1, 2)


async def test_what_was_lost_is_told_apart_from_what_has_expired(country: World) -> None:
    offer(country)
    await publish(country, 1, 2)
    await publish(country, 3)
    stream = country.broker.streams[STREAM]
    stream.messages = [message for message in stream.messages if message.sequence != 2]
    subscription = await subscribed(country, after=0)
    await read_up(country, 3)
    with pytest.raises(EventsMissing) as told:
        subscription.read()
    assert (told.value.first, told.value.last, told.value.expired) == (1, 2, False)
    # Who only wants what there is begins there.
    assert numbers(await subscribed(country, name="oldest")) == [3]


async def test_a_reader_far_behind_catches_up(country: World) -> None:
    offer(country)
    subscription = await subscribed(country)
    for start in range(0, 3000, 600):
        await publish(country, *range(start, start + 600))
    await read_up(country, 3000)
    found: list[int] = []
    while batch := subscription.read(limit=700).deliveries:
        found += [int(each.event.data[5:-1]) for each in batch]
        await subscription.ack(batch[-1].sequence)
    assert found == list(range(3000))


async def test_an_answer_is_bounded_in_bytes(country: World) -> None:
    offer(country)
    subscription = await subscribed(country)
    await topics(country, "p1").publish(MOVES, [event(n, data=bytes(150_000)) for n in range(60)])
    await read_up(country, 60)
    batch = subscription.read()
    assert len(batch.deliveries) == -(-shelf.MAX_READ_BYTES // 150_000)


async def test_a_topic_that_begins_anew_is_told(country: World) -> None:
    offer(country)
    subscription = await subscribed(country)
    await publish(country, 1, 2)
    await read_up(country, 2)
    before = subscription.head().chain
    await subscription.ack(1)
    await topics(country, "p1").publisher.restart(MOVES)
    await publish(country, 7)
    await read_up(country, 1)
    with pytest.raises(TopicRestarted):
        subscription.read()
    with pytest.raises(TopicRestarted):
        subscription.read(after=1, chain=before)
    with pytest.raises(TopicRestarted):
        await subscription.ack(1)
    await subscription.seek(at=0)
    assert numbers(subscription) == [7]
    assert subscription.head().chain == state(country).chain != before


async def test_at_a_fork_what_was_before_it_is_read_and_then_it_is_told(country: World) -> None:
    offer(country)
    subscription = await subscribed(country)
    await publish(country, 1)
    await publish(country, 2)
    await taken(country)
    put(country, Forged(world=country, place={"number": 2, "first": 2}, records=(event(9).to_bytes(),)).bytes())
    await taken(country)
    assert numbers(subscription) == [1, 2]
    await subscription.ack(2)
    assert await subscription.wait(timeout=1)
    with pytest.raises(EventForked):
        subscription.read()
    assert subscription.head().forked
