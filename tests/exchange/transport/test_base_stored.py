"""What holds for every carrier about what it stores: mail, large contents, the directory's bucket."""

import asyncio
import os
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field

import pytest

from lienthong.exchange.errors import DuplicateMessage, NoResponder, PayloadTooLarge
from lienthong.exchange.transport import nats_pull
from lienthong.exchange.transport.base import BATCH, Gap, Message, Outgoing
from lienthong.exchange.transport.errors import CarrierRefused, NotStored, StreamMissing
from lienthong.exchange.transport.permissions import SLOTS, Role
from lienthong.kernel.errors import BadInput
from tests.support.carriers import CLOCK, Harness, eventually, mail


@dataclass
class Reader:
    """Takes batches and remembers them."""

    messages: list[Message] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    idle: list[int] = field(default_factory=list)

    async def take(self, batch: Sequence[Message]) -> None:
        self.sizes.append(len(batch))
        self.messages.extend(batch)

    @property
    def data(self) -> list[bytes]:
        return [message.data for message in self.messages]


def outgoing(subject: str, count: int, *, prefix: bytes = b"") -> list[Outgoing]:
    return [Outgoing(subject=subject, data=prefix + b"%d" % n, id=os.urandom(16).hex()) for n in range(count)]


async def test_mail_arrives_in_order_with_its_sequence_and_time(harness: Harness) -> None:
    branch = await harness.branch()
    one, two = await harness.carrier("one", branch), await harness.carrier("two", branch)
    before = CLOCK.now()
    subject = mail(branch, "two", branch, "one")
    assert await one.publish_durable(subject, b"first", msg_id="1") == 1
    assert await one.publish_durable(mail(branch, "three", branch, "one"), b"not for two", msg_id="2") == 2
    assert await one.publish_durable(subject, b"second", msg_id="3") == 3
    reader = Reader()
    await two.consume(f"MAIL_{branch}", f"mail.{branch}.two.>", start_after=0, take=reader.take)
    await eventually(lambda: len(reader.messages) == 2)
    await one.publish_durable(subject, b"third", msg_id="4")
    await eventually(lambda: len(reader.messages) == 3)
    assert reader.data == [b"first", b"second", b"third"]
    assert [message.sequence for message in reader.messages] == [1, 3, 4]
    assert {message.subject for message in reader.messages} == {subject}
    assert all(before <= message.at <= CLOCK.now() for message in reader.messages)


async def test_reading_goes_on_from_where_the_caller_was(harness: Harness) -> None:
    branch = await harness.branch()
    one, two = await harness.carrier("one", branch), await harness.carrier("two", branch)
    await one.publish_many(outgoing(mail(branch, "two", branch, "one"), 10))
    reader = Reader()
    await two.consume(f"MAIL_{branch}", f"mail.{branch}.two.>", start_after=7, take=reader.take)
    await eventually(lambda: len(reader.messages) == 3)
    assert reader.data == [b"7", b"8", b"9"]
    assert reader.gaps == []


async def test_many_are_stored_and_read_in_bounded_batches(harness: Harness) -> None:
    branch = await harness.branch()
    one, two = await harness.carrier("one", branch), await harness.carrier("two", branch)
    messages = outgoing(mail(branch, "two", branch, "one"), 3000)
    assert await one.publish_many(messages) == list(range(1, 3001))
    reader = Reader()
    await two.consume(f"MAIL_{branch}", f"mail.{branch}.two.>", start_after=0, take=reader.take)
    await eventually(lambda: len(reader.messages) == 3000)
    assert reader.data == [message.data for message in messages]
    assert max(reader.sizes) <= BATCH


async def test_each_of_many_has_its_own_outcome(harness: Harness) -> None:
    branch = await harness.branch()
    one = await harness.carrier("one", branch)
    subject = mail(branch, "two", branch, "one")
    good, *_ = outgoing(subject, 1)
    results = await one.publish_many(
        [
            good,
            good,
            Outgoing(subject=subject, data=bytes(one.max_payload + 1), id="large"),
            Outgoing(subject=mail("nowhere", "two", branch, "one"), data=b"", id="nowhere"),
            Outgoing(subject=mail(branch, "two", branch, "other"), data=b"", id="other"),
        ]
    )
    assert results[0] == 1
    assert [type(result) for result in results[1:]] == [DuplicateMessage, PayloadTooLarge, NoResponder, CarrierRefused]


async def test_repeated_id_is_told_and_stored_once(harness: Harness) -> None:
    branch = await harness.branch()
    one, two = await harness.carrier("one", branch), await harness.carrier("two", branch)
    subject = mail(branch, "two", branch, "one")
    await one.publish_durable(subject, b"first", msg_id="same")
    with pytest.raises(DuplicateMessage, match="sequence 1"):
        await one.publish_durable(subject, b"again", msg_id="same")
    await one.publish_durable(subject, b"last", msg_id="other")
    reader = Reader()
    await two.consume(f"MAIL_{branch}", f"mail.{branch}.two.>", start_after=0, take=reader.take)
    await eventually(lambda: len(reader.messages) == 2)
    assert reader.data == [b"first", b"last"]


async def test_mail_nowhere_is_not_acknowledged(harness: Harness) -> None:
    branch = await harness.branch()
    one = await harness.carrier("one", branch)
    with pytest.raises(NoResponder):
        await one.publish_durable(mail("nowhere", "two", branch, "one"), b"", msg_id="x")


async def test_batch_that_is_not_taken_comes_again(harness: Harness) -> None:
    branch = await harness.branch()
    one, two = await harness.carrier("one", branch), await harness.carrier("two", branch)
    await one.publish_many(outgoing(mail(branch, "two", branch, "one"), 5))
    taken: list[bytes] = []
    failures = 2

    async def take(batch: Sequence[Message]) -> None:
        nonlocal failures
        if failures:
            failures -= 1
            raise BadInput("the journal is full")
        taken.extend(message.data for message in batch)

    await two.consume(f"MAIL_{branch}", f"mail.{branch}.two.>", start_after=0, take=take)
    await eventually(lambda: len(taken) == 5)
    assert taken == [b"0", b"1", b"2", b"3", b"4"]
    assert failures == 0


async def test_defect_in_the_reader_ends_it_and_is_told(harness: Harness) -> None:
    branch = await harness.branch()
    one, two = await harness.carrier("one", branch), await harness.carrier("two", branch)

    async def take(batch: Sequence[Message]) -> None:
        raise ZeroDivisionError

    subscription = await two.consume(f"MAIL_{branch}", f"mail.{branch}.two.>", start_after=0, take=take)
    await one.publish_durable(mail(branch, "two", branch, "one"), b"", msg_id="x")
    async with asyncio.timeout(5):
        with pytest.raises(ZeroDivisionError):
            await subscription.wait()


async def test_closed_reader_reads_no_more_and_frees_its_place(harness: Harness) -> None:
    branch = await harness.branch()
    one, two = await harness.carrier("one", branch), await harness.carrier("two", branch)
    readers = [Reader() for _ in range(SLOTS)]
    subscriptions = [
        await two.consume(f"MAIL_{branch}", f"mail.{branch}.two.>", start_after=0, take=reader.take)
        for reader in readers
    ]
    with pytest.raises(CarrierRefused, match=f"{SLOTS} times"):
        await two.consume(f"MAIL_{branch}", f"mail.{branch}.two.>", start_after=0, take=Reader().take)
    await subscriptions[0].close()
    async with asyncio.timeout(1):
        await subscriptions[0].wait()
    late = Reader()
    await two.consume(f"MAIL_{branch}", f"mail.{branch}.two.>", start_after=0, take=late.take)
    await one.publish_durable(mail(branch, "two", branch, "one"), b"x", msg_id="x")
    await eventually(lambda: all(reader.data == [b"x"] for reader in [*readers[1:], late]))
    assert readers[0].data == []


async def test_reading_what_is_not_ones_own_or_not_there(harness: Harness) -> None:
    branch, other = await harness.branch(), await harness.branch()
    two = await harness.carrier("two", branch, "unprovisioned")
    for stream, subject in (
        (f"MAIL_{branch}", f"mail.{branch}.one.>"),
        (f"MAIL_{branch}", f"mail.{branch}.>"),
        (f"MAIL_{branch}", ">"),
        (f"MAIL_{other}", f"mail.{other}.two.>"),
        (f"BLOB_{branch}", f"blob.{branch}.two.>"),
    ):
        with pytest.raises(CarrierRefused):
            await two.consume(stream, subject, start_after=0, take=Reader().take)
    with pytest.raises(StreamMissing, match="MAIL_unprovisioned"):
        await two.consume("MAIL_unprovisioned", "mail.unprovisioned.two.>", start_after=0, take=Reader().take)


async def test_expired_messages_are_a_gap(harness: Harness) -> None:
    branch = await harness.branch()
    one, two = await harness.carrier("one", branch), await harness.carrier("two", branch)
    await one.publish_many(outgoing(mail(branch, "two", branch, "one"), 10))
    await harness.keep_only(f"MAIL_{branch}", 2)
    reader = Reader()
    await two.consume(
        f"MAIL_{branch}", f"mail.{branch}.two.>", start_after=3, take=reader.take, on_gap=reader.gaps.append
    )
    await eventually(lambda: len(reader.messages) == 2)
    assert reader.data == [b"8", b"9"]
    assert reader.gaps == [Gap(stream=f"MAIL_{branch}", after=3, resumed=8)]


async def test_stream_that_begins_anew_is_a_gap(harness: Harness) -> None:
    branch = await harness.branch()
    one, two = await harness.carrier("one", branch), await harness.carrier("two", branch)
    await one.publish_many(outgoing(mail(branch, "two", branch, "one"), 10))
    await harness.lose(f"MAIL_{branch}")
    await one.publish_many(outgoing(mail(branch, "two", branch, "one"), 2, prefix=b"new "))
    reader = Reader()
    await two.consume(
        f"MAIL_{branch}", f"mail.{branch}.two.>", start_after=10, take=reader.take, on_gap=reader.gaps.append
    )
    await eventually(lambda: reader.data == [b"new 0", b"new 1"])
    assert reader.gaps == [Gap(stream=f"MAIL_{branch}", after=10, resumed=0)]


async def test_reader_is_told_how_far_there_is_nothing(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nats_pull, "HEARTBEAT", 1)
    branch = await harness.branch()
    one, two = await harness.carrier("one", branch), await harness.carrier("two", branch)
    await one.publish_many(outgoing(mail(branch, "three", branch, "one"), 10))
    reader = Reader()
    await two.consume(
        f"MAIL_{branch}", f"mail.{branch}.two.>", start_after=0, take=reader.take, on_idle=reader.idle.append
    )
    await eventually(lambda: reader.idle == [10])
    assert reader.messages == []


async def test_large_content_travels_in_chunks(harness: Harness) -> None:
    branch, other = await harness.branch(), await harness.branch()
    one, two = await harness.carrier("one", branch), await harness.carrier("two", other)
    content = [os.urandom(200_000 + n) for n in range(20)]
    count = await one.put_blob(f"blob.{branch}.one.d1", chunked(content))
    assert count == 20
    assert [chunk async for chunk in two.get_blob(f"BLOB_{branch}", f"blob.{branch}.one.d1", count)] == content


async def test_empty_content(harness: Harness) -> None:
    branch = await harness.branch()
    one = await harness.carrier("one", branch)
    assert await one.put_blob(f"blob.{branch}.one.d0", chunked([])) == 0
    assert [chunk async for chunk in one.get_blob(f"BLOB_{branch}", f"blob.{branch}.one.d0", 0)] == []


async def test_chunk_is_stored_once_and_stays(harness: Harness) -> None:
    branch = await harness.branch()
    one = await harness.carrier("one", branch)
    prefix = f"blob.{branch}.one.d2"
    assert await one.put_blob(prefix, chunked([b"a"])) == 1
    assert await one.put_blob(prefix, chunked([b"changed", b"b"])) == 2
    assert [chunk async for chunk in one.get_blob(f"BLOB_{branch}", prefix, 2)] == [b"a", b"b"]


async def test_large_content_goes_on_from_any_chunk(harness: Harness) -> None:
    branch = await harness.branch()
    one = await harness.carrier("one", branch)
    prefix, told = f"blob.{branch}.one.d7", list[int]()
    content = [bytes([number]) for number in range(12)]
    assert await one.put_blob(prefix, chunked(content[:5]), stored=told.append) == 5
    assert await one.put_blob(prefix, chunked(content[5:]), first=5, stored=told.append) == 12
    assert told == list(range(1, 13))
    stream = f"BLOB_{branch}"
    assert [chunk async for chunk in one.get_blob(stream, prefix, 12)] == content
    assert [chunk async for chunk in one.get_blob(stream, prefix, 12, first=9)] == content[9:]
    assert [chunk async for chunk in one.get_blob(stream, prefix, 12, first=12)] == []


async def test_chunk_that_is_missing(harness: Harness) -> None:
    branch = await harness.branch()
    one = await harness.carrier("one", branch)
    prefix = f"blob.{branch}.one.d3"
    await one.put_blob(prefix, chunked([b"a", b"b"]))
    chunks = one.get_blob(f"BLOB_{branch}", prefix, 3)
    assert [await anext(chunks), await anext(chunks)] == [b"a", b"b"]
    with pytest.raises(NotStored, match=r"d3\.2"):
        await anext(chunks)


async def test_large_content_cut_short_on_either_side(harness: Harness) -> None:
    branch = await harness.branch()
    one = await harness.carrier("one", branch)
    prefix = f"blob.{branch}.one.d4"

    async def failing() -> AsyncIterator[bytes]:
        yield b"a"
        raise BadInput("the file ended early")

    with pytest.raises(BadInput):
        await one.put_blob(prefix, failing())
    await one.put_blob(prefix, chunked([b"a"] * 10))
    chunks = one.get_blob(f"BLOB_{branch}", prefix, 10)
    assert await anext(chunks) == b"a"
    await chunks.aclose()
    assert one.connected


async def test_large_content_in_anothers_name(harness: Harness) -> None:
    branch = await harness.branch()
    one = await harness.carrier("one", branch)
    with pytest.raises(CarrierRefused):
        await one.put_blob(f"blob.{branch}.two.d5", chunked([b"a"]))


async def test_mail_cannot_be_fetched_like_a_chunk(harness: Harness) -> None:
    branch = await harness.branch()
    one = await harness.carrier("one", branch)
    with pytest.raises(NoResponder):
        await anext(one.get_blob(f"MAIL_{branch}", f"blob.{branch}.one.d6", 1))


async def test_directory_is_written_by_its_publisher_and_read_by_all(harness: Harness) -> None:
    branch = await harness.branch()
    centre = await harness.carrier("centre", role=Role.PUBLISHER)
    one = await harness.carrier("one", branch)
    assert await one.kv_get("directory", f"{branch}.missing") is None
    first = await centre.kv_put("directory", f"{branch}/root.json", b"v1")
    assert await one.kv_get("directory", f"{branch}/root.json") == b"v1"
    assert await centre.kv_put("directory", f"{branch}/root.json", b"v2") > first
    assert await one.kv_get("directory", f"{branch}/root.json") == b"v2"
    assert await centre.kv_get("directory", f"{branch}/root.json") == b"v2"
    with pytest.raises(CarrierRefused):
        await one.kv_put("directory", f"{branch}/root.json", b"mine")


async def test_directory_is_followed(harness: Harness) -> None:
    branch = await harness.branch()
    centre = await harness.carrier("centre", role=Role.PUBLISHER)
    one = await harness.carrier("one", branch)
    await centre.kv_put("directory", branch, b"v1")
    values: list[bytes] = []
    failures = 1

    async def changed(value: bytes) -> None:
        nonlocal failures
        if failures:
            failures -= 1
            raise BadInput("cannot be fetched now")
        values.append(value)

    watch = await one.kv_watch("directory", branch, changed)
    await eventually(lambda: values[-1:] == [b"v1"])
    await centre.kv_put("directory", f"{branch}-other", b"other")
    await centre.kv_put("directory", branch, b"v2")
    await eventually(lambda: values[-1:] == [b"v2"])
    assert set(values) == {b"v1", b"v2"}
    await watch.close()
    async with asyncio.timeout(1):
        await watch.wait()
    seen = len(values)
    await centre.kv_put("directory", branch, b"v3")
    await asyncio.sleep(0.05)
    assert len(values) == seen


async def test_defect_in_the_follower_is_told(harness: Harness) -> None:
    branch = await harness.branch()
    centre = await harness.carrier("centre", role=Role.PUBLISHER)
    one = await harness.carrier("one", branch)

    async def changed(value: bytes) -> None:
        raise ZeroDivisionError

    watch = await one.kv_watch("directory", branch, changed)
    await centre.kv_put("directory", branch, b"v1")
    async with asyncio.timeout(5):
        with pytest.raises(ZeroDivisionError):
            await watch.wait()


async def chunked(chunks: list[bytes]) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk
