"""A data set over a topic: whoever is stopped wherever, the copy comes to be what the owner has."""

import uuid
from collections.abc import AsyncIterator

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lienthong.exchange.errors import Malformed, RequestInvalid
from lienthong.exchange.topics.errors import EventsMissing
from lienthong.exchange.topics.event import Delivery, Event, Role
from lienthong.exchange.topics.feed import (
    FeedCursor,
    FeedPublisher,
    FeedReader,
    Phase,
    Row,
    _Begin,
    _End,
    advanced,
    compacted,
)
from lienthong.exchange.topics.subscription import Subscription
from lienthong.kernel import cbor
from lienthong.kernel.clock import DAY
from tests.support.carriers import eventually
from tests.support.gateways import World
from tests.support.topics import MOVES, SCHEMA, offer, subscribed, topics

CHAIN = uuid.UUID(int=1)


class Copy:
    """A reader's copy of the data set, and the cursor that is kept with it."""

    def __init__(self) -> None:
        self.rows: dict[str, bytes] = {}
        self.cursor: str | None = None

    def apply(self, reader: FeedReader, *, limit: int = 1000) -> bool:
        """Take one step; tells whether anything moved."""
        before = self.cursor
        step = reader.step(None if before is None else FeedCursor.from_text(before), limit=limit)
        if step.reset:
            self.rows.clear()
        for row in step.rows:
            if row.data is None:
                self.rows.pop(row.key, None)
            else:
                self.rows[row.key] = row.data
        self.cursor = step.cursor.to_text()
        return self.cursor != before

    def catch_up(self, reader: FeedReader, *, limit: int = 1000) -> dict[str, bytes]:
        while self.apply(reader, limit=limit):
            pass
        return self.rows


class Owner:
    """The owner's data set."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.rows: dict[str, bytes] = {}

    @property
    def feed(self) -> FeedPublisher:
        return FeedPublisher(topics(self.world, "p1").publisher, MOVES, schema=SCHEMA)

    async def set(self, **rows: bytes | None) -> None:
        for key, data in rows.items():
            if data is None:
                self.rows.pop(key, None)
            else:
                self.rows[key] = data
        await self.feed.changed([Row(key=key, data=data) for key, data in rows.items()])

    async def all(self, *, change_at: str = "", **changes: bytes | None) -> AsyncIterator[Row]:
        for key, data in list(self.rows.items()):
            if key == change_at:
                await self.set(**changes)
            yield Row(key=key, data=data)

    async def seen(self, reader: Subscription) -> None:
        state = topics(self.world, "p1").publisher.state(MOVES)
        assert state is not None
        await eventually(lambda: reader.head().sequence == state.sequence)


async def test_a_snapshot_then_changes(country: World) -> None:
    offer(country)
    owner = Owner(country)
    await owner.set(a=b"1", b=b"2", c=b"3")
    await owner.set(b=None)
    await owner.feed.snapshot(owner.all())
    await owner.set(c=b"4", d=b"5")
    subscription = await subscribed(country)
    await owner.seen(subscription)
    copy, reader = Copy(), FeedReader(subscription)
    assert copy.catch_up(reader) == owner.rows == {"a": b"1", "c": b"4", "d": b"5"}
    await owner.set(a=None)
    await owner.seen(subscription)
    assert await reader.wait(FeedCursor.from_text(copy.cursor or ""), timeout=1)
    assert copy.catch_up(reader) == owner.rows


async def test_changes_in_the_middle_of_a_snapshot_count(country: World) -> None:
    offer(country)
    owner = Owner(country)
    await owner.set(**{f"k{number}": b"old" for number in range(1200)})
    # After most rows were read, some change: the rows show what was before, the changes put it right.
    await owner.feed.snapshot(owner.all(change_at="k1000", k1=b"new", k2=None, k1100=b"new", x=b"new"))
    subscription = await subscribed(country)
    await owner.seen(subscription)
    assert Copy().catch_up(FeedReader(subscription), limit=100) == owner.rows
    assert owner.rows["k1"] == b"new"


async def test_a_reader_goes_on_in_the_middle_of_a_snapshot_after_an_end(country: World) -> None:
    offer(country)
    owner = Owner(country)
    await owner.set(**{f"k{number}": b"v" for number in range(50)})
    await owner.feed.snapshot(owner.all())
    await subscribed(country)
    copy = Copy()
    for _ in range(30):
        subscription = await subscribed(country)
        await owner.seen(subscription)
        if not copy.apply(FeedReader(subscription), limit=7):
            break
        # Everything but the copy and its cursor is gone.
        if len(copy.rows) in {7, 27}:
            await country.restart("tw")
    assert copy.rows == owner.rows


async def test_a_snapshot_that_was_given_up_does_not_count(country: World) -> None:
    offer(country)
    owner = Owner(country)
    await owner.set(a=b"1", b=b"2")

    async def broken() -> AsyncIterator[Row]:
        yield Row(key="wrong", data=b"")
        raise RuntimeError("the data base went away")

    with pytest.raises(RuntimeError):
        await owner.feed.snapshot(broken())
    subscription = await subscribed(country)
    await owner.seen(subscription)
    assert subscription.head().snapshot == 0
    assert Copy().catch_up(FeedReader(subscription)) == owner.rows
    await owner.feed.snapshot(owner.all())
    await owner.seen(subscription)
    assert subscription.head().snapshot > 0
    assert Copy().catch_up(FeedReader(subscription), limit=1) == owner.rows


async def test_who_missed_changes_begins_anew_from_a_newer_snapshot(country: World) -> None:
    offer(country, keep_days=2)
    owner = Owner(country)
    subscription = await subscribed(country)
    await owner.set(a=b"1", gone=b"2")
    await owner.seen(subscription)
    copy, reader = Copy(), FeedReader(subscription)
    copy.catch_up(reader)
    await owner.set(gone=None)
    await owner.set(b=b"3")
    await owner.seen(subscription)
    country.clock.advance(2 * DAY)
    await topics(country).tick()
    await topics(country, "p1").tick()
    await owner.set(c=b"4")
    await owner.seen(subscription)
    with pytest.raises(EventsMissing):
        copy.apply(reader)
    await owner.feed.snapshot(owner.all())
    await owner.seen(subscription)
    assert copy.catch_up(reader) == owner.rows == {"a": b"1", "b": b"3", "c": b"4"}


async def test_a_topic_that_begins_anew_makes_the_copy_begin_anew(country: World) -> None:
    offer(country)
    owner = Owner(country)
    subscription = await subscribed(country)
    await owner.set(a=b"1", old=b"2")
    await owner.seen(subscription)
    copy, reader = Copy(), FeedReader(subscription)
    copy.catch_up(reader)
    await subscription.ack(2)
    await topics(country, "p1").publisher.restart(MOVES)
    owner.rows.pop("old")
    await owner.feed.snapshot(owner.all())
    await owner.seen(subscription)
    assert await reader.wait(FeedCursor.from_text(copy.cursor or ""), timeout=1)
    assert copy.catch_up(reader) == owner.rows == {"a": b"1"}


async def test_a_snapshot_has_no_removed_rows(country: World) -> None:
    offer(country)

    async def rows() -> AsyncIterator[Row]:
        yield Row(key="k", data=None)

    with pytest.raises(RequestInvalid, match="removed rows"):
        await Owner(country).feed.snapshot(rows())


# -- the pure part

KEYS = st.sampled_from(["a", "b", "c"])
ROWS = st.builds(Row, key=KEYS, data=st.none() | st.binary(max_size=2), sequence=st.integers(1, 9))


@given(st.lists(ROWS))
def test_compacted_rows_make_the_same_copy(rows: list[Row]) -> None:
    rows = [Row(key=row.key, data=row.data, sequence=sequence) for sequence, row in enumerate(rows, 1)]
    few = compacted(rows)
    assert len({row.key for row in few}) == len(few)
    assert {row.key: row.data for row in few} == {row.key: row.data for row in rows}
    assert [row.sequence for row in few] == sorted(row.sequence for row in few)


def deliveries(*made: tuple[Role, str, bytes]) -> list[Delivery]:
    return [
        Delivery(sequence=sequence, event=Event(schema=SCHEMA, key=key, data=data, role=role))
        for sequence, (role, key, data) in enumerate(made, 1)
    ]


@given(cut=st.integers(1, 12), rows=st.lists(st.sampled_from(["row", "change", "removal"]), max_size=10))
def test_however_it_is_cut_a_feed_comes_to_the_same(cut: int, rows: list[str]) -> None:
    marks = {"row": Role.SNAPSHOT_PART, "change": Role.EVENT, "removal": Role.DELETION}
    begin = msgspec.json.encode(_Begin(CHAIN, 0))
    end = msgspec.json.encode(_End(CHAIN, rows.count("row")))
    events = deliveries(
        (Role.SNAPSHOT_BEGIN, "", begin),
        *((marks[row], f"k{index % 3}", bytes((index,))) for index, row in enumerate(rows)),
        (Role.SNAPSHOT_END, "", end),
    )

    def copy(size: int) -> tuple[dict[str, bytes], FeedCursor]:
        kept: dict[str, bytes] = {}
        cursor = FeedCursor(phase=Phase.SNAPSHOT, chain=CHAIN, sequence=0)
        for _ in range(100):
            step = advanced(cursor, events[cursor.sequence : cursor.sequence + size])
            if step.reset:
                kept.clear()
            for row in step.rows:
                if row.data is None:
                    kept.pop(row.key, None)
                else:
                    kept[row.key] = row.data
            if step.cursor == cursor:
                break
            cursor = step.cursor
        return kept, cursor

    assert copy(cut) == copy(100)
    assert copy(cut)[1] == FeedCursor(phase=Phase.CHANGES, chain=CHAIN, sequence=len(events))


@pytest.mark.parametrize(
    "event",
    [
        (Role.SNAPSHOT_BEGIN, "", b"nonsense"),
        (Role.SNAPSHOT_BEGIN, "", cbor.encode({})),
        (Role.SNAPSHOT_END, "", b'{"snapshot":"00000000-0000-0000-0000-000000000001","rows":5}'),
    ],
)
def test_a_snapshot_that_contradicts_itself_is_refused(event: tuple[Role, str, bytes]) -> None:
    cursor = FeedCursor(phase=Phase.SNAPSHOT, chain=CHAIN, sequence=0)
    with pytest.raises(Malformed):
        advanced(cursor, deliveries(event))


@pytest.mark.parametrize("text", ["", "{}", '{"phase":"x","chain":null,"sequence":1}', "[1]"])
def test_a_cursor_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(RequestInvalid):
        FeedCursor.from_text(text)
