"""Topics for asyncio. ``tools/generate_client.py`` makes the other one of it."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from lienthong.client import topic_asks
from lienthong.client.asking import Ask
from lienthong.client.results import (
    NewTopicEvent,
    PublishedEvents,
    Subscription,
    Topic,
    TopicEvent,
    TopicEvents,
)
from lienthong.kernel.identifiers import TopicId


class _Do(Protocol):
    async def __call__[T](self, ask: Ask[T]) -> T:
        """Ask the gateway."""
        ...


class AsyncTopics:
    """Publishes on topics and reads them, for one information system: ``client.topics``."""

    def __init__(self, do: _Do) -> None:
        """Ask through a client."""
        self._do = do

    async def list(self, *, purpose: str = "") -> AsyncIterator[Topic]:
        """Yield the topics that may be read for a purpose, by name."""
        after: str | None = None
        while True:
            page = await self._do(topic_asks.topics(purpose=purpose, after=after))
            for topic in page.topics:
                yield topic
            after = page.next
            if after is None:
                return

    async def publish(
        self, topic: TopicId | str, events: Sequence[NewTopicEvent], *, after: int | None = None
    ) -> PublishedEvents:
        """Publish events on a topic of one's own, all or none; when this returns they are durable.

        Args:
            topic: INSTANCE/CLASS/MEMBER/SUBSYSTEM/TOPIC, each part percent-encoded.
            events: in order.
            after: the sequence that they must follow directly: said again, nothing is published twice.

        Raises:
            NotFound: there is no such topic.
            Refused: it is another system's, or its label is above a ceiling.
            Conflict: something else was published since ``after``.
            Problem: the gateway says no.
        """
        return await self._do(topic_asks.publish(topic, events, after=after))

    async def subscribe(
        self,
        topic: TopicId | str,
        *,
        name: str = "",
        purpose: str = "",
        after: int | None = None,
        since: datetime | None = None,
    ) -> Subscription:
        """Subscribe to a topic; a subscription of that name that is there already stays as it is.

        Args:
            topic: INSTANCE/CLASS/MEMBER/SUBSYSTEM/TOPIC, each part percent-encoded.
            name: tells several subscriptions to one topic apart.
            purpose: what for.
            after: begin behind this event.
            since: begin with what was sealed then or later; with the oldest if neither is given.

        Raises:
            NotFound: there is no such topic.
            Refused: it is not granted, or not for this purpose.
        """
        return await self._do(topic_asks.subscribe(topic, name=name, purpose=purpose, after=after, since=since))

    async def subscriptions(self) -> tuple[Subscription, ...]:
        """Return the information system's subscriptions."""
        return (await self._do(topic_asks.subscriptions())).subscriptions

    async def unsubscribe(self, topic: TopicId | str, *, name: str = "") -> Subscription:
        """End a subscription.

        Raises:
            NotFound: there is none.
        """
        return await self._do(topic_asks.unsubscribe(topic, name=name))

    async def read(  # noqa: PLR0913 - by keyword
        self,
        topic: TopicId | str,
        *,
        name: str = "",
        after: int | None = None,
        chain: UUID | None = None,
        limit: int = 100,
        wait: int = 0,
    ) -> TopicEvents:
        """Return what comes next of a topic, in order; reading moves nothing.

        Args:
            topic: which.
            name: of the subscription.
            after: the last event that was taken; the last acknowledged one if not given.
            chain: the ``head.chain`` that ``after`` belongs to.
            limit: at most so many, up to 1000.
            wait: seconds to wait if there is nothing yet, up to 60.

        Raises:
            NotFound: there is no such subscription.
            Refused: it may not be read any more.
            Conflict: its owner has begun it anew (``topic_restarted``), or has sealed two histories.
            Problem: ``events_missing``, with the sequences in its detail.
        """
        return await self._do(topic_asks.read(topic, name=name, after=after, chain=chain, limit=limit, wait=wait))

    async def follow(self, topic: TopicId | str, *, name: str = "", wait: int = 30) -> AsyncIterator[TopicEvent]:
        """Yield the events of a topic and go on with those that come; each counts as taken when the next is asked for.

        Whoever ends in the middle gets the last event again at the next start, and what follows it.

        Raises:
            NotFound, Refused, Conflict, Problem: as for ``read``.
        """
        while True:
            page = await self.read(topic, name=name, limit=200, wait=wait)
            for event in page.events:
                yield event
            if page.events:
                await self.acknowledge(topic, page.events[-1].sequence, name=name)

    async def acknowledge(self, topic: TopicId | str, sequence: int, *, name: str = "") -> Subscription:
        """Acknowledge everything up to an event. Saying it again changes nothing.

        Raises:
            NotFound: there is no such subscription.
        """
        return await self._do(topic_asks.acknowledge(topic, sequence, name=name))

    async def seek(
        self, topic: TopicId | str, *, name: str = "", sequence: int | None = None, since: datetime | None = None
    ) -> Subscription:
        """Read from behind an event, or from a time on: to replay, or to go on behind a gap.

        Raises:
            NotFound: there is no such subscription.
        """
        return await self._do(topic_asks.seek(topic, name=name, sequence=sequence, since=since))
