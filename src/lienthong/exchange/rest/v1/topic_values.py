"""What goes into ``/v1/topics`` and what comes out."""

from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from lienthong.exchange.rest.v1.values import Cursor, Limit, Seconds, Time
from lienthong.exchange.topics.publisher import MAX_PUBLISH

type TopicName = Annotated[
    str, Meta(min_length=9, max_length=4096, description="INSTANCE/CLASS/MEMBER/SUBSYSTEM/TOPIC, parts percent-encoded")
]
type SubscriptionName = Annotated[str, Meta(max_length=100, description="Tells several of one topic apart.")]
type Purpose = Annotated[str, Meta(max_length=200, description="What for; grants may ask for a certain one.")]
type Sequence = Annotated[int, Meta(ge=0, le=2**53)]
type Moment = Annotated[str, Meta(max_length=40, description="RFC 3339 with a zone.")]


class TopicsParams(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which topics."""

    purpose: Purpose = ""
    after: Cursor = ""
    limit: Limit = 100


class TopicParams(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which topic."""

    topic: TopicName


class SubscriptionParams(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which subscription."""

    topic: TopicName
    name: SubscriptionName = ""


class TopicEventsParams(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which events."""

    topic: TopicName
    name: SubscriptionName = ""
    after: Annotated[Sequence | None, Meta(description="Behind this event; behind the last acknowledged one.")] = None
    chain: Annotated[UUID | None, Meta(description="The chain that after belongs to.")] = None
    limit: Limit = 100
    wait: Seconds = 0


class NewEvent(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something that happened."""

    # Name and version of what the data are, such as person-moved/2.
    schema: Annotated[str, Meta(max_length=120)]
    data: bytes = b""
    # What it is about.
    key: Annotated[str, Meta(max_length=512)] = ""
    media_type: Annotated[str, Meta(max_length=200)] = "application/json"
    # When it happened; when it was published if not given.
    at: Moment | None = None
    role: Annotated[int, Meta(ge=0, le=4)] = 0


class NewEvents(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Events to be published, all or none."""

    events: Annotated[list[NewEvent], Meta(min_length=1, max_length=MAX_PUBLISH)]
    # The sequence that they must follow directly, so that a repeated request publishes nothing twice.
    after: Sequence | None = None


class PublishedEvents(msgspec.Struct, frozen=True, kw_only=True):
    """Where the events stand that were published."""

    first: int
    last: int


class NewSubscription(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to be read, and from where."""

    topic: TopicName
    name: SubscriptionName = ""
    purpose: Purpose = ""
    # Behind this event; else from the first one sealed at `since` or later; else from the oldest.
    after: Sequence | None = None
    since: Moment | None = None


class Place(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where to read on."""

    sequence: Sequence | None = None
    since: Moment | None = None


class Acknowledgement(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Up to where everything was taken."""

    sequence: Sequence


class TopicItem(msgspec.Struct, frozen=True, kw_only=True):
    """A topic that may be read."""

    topic: str
    title: str
    label: str
    schemas: list[str]
    keep_days: int


class TopicsPage(msgspec.Struct, frozen=True, kw_only=True):
    """A part of the topics that may be read, by name."""

    topics: list[TopicItem]
    # Ask for what follows with it; null where nothing follows.
    next: str | None


class SubscriptionItem(msgspec.Struct, frozen=True, kw_only=True):
    """A subscription, and the last event that was acknowledged; null before the first."""

    topic: str
    name: str
    purpose: str
    sequence: int | None


class SubscriptionList(msgspec.Struct, frozen=True, kw_only=True):
    """All subscriptions of the information system."""

    subscriptions: list[SubscriptionItem]


class TopicEvent(msgspec.Struct, frozen=True, kw_only=True):
    """An event at its place."""

    sequence: int
    schema: str
    key: str
    at: Time
    # 0 an event, 1 a deletion, 2 to 4 the beginning, a row and the end of a snapshot.
    role: int
    media_type: str
    data: bytes


class TopicHead(msgspec.Struct, frozen=True, kw_only=True):
    """How far the topic has come, as its owner has sealed it and as far as it has been taken here."""

    chain: UUID | None
    sequence: int
    # The oldest event that the owner keeps, and where its newest complete snapshot begins; 0: there is none.
    kept: int
    snapshot: int
    # When the newest block was sealed; null before the first.
    heard: Time | None
    # Nothing was heard for longer than the owner ever keeps silent.
    silent: bool
    forked: bool


class TopicEvents(msgspec.Struct, frozen=True, kw_only=True):
    """What comes next, in order and without a gap."""

    events: list[TopicEvent]
    head: TopicHead
