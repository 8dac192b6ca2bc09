"""Subscriptions: an information system reads a topic in its own time, in order, and says how far it has come.

Nothing is pushed and nothing skipped by itself: what should come next and is not there is an error that says so.
"""

import asyncio
from typing import Final
from uuid import UUID

import msgspec
from msgspec.structs import replace

from lienthong.exchange.errors import Refused
from lienthong.exchange.topics import access
from lienthong.exchange.topics.errors import EventForked, EventsMissing, SubscriptionUnknown, TopicRestarted
from lienthong.exchange.topics.event import Delivery
from lienthong.exchange.topics.follow_store import Follow, FollowStore, Reader
from lienthong.exchange.topics.shelf import Head, Shelf
from lienthong.kernel.clock import Millis
from lienthong.kernel.identifiers import SubsystemId, TopicId
from lienthong.kernel.labels import Label

MAX_READ: Final = 1000
"""Events in one answer."""


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """What was read."""

    deliveries: tuple[Delivery, ...]
    head: Head


class Subscription:
    """One reader of one topic."""

    def __init__(self, shelf: Shelf, reader: Reader) -> None:
        """Go on where the reader was; see ``Subscriptions``."""
        self._shelf = shelf
        self._reader = reader
        self._id = SubsystemId.parse(reader.reader)
        self._topic = TopicId.parse(reader.topic)
        self._turn = asyncio.Lock()

    @property
    def reader(self) -> Reader:
        """Who reads, and how far it has said that it has come."""
        return self._reader

    def head(self) -> Head:
        """Return how far the topic has come here.

        Raises:
            Refused: it may not be read any more.
        """
        self._check()
        return self._shelf.head(self._reader.topic)

    def read(self, *, after: int | None = None, chain: UUID | None = None, limit: int = MAX_READ) -> Batch:
        """Return the next events, as far as they have come; reading moves nothing.

        Args:
            after: the last event that was taken; what was acknowledged last if not given.
            chain: the chain that ``after`` belongs to, as ``Head`` named it.
            limit: at most so many.

        Raises:
            Refused: it may not be read any more, by it or for its purpose; or an event is above its ceiling.
            TopicRestarted: its owner has begun the topic anew; ``seek``.
            EventsMissing: what should come next has expired or was not delivered.
            EventForked: its owner has sealed two histories, and all before that was read.
            EnvelopeInvalid: the keys of what is kept are not here any more.
        """
        self._check()
        follow = self._shelf.follow(self._reader.topic)
        start = self._start(follow) if after is None else after
        if chain is not None and follow.chain.id is not None and chain != follow.chain.id:
            raise TopicRestarted(self._reader.topic)
        if start is None:
            return Batch(deliveries=(), head=self._shelf.head(self._reader.topic))
        deliveries = self._shelf.deliveries(follow, start, limit=min(limit, MAX_READ), ceiling=self._ceiling())
        if not deliveries and follow.forked and start >= follow.chain.sequence:
            raise EventForked(self._reader.topic)
        return Batch(deliveries=tuple(deliveries), head=self._shelf.head(self._reader.topic))

    async def wait(self, *, after: int | None = None, timeout: float) -> bool:  # noqa: ASYNC109 - the caller's patience
        """Wait until there is something to read; tells whether there is.

        Args:
            after: as for ``read``.
            timeout: seconds.

        Raises:
            Refused, TopicRestarted: as for ``read``.
        """
        try:
            async with asyncio.timeout(timeout):
                while True:
                    grown = self._shelf.grown(self._reader.topic)
                    self._check()
                    follow = self._shelf.follow(self._reader.topic)
                    start = self._start(follow) if after is None else after
                    if start is not None and (follow.chain.sequence > start or follow.forked):
                        return True
                    await grown.wait()
        except TimeoutError:
            return False

    async def ack(self, sequence: int) -> None:
        """Note that everything up to an event was taken; saying it again, or of an earlier one, changes nothing.

        The evidence names the events, the topic and the purpose: what this reader was given.

        Raises:
            TopicRestarted: the sequence is of a chain that was given up.
            EventsMissing: so far the topic has not come.
            JournalError: it cannot be recorded.
        """
        async with self._turn:
            follow = self._shelf.follow(self._reader.topic)
            before = self._start(follow)
            if sequence > follow.chain.sequence:
                raise EventsMissing(self._reader.topic, first=follow.chain.sequence + 1, last=sequence, expired=False)
            if before is not None and sequence <= before:
                return
            moved = replace(self._reader, chain=follow.chain.id, sequence=sequence)
            detail = f"{(before or 0) + 1} to {sequence}"
            await self._shelf.keep(moved, self._shelf.entry(follow, moved, "read", detail))
            self._reader = moved

    async def seek(self, *, sequence: int | None = None, at: Millis | None = None) -> None:
        """Read from another place on: to replay, or to go on behind a gap.

        Args:
            sequence: behind this event; 0: from the first of all.
            at: from the first event that was sealed then or later; 0: from the oldest that is there.

        Raises:
            JournalError: it cannot be recorded.
        """
        async with self._turn:
            follow = self._shelf.follow(self._reader.topic)
            chain = None if sequence is None else follow.chain.id
            moved = replace(self._reader, chain=chain, sequence=sequence, since=at or 0)
            detail = f"from time {at or 0}" if sequence is None else f"behind {sequence}"
            await self._shelf.keep(moved, self._shelf.entry(follow, moved, "state", f"seek: {detail}"))
            self._reader = moved

    def _check(self) -> None:
        self._shelf.check(self._id, self._topic, self._reader.purpose)

    def _ceiling(self) -> Label:
        snapshot = self._shelf.node.snapshot
        return access.ceiling_of(snapshot.organ(self._id.organ), snapshot.subsystem(self._id))

    def _start(self, follow: Follow) -> int | None:
        """Return the event behind which to read; None if that is not known yet."""
        reader = self._reader
        if reader.sequence is None:
            return self._shelf.since(follow, reader.since)
        if reader.chain is not None and follow.chain.id is not None and reader.chain != follow.chain.id:
            raise TopicRestarted(reader.topic)
        return reader.sequence


class Subscriptions:
    """The subscriptions of the information systems of one gateway."""

    def __init__(self, shelf: Shelf, store: FollowStore) -> None:
        """Go on with what is kept."""
        self._shelf = shelf
        self._store = store
        self._open = {
            (reader.reader, reader.topic, reader.name): Subscription(shelf, reader) for reader in store.readers()
        }

    def topics(self) -> set[str]:
        """Return every topic that somebody reads."""
        return {topic for _, topic, _ in self._open}

    def of(self, reader: SubsystemId) -> list[Subscription]:
        """Return the subscriptions of an information system."""
        return [each for (name, _, _), each in sorted(self._open.items()) if name == str(reader)]

    def get(self, reader: SubsystemId, topic: TopicId, name: str = "") -> Subscription:
        """Return a subscription.

        Raises:
            SubscriptionUnknown: there is none.
        """
        found = self._open.get((str(reader), str(topic), name))
        if found is None:
            raise SubscriptionUnknown(f"{name!r} of {reader} to {topic}")
        return found

    async def add(self, reader: Reader) -> Subscription:
        """Keep a new subscription; one of that name that is there already is returned as it is.

        Raises:
            CallerUnknown: who would read is not hosted here.
            Refused: it may not read this topic for this purpose; recorded.
            JournalError: it cannot be recorded.
        """
        key = (reader.reader, reader.topic, reader.name)
        id_, topic = SubsystemId.parse(reader.reader), TopicId.parse(reader.topic)
        self._shelf.node.hosted(id_.organ)
        follow = self._shelf.follow(reader.topic)
        try:
            self._shelf.check(id_, topic, reader.purpose)
        except Refused as error:
            entry = self._shelf.entry(follow, reader, "refusal", str(error))
            await self._shelf.node.journal.commit([replace(entry, verdict=error.code)])
            raise
        if key not in self._open:
            await self._shelf.keep(reader, self._shelf.entry(follow, reader, "state", "subscribed"))
            self._open.setdefault(key, Subscription(self._shelf, reader))
        return self._open[key]

    async def remove(self, subscription: Subscription) -> None:
        """Let go of a subscription.

        Raises:
            JournalError: it cannot be recorded.
        """
        reader = subscription.reader
        entry = self._shelf.entry(self._shelf.follow(reader.topic), reader, "state", "unsubscribed")
        await self._shelf.node.journal.commit([entry], [self._store.ended(reader)])
        self._open.pop((reader.reader, reader.topic, reader.name), None)
