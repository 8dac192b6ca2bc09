"""Reading: each in its own time, in order, once for whoever says how far it has come; never what it may not."""

import asyncio

import pytest
from msgspec.structs import replace as changed

from lienthong.directory.entries import TopicGrantEntry
from lienthong.directory.snapshot import Standing
from lienthong.exchange.errors import (
    CallerUnknown,
    DirectoryStale,
    LabelAboveCeiling,
    PurposeMissing,
    ReceiverUnknown,
    RequestInvalid,
)
from lienthong.exchange.topics import shelf
from lienthong.exchange.topics.errors import (
    EventForked,
    EventsMissing,
    NotGranted,
    SubscriptionUnknown,
    TopicRestarted,
    TopicUnknown,
)
from lienthong.exchange.topics.library import Library
from lienthong.kernel.clock import DAY, HOUR
from lienthong.kernel.identifiers import SubsystemId, TopicId
from lienthong.trust.errors import EnvelopeInvalid
from tests.support.carriers import eventually
from tests.support.gateways import CENTRE, COMMUNE, HSO, LOW, World
from tests.support.topics import (
    DESK,
    MOVES,
    REGISTRY,
    SECRET,
    Forged,
    entry,
    equip,
    event,
    events,
    numbers,
    offer,
    publish,
    put,
    reads,
    state,
    subscribed,
    taken,
    topics,
)

STREAM = "TOPIC_01"


async def read_up(world: World, upto: int) -> None:
    await eventually(lambda: topics(world)._receiver.follows[str(MOVES)].chain.sequence == upto)


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


# -- who may


async def test_without_a_grant_nobody_subscribes(country: World) -> None:
    offer(country, str(HSO))
    with pytest.raises(NotGranted):
        await subscribed(country, LOW)
    with pytest.raises(CallerUnknown):
        await topics(country).subscribe(SubsystemId("VN", "PARTY", "A01", "none"), MOVES)
    with pytest.raises(CallerUnknown):
        await topics(country, "p1").subscribe(HSO, MOVES)
    with pytest.raises(TopicUnknown):
        await topics(country).subscribe(HSO, TopicId("VN", "PARTY", "U1", "reg", "none"))
    with pytest.raises(RequestInvalid):
        await subscribed(country, name="x" * 101)
    with pytest.raises(RequestInvalid):
        await subscribed(country, name="a\nb")
    refusals = [(e.organ, e.peer, e.verdict) for e in country.entries("tw") if e.kind == "refusal"]
    assert refusals == [
        (str(CENTRE), str(MOVES), "topic_not_granted"),
        (str(CENTRE), str(MOVES), "sender_unknown"),
        (str(CENTRE), "VN/PARTY/U1/reg/none", "topic_unknown"),
    ]
    assert topics(country).subscriptions.topics() == set()


async def test_an_owner_reads_its_own_topics(country: World) -> None:
    offer(country, "group:spies")
    subscription = await topics(country, "p1").subscribe(REGISTRY, MOVES)
    await publish(country, 1)
    await reads(subscription, [1])


async def test_a_purpose_is_asked_for_each_time(country: World) -> None:
    offer(country, TopicGrantEntry(to=str(HSO), purposes=("audit", "tax")))
    with pytest.raises(PurposeMissing):
        await subscribed(country)
    with pytest.raises(PurposeMissing):
        await subscribed(country, purpose="spying")
    subscription = await subscribed(country, purpose="audit")
    await publish(country, 1)
    await reads(subscription, [1])
    offer(country, TopicGrantEntry(to=str(HSO), purposes=("tax",)))
    with pytest.raises(PurposeMissing):
        subscription.read()


async def test_a_revoked_reader_reads_nothing_more_here_either(country: World) -> None:
    offer(country)
    subscription = await subscribed(country)
    await publish(country, 1)
    await reads(subscription, [1])
    offer(country, "group:spies")
    for attempt in (subscription.read, subscription.head):
        with pytest.raises(NotGranted):
            attempt()
    offer(country)
    assert numbers(subscription) == [1]
    country.directory.forced = Standing.STALE
    with pytest.raises(DirectoryStale):
        subscription.read()
    country.directory.forced = None
    country.change(COMMUNE, active=False)
    with pytest.raises(ReceiverUnknown):
        subscription.read()
    country.change(COMMUNE, active=True)
    hso = country.source.branches["tw"].organs[0].subsystems[0]
    country.change(CENTRE, subsystems=(changed(hso, active=False),))
    with pytest.raises(CallerUnknown):
        subscription.read()


async def test_what_lies_above_a_ceiling_is_not_read(country: World) -> None:
    offer(country, str(CENTRE), label="confidential")
    subscription = await subscribed(country)
    with pytest.raises(LabelAboveCeiling):
        await subscribed(country, LOW)
    await publish(country, 1)
    await reads(subscription, [1])
    # The topic's label falls, not that of what was published.
    offer(country, str(CENTRE), label="internal")
    low = await subscribed(country, LOW)
    with pytest.raises(LabelAboveCeiling, match="confidential of event 1"):
        low.read(after=0)
    await publish(country, 2)
    await reads(subscription, [1, 2])
    assert numbers(low, after=1) == [2]


async def test_only_topics_that_may_be_read_are_listed(country: World) -> None:
    tax = TopicGrantEntry(to=str(HSO), purposes=("tax",))
    country.change(COMMUNE, topics=(entry(tax), entry(str(CENTRE), code="quiet"), entry(str(LOW), code="low")))
    made = topics(country)
    assert [topic.id.topic for topic in made.readable(HSO)] == ["quiet"]
    assert [topic.id for topic in made.readable(HSO, purpose="tax")] == [MOVES, SECRET]
    assert [topic.id.topic for topic in made.readable(LOW)] == ["low", "quiet"]
    assert made.readable(SubsystemId("VN", "PARTY", "A01", "none")) == []


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
