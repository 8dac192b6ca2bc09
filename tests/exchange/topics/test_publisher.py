"""Publishing: sequences without a gap, durable with their evidence, sent until the carrier has them."""

import asyncio
from copy import replace
from typing import cast

import pytest
from msgspec.structs import replace as changed

from lienthong.directory.model import Topic
from lienthong.exchange import policy
from lienthong.exchange.errors import (
    CallerUnknown,
    CarrierTimeout,
    ConnectionMismatch,
    LabelAboveCeiling,
    RequestInvalid,
)
from lienthong.exchange.topics import publisher as module
from lienthong.exchange.topics.errors import OutOfTurn, SchemaUnknown, TopicUnknown
from lienthong.exchange.topics.line import Published
from lienthong.exchange.topics.publisher import HEAD_EVERY, MAX_PUBLISH
from lienthong.exchange.transport.permissions import matches
from lienthong.kernel.clock import DAY
from lienthong.kernel.identifiers import TopicId
from lienthong.kernel.labels import INTERNAL
from lienthong.trust.errors import JournalError, KeyUnknown
from tests.support.calls import fill_disk, free_disk
from tests.support.carriers import eventually
from tests.support.gateways import COMMUNE, HSO, LOW, World
from tests.support.topics import (
    MOVES,
    REGISTRY,
    entry,
    event,
    events,
    numbers,
    offer,
    publish,
    reads,
    subscribed,
    topics,
)

STREAM = "TOPIC_01"


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let what waits be sent again at once."""
    monkeypatch.setattr(module, "RETRY_SECONDS", 0.01)


async def test_many_publish_at_once_and_every_sequence_is_given_once(country: World) -> None:
    offer(country)
    made = topics(country, "p1")
    results = await asyncio.gather(*(made.publish(MOVES, events(n, n + 1)) for n in range(0, 200, 2)))
    assert sorted((each.first, each.last) for each in results) == [(n, n + 1) for n in range(1, 200, 2)]
    subscription = await subscribed(country)
    await eventually(lambda: subscription.head().sequence == 200)
    found = numbers(subscription)
    assert sorted(found) == list(range(200))
    # What one caller published together stands together.
    assert all(found[i] % 2 == 0 and found[i + 1] == found[i] + 1 for i in range(0, 200, 2))


async def test_events_of_a_round_share_blocks_and_one_signature(country: World) -> None:
    offer(country)
    size = country.running["p1"].node.journal.size
    await topics(country, "p1").publish(MOVES, events(*range(130)))
    entries = country.entries("p1")[size:]
    assert [(entry.direction, entry.kind, entry.verdict) for entry in entries] == [("out", "event", "ok")] * 4
    assert entries[0].detail == "keys of epoch 1"
    # Where it stands, and 63 events, 63 and 4.
    assert [len(entry.digests) for entry in entries] == [1, 64, 64, 5]
    assert {entry.peer for entry in entries} == {str(MOVES)}


async def test_who_says_what_came_before_publishes_nothing_twice(country: World) -> None:
    offer(country)
    made = topics(country, "p1")
    assert await made.publish(MOVES, events(1), after=0) == Published(first=1, last=1)
    assert await made.publish(MOVES, events(2, 3), after=1) == Published(first=2, last=3)
    with pytest.raises(OutOfTurn, match="has come to 3, not 1"):
        await made.publish(MOVES, events(2, 3), after=1)
    results = await asyncio.gather(*(made.publish(MOVES, events(4), after=3) for _ in range(3)), return_exceptions=True)
    assert [type(each).__name__ for each in results] == ["Published", "OutOfTurn", "OutOfTurn"]


async def test_what_is_not_in_order_is_not_published(country: World) -> None:
    offer(country)
    made = topics(country, "p1")
    with pytest.raises(RequestInvalid, match="0 events"):
        await made.publish(MOVES, [])
    with pytest.raises(RequestInvalid, match=f"{MAX_PUBLISH + 1} events"):
        await made.publish(MOVES, [event(1)] * (MAX_PUBLISH + 1))
    with pytest.raises(RequestInvalid, match="schema"):
        await made.publish(MOVES, [event(1, schema="moved")])
    with pytest.raises(SchemaUnknown, match="moved/2"):
        await made.publish(MOVES, [event(1), event(2, schema="moved/2")])
    with pytest.raises(TopicUnknown):
        await made.publish(TopicId("VN", "PARTY", "U1", "reg", "none"), events(1))
    with pytest.raises(CallerUnknown):
        await topics(country, "tw").publish(MOVES, events(1))
    assert made.publisher.state(MOVES) is None
    assert made.publisher.waiting() == 0


async def test_only_the_owning_system_publishes_and_only_below_its_ceiling(country: World) -> None:
    offer(country)
    made = topics(country, "p1")
    other = policy.Connection(clients=frozenset({str(LOW)}))
    with pytest.raises(ConnectionMismatch):
        await made.publish(MOVES, events(1), connection=other)
    assert country.evidence("p1") == [("out", "refusal", "connection_mismatch")]
    own = policy.Connection(clients=frozenset({str(REGISTRY)}))
    await made.publish(MOVES, events(1), connection=own)
    registry = changed(country.source.branches["01"].organs[0].subsystems[0], ceiling="public")
    country.change(COMMUNE, subsystems=(registry,), services=(), topics=(entry(str(HSO), label="public"),))
    await made.publish(MOVES, events(2))
    # A branch may sign what a check of its source would not let pass.
    offered = country.directory.snapshot.topic(MOVES)
    assert offered is not None
    cast("dict[TopicId, Topic]", country.directory.snapshot.indexes.topics)[MOVES] = replace(offered, label=INTERNAL)
    with pytest.raises(LabelAboveCeiling):
        await made.publish(MOVES, events(3))


async def test_without_a_sealing_key_nothing_is_published(country: World) -> None:
    offer(country)
    keys = country.source.branches["01"].organs[0].keys
    country.change(COMMUNE, keys=keys[1:])
    made = topics(country, "p1")
    with pytest.raises(KeyUnknown):
        await made.publish(MOVES, events(1))
    country.change(COMMUNE, keys=keys)
    assert await made.publish(MOVES, events(1)) == Published(first=1, last=1)


async def test_without_room_for_evidence_nothing_is_published(country: World) -> None:
    offer(country)
    subscription = await subscribed(country)
    await publish(country, 1)
    await fill_disk(country.running["p1"])
    with pytest.raises(JournalError):
        await topics(country, "p1").publish(MOVES, [event(2, data=bytes(100_000))] * 10)
    free_disk(country.running["p1"])
    await publish(country, 3)
    await reads(subscription, [1, 3])


async def test_who_gives_up_waiting_does_not_break_the_line(country: World) -> None:
    offer(country)
    subscription = await subscribed(country)
    made = topics(country, "p1")
    tasks = [asyncio.create_task(made.publish(MOVES, events(n))) for n in range(20)]
    await asyncio.sleep(0)
    for task in tasks[::2]:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await publish(country, 99)
    await eventually(lambda: numbers(subscription)[-1:] == [99])
    assert set(range(1, 20, 2)) <= set(numbers(subscription))


# -- sending


async def test_what_the_carrier_does_not_take_is_sent_when_it_does(country: World, quick: None) -> None:
    offer(country)
    subscription = await subscribed(country)
    country.broker.stop()
    made = topics(country, "p1")
    await made.publish(MOVES, events(1, 2))
    await made.publish(MOVES, events(3))
    assert made.publisher.waiting() == 3
    country.broker.start()
    await reads(subscription, [1, 2, 3])
    assert made.publisher.waiting() == 0


async def test_what_was_recorded_before_an_end_is_sent_after_it(country: World) -> None:
    # The end comes between the transaction and the carrier.
    offer(country)
    subscription = await subscribed(country)
    await publish(country, 1)
    country.broker.stop()
    await topics(country, "p1").publish(MOVES, events(2, 3))
    await country.stop("p1")
    country.broker.start()
    assert numbers(subscription) == [1]
    await country.start("p1")
    await publish(country, 4)
    await reads(subscription, [1, 2, 3, 4])
    # The key of the epoch is still in use: nobody new reads.
    assert [entry.detail for entry in country.entries("p1") if entry.detail] == ["keys of epoch 1"]


async def test_an_acknowledgement_that_is_lost_makes_nothing_twice(
    country: World, quick: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    offer(country)
    subscription = await subscribed(country)
    store = country.broker.store
    lost = [1, 1]

    def deaf(subject: str, data: bytes, msg_id: str | None) -> int:
        sequence = store(subject, data, msg_id)
        if matches("topic.>", subject) and lost:
            lost.pop()
            raise CarrierTimeout(subject)
        return sequence

    monkeypatch.setattr(country.broker, "store", deaf)
    await publish(country, 1, 2)
    await reads(subscription, [1, 2])
    assert country.broker.streams[STREAM].last == 2


# -- now and then


async def test_a_topic_gives_signs_of_life_and_only_when_nothing_happens(country: World) -> None:
    offer(country)
    subscription = await subscribed(country)
    made = topics(country, "p1")
    await made.tick()
    assert country.broker.streams[STREAM].last == 0
    await publish(country, 1)
    await reads(subscription, [1])
    country.clock.advance(HEAD_EVERY - 1)
    await made.tick()
    assert made.publisher.waiting() == 0
    assert country.broker.streams[STREAM].last == 2
    country.clock.advance(1)
    await made.tick()
    await eventually(lambda: subscription.head().heard == country.clock.now())
    assert subscription.head().sequence == 1
    await publish(country, 2)
    await reads(subscription, [1, 2])


async def test_what_has_expired_is_let_go_of_and_no_longer_said_to_be_kept(country: World) -> None:
    offer(country, keep_days=2)
    subscription = await subscribed(country)
    await publish(country, 1, 2)
    country.clock.advance(DAY)
    await publish(country, 3)
    country.clock.advance(DAY)
    await topics(country, "p1").tick()
    await publish(country, 4)
    await eventually(lambda: subscription.head().sequence == 4)
    assert subscription.head().kept == 3
    rows = country.running["p1"].node.journal.read("SELECT first FROM topic_sent WHERE first > 0 ORDER BY first")
    # The sign of life of that day stands where the next event is.
    assert rows == [(3,), (4,), (4,)]


async def test_a_topic_that_the_directory_no_longer_has_gives_no_sign_of_life(
    country: World, caplog: pytest.LogCaptureFixture
) -> None:
    offer(country)
    await publish(country, 1)
    country.change(COMMUNE, topics=())
    country.clock.advance(HEAD_EVERY)
    await topics(country, "p1").tick()
    assert "gives no sign of life" in caplog.text
    assert country.broker.streams[STREAM].last == 2
