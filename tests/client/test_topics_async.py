"""Topics through the client, asynchronous and not: published, followed, acknowledged, sought; and what is refused."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import UTC, datetime

import pytest

from lienthong.client import (
    AsyncClient,
    Client,
    Conflict,
    NewTopicEvent,
    NotFound,
    Problem,
    PublishedEvents,
    Refused,
    Subscription,
)
from lienthong.kernel.clock import DAY
from tests.support.carriers import eventually
from tests.support.gateways import HSO, LOW, World
from tests.support.topics import MOVES, SCHEMA, offer, topics
from tests.support.v1 import REG, Faces


@pytest.fixture
async def owner(web: Faces) -> AsyncGenerator[AsyncClient]:
    async with AsyncClient(web.urls["p1"], REG, timeout=20, retries=1) as client:
        yield client


@pytest.fixture
async def reader(web: Faces) -> AsyncGenerator[AsyncClient]:
    async with AsyncClient(web.urls["tw"], HSO, timeout=20, retries=1) as client:
        yield client


def events(*numbers: int) -> list[NewTopicEvent]:
    return [NewTopicEvent(schema=SCHEMA, key=f"k{number}", data=b"%d" % number) for number in numbers]


async def test_what_is_published_is_followed_and_acknowledged(
    owner: AsyncClient, reader: AsyncClient, country: World
) -> None:
    offer(country)
    assert [topic.topic async for topic in reader.topics.list()] == [str(MOVES)]
    made = await reader.topics.subscribe(MOVES, name="n")
    assert made == Subscription(topic=str(MOVES), name="n", purpose="", sequence=None)
    assert await owner.topics.publish(MOVES, events(1, 2)) == PublishedEvents(first=1, last=2)
    seen = []
    async for event in reader.topics.follow(MOVES, name="n", wait=5):
        seen.append((event.sequence, event.data, event.key))
        if event.sequence == 2:
            await owner.topics.publish(str(MOVES), events(3), after=2)
        if event.sequence == 3:
            break
    assert seen == [(1, b"1", "k1"), (2, b"2", "k2"), (3, b"3", "k3")]
    # The last was not done with: it comes again.
    assert [each.sequence for each in await reader.topics.subscriptions()] == [2]
    page = await reader.topics.read(MOVES, name="n", wait=5)
    assert [event.sequence for event in page.events] == [3]
    assert page.head.sequence == 3
    assert (await reader.topics.acknowledge(MOVES, 3, name="n")).sequence == 3
    await reader.topics.seek(MOVES, name="n", since=datetime(2020, 1, 1, tzinfo=UTC))
    assert len((await reader.topics.read(MOVES, name="n")).events) == 3
    assert (await reader.topics.seek(MOVES, name="n", sequence=1)).sequence == 1
    assert len((await reader.topics.read(MOVES, name="n", chain=page.head.chain, after=2)).events) == 1
    await reader.topics.unsubscribe(MOVES, name="n")
    assert await reader.topics.subscriptions() == ()


async def test_refusals_have_their_classes(owner: AsyncClient, reader: AsyncClient, country: World, web: Faces) -> None:
    offer(country, keep_days=1)
    async with AsyncClient(web.urls["tw"], LOW) as low:
        with pytest.raises(Refused, match="topic_not_granted"):
            await low.topics.subscribe(MOVES)
    with pytest.raises(NotFound, match="topic_unknown"):
        await reader.topics.subscribe(f"{REG}/none")
    with pytest.raises(NotFound, match="subscription_unknown"):
        await reader.topics.read(MOVES)
    await owner.topics.publish(MOVES, events(1))
    with pytest.raises(Conflict, match="out_of_turn"):
        await owner.topics.publish(MOVES, events(1), after=0)
    await reader.topics.subscribe(MOVES, after=0)
    await eventually(lambda: topics(country)._receiver.follows[str(MOVES)].chain.sequence == 1)
    country.clock.advance(DAY)
    await topics(country).tick()
    with pytest.raises(Problem, match="events_missing"):
        await reader.topics.read(MOVES)


async def test_the_client_for_ordinary_code_does_the_same(owner: AsyncClient, web: Faces, country: World) -> None:
    offer(country)
    await owner.topics.publish(MOVES, events(1, 2))

    def ordinary() -> list[int]:
        with Client(web.urls["tw"], HSO) as client:
            client.topics.subscribe(MOVES)
            seen = []
            for event in client.topics.follow(MOVES, wait=5):
                seen.append(event.sequence)
                if event.sequence == 2:
                    return seen
            return []

    assert await asyncio.to_thread(ordinary) == [1, 2]
