"""Publishing: what waits for a topic is sealed together, recorded, and sent until the carrier has it.

Each topic has one line that works on its own, so that sequences have no gaps whoever publishes at the same time.
"""

import asyncio
import logging
from collections.abc import Sequence
from typing import Final

from lienthong.directory.model import Topic
from lienthong.exchange import policy
from lienthong.exchange.errors import DuplicateMessage, RequestInvalid
from lienthong.exchange.node import Node
from lienthong.exchange.topics.errors import SchemaUnknown, TopicUnknown
from lienthong.exchange.topics.event import Event
from lienthong.exchange.topics.line import Line, Published, template
from lienthong.exchange.topics.publish_store import PublishStore, State
from lienthong.exchange.transport import base as carrier
from lienthong.kernel.clock import DAY, MINUTE, Millis
from lienthong.kernel.errors import LienthongError
from lienthong.kernel.identifiers import TopicId

HEAD_EVERY: Final[Millis] = 10 * MINUTE
"""A topic on which nothing happens says so this often: who hears nothing for longer knows that something is wrong."""
MAX_PUBLISH: Final = 4096
"""Events published in one go."""
_SEND: Final = 64
RETRY_SECONDS: Final = 1.0
_LONGEST_KEPT: Final[Millis] = 92 * DAY

_log = logging.getLogger(__name__)


class Publisher:
    """Publishes on the topics of one gateway's organs."""

    def __init__(self, node: Node, store: PublishStore) -> None:
        """Publish from this node; ``start`` sends."""
        self._node = node
        self._store = store
        self._states = store.states()
        self._lines: dict[str, Line] = {}
        self._due = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to send what the carrier does not have yet."""
        self._due.set()
        self._task = asyncio.create_task(self._send(), name="topics")

    async def close(self) -> None:
        """Finish what is being recorded and stop sending; what is not sent is sent after the next start."""
        for line in self._lines.values():
            await line.close()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def state(self, topic: TopicId) -> State | None:
        """Return how far a topic has come, None if nothing was ever published."""
        return self._states.get(str(topic))

    async def publish(
        self,
        topic: TopicId,
        events: Sequence[Event],
        *,
        connection: policy.Connection | None = None,
        after: int | None = None,
    ) -> Published:
        """Publish events, all or none; when this returns they are sealed, recorded and durable.

        Args:
            topic: one of an organ hosted here.
            events: in order, at most ``MAX_PUBLISH``.
            connection: what is known of the information system that publishes.
            after: the sequence that they must follow directly, so that nothing is published twice; None: any.

        Raises:
            CallerUnknown: the topic's owner is not hosted here.
            RequestInvalid: none, too many or malformed events.
            TopicUnknown, SchemaUnknown: the directory has no such topic, or the topic no such schema.
            Refused: the policy objects; recorded.
            OutOfTurn: something else has been published since ``after``.
            KeyUnknown, KeyStoreError: the owner's keys cannot be used.
            JournalError: the evidence cannot be written; nothing is published.
        """
        if not 0 < len(events) <= MAX_PUBLISH:
            raise RequestInvalid(f"{len(events)} events where 1 to {MAX_PUBLISH} are allowed")
        described = self._topic(topic)
        for event in events:
            event.check()
            if described.schemas and event.schema not in described.schemas:
                raise SchemaUnknown(f"{event.schema} on {topic}")
        await self._admit(described, connection or policy.Connection())
        line = self._line(topic)
        published = await line.publish(events, after)
        self._due.set()
        return published

    async def restart(self, topic: TopicId, *, reason: str = "") -> None:
        """Begin a topic anew, after an old journal was restored: sequences count from 1 again.

        Args:
            topic: as for ``publish``.
            reason: why, for the evidence.

        Raises:
            CallerUnknown, TopicUnknown: as for ``publish``.
            JournalError: it cannot be recorded.
        """
        self.check(topic)
        await self._line(topic).restart(reason)

    def check(self, topic: TopicId) -> None:
        """Check that a topic is published here.

        Raises:
            CallerUnknown, TopicUnknown: as for ``publish``.
        """
        self._topic(topic)

    async def tick(self) -> None:
        """Do what is to be done now and then: signs of life, and letting go of what has expired.

        Raises:
            JournalError: it cannot be recorded.
        """
        at = self._node.clock.now()
        await self._node.journal.commit([], self._store.expired(at, epochs_before=at - _LONGEST_KEPT))
        for name, state in list(self._states.items()):
            topic = TopicId.parse(name)
            try:
                if state.number and at - state.at >= HEAD_EVERY:
                    self._topic(topic)
                    await self._line(topic).publish((), None)
                    self._due.set()
            except LienthongError as error:
                _log.warning("%s gives no sign of life: %s", name, error)

    def waiting(self) -> int:
        """Return how many blocks and keys the carrier does not have yet."""
        return self._store.waiting()

    def _topic(self, topic: TopicId) -> Topic:
        self._node.hosted(topic.organ)
        described = self._node.snapshot.topic(topic)
        if described is None:
            raise TopicUnknown(str(topic))
        return described

    async def _admit(self, topic: Topic, connection: policy.Connection) -> None:
        header = template(self._node, topic)
        verdict = self._node.decide(header, connection)
        if verdict.error is not None:
            entry = self._node.entry(
                header,
                organ=str(topic.id.organ),
                direction="out",
                kind="refusal",
                seals=(),
                verdict=verdict.code,
                detail=str(verdict.error),
            )
            await self._node.journal.commit([entry])
            raise verdict.error

    def _line(self, topic: TopicId) -> Line:
        name = str(topic)
        if name not in self._lines:
            self._lines[name] = Line(self._node, self._store, topic, self._states)
        return self._lines[name]

    async def _send(self) -> None:
        while True:
            await self._due.wait()
            self._due.clear()
            try:
                while items := self._store.due(limit=_SEND):
                    messages = [carrier.Outgoing(subject=item.subject, data=item.data, id=item.token) for item in items]
                    results = await self._node.carrier.publish_many(messages)
                    # A duplicate is our own: an acknowledgement was lost, and nobody can guess a token.
                    taken = [
                        self._store.taken(item)
                        for item, result in zip(items, results, strict=True)
                        if isinstance(result, int | DuplicateMessage)
                    ]
                    await self._node.journal.commit([], taken)
                    failed = [result for result in results if not isinstance(result, int | DuplicateMessage)]
                    if failed:
                        _log.warning("%d of %d messages of topics wait: %s", len(failed), len(items), failed[0])
                        await asyncio.sleep(RETRY_SECONDS)
            except LienthongError as error:
                _log.warning("topics wait: %s", error)
                await asyncio.sleep(RETRY_SECONDS)
                self._due.set()
