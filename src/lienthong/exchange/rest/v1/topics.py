"""``/v1/topics``: publishing events, subscribing to topics, reading and acknowledging what has come.

A topic is named by its identifier in the parameter ``topic``, a subscription by topic and ``name``.
"""

from datetime import datetime
from typing import Final

import msgspec

from lienthong.exchange import policy
from lienthong.exchange.errors import CallerUnknown, ConnectionMismatch, LabelAboveCeiling, PurposeMissing
from lienthong.exchange.rest.v1.endpoint import AnyEndpoint, Asked, Endpoint, Nothing
from lienthong.exchange.rest.v1.errors import InputInvalid, TooMany
from lienthong.exchange.rest.v1.topic_values import (
    Acknowledgement,
    NewEvent,
    NewEvents,
    NewSubscription,
    Place,
    PublishedEvents,
    SubscriptionItem,
    SubscriptionList,
    SubscriptionParams,
    TopicEvent,
    TopicEvents,
    TopicEventsParams,
    TopicHead,
    TopicItem,
    TopicParams,
    TopicsPage,
    TopicsParams,
)
from lienthong.exchange.rest.v1.waiting import LOOK_EVERY, while_there
from lienthong.exchange.topics.errors import (
    EventForked,
    EventsMissing,
    NotGranted,
    OutOfTurn,
    SchemaUnknown,
    SubscriptionUnknown,
    TopicRestarted,
    TopicUnknown,
)
from lienthong.exchange.topics.event import Delivery, Event, Role
from lienthong.exchange.topics.shelf import Head
from lienthong.exchange.topics.subscription import Batch, Subscription
from lienthong.kernel.clock import DAY, Millis, from_datetime, iso
from lienthong.kernel.identifiers import SubsystemId, TopicId

MAX_EVENTS_BODY: Final = 8 * 1024 * 1024
"""Bytes of a request that publishes."""

_READING: Final = (TopicUnknown, NotGranted, LabelAboveCeiling, PurposeMissing, SubscriptionUnknown)
_PLACES: Final = (TopicRestarted, EventsMissing, EventForked)


def topic_of(text: str) -> TopicId:
    """Read a topic's name; only its one form names it.

    Raises:
        IdentifierInvalid: not of five well-formed parts.
        InputInvalid: written in another form.
    """
    topic = TopicId.parse(text)
    if str(topic) != text:
        raise InputInvalid(f"the topic {text[:200]!r} is written {topic}")
    return topic


def reader_of[P, B](asked: Asked[P, B]) -> SubsystemId:
    """Return which information system is reading.

    Raises:
        CallerUnknown: an organ as a whole.
    """
    client = asked.caller.client
    if not isinstance(client, SubsystemId):
        raise CallerUnknown(str(client), hint="Topics are read by information systems: name one in X-Road-Client.")
    return client


def subscription_of[P, B](asked: Asked[P, B], topic: str, name: str) -> Subscription:
    """Return a subscription of who is calling.

    Raises:
        SubscriptionUnknown: it has none of that name.
    """
    return asked.gateway.topics.subscriptions.get(reader_of(asked), topic_of(topic), name)


def event_of(delivery: Delivery) -> TopicEvent:
    """Write down a delivery."""
    event = delivery.event
    return TopicEvent(
        sequence=delivery.sequence,
        schema=event.schema,
        key=event.key,
        at=iso(event.at),
        role=int(event.role),
        media_type=event.media_type,
        data=event.data,
    )


async def _topics(asked: Asked[TopicsParams, Nothing]) -> TopicsPage:
    found = asked.gateway.topics.readable(reader_of(asked), purpose=asked.params.purpose)
    found = [topic for topic in found if str(topic.id) > asked.params.after]
    page = found[: asked.params.limit]
    return TopicsPage(
        topics=[
            TopicItem(
                topic=str(topic.id),
                title=topic.title,
                label=str(topic.label),
                schemas=sorted(topic.schemas),
                keep_days=topic.term // DAY,
            )
            for topic in page
        ],
        next=str(page[-1].id) if len(found) > len(page) else None,
    )


async def _publish(asked: Asked[TopicParams, NewEvents]) -> PublishedEvents:
    published = await asked.gateway.topics.publish(
        topic_of(asked.params.topic),
        [_event(each) for each in asked.body.events],
        # Whoever calls must be the topic's owner.
        connection=policy.Connection(clients=frozenset({str(asked.caller.client)})),
        after=asked.body.after,
    )
    return PublishedEvents(first=published.first, last=published.last)


def _event(given: NewEvent) -> Event:
    return Event(
        schema=given.schema,
        data=given.data,
        key=given.key,
        media_type=given.media_type,
        at=_time(given.at),
        role=Role(given.role),
    )


def _time(text: str | None) -> Millis:
    if text is None:
        return 0
    try:
        return from_datetime(msgspec.convert(text, datetime))
    except (msgspec.ValidationError, ValueError):
        raise InputInvalid(f"the time {text!r}", hint="Write it as RFC 3339 says, with a zone.") from None


async def _subscriptions(asked: Asked[Nothing, Nothing]) -> SubscriptionList:
    found = asked.gateway.topics.subscriptions.of(reader_of(asked))
    return SubscriptionList(subscriptions=[_item(each) for each in found])


async def _subscribe(asked: Asked[Nothing, NewSubscription]) -> SubscriptionItem:
    body = asked.body
    subscription = await asked.gateway.topics.subscribe(
        reader_of(asked),
        topic_of(body.topic),
        name=body.name,
        purpose=body.purpose,
        after=body.after,
        since=_time(body.since),
    )
    return _item(subscription)


async def _unsubscribe(asked: Asked[SubscriptionParams, Nothing]) -> SubscriptionItem:
    subscription = subscription_of(asked, asked.params.topic, asked.params.name)
    await asked.gateway.topics.unsubscribe(subscription)
    return _item(subscription)


def _item(subscription: Subscription) -> SubscriptionItem:
    reader = subscription.reader
    return SubscriptionItem(topic=reader.topic, name=reader.name, purpose=reader.purpose, sequence=reader.sequence)


async def _read(asked: Asked[TopicEventsParams, Nothing]) -> TopicEvents:
    subscription = subscription_of(asked, asked.params.topic, asked.params.name)
    batch = _batch(asked, subscription)
    if not batch.deliveries and asked.params.wait:
        with asked.face.crowd.admitted(str(asked.caller.organ.id)):
            await while_there(asked.request.receive, _wait(asked, subscription))
        batch = _batch(asked, subscription)
    return TopicEvents(events=[event_of(each) for each in batch.deliveries], head=_head(batch.head))


def _batch(asked: Asked[TopicEventsParams, Nothing], subscription: Subscription) -> Batch:
    params = asked.params
    return subscription.read(after=params.after, chain=params.chain, limit=params.limit)


async def _wait(asked: Asked[TopicEventsParams, Nothing], subscription: Subscription) -> None:
    until = asked.face.time() + asked.params.wait
    while (left := until - asked.face.time()) > 0 and not asked.gateway.bell.closed:
        if await subscription.wait(after=asked.params.after, timeout=min(left, LOOK_EVERY)):
            return


def _head(head: Head) -> TopicHead:
    return TopicHead(
        chain=head.chain,
        sequence=head.sequence,
        kept=head.kept,
        snapshot=head.snapshot,
        heard=iso(head.heard) if head.heard else None,
        silent=head.silent,
        forked=head.forked,
    )


async def _ack(asked: Asked[SubscriptionParams, Acknowledgement]) -> SubscriptionItem:
    subscription = subscription_of(asked, asked.params.topic, asked.params.name)
    await subscription.ack(asked.body.sequence)
    return _item(subscription)


async def _seek(asked: Asked[SubscriptionParams, Place]) -> SubscriptionItem:
    subscription = subscription_of(asked, asked.params.topic, asked.params.name)
    if (asked.body.sequence is None) is (asked.body.since is None):
        raise InputInvalid("either a sequence or a time")
    await subscription.seek(sequence=asked.body.sequence, at=_time(asked.body.since))
    return _item(subscription)


ENDPOINTS: Final[tuple[AnyEndpoint, ...]] = (
    Endpoint(
        method="GET",
        path="/v1/topics",
        handler=_topics,
        summary="List the topics that the information system may read.",
        params=TopicsParams,
        body=Nothing,
        answer=TopicsPage,
    ),
    Endpoint(
        method="POST",
        path="/v1/topics/events",
        handler=_publish,
        summary="Publish events on a topic of the information system's own, all or none.",
        params=TopicParams,
        body=NewEvents,
        answer=PublishedEvents,
        status=201,
        max_body=MAX_EVENTS_BODY,
        errors=(TopicUnknown, ConnectionMismatch, LabelAboveCeiling, SchemaUnknown, OutOfTurn),
    ),
    Endpoint(
        method="GET",
        path="/v1/topics/events",
        handler=_read,
        summary="Read what comes next of a topic; wait for it if there is nothing.",
        params=TopicEventsParams,
        body=Nothing,
        answer=TopicEvents,
        errors=(*_READING, *_PLACES, TooMany),
    ),
    Endpoint(
        method="GET",
        path="/v1/topics/subscriptions",
        handler=_subscriptions,
        summary="List the information system's subscriptions.",
        params=Nothing,
        body=Nothing,
        answer=SubscriptionList,
    ),
    Endpoint(
        method="POST",
        path="/v1/topics/subscriptions",
        handler=_subscribe,
        summary="Subscribe to a topic; a subscription of that name that is there already stays as it is.",
        params=Nothing,
        body=NewSubscription,
        answer=SubscriptionItem,
        errors=_READING[:-1],
    ),
    Endpoint(
        method="DELETE",
        path="/v1/topics/subscriptions",
        handler=_unsubscribe,
        summary="End a subscription.",
        params=SubscriptionParams,
        body=Nothing,
        answer=SubscriptionItem,
        errors=(SubscriptionUnknown,),
    ),
    Endpoint(
        method="POST",
        path="/v1/topics/ack",
        handler=_ack,
        summary="Acknowledge everything up to an event. Saying it again changes nothing.",
        params=SubscriptionParams,
        body=Acknowledgement,
        answer=SubscriptionItem,
        errors=(SubscriptionUnknown, TopicRestarted, EventsMissing),
    ),
    Endpoint(
        method="POST",
        path="/v1/topics/seek",
        handler=_seek,
        summary="Read from another place on: to replay, or to go on behind a gap.",
        params=SubscriptionParams,
        body=Place,
        answer=SubscriptionItem,
        errors=(SubscriptionUnknown,),
    ),
)
