"""Reading a stream on a real server: what gets lost, runs out or falls silent on the way."""

import asyncio
from collections.abc import Sequence

import pytest

from lienthong.exchange.errors import CarrierTimeout
from lienthong.exchange.transport import nats_pull
from lienthong.exchange.transport.base import Message, Outgoing
from tests.support.carriers import Broker, eventually, mail


async def test_consumer_that_is_deleted_is_made_again(broker: Broker) -> None:
    await broker.provision("deleted")
    carrier = await broker.connect("s", ["deleted"])
    read: list[bytes] = []

    async def take(batch: Sequence[Message]) -> None:
        read.extend(message.data for message in batch)

    await carrier.consume("MAIL_deleted", "mail.deleted.s.>", start_after=0, take=take)
    for number in range(3):
        await carrier.publish_durable(mail("deleted", "s", "deleted", "s"), b"%d" % number, msg_id=str(number))
        await eventually(lambda number=number: len(read) == number + 1)  # type: ignore[misc]  # mypy reads no default into a lambda
        assert (await broker.ask("CONSUMER.DELETE.MAIL_deleted.s_0"))["success"]
    await carrier.publish_durable(mail("deleted", "s", "deleted", "s"), b"3", msg_id="3")
    await eventually(lambda: len(read) == 4)
    assert read == [b"0", b"1", b"2", b"3"]
    await carrier.close()


async def test_message_lost_on_the_way_is_fetched_again(broker: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    await broker.provision("holes")
    carrier = await broker.connect("s", ["holes"])
    messages = [Outgoing(subject=mail("holes", "s", "holes", "s"), data=b"%d" % n, id=str(n)) for n in range(50)]
    await carrier.publish_many(messages)
    sink = nats_pull._Session._sink
    dropped: list[bytes] = []

    def leaky(session: nats_pull._Session, subject: str, reply: str, data: bytes, headers: bytes | None) -> None:
        if data in {b"7", b"49"} and data not in dropped:
            dropped.append(data)
        else:
            sink(session, subject, reply, data, headers)

    monkeypatch.setattr(nats_pull._Session, "_sink", leaky)
    monkeypatch.setattr(nats_pull, "HEARTBEAT", 1)
    read: list[bytes] = []

    async def take(batch: Sequence[Message]) -> None:
        read.extend(message.data for message in batch)

    await carrier.consume("MAIL_holes", "mail.holes.s.>", start_after=0, take=take)
    # The last one is missed only by the next sign of life.
    await eventually(lambda: len(read) == 50)
    assert dropped == [b"7", b"49"]
    assert read == [message.data for message in messages]
    await carrier.close()


async def test_pull_request_that_ends_is_renewed(broker: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    await broker.provision("renew")
    monkeypatch.setattr(nats_pull, "EXPIRES", 2)
    monkeypatch.setattr(nats_pull, "HEARTBEAT", 1)
    monkeypatch.setattr(nats_pull, "MAX_BYTES", 1000)
    carrier = await broker.connect("s", ["renew"])
    read: list[bytes] = []

    async def take(batch: Sequence[Message]) -> None:
        read.extend(message.data for message in batch)

    subscription = await carrier.consume("MAIL_renew", "mail.renew.s.>", start_after=0, take=take)
    subject = mail("renew", "s", "renew", "s")
    # Each pull request brings a few of them before it is over by size.
    await carrier.publish_many([Outgoing(subject=subject, data=bytes(200), id=f"{n}") for n in range(30)])
    await eventually(lambda: len(read) == 30)
    # The request that waits now is over by time.
    await asyncio.sleep(2.2)
    await carrier.publish_durable(subject, b"late", msg_id="late")
    await eventually(lambda: read[-1] == b"late")
    assert len(read) == 31
    await subscription.close()
    await carrier.close()


async def test_server_that_falls_silent_is_noticed(broker: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    await broker.provision("silent")
    monkeypatch.setattr(nats_pull, "HEARTBEAT", 1)
    monkeypatch.setattr(nats_pull._Session, "_on_status", lambda *_: None)
    carrier = await broker.connect("s", ["silent"])
    link = carrier._link
    assert link is not None
    session = nats_pull._Session(link, "s_0", "MAIL_silent", "mail.silent.s.>")
    assert await session.open("s", 0) == 0
    # The server's signs of life are dropped before they count.
    monkeypatch.setattr(session, "_arrived", asyncio.Event())
    monkeypatch.setattr(session._arrived, "set", lambda: None)
    with pytest.raises(CarrierTimeout, match="no sign of life"):
        await anext(session)
    await session.close()
    await carrier.close()


def test_acknowledgements_with_a_domain_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    session = nats_pull._Session.__new__(nats_pull._Session)
    session._buffer, session._asked, session._numbered, session._over = [], 10, 0, ""
    session._arrived = asyncio.Event()
    session._sink("mail.x", "$JS.ACK.S.c.1.41.1.1700000000123456789.0", b"short", None)
    session._sink("mail.x", "$JS.ACK.leaf.HASH.S.c.1.42.2.1700000000123456789.0.r", b"long", None)
    session._sink("mail.x", "$JS.ACK.S.c.1.44.4.1700000000123456789.0", b"a hole", None)
    session._sink("mail.x", "$JS.ACK.S.c.1.43.3.1700000000123456789.0", b"after the hole", None)
    assert session._buffer == [
        Message("mail.x", b"short", 41, 1_700_000_000_123),
        Message("mail.x", b"long", 42, 1_700_000_000_123),
    ]
    assert session._asked == 7
    assert "3" in session._over


@pytest.mark.parametrize(
    ("block", "left", "over"),
    [
        (b"NATS/1.0 404 No Messages\r\n\r\n", 0, False),
        (b"NATS/1.0 408 Request Timeout\r\nNats-Pending-Messages: 400\r\n\r\n", 100, False),
        (b"NATS/1.0 409 Message Size Exceeds MaxBytes\r\nNats-Pending-Messages: 499\r\n\r\n", 1, False),
        (b"NATS/1.0 409 Batch Completed\r\n\r\n", 0, False),
        (b"NATS/1.0 409 Consumer Deleted\r\nNats-Pending-Messages: 499\r\n\r\n", 500, True),
        (b"NATS/1.0 409 Leadership Change\r\n\r\n", 500, True),
        (b"NATS/1.0 503\r\n\r\n", 500, True),
        (None, 500, True),
    ],
)
def test_what_the_server_says_of_a_pull_request(block: bytes | None, left: int, over: bool) -> None:  # noqa: FBT001 - a parameter of the table above
    session = nats_pull._Session.__new__(nats_pull._Session)
    session._buffer, session._asked, session._numbered, session._over = [], 500, 0, ""
    session._arrived = asyncio.Event()
    session._sink("_INBOX_s.x", "", b"", block)
    assert session._asked == left
    assert bool(session._over) is over
    assert session._arrived.is_set()
