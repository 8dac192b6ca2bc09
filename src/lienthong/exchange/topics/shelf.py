"""What all who read at one gateway share: how far each topic has come, and its events in order."""

import asyncio
import uuid
from typing import Final

import msgspec

from lienthong.exchange.errors import LabelAboveCeiling
from lienthong.exchange.node import Node
from lienthong.exchange.topics import access
from lienthong.exchange.topics.errors import EventsMissing
from lienthong.exchange.topics.event import Delivery
from lienthong.exchange.topics.follow_store import Follow, FollowStore, Reader, Span
from lienthong.exchange.topics.library import Library
from lienthong.exchange.topics.publisher import HEAD_EVERY
from lienthong.exchange.topics.receiver import TopicReceiver
from lienthong.kernel.clock import Millis
from lienthong.kernel.identifiers import SubsystemId, TopicId
from lienthong.kernel.labels import Label
from lienthong.trust.journal import Entry

SILENT_AFTER: Final[Millis] = 3 * HEAD_EVERY
"""Without a sign of life for so long, a topic is silent: its owner's gateway is down, or somebody keeps us from it."""
MAX_READ_BYTES: Final = 4 * 1024 * 1024
"""Bytes of data in one answer, from which on no further event is added."""


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """How far a topic has come, as its owner has sealed it and as far as it has been taken here."""

    chain: uuid.UUID | None
    # The last event that can be read.
    sequence: int
    # The oldest event that its owner keeps, and where its newest complete snapshot begins; 0: there is none.
    kept: int
    snapshot: int
    # When the newest block was sealed; 0: nothing has come yet.
    heard: Millis
    # Nothing was heard for longer than its owner ever keeps silent.
    silent: bool
    forked: bool


class Shelf:
    """What all subscriptions of a gateway share."""

    def __init__(self, node: Node, store: FollowStore, library: Library, receiver: TopicReceiver) -> None:
        """Read what the receiver keeps."""
        self.node = node
        self._store = store
        self._library = library
        self._receiver = receiver
        self._grown: dict[str, asyncio.Event] = {}

    def follow(self, topic: str) -> Follow:
        """Return how far a topic has been taken."""
        return self._receiver.follows.get(topic) or Follow(topic=topic, stream="")

    def grown(self, topic: str) -> asyncio.Event:
        """Return what is set when the topic comes further."""
        return self._grown.setdefault(topic, asyncio.Event())

    def progress(self, topic: str) -> None:
        """Wake whoever waits for a topic."""
        event = self._grown.pop(topic, None)
        if event is not None:
            event.set()

    def check(self, reader: SubsystemId, topic: TopicId, purpose: str) -> None:
        """Check that an information system may read a topic now.

        Raises:
            Refused: it may not.
        """
        directory = self.node.directory
        objection = access.may_read(
            reader, topic, purpose=purpose, directory=directory.snapshot, standing=directory.standing()
        )
        if objection is not None:
            raise objection

    def head(self, topic: str) -> Head:
        """Return how far a topic has come."""
        follow = self.follow(topic)
        return Head(
            chain=follow.chain.id,
            sequence=follow.chain.sequence,
            kept=follow.kept,
            snapshot=follow.snapshot,
            heard=follow.heard,
            silent=self.node.clock.now() - follow.heard >= SILENT_AFTER,
            forked=follow.forked,
        )

    def since(self, follow: Follow, at: Millis) -> int | None:
        """Return the event before the first one sealed at a time or later; None if there is none yet."""
        return self._store.since(follow.topic, at, upto=follow.chain.number)

    def deliveries(self, follow: Follow, after: int, *, limit: int, ceiling: Label) -> list[Delivery]:
        """Return the events after one, as far as they have come.

        Raises:
            EventsMissing: the next one is not there, although later ones have come.
            LabelAboveCeiling: it is not for this reader.
        """
        chain = follow.chain
        if chain.id is None or after >= chain.sequence:
            return []
        found: list[Delivery] = []
        size = 0
        for span in self._spans(follow, after, limit):
            page = self._library.page(follow.topic, chain.id.bytes, span.number)
            if page is None or span.first > after + 1:
                # What was read before the hole is handed out; the next reading says what is missing.
                break
            if not page.label <= ceiling:
                raise LabelAboveCeiling(f"{page.label} of event {span.first} of {follow.topic}")
            for delivery in page.deliveries:
                if delivery.sequence > after:
                    found.append(delivery)
                    size += len(delivery.event.data)
                    if len(found) >= limit or size >= MAX_READ_BYTES:
                        return found
            after = span.last
        return found

    def _spans(self, follow: Follow, after: int, limit: int) -> list[Span]:
        # A block has an event at least, so so many are enough.
        spans = self._store.spans(follow.topic, after=after, upto=follow.chain.number, limit=limit)
        last = spans[0].first - 1 if spans else follow.chain.sequence
        if last > after:
            raise EventsMissing(follow.topic, first=after + 1, last=last, expired=last < follow.kept)
        return spans

    async def keep(self, reader: Reader, entry: Entry) -> None:
        """Record how far a reader has come."""
        await self.node.journal.commit([entry], [self._store.set(reader)])

    def entry(self, follow: Follow, reader: Reader, kind: str, detail: str) -> Entry:
        """Return the evidence about a reader."""
        topic = self.node.snapshot.topic(TopicId.parse(reader.topic))
        return Entry(
            at=self.node.clock.now(),
            organ=str(SubsystemId.parse(reader.reader).organ),
            direction="in" if kind == "read" else "own",
            kind=kind,
            id="" if follow.chain.id is None else str(follow.chain.id),
            peer=reader.topic,
            label="" if topic is None else str(topic.label),
            purpose=reader.purpose,
            verdict="ok",
            detail=f"{reader.reader} {reader.name}: {detail}"[:500],
        )
