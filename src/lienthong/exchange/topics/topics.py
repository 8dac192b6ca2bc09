"""Everything about topics at one gateway: publishing, following, subscribing."""

import asyncio
import logging
from collections.abc import Sequence
from typing import Final

from lienthong.directory.model import Topic
from lienthong.exchange import policy
from lienthong.exchange.errors import RequestInvalid
from lienthong.exchange.node import Node
from lienthong.exchange.topics import access
from lienthong.exchange.topics.event import Event
from lienthong.exchange.topics.follow_store import FollowStore, Reader
from lienthong.exchange.topics.follower import Follower
from lienthong.exchange.topics.keyring import Keyring
from lienthong.exchange.topics.library import Library
from lienthong.exchange.topics.line import Published
from lienthong.exchange.topics.publish_store import PublishStore
from lienthong.exchange.topics.publisher import Publisher
from lienthong.exchange.topics.receiver import TopicReceiver
from lienthong.exchange.topics.shelf import Shelf
from lienthong.exchange.topics.subscription import Subscription, Subscriptions
from lienthong.kernel.clock import Millis
from lienthong.kernel.errors import LienthongError
from lienthong.kernel.identifiers import SubsystemId, TopicId

TICK_EVERY: Final = 20.0
"""Seconds between looks at what is to be done now and then."""
_MAX_NAME: Final = 100

_log = logging.getLogger(__name__)


class Topics:
    """The topics of one gateway. ``start`` it, use it, ``close`` it."""

    def __init__(self, node: Node) -> None:
        """Go on with what is kept in the node's journal."""
        self._node = node
        self._store = FollowStore(node.journal)
        keyring = Keyring(node, self._store)
        self.publisher = Publisher(node, PublishStore(node.journal))
        self._receiver = TopicReceiver(
            node,
            self._store,
            keyring,
            on_progress=self._progress,
            on_rewind=self._rewind,
        )
        self._shelf = Shelf(node, self._store, Library(node, self._store, keyring), self._receiver)
        self._follower = Follower(node, self._receiver)
        self.subscriptions = Subscriptions(self._shelf, self._store)
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to send, to follow what is read here, and to do what is to be done now and then."""
        self.publisher.start()
        await self._follow()
        self._task = asyncio.create_task(self._tick(), name="topics now and then")

    async def close(self) -> None:
        """End all of it; what is not sent is sent after the next start."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self._follower.close()
        await self.publisher.close()

    async def directory_changed(self) -> None:
        """Follow topics where the directory places them now, and wake readers who may no longer read.

        Raises:
            JournalError: it cannot be recorded.
        """
        await self._follow()
        for topic in self.subscriptions.topics():
            self._progress(topic)

    async def publish(
        self,
        topic: TopicId,
        events: Sequence[Event],
        *,
        connection: policy.Connection | None = None,
        after: int | None = None,
    ) -> Published:
        """Publish events; see ``Publisher.publish``."""
        return await self.publisher.publish(topic, events, connection=connection, after=after)

    async def subscribe(  # noqa: PLR0913 - by keyword
        self,
        reader: SubsystemId,
        topic: TopicId,
        *,
        name: str = "",
        purpose: str = "",
        after: int | None = None,
        since: Millis = 0,
    ) -> Subscription:
        """Subscribe, or return the subscription of that name as it is.

        Args:
            reader: an information system of an organ hosted here.
            topic: whose topic it is.
            name: tells several subscriptions of one reader to one topic apart.
            purpose: what for; grants may ask for a certain one.
            after: begin behind this event.
            since: begin with the first event sealed then or later, if ``after`` is not given; 0: with the oldest.

        Raises:
            CallerUnknown: who would read is not hosted here.
            Refused: it may not read this topic for this purpose.
            RequestInvalid: too long a name.
            JournalError: it cannot be recorded.
        """
        if len(name) > _MAX_NAME or not name.isprintable():
            raise RequestInvalid(f"the name of a subscription has {_MAX_NAME} printable characters at most")
        asked = Reader(
            reader=str(reader), topic=str(topic), name=name, purpose=purpose, chain=None, sequence=after, since=since
        )
        subscription = await self.subscriptions.add(asked)
        await self._follow()
        return subscription

    async def unsubscribe(self, subscription: Subscription) -> None:
        """End a subscription; what nobody reads any more is let go of.

        Raises:
            JournalError: it cannot be recorded.
        """
        topic = subscription.reader.topic
        await self.subscriptions.remove(subscription)
        if topic not in self.subscriptions.topics():
            await self._follow()
            await self._receiver.leave(topic)

    def readable(self, reader: SubsystemId, *, purpose: str = "") -> list[Topic]:
        """Return the topics that an information system may read for a purpose, in the order of their names."""
        snapshot, standing = self._node.snapshot, self._node.directory.standing()
        return sorted(
            (
                topic
                for topic in snapshot.topics()
                if access.may_read(reader, topic.id, purpose=purpose, directory=snapshot, standing=standing) is None
            ),
            key=lambda topic: str(topic.id),
        )

    async def tick(self) -> None:
        """Give signs of life, go on behind holes, let go of what has expired.

        Raises:
            JournalError: it cannot be recorded.
        """
        await self.publisher.tick()
        await self._receiver.tick()

    async def _follow(self) -> None:
        await self._follower.refresh(self.subscriptions.topics())

    def _progress(self, topic: str) -> None:
        self._shelf.progress(topic)

    def _rewind(self, stream: str) -> None:
        self._follower.rewind(stream)

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(TICK_EVERY)
            try:
                await self.tick()
            except LienthongError as error:
                # A full disk passes; it is done the next time.
                _log.warning("%s", error)
