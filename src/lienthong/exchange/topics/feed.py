"""Feeds: a data set as a topic. Now and then everything there is, in between what changes.

A snapshot is a run of events: one that begins it and says which event it stands for, one for each row, one that
completes it. Changes go on in between. A reader takes the rows of the newest complete snapshot, goes back to the
event that it stands for, and applies the changes from there: rows that a change has overtaken are put right by it.
Where a reader stands is one small value; kept in the transaction that applies what was read, every row and change
counts once, wherever either side is stopped.
"""

from collections.abc import AsyncIterable, Sequence
from enum import StrEnum
from typing import Final, Self
from uuid import UUID

import msgspec
from msgspec.structs import replace

from lienthong.exchange import policy
from lienthong.exchange.errors import Malformed, RequestInvalid
from lienthong.exchange.topics.errors import EventsMissing, TopicRestarted
from lienthong.exchange.topics.event import Delivery, Event, Role
from lienthong.exchange.topics.line import Published
from lienthong.exchange.topics.publisher import Publisher
from lienthong.exchange.topics.subscription import Subscription
from lienthong.kernel.identifiers import TopicId
from lienthong.kernel.ids import new_id

_PART: Final = 504


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the data set, or that there is none of this key any more."""

    key: str
    # None: it was removed.
    data: bytes | None
    # The event that says so.
    sequence: int = 0


class _Begin(msgspec.Struct, frozen=True):
    snapshot: UUID
    after: int


class _End(msgspec.Struct, frozen=True):
    snapshot: UUID
    rows: int


class FeedPublisher:
    """Publishes a data set on a topic."""

    def __init__(
        self,
        publisher: Publisher,
        topic: TopicId,
        *,
        schema: str,
        media_type: str = "application/json",
        connection: policy.Connection | None = None,
    ) -> None:
        """Publish rows of one schema; ``connection`` is what is known of the information system."""
        self._publisher = publisher
        self._topic = topic
        self._schema = schema
        self._media_type = media_type
        self._connection = connection

    async def changed(self, rows: Sequence[Row]) -> Published:
        """Publish changes, in order; see ``Publisher.publish`` for what is raised."""
        return await self._publish([self._event(row) for row in rows])

    async def snapshot(self, rows: AsyncIterable[Row], *, after: int | None = None) -> Published:
        """Publish all rows; the snapshot counts once this has returned.

        Args:
            rows: read after this was called; a row may already show changes that are published later.
            after: the last event that all rows show; the last one published if not given.

        Raises:
            RequestInvalid: a row without data.
            Refused, KeyUnknown, KeyStoreError, JournalError: as for ``Publisher.publish``. Call it again: what was
                published of this snapshot is passed over.
        """
        state = self._publisher.state(self._topic)
        stands_for = (0 if state is None else state.sequence) if after is None else after
        id_, count = new_id(), 0
        begun = await self._publish([self._marker(Role.SNAPSHOT_BEGIN, _Begin(id_, stands_for))])
        waiting: list[Event] = []
        async for row in rows:
            if row.data is None:
                raise RequestInvalid(f"a snapshot has no removed rows, such as {row.key[:80]!r}")
            waiting.append(self._event(row, Role.SNAPSHOT_PART))
            count += 1
            if len(waiting) == _PART:
                await self._publish(waiting)
                waiting = []
        ended = await self._publish([*waiting, self._marker(Role.SNAPSHOT_END, _End(id_, count))])
        return Published(first=begun.first, last=ended.last)

    async def _publish(self, events: Sequence[Event]) -> Published:
        return await self._publisher.publish(self._topic, events, connection=self._connection)

    def _event(self, row: Row, role: Role = Role.EVENT) -> Event:
        return Event(
            schema=self._schema,
            key=row.key,
            data=row.data or b"",
            media_type=self._media_type,
            role=Role.DELETION if row.data is None else role,
        )

    def _marker(self, role: Role, value: msgspec.Struct) -> Event:
        return Event(schema=self._schema, data=msgspec.json.encode(value), role=role)


class Phase(StrEnum):
    """What a reader of a feed is doing."""

    SNAPSHOT = "snapshot"
    CHANGES = "changes"


class FeedCursor(msgspec.Struct, frozen=True, kw_only=True):
    """Where a reader of a feed stands: keep it in the transaction that applies what was read."""

    phase: Phase
    # The chain that the sequences belong to, and the last event that was taken.
    chain: UUID | None
    sequence: int
    # In a snapshot: the event that it stands for, and the rows that were taken of it.
    after: int = 0
    rows: int = 0

    def to_text(self) -> str:
        """Write it down."""
        return msgspec.json.encode(self).decode()

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Read what ``to_text`` wrote.

        Raises:
            RequestInvalid: something else.
        """
        try:
            return msgspec.json.decode(text, type=cls)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise RequestInvalid(f"not the cursor of a feed: {error}") from error


class FeedStep(msgspec.Struct, frozen=True, kw_only=True):
    """What to apply, all in one transaction: empty the copy if so told, then the rows, then keep the cursor."""

    # The copy begins anew: what is in it does not count any more.
    reset: bool
    rows: Sequence[Row]
    cursor: FeedCursor


class FeedReader:
    """Reads a data set from a topic."""

    def __init__(self, subscription: Subscription) -> None:
        """Read through a subscription; the cursor is the reader's own."""
        self._subscription = subscription

    def step(self, cursor: FeedCursor | None, *, limit: int = 1000) -> FeedStep:
        """Return what comes next; no rows if nothing has come yet.

        Args:
            cursor: where the reader stands; None to begin.
            limit: at most so many events are looked at.

        Raises:
            EventsMissing: changes are missing, and there is no newer snapshot to begin anew from.
            Malformed: a snapshot contradicts itself.
            Refused, EventForked: as for ``Subscription.read``.
        """
        head = self._subscription.head()
        reset = cursor is None or cursor.chain != head.chain
        if cursor is None or reset:
            cursor = self._beginning(head.chain, head.snapshot)
        try:
            batch = self._subscription.read(after=cursor.sequence, limit=limit)
        except EventsMissing:
            if head.snapshot <= cursor.sequence + 1:
                raise
            cursor, reset = self._beginning(head.chain, head.snapshot), True
            batch = self._subscription.read(after=cursor.sequence, limit=limit)
        return advanced(cursor, batch.deliveries, reset=reset)

    async def wait(self, cursor: FeedCursor | None, *, timeout: float) -> bool:  # noqa: ASYNC109 - the caller's patience
        """Wait until there may be something to read; tells whether there is."""
        try:
            return await self._subscription.wait(after=0 if cursor is None else cursor.sequence, timeout=timeout)
        except TopicRestarted:
            return True

    @staticmethod
    def _beginning(chain: UUID | None, snapshot: int) -> FeedCursor:
        if snapshot:
            return FeedCursor(phase=Phase.SNAPSHOT, chain=chain, sequence=snapshot - 1)
        return FeedCursor(phase=Phase.CHANGES, chain=chain, sequence=0)


def advanced(cursor: FeedCursor, deliveries: Sequence[Delivery], *, reset: bool = False) -> FeedStep:
    """Return what events amount to for a reader who stands at a cursor. Pure.

    Raises:
        Malformed: a snapshot without beginning, or with another number of rows than it says.
    """
    rows: list[Row] = []
    for delivery in deliveries:
        event = delivery.event
        cursor = replace(cursor, sequence=delivery.sequence)
        if cursor.phase is Phase.CHANGES:
            if event.role in {Role.EVENT, Role.DELETION}:
                rows.append(_row(delivery))
            continue
        match event.role:
            case Role.SNAPSHOT_BEGIN:
                # Of one that was given up in the middle nothing counts.
                reset, rows = True, []
                cursor = replace(cursor, after=_said(event, _Begin).after, rows=0)
            case Role.SNAPSHOT_PART:
                rows.append(_row(delivery))
                cursor = replace(cursor, rows=cursor.rows + 1)
            case Role.SNAPSHOT_END:
                if _said(event, _End).rows != cursor.rows:
                    raise Malformed(f"a snapshot with {cursor.rows} rows that ends at event {delivery.sequence}")
                # Back to what it stands for: the changes since then are applied in their order.
                cursor = replace(cursor, phase=Phase.CHANGES, sequence=cursor.after, after=0, rows=0)
                break
            case _:
                pass
    return FeedStep(reset=reset, rows=rows, cursor=cursor)


def compacted(rows: Sequence[Row]) -> list[Row]:
    """Return the last row of each key, in the order in which they came: enough where only the present state counts."""
    last = {row.key: row for row in rows}
    return sorted(last.values(), key=lambda row: row.sequence)


def _row(delivery: Delivery) -> Row:
    event = delivery.event
    data = None if event.role is Role.DELETION else event.data
    return Row(key=event.key, data=data, sequence=delivery.sequence)


def _said[T: msgspec.Struct](event: Event, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(event.data, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise Malformed(f"the mark of a snapshot: {error}") from error
