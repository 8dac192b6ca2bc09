"""What only the carrier over NATS has: its server's moods, its own connection."""

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
from tests.support.carriers import Broker, call, eventually, mail, running_broker


async def link_of(broker: Broker, site: str, branch: str) -> Link:
    """A bare connection."""
    link = Link(broker.credential(Role.SITE, site, [branch]))
    await link.open(broker.servers, tls=None, seconds=5)
    return link


async def test_an_opening_that_is_given_up_leaves_no_connection(broker: Broker) -> None:
    met, left = asyncio.Event(), asyncio.Event()

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        met.set()
        await reader.read()
        left.set()
        writer.close()

    async with await asyncio.start_server(silent, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        link = Link(broker.credential(Role.SITE, "s"))
        opening = asyncio.ensure_future(link.open([f"nats://127.0.0.1:{port}"], tls=None, seconds=30))
        try:
            async with asyncio.timeout(10):
                await met.wait()
                opening.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await opening
                await left.wait()
        finally:
            server.close_clients()


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
