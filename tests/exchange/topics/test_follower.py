"""Reading streams: one consumer for what is read of a branch, from where each topic is, wherever its owner moves."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lienthong.exchange.topics import follower as module
from lienthong.exchange.topics.follower import narrowest
from lienthong.exchange.topics.receiver import _Harvest
from lienthong.exchange.transport.base import Message
from lienthong.exchange.transport.permissions import matches
from lienthong.kernel.identifiers import TopicId
from tests.support.carriers import eventually
from tests.support.gateways import COMMUNE, HSO, World
from tests.support.topics import (
    MOVES,
    SECRET,
    entry,
    events,
    numbers,
    offer,
    publish,
    reads,
    subscribed,
    taken,
    topics,
)

TOKENS = st.sampled_from(["a", "b", "c"])
SUBJECTS = st.lists(st.tuples(TOKENS, TOKENS, TOKENS, st.text("0123456789abcdef", min_size=8, max_size=8)), min_size=1)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let what failed be tried again at once."""
    monkeypatch.setattr(module, "RETRY_SECONDS", 0.01)


@given(SUBJECTS)
def test_the_filter_lets_all_subjects_through_and_stays_in_their_branch(parts: list[tuple[str, ...]]) -> None:
    subjects = sorted({f"topic.x.{'.'.join(each)}" for each in parts})
    pattern = narrowest(subjects)
    assert all(matches(pattern, subject) for subject in subjects)
    assert pattern.startswith("topic.x.")
    assert not matches(pattern, "topic.y.a.a.a.0")


async def test_a_topic_that_joins_does_not_disturb_the_one_that_is_read(country: World) -> None:
    country.change(COMMUNE, topics=(entry(str(HSO)), entry(str(HSO), code="quiet")))
    first = await subscribed(country)
    await publish(country, 1)
    await publish(country, 7, topic=SECRET)
    await reads(first, [1])
    before = [e.detail for e in country.entries("tw") if e.kind == "event"]
    second = await topics(country).subscribe(HSO, SECRET)
    await reads(second, [7])
    await publish(country, 2)
    await reads(first, [1, 2])
    # What was taken before is not taken, and not recorded, once more.
    after = [e for e in country.entries("tw") if e.kind == "event" and e.peer == str(MOVES.owner)]
    assert len(after) == len(before) + 3


async def test_keys_that_come_behind_what_they_open_open_it(country: World) -> None:
    offer(country)
    await publish(country, 1, 2)
    await publish(country, 3)
    stream = country.broker.streams["TOPIC_01"]
    keys, *blocks = [message.data for message in stream.messages]
    subject = stream.messages[0].subject
    country.broker.lose("TOPIC_01")
    for data in (*blocks, keys):
        country.broker.store(subject, data, None)
    subscription = await subscribed(country)
    await reads(subscription, [1, 2, 3])
    assert (await taken(country)).locked == {}


async def test_keys_may_come_in_another_life(country: World) -> None:
    offer(country)
    await publish(country, 1)
    stream = country.broker.streams["TOPIC_01"]
    keys, block = [message.data for message in stream.messages]
    subject = stream.messages[0].subject
    country.broker.lose("TOPIC_01")
    country.broker.store(subject, block, None)
    await subscribed(country)
    assert len((await taken(country)).locked) == 1
    await country.restart("tw")
    country.broker.store(subject, keys, None)
    await reads(topics(country).subscriptions.get(HSO, MOVES), [1])


async def test_a_stream_that_is_missing_is_read_when_it_is_there(country: World) -> None:
    offer(country)
    stream = country.broker.streams.pop("TOPIC_01")
    subscription = await subscribed(country)
    country.broker.streams["TOPIC_01"] = stream
    await publish(country, 1)
    await reads(subscription, [1])


async def test_a_stream_that_begins_anew_is_read_from_its_beginning(country: World) -> None:
    offer(country)
    subscription = await subscribed(country)
    for number in range(1, 5):
        await publish(country, number)
    await reads(subscription, [1, 2, 3, 4])
    country.broker.lose("TOPIC_01")
    await publish(country, 5)
    await reads(subscription, [1, 2, 3, 4, 5])


async def test_a_defect_does_not_silence_a_topic(
    country: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    offer(country)
    subscription = await subscribed(country)
    receiver = topics(country)._receiver
    true, failing = receiver._take, [1, 1]

    def defect(topic: str, message: Message, harvest: _Harvest) -> None:
        if failing:
            failing.pop()
            raise ZeroDivisionError
        true(topic, message, harvest)

    monkeypatch.setattr(receiver, "_take", defect)
    await publish(country, 1)
    await reads(subscription, [1])
    assert caplog.text.count("a defect") == 2


async def test_a_topic_whose_owner_moves_to_another_site_goes_on(country: World) -> None:
    # The organ takes its keys along, and begins the topic anew: the journal stays where it was.
    offer(country)
    subscription = await subscribed(country)
    await publish(country, 1, 2)
    await reads(subscription, [1, 2])
    await country.start("p2")
    country.change(COMMUNE, site="p2")
    country.stores["p2"].add(*country.stores["p1"]._keys.values())
    carrier = await country._carrier("p2")
    country.running["p2"].node.carrier = carrier
    await country.running["tw"].directory_changed(country.directory.snapshot)
    await topics(country, "p2").publish(MOVES, events(3))
    await eventually(lambda: subscription.head().sequence == 1)
    await subscription.seek(at=0)
    assert numbers(subscription) == [3]


async def test_a_topic_that_leaves_the_directory_is_not_read_until_it_is_back(country: World) -> None:
    offer(country)
    subscription = await subscribed(country)
    country.change(COMMUNE, topics=())
    await country.running["tw"].directory_changed(country.directory.snapshot)
    assert topics(country)._follower._running == {}
    offer(country)
    await publish(country, 1)
    await country.running["tw"].directory_changed(country.directory.snapshot)
    await reads(subscription, [1])


async def test_topics_of_several_branches_are_read_beside_each_other(country: World) -> None:
    await country.start("p2")
    mallory = TopicId("VN", "STATE", "M1", "spy", "moves")
    offer(country)
    country.change(mallory.organ, topics=(entry(str(HSO), subsystem="spy"),))
    first = await subscribed(country)
    second = await topics(country).subscribe(HSO, mallory)
    await publish(country, 1)
    await publish(country, 2, topic=mallory, site="p2")
    await reads(first, [1])
    await reads(second, [2])
    assert set(topics(country)._follower._running) == {"TOPIC_01", "TOPIC_02"}
