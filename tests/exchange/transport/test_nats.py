"""What only the carrier over NATS has: its server's moods, its own connection, provisioning."""

import asyncio
import json
import logging
import socket
from collections.abc import Sequence
from pathlib import Path

import pytest

from lienthong.exchange.errors import CarrierTimeout, CarrierUnavailable, NoResponder
from lienthong.exchange.transport import nats as nats_carrier
from lienthong.exchange.transport import nats_link, nats_pull
from lienthong.exchange.transport.base import Message, Outgoing
from lienthong.exchange.transport.errors import CarrierRefused, CredentialInvalid
from lienthong.exchange.transport.nats import NatsCarrier
from lienthong.exchange.transport.nats_link import Link, header, status_of
from lienthong.exchange.transport.nats_serve import may_answer
from lienthong.exchange.transport.permissions import Role
from lienthong.exchange.transport.provision import Keeping, provision, provision_directory
from lienthong.kernel.clock import DAY
from tests.support.carriers import Broker, call, eventually, mail, running_broker


async def link_of(broker: Broker, site: str, branch: str) -> Link:
    """A bare connection."""
    link = Link(broker.credential(Role.SITE, site, [branch]))
    await link.open(broker.servers, tls=None, seconds=5)
    return link


async def test_server_that_is_not_there(broker: Broker) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        link = Link(broker.credential(Role.SITE, "s"))
        with pytest.raises(CarrierUnavailable, match="no answer in time"):
            await link.open([f"nats://127.0.0.1:{port}"], tls=None, seconds=0.2)
    with pytest.raises(CarrierUnavailable, match=str(port)):
        await NatsCarrier.connect([f"nats://127.0.0.1:{port}"], broker.credential(Role.SITE, "s"))


async def test_any_of_several_servers_will_do(broker: Broker) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    servers = [f"nats://127.0.0.1:{port}", broker.server.url]
    carrier = await NatsCarrier.connect(servers, broker.credential(Role.SITE, "s"))
    assert carrier.connected
    await carrier.close()


async def test_credential_file_that_is_missing(broker: Broker, tmp_path: Path) -> None:
    with pytest.raises(CredentialInvalid, match="missing"):
        await NatsCarrier.connect(broker.servers, tmp_path / "missing")


async def test_provisioning_again_changes_what_is_there(broker: Broker) -> None:
    branches = [f"again{n}" for n in range(3)]
    await broker.provision(*branches)
    carrier = await broker.connect("s", branches)
    await carrier.publish_durable(mail("again0", "s", "again0", "s"), b"", msg_id="kept")
    await broker.provision(*branches, keeping=Keeping(mail_age=7 * DAY))
    info = await broker.ask("STREAM.INFO.MAIL_again0")
    config, state = info["config"], info["state"]
    assert config["max_age"] == 7 * DAY * 10**6  # type: ignore[index]
    assert config["deny_delete"] and config["deny_purge"]  # type: ignore[index]  # noqa: PT018 - one statement
    assert not config["allow_direct"]  # type: ignore[index]
    assert state["messages"] == 1  # type: ignore[index]
    await carrier.close()


async def test_provisioning_needs_the_role_and_honest_codes(broker: Broker) -> None:
    site = await broker.connect("s", ["b"])
    with pytest.raises(CarrierRefused):
        await provision(site, ["b"])
    with pytest.raises(CarrierRefused):
        await provision_directory(site)
    with pytest.raises(CredentialInvalid):
        await provision(site, ["b", ">"])
    await site.close()


async def test_provisioning_says_what_the_server_says(broker: Broker) -> None:
    carrier = await broker.connect("provisioner", role=Role.PROVISIONER)
    with pytest.raises(CarrierUnavailable, match=r"MAIL_three|BLOB_three"):
        # One server cannot keep three copies.
        await provision(carrier, ["three"], Keeping(replicas=3))
    await carrier.close()


async def test_consumer_that_is_deleted_is_made_again(broker: Broker) -> None:
    await broker.provision("deleted")
    carrier = await broker.connect("s", ["deleted"])
    read: list[bytes] = []

    async def take(batch: Sequence[Message]) -> None:
        read.extend(message.data for message in batch)

    await carrier.consume("MAIL_deleted", "mail.deleted.s.>", start_after=0, take=take)
    for number in range(3):
        await carrier.publish_durable(mail("deleted", "s", "deleted", "s"), b"%d" % number, msg_id=str(number))
        await eventually(lambda number=number: len(read) == number + 1)  # type: ignore[misc]
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


async def test_stream_that_does_not_acknowledge(broker: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where something else than a stream listens, nothing counts as stored."""
    await broker.provision("fake")
    monkeypatch.setattr(nats_carrier, "STORE_SECONDS", 0.1)
    monkeypatch.setattr(nats_carrier, "_WINDOW", 2)
    one, two = await broker.connect("one", ["fake"]), await broker.connect("two", ["fake"])

    async def answer(subject: str, data: bytes) -> bytes | None:
        return data or None

    await two.serve("rpc.fake.two.>", answer)
    subject = call("fake", "two", "fake", "one")
    with pytest.raises(CarrierUnavailable, match="check the streams"):
        await one.publish_durable(subject, b"not an acknowledgement", msg_id="x")
    results = await one.publish_many([Outgoing(subject=subject, data=b"", id=str(n)) for n in range(5)])
    assert [type(result) for result in results] == [CarrierTimeout] * 2 + [CarrierUnavailable] * 3
    await one.close()
    await two.close()


async def test_subject_that_is_none(broker: Broker) -> None:
    carrier = await broker.connect("s", ["b"])

    async def answer(subject: str, data: bytes) -> None:
        return None

    for subject in ("", "rpc.b.s.o.b.s.o\r\nPUB x 0\r\n\r\n", "rpc.b.s. .b.s.o"):
        with pytest.raises(CarrierRefused):
            await carrier.request(subject, b"", timeout=5)
        with pytest.raises(CarrierRefused):
            await carrier.serve(subject, answer)
    await carrier.close()


async def test_answer_larger_than_the_server_takes(broker: Broker, caplog: pytest.LogCaptureFixture) -> None:
    one, two = await broker.connect("one", ["b"]), await broker.connect("two", ["b"])

    async def answer(subject: str, data: bytes) -> bytes:
        return bytes(two.max_payload + 1)

    await two.serve("rpc.b.two.>", answer)
    with caplog.at_level(logging.ERROR), pytest.raises(CarrierTimeout):
        await one.request(call("b", "two", "b", "one"), b"", timeout=0.3)
    assert "larger than the carrier takes" in caplog.text
    assert two.connected
    await one.close()
    await two.close()


async def test_link_that_is_lost_fails_everything_at_once(tmp_path: Path) -> None:
    async with running_broker(tmp_path) as broker:
        await broker.provision("b")
        link, other = await link_of(broker, "one", "b"), await link_of(broker, "two", "b")
        await other.subscribe("rpc.b.two.>", lambda *_: None)
        waiting = asyncio.create_task(link.call(call("b", "two", "b", "one"), b"", seconds=60))
        posted = await link.post(call("b", "two", "b", "one"), b"", headers=None)
        await asyncio.sleep(0.05)
        await broker.kill()
        async with asyncio.timeout(2):
            await link.lost
            for each in (waiting, posted):
                with pytest.raises(CarrierUnavailable, match="the connection broke"):
                    await each
        with pytest.raises(CarrierUnavailable):
            await link.post("rpc.x", b"", headers=None)
        async with asyncio.timeout(2):
            with pytest.raises(CarrierUnavailable):
                await link.subscribe("rpc.b.one.>", lambda *_: None)
            await link.close()
            await other.close()


async def test_late_and_unknown_answers_are_ignored(broker: Broker) -> None:
    link, other = await link_of(broker, "one", "b"), await link_of(broker, "two", "b")
    replies: list[str] = []
    await other.subscribe("rpc.b.two.>", lambda _, reply, *__: replies.append(reply))
    subject = call("b", "two", "b", "one")
    with pytest.raises(CarrierTimeout):
        await link.call(subject, b"", seconds=0.05)
    await other.send(replies[0], b"too late")
    with pytest.raises(CarrierTimeout):
        await link.call(subject, b"", seconds=0.05)
    assert not link.lost.done()
    await link.close()
    await other.close()


async def test_nothing_hangs_on_a_broker_that_left_for_good(tmp_path: Path) -> None:
    async with running_broker(tmp_path) as broker:
        await broker.provision("b")
        carrier = await broker.connect("s", ["b"])
        values: list[bytes] = []

        async def changed(value: bytes) -> None:
            values.append(value)

        watch = await carrier.kv_watch("directory", "k", changed)
        await broker.kill()
        await eventually(lambda: not carrier.connected)
        assert isinstance(
            (await carrier.publish_many([Outgoing(subject="x", data=b"", id="x")]))[0], CarrierUnavailable
        )
        await asyncio.sleep(0.2)
        assert not carrier.connected
        async with asyncio.timeout(2):
            await watch.close()
            await carrier.close()
    assert values == []


async def test_renewed_credential_that_covers_less(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, tmp_path_factory: pytest.TempPathFactory
) -> None:
    async with running_broker(tmp_path_factory.mktemp("nats")) as broker:
        path = tmp_path / "s.creds"
        broker.credential(Role.SITE, "s", ["kept", "dropped"]).write(path)
        carrier = await NatsCarrier.connect(broker.servers, path)

        async def answer(subject: str, data: bytes) -> bytes:
            return data

        await carrier.serve("rpc.dropped.s.>", answer)
        await carrier.serve("rpc.kept.s.>", answer)
        broker.credential(Role.SITE, "s", ["kept"]).write(path)
        await broker.kill()
        await broker.server.start()
        await eventually(lambda: carrier.connected and "may no longer listen" in caplog.text)
        assert await carrier.request(call("kept", "s", "kept", "s"), b"x", timeout=5) == b"x"
        await carrier.close()


async def test_watch_of_a_bucket_that_is_not_there(broker: Broker) -> None:
    carrier = await broker.connect("s", ["b"])

    async def changed(value: bytes) -> None:
        raise AssertionError

    with pytest.raises(CarrierRefused):
        await carrier.kv_get("nowhere", "k")
    with pytest.raises(CarrierRefused):
        await carrier.kv_watch("nowhere", "k", changed)
    await carrier.close()


def test_reply_subject_that_may_be_answered() -> None:
    subject = call("b", "two", "b", "one")
    assert may_answer(subject, "_INBOX_one.x.y")
    assert not may_answer(subject, "_INBOX_one")
    assert not may_answer(subject, "_INBOX_one2.x")
    assert not may_answer(subject, "_INBOX_two.x")
    assert not may_answer(subject, "")
    assert not may_answer(f"{subject}.more", "_INBOX_one.x")
    assert not may_answer("rpc.short", "_INBOX_one.x")
    assert may_answer("witness.one", "")
    assert may_answer("witness.one", "_INBOX_one.x")
    assert not may_answer("witness.one", "$KV.directory.x")


def test_header_block() -> None:
    block = b"NATS/1.0 404 No Messages\r\nNats-Pending-Messages: 12\r\nBroken\r\n\r\n"
    assert status_of(block) == "404"
    assert header(block, "Nats-Pending-Messages") == "12"
    assert header(block, "Nats-Pending") == ""
    assert header(None, "X") == ""
    assert status_of(b"NATS/1.0\r\nNats-Sequence: 404\r\n\r\n") == ""
    assert status_of(None) == ""
    assert nats_link.inbox_of("one") == "_INBOX_one"


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
def test_what_the_server_says_of_a_pull_request(block: bytes | None, left: int, over: bool) -> None:  # noqa: FBT001
    session = nats_pull._Session.__new__(nats_pull._Session)
    session._buffer, session._asked, session._numbered, session._over = [], 500, 0, ""
    session._arrived = asyncio.Event()
    session._sink("_INBOX_s.x", "", b"", block)
    assert session._asked == left
    assert bool(session._over) is over
    assert session._arrived.is_set()


async def test_jetstream_that_is_switched_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server without JetStream: mail is refused with the reason, calls go on."""
    async with running_broker(tmp_path) as broker:
        config = json.loads((tmp_path / "nats.conf").read_text())
        await broker.server.stop()
        monkeypatch.setattr(
            broker.server, "_config", lambda _: json.dumps({k: v for k, v in config.items() if k != "jetstream"})
        )
        monkeypatch.setattr(nats_pull, "_API_SECONDS", 0.5)
        await broker.server.start()
        carrier = await broker.connect("s", ["b"])

        async def take(batch: Sequence[Message]) -> None:
            raise AssertionError

        with pytest.raises(CarrierUnavailable):
            await carrier.consume("MAIL_b", "mail.b.s.>", start_after=0, take=take)
        with pytest.raises(NoResponder):
            await carrier.publish_durable(mail("b", "s", "b", "s"), b"", msg_id="x")
        await carrier.close()
