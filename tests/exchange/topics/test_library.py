"""Blocks that are kept: opened once for all who keep up, closed without their key."""

import pytest

from lienthong.exchange.topics.library import Library
from lienthong.trust.errors import EnvelopeInvalid
from tests.support.gateways import World
from tests.support.topics import (
    MOVES,
    events,
    numbers,
    offer,
    publish,
    read_up,
    subscribed,
    topics,
)

STREAM = "TOPIC_01"


# -- the library


async def test_blocks_are_opened_once_for_all_who_keep_up(country: World, monkeypatch: pytest.MonkeyPatch) -> None:
    offer(country)
    opened: list[str] = []
    true = Library._opened

    def counting(self: Library, topic: str, data: bytes) -> object:
        opened.append(topic)
        return true(self, topic, data)

    monkeypatch.setattr(Library, "_opened", counting)
    subscriptions = [await subscribed(country, name=str(number)) for number in range(10)]
    await publish(country, *range(1, 100))
    await read_up(country, 99)
    for subscription in subscriptions:
        assert len(numbers(subscription)) == 99
    assert len(opened) == 2


async def test_the_library_forgets_what_was_read_longest_ago(country: World) -> None:
    offer(country)
    subscription = await subscribed(country)
    for number in range(5):
        await publish(country, number)
    await read_up(country, 5)
    library = topics(country)._shelf._library
    library._capacity = 3000
    for _ in range(2):
        assert numbers(subscription) == [0, 1, 2, 3, 4]
    assert library._size <= 3000
    assert library._size == sum(page.size for page in library._pages.values())


async def test_without_its_key_what_is_kept_stays_closed(country: World) -> None:
    offer(country)
    subscription = await subscribed(country)
    await topics(country, "p1").publish(MOVES, events(1))
    await read_up(country, 1)
    topics(country)._receiver._keyring.drop(str(MOVES))
    with pytest.raises(EnvelopeInvalid, match="whose key is not here"):
        subscription.read()
