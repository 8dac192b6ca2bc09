"""A topic's line: what waits to be published is sealed together, chained, encrypted once, and recorded."""

import asyncio
import secrets
from collections.abc import Sequence
from typing import Final

import msgspec

from lienthong.directory.model import Organ, Topic
from lienthong.exchange.node import Node
from lienthong.exchange.packet import Packet, content_of
from lienthong.exchange.subjects import topic_subject
from lienthong.exchange.topics.block import MAX_EVENTS, Place, digest_of, split
from lienthong.exchange.topics.epochs import Begun, Current, Epochs
from lienthong.exchange.topics.errors import OutOfTurn, TopicUnknown
from lienthong.exchange.topics.event import Event, Role
from lienthong.exchange.topics.publish_store import Outgoing, PublishStore, State
from lienthong.kernel.clock import Millis
from lienthong.kernel.identifiers import TopicId
from lienthong.kernel.ids import new_id
from lienthong.trust.header import Header, Kind
from lienthong.trust.journal import Entry, Statement

_ROUND: Final = 16 * MAX_EVENTS
"""Events sealed with one signature, unless somebody publishes more in one go."""


class Published(msgspec.Struct, frozen=True, kw_only=True):
    """Where events stand that have been published."""

    first: int
    last: int


class _Wish(msgspec.Struct, kw_only=True):
    """Events of one caller, who waits for their sequences."""

    events: Sequence[Event]
    done: asyncio.Future[Published]
    after: int | None


class _Draft(msgspec.Struct, frozen=True, kw_only=True):
    """A block that is about to be sealed."""

    header: Header
    parts: tuple[bytes, ...]
    first: int


def template(node: Node, topic: Topic) -> Header:
    """Return the header of a block before anything is in it."""
    at = node.clock.now()
    return Header(
        kind=Kind.EVENT,
        id=new_id(),
        sender=str(topic.id.owner),
        receiver=str(topic.id),
        label=topic.label,
        created=at,
        expires=at + topic.term,
    )


class Line:
    """Where what is to be published on one topic waits, and the task that takes it from there."""

    def __init__(self, node: Node, store: PublishStore, topic: TopicId, states: dict[str, State]) -> None:
        self._node = node
        self._store = store
        self._id = topic
        self._name = str(topic)
        self._states = states
        self._epochs = Epochs(node, store, self._name)
        self._waiting: list[_Wish] = []
        self._task: asyncio.Task[None] | None = None
        self._turn = asyncio.Lock()

    async def publish(self, events: Sequence[Event], after: int | None) -> Published:
        """Publish events, or a sign of life if there are none; see ``Publisher.publish``."""
        done: asyncio.Future[Published] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Wish(events=events, done=done, after=after))
        # A task of its own: whoever asked may be cancelled, but not in the middle of giving out sequences.
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._work(), name=self._name)
        return await done

    async def restart(self, reason: str) -> None:
        """Begin the topic anew; see ``Publisher.restart``."""
        async with self._turn:
            state = State(chain=new_id(), at=self._node.clock.now())
            entry = self._node.entry(
                template(self._node, self._described()),
                organ=str(self._id.organ),
                direction="own",
                kind="state",
                seals=(),
                detail=f"{self._name} begins anew{': ' if reason else ''}{reason}",
            )
            await self._node.journal.commit(
                [entry], [self._store.moved(self._name, state), *self._store.forgotten(self._name)]
            )
            self._states[self._name] = state

    async def close(self) -> None:
        """Wait until what was handed over is recorded."""
        if self._task is not None:
            await asyncio.gather(self._task, return_exceptions=True)

    async def _work(self) -> None:
        while self._waiting:
            async with self._turn:
                wishes = self._next()
                try:
                    await self._round(wishes)
                except Exception as error:  # noqa: BLE001 - whatever it is, it belongs to those who wait
                    for wish in wishes:
                        if not wish.done.done():
                            wish.done.set_exception(error)

    def _next(self) -> list[_Wish]:
        """Take what is sealed together: callers in turn, while their events fit into a round."""
        count, taken = 0, 0
        for wish in self._waiting:
            count += len(wish.events)
            if taken and count > _ROUND:
                break
            taken += 1
        wishes, self._waiting = self._waiting[:taken], self._waiting[taken:]
        return wishes

    def _described(self) -> Topic:
        topic = self._node.snapshot.topic(self._id)
        if topic is None:
            raise TopicUnknown(self._name)
        return topic

    async def _round(self, wishes: list[_Wish]) -> None:
        topic, owner = self._described(), self._node.hosted(self._id.organ)
        state = self._states.get(self._name) or State(chain=new_id())
        events: list[Event] = []
        places: list[tuple[_Wish, Published]] = []
        for wish in wishes:
            last = state.sequence + len(events)
            if wish.after is not None and wish.after != last:
                wish.done.set_exception(OutOfTurn(f"{self._name} has come to {last}, not {wish.after}"))
                continue
            places.append((wish, Published(first=last + 1, last=last + len(wish.events))))
            events.extend(wish.events)
        if not places:
            return
        begun = self._epochs.begun(topic, state, owner)
        current = self._epochs.current() if begun is None else begun.current
        drafts, moved = self._drafts(topic, state, current, events)
        await self._record(topic, owner, begun, current, drafts, moved)
        self._states[self._name] = moved
        self._epochs.use(current)
        for wish, place in places:
            if not wish.done.done():
                wish.done.set_result(place)

    def _drafts(
        self, topic: Topic, state: State, current: Current, events: Sequence[Event]
    ) -> tuple[list[_Draft], State]:
        """Chain the blocks of a round, each to the one before."""
        at = self._node.clock.now()
        kept = self._store.kept(self._name)
        drafts: list[_Draft] = []
        done = 0
        records = [(event if event.at else msgspec.structs.replace(event, at=at)).to_bytes() for event in events]
        for block in split(records) or [()]:
            state = _with_snapshot(state, events[done : done + len(block)])
            done += len(block)
            first = state.sequence + 1
            place = Place(
                number=state.number + 1,
                first=first,
                count=len(block),
                epoch=current.stored.number,
                kept=min(kept or first, first),
                snapshot=state.snapshot,
            )
            parts = (place.to_bytes(), *block)
            header = msgspec.structs.replace(
                template(self._node, topic),
                conversation=state.chain,
                answers=state.digest,
                contents=tuple(content_of(part) for part in parts),
            )
            drafts.append(_Draft(header=header, parts=parts, first=first))
            state = msgspec.structs.replace(
                state,
                number=place.number,
                sequence=state.sequence + len(block),
                digest=digest_of(header.to_bytes()),
                at=at,
            )
        return drafts, state

    async def _record(  # noqa: PLR0913, PLR0917 - what a transaction is made of
        self,
        topic: Topic,
        owner: Organ,
        begun: Begun | None,
        current: Current,
        drafts: Sequence[_Draft],
        moved: State,
    ) -> None:
        subject = topic_subject(owner, topic.id)
        entries: list[Entry] = []
        statements: list[Statement] = [self._store.moved(self._name, moved)]

        def put(first: int, data: bytes, expires: Millis) -> None:
            token = secrets.token_hex(16)
            item = Outgoing(first=first, subject=subject, token=token, data=data, expires=expires)
            statements.append(self._store.put(self._name, item))

        if begun is not None:
            statements.append(self._store.began(self._name, begun.current.stored))
            detail = f"keys of epoch {begun.current.stored.number}"
            entries.append(
                self._node.entry(begun.header, organ=owner, direction="out", seals=(begun.sealed,), detail=detail)
            )
            for message in begun.messages:
                put(0, message, begun.header.expires)
        seals = self._node.seals.seal_all([draft.header for draft in drafts], self._node.sealing_key(owner))
        for draft, sealed in zip(drafts, seals, strict=True):
            packet = Packet(sealed=sealed, parts=draft.parts).to_bytes()
            data = current.session.encrypt_request(packet, aad=self._name.encode())
            entries.append(self._node.entry(draft.header, organ=owner, direction="out", seals=(sealed,)))
            put(draft.first, data, draft.header.expires)
        await self._node.journal.commit(entries, statements)


def _with_snapshot(state: State, events: Sequence[Event]) -> State:
    """Note where snapshots begin, and which one is complete."""
    for sequence, event in enumerate(events, state.sequence + 1):
        if event.role is Role.SNAPSHOT_BEGIN:
            state = msgspec.structs.replace(state, begun=sequence)
        elif event.role is Role.SNAPSHOT_END and state.begun:
            state = msgspec.structs.replace(state, snapshot=state.begun, begun=0)
    return state
