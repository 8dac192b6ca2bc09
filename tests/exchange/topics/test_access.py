"""Who may read: asked when somebody subscribes, and each time it reads."""

import pytest
from msgspec.structs import replace as changed

from lienthong.directory.entries import SubsystemEntry, TopicGrantEntry
from lienthong.directory.snapshot import Standing
from lienthong.exchange.errors import (
    CallerUnknown,
    DirectoryStale,
    LabelAboveCeiling,
    PurposeMissing,
    ReceiverUnknown,
    RequestInvalid,
)
from lienthong.exchange.topics.errors import (
    NotGranted,
    TopicUnknown,
)
from lienthong.kernel.identifiers import SubsystemId, TopicId
from tests.support.gateways import CENTRE, COMMUNE, HSO, LOW, World
from tests.support.topics import (
    MOVES,
    REGISTRY,
    SECRET,
    entry,
    numbers,
    offer,
    publish,
    reads,
    subscribed,
    topics,
)

STREAM = "TOPIC_01"


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


async def test_a_group_of_the_owner_s_own_reads(country: World) -> None:
    def canteens(*members: SubsystemId) -> None:
        groups = {"canteens": tuple(map(str, members))}
        registry = SubsystemEntry(code="reg", name="Registry", ceiling="confidential", groups=groups)
        country.change(COMMUNE, subsystems=(registry,))

    canteens(LOW)
    offer(country, "local-group:canteens")
    with pytest.raises(NotGranted):
        await subscribed(country, HSO)
    subscription = await subscribed(country, LOW)
    await publish(country, 1)
    await reads(subscription, [1])
    canteens(HSO)
    with pytest.raises(NotGranted):
        subscription.read()


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
