"""Reading the branches' streams: one consumer for each branch in which somebody here reads a topic."""

import asyncio
import logging
from collections.abc import Coroutine, Iterable, Sequence
from typing import Final

import msgspec

from lienthong.exchange.node import Node
from lienthong.exchange.subjects import topic_stream, topic_subject
from lienthong.exchange.topics.receiver import TopicReceiver
from lienthong.exchange.transport.base import Gap, Message, Subscription
from lienthong.kernel.errors import LienthongError
from lienthong.kernel.identifiers import TopicId

RETRY_SECONDS: Final = 5.0

_log = logging.getLogger(__name__)


class _Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What is read of one stream."""

    # Subject → topic.
    subjects: dict[str, str]
    # The narrowest filter that lets all of them through.
    pattern: str


class Follower:
    """Keeps a consumer on every stream that holds a topic read here."""

    def __init__(self, node: Node, receiver: TopicReceiver) -> None:
        """Read for this node; ``refresh`` begins."""
        self._node = node
        self._receiver = receiver
        self._topics: set[str] = set()
        self._running: dict[str, tuple[_Wanted, asyncio.Task[None]]] = {}
        self._turn = asyncio.Lock()
        self._notes: set[asyncio.Task[None]] = set()

    async def refresh(self, topics: Iterable[str] | None = None) -> None:
        """Read exactly these topics, wherever the directory places them now; the same ones if none are given.

        Raises:
            JournalError: it cannot be recorded.
        """
        async with self._turn:
            if topics is not None:
                self._topics = set(topics)
            wanted = self._wanted()
            for stream, each in wanted.items():
                for topic in each.subjects.values():
                    await self._receiver.follow(topic, stream)
            for stream in list(self._running):
                if stream not in wanted or wanted[stream] != self._running[stream][0]:
                    await self._stop(stream)
            for stream, each in wanted.items():
                if stream not in self._running:
                    task = asyncio.create_task(self._read(stream, each), name=stream)
                    self._running[stream] = (each, task)

    def rewind(self, stream: str) -> None:
        """Read a stream again from the earliest position that one of its topics needs."""
        self._note(self._rewind(stream))

    async def close(self) -> None:
        """Read nothing any more."""
        async with self._turn:
            for stream in list(self._running):
                await self._stop(stream)
        await asyncio.gather(*self._notes, return_exceptions=True)

    def _wanted(self) -> dict[str, _Wanted]:
        subjects: dict[str, dict[str, str]] = {}
        for name in sorted(self._topics):
            topic = TopicId.parse(name)
            owner = self._node.snapshot.organ(topic.organ)
            # A topic that the directory no longer has is not read; what is here of it is refused when somebody asks.
            if owner is not None and self._node.snapshot.topic(topic) is not None:
                subjects.setdefault(topic_stream(owner.branch), {})[topic_subject(owner, topic)] = name
        return {stream: _Wanted(subjects=each, pattern=narrowest(list(each))) for stream, each in subjects.items()}

    async def _rewind(self, stream: str) -> None:
        async with self._turn:
            if stream in self._running:
                wanted = self._running[stream][0]
                await self._stop(stream)
                self._running[stream] = (wanted, asyncio.create_task(self._read(stream, wanted), name=stream))

    async def _stop(self, stream: str) -> None:
        _, task = self._running.pop(stream)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    async def _read(self, stream: str, wanted: _Wanted) -> None:
        """Read on for ever, again after whatever went wrong: events must not stay away unnoticed."""
        while True:
            try:
                await self._consume(stream, wanted)
            except LienthongError as error:
                _log.warning("%s: %s", stream, error)
            except Exception:  # noqa: BLE001 - others' topics must not wait for the repair of a defect
                _log.exception("%s is read again from where it was: a defect", stream)
            await asyncio.sleep(RETRY_SECONDS)

    async def _consume(self, stream: str, wanted: _Wanted) -> None:
        topics = set(wanted.subjects.values())
        self._receiver.rewinding -= topics

        async def take(messages: Sequence[Message]) -> None:
            await self._receiver.take(stream, wanted.subjects, messages)

        def on_gap(gap: Gap) -> None:
            # What is missing is told by the chain. Only where to look is told here.
            if gap.resumed < gap.after:
                self._receiver.again(stream)

        positions = [self._receiver.follows[topic].position for topic in topics if topic in self._receiver.follows]
        subscription: Subscription = await self._node.carrier.consume(
            stream,
            wanted.pattern,
            start_after=min(positions, default=0),
            take=take,
            on_gap=on_gap,
            on_idle=lambda position: self._note(self._receiver.looked(stream, position)),
        )
        try:
            await subscription.wait()
        finally:
            await subscription.close()

    def _note(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(self._noted(work))
        self._notes.add(task)
        task.add_done_callback(self._notes.discard)

    @staticmethod
    async def _noted(work: Coroutine[None, None, None]) -> None:
        try:
            await work
        except LienthongError as error:
            # It is noted with the next batch.
            _log.warning("%s", error)


def narrowest(subjects: Sequence[str]) -> str:
    """Return the filter that lets all subjects through and as little else as one filter can."""
    first, *others = [subject.split(".") for subject in subjects]
    if not others:
        return subjects[0]
    common = 0
    while all(other[common] == first[common] for other in others):
        common += 1
    return ".".join([*first[:common], ">"])
