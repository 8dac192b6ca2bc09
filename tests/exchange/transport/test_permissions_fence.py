"""What a site's own, valid credential cannot do on a real server, tried with a client that keeps to no rules."""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import nats
import nats.errors
import pytest
from nats.aio.client import Client, RawCredentials
from nats.aio.msg import Msg

from lienthong.exchange.transport.credentials import Credential
from lienthong.exchange.transport.permissions import SLOTS, Role
from tests.support.carriers import Broker, call, eventually, mail

BRANCHES = ("fence1", "fence2")


@dataclass
class Attacker:
    """A site of the first branch that does as it likes."""

    client: Client
    refused: list[str] = field(default_factory=list)

    async def ask(self, subject: str, body: object = None) -> dict[str, Any]:
        """Ask JetStream; returns its answer."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode() if body is not None else b""
        return dict(json.loads((await self.client.request(subject, data, timeout=5)).data))

    async def may_not_publish(self, subject: str, data: bytes = b"{}") -> None:
        """The server says no to a message."""
        await self.client.publish(subject, data, reply="_INBOX_mallory.x")
        await eventually(lambda: self.refused)
        assert self.refused.pop() == f'nats: permissions violation for publish to "{subject.lower()}"'

    async def may_not_subscribe(self, subject: str) -> None:
        """The server says no to a subscription."""
        await self.client.subscribe(subject)
        await eventually(lambda: self.refused)
        assert self.refused.pop() == f'nats: permissions violation for subscription to "{subject.lower()}"'


async def attacker_with(broker: Broker, credential: Credential) -> Attacker:
    """Connect with plain nats-py."""
    refused: list[str] = []

    async def on_error(error: Exception) -> None:
        refused.append(str(error))

    client = await nats.connect(
        broker.server.url,
        user_credentials=RawCredentials(credential.text()),
        inbox_prefix="_INBOX_mallory",
        error_cb=on_error,
        allow_reconnect=False,
    )
    return Attacker(client, refused)


@pytest.fixture
async def mallory(broker: Broker) -> AsyncGenerator[Attacker]:
    await broker.provision(*BRANCHES)
    attacker = await attacker_with(broker, broker.credential(Role.SITE, "mallory", ["fence1"]))
    yield attacker
    assert attacker.refused == []
    await attacker.client.close()


async def messages_in(broker: Broker, stream: str) -> int:
    """How many messages a stream holds."""
    info = await broker.ask(f"STREAM.INFO.{stream}")
    return int(info["state"]["messages"])


@pytest.mark.parametrize(
    "subject",
    [
        ">",
        "*",
        "rpc.>",
        "rpc.fence1.alice.>",
        "rpc.fence2.mallory.>",
        "rpc.fence1.*.>",
        "mail.>",
        "mail.fence1.alice.>",
        "mail.fence1.mallory.>",
        "blob.>",
        "topic.>",
        "topic.fence1.mallory.>",
        "_INBOX_alice.>",
        "_INBOX.>",
        "$JS.>",
        "$JS.API.>",
        "$JS.EVENT.>",
        "$SYS.>",
        "$KV.>",
    ],
)
async def test_listening_where_others_are_addressed(mallory: Attacker, subject: str) -> None:
    await mallory.may_not_subscribe(subject)


@pytest.mark.parametrize(
    "subject",
    [
        call("fence1", "alice", "fence1", "bob"),
        call("fence1", "alice", "fence2", "mallory"),
        mail("fence1", "alice", "fence1", "bob"),
        mail("fence1", "alice", "fence2", "mallory"),
        "blob.fence1.bob.d.0",
        "blob.fence2.mallory.d.0",
        "topic.fence1.bob.o.t",
        "topic.fence2.mallory.o.t",
        "topic.fence1.mallory.o",
        "witness.bob",
        "_INBOX_alice.x",
        "$KV.directory.timestamp.json",
        "anything",
    ],
)
async def test_speaking_as_somebody_else(mallory: Attacker, subject: str) -> None:
    await mallory.may_not_publish(subject)


@pytest.mark.parametrize(
    "subject",
    [
        "$JS.API.INFO",
        "$JS.API.STREAM.NAMES",
        "$JS.API.STREAM.LIST",
        "$JS.API.STREAM.INFO.MAIL_fence1",
        "$JS.API.STREAM.CREATE.MINE",
        "$JS.API.STREAM.UPDATE.MAIL_fence1",
        "$JS.API.STREAM.DELETE.MAIL_fence1",
        "$JS.API.STREAM.PURGE.MAIL_fence1",
        "$JS.API.STREAM.SNAPSHOT.MAIL_fence1",
        "$JS.API.STREAM.RESTORE.MAIL_fence1",
        "$JS.API.STREAM.MSG.GET.MAIL_fence1",
        "$JS.API.STREAM.MSG.DELETE.MAIL_fence1",
        "$JS.API.STREAM.DELETE.KV_directory",
        "$JS.API.STREAM.PURGE.KV_directory",
        "$JS.API.CONSUMER.NAMES.MAIL_fence1",
        "$JS.API.CONSUMER.LIST.MAIL_fence1",
        "$JS.API.CONSUMER.INFO.MAIL_fence1.alice_0",
        "$JS.API.CONSUMER.DELETE.MAIL_fence1.alice_0",
        "$JS.API.CONSUMER.PAUSE.MAIL_fence1.alice_0",
        "$JS.API.CONSUMER.MSG.NEXT.MAIL_fence1.alice_0",
        # Without a filter, in the three forms the interface has; with another's; under another's name.
        "$JS.API.CONSUMER.CREATE.MAIL_fence1",
        "$JS.API.CONSUMER.CREATE.MAIL_fence1.mallory_0",
        "$JS.API.CONSUMER.DURABLE.CREATE.MAIL_fence1.mallory_0",
        "$JS.API.CONSUMER.CREATE.MAIL_fence1.mallory_0.mail.fence1.>",
        "$JS.API.CONSUMER.CREATE.MAIL_fence1.mallory_0.mail.fence1.alice.>",
        "$JS.API.CONSUMER.CREATE.MAIL_fence1.mallory_0.mail.fence1.*.>",
        "$JS.API.CONSUMER.CREATE.MAIL_fence1.alice_0.mail.fence1.mallory.>",
        f"$JS.API.CONSUMER.CREATE.MAIL_fence1.mallory_{SLOTS}.mail.fence1.mallory.>",
        "$JS.API.CONSUMER.CREATE.MAIL_fence2.mallory_0.mail.fence2.mallory.>",
        "$JS.API.CONSUMER.CREATE.BLOB_fence1.mallory_0.blob.>",
        "$JS.API.STREAM.INFO.TOPIC_fence1",
        "$JS.API.STREAM.PURGE.TOPIC_fence1",
        "$JS.API.STREAM.MSG.DELETE.TOPIC_fence1",
        "$JS.API.CONSUMER.CREATE.TOPIC_fence1.mallory_0",
        "$JS.API.CONSUMER.CREATE.TOPIC_fence1.alice_0.topic.>",
        "$JS.API.CONSUMER.DELETE.TOPIC_fence1.alice_0",
        "$JS.API.CONSUMER.CREATE.KV_directory.mallory_0.$KV.directory.>",
        "$JS.API.DIRECT.GET.MAIL_fence1",
        "$JS.API.DIRECT.GET.MAIL_fence1.mail.fence1.alice.o.fence1.bob.o",
        "$JS.API.DIRECT.GET.BLOB_fence1",
        "$JS.API.ACCOUNT.PURGE.MINE",
        "$JS.API.SERVER.REMOVE",
        "$JS.ACK.MAIL_fence1.alice_0.1.1.1.1.0",
        "$SYS.REQ.CLAIMS.UPDATE",
        "$SYS.REQ.USER.INFO",
    ],
)
async def test_managing_streams_and_others_consumers(mallory: Attacker, subject: str) -> None:
    await mallory.may_not_publish(subject)


@pytest.mark.parametrize(
    "config",
    [
        {},
        {"filter_subject": ""},
        {"filter_subject": ">"},
        {"filter_subject": "mail.fence1.alice.>"},
        {"filter_subjects": ["mail.fence1.alice.>"]},
        {"filter_subjects": ["mail.fence1.mallory.>", "mail.fence1.alice.>"]},
    ],
)
async def test_filter_inside_the_request_that_differs_from_its_subject(
    mallory: Attacker, config: dict[str, object]
) -> None:
    answer = await mallory.ask(
        "$JS.API.CONSUMER.CREATE.MAIL_fence1.mallory_0.mail.fence1.mallory.>",
        {"stream_name": "MAIL_fence1", "config": {"name": "mallory_0", "ack_policy": "none", **config}},
    )
    assert "filter" in answer["error"]["description"]


@pytest.mark.parametrize("stream", ["MAIL_fence1", "BLOB_fence1"])
@pytest.mark.parametrize("config", [{"filter_subject": "topic.>"}, {}, {"filter_subject": "mail.>"}])
async def test_the_right_to_read_topics_reads_nothing_else(
    broker: Broker, mallory: Attacker, stream: str, config: dict[str, object]
) -> None:
    alice = await broker.connect("alice", ["fence1"])
    await alice.publish_durable(mail("fence1", "bob", "fence1", "alice"), b"for bob", msg_id=f"{stream}{config}")
    await mallory.ask(
        f"$JS.API.CONSUMER.CREATE.{stream}.mallory_0.topic.>",
        {"stream_name": stream, "config": {"name": "mallory_0", "ack_policy": "none", **config}},
    )
    seen: list[bytes] = []

    async def see(message: Msg) -> None:
        seen.append(message.data)

    await mallory.client.subscribe("_INBOX_mallory.topics", cb=see)
    request = json.dumps({"batch": 10, "no_wait": True}).encode()
    subject = f"$JS.API.CONSUMER.MSG.NEXT.{stream}.mallory_0"
    await mallory.client.publish(subject, request, reply="_INBOX_mallory.topics")
    await mallory.client.flush()
    await asyncio.sleep(0.1)
    assert b"for bob" not in seen
    await mallory.client.publish(f"$JS.API.CONSUMER.DELETE.{stream}.mallory_0", b"")
    await alice.close()


async def test_stream_inside_the_request_that_differs_from_its_subject(mallory: Attacker) -> None:
    config = {"name": "mallory_0", "ack_policy": "none", "filter_subject": "mail.fence1.mallory.>"}
    answer = await mallory.ask(
        "$JS.API.CONSUMER.CREATE.MAIL_fence1.mallory_0.mail.fence1.mallory.>",
        {"stream_name": "MAIL_fence2", "config": config},
    )
    assert "does not match" in answer["error"]["description"]


@pytest.mark.parametrize("stream", ["MAIL_fence1", "KV_directory", "BLOB_fence1"])
@pytest.mark.parametrize(
    "body", [{"seq": 1}, {"next_by_subj": ">"}, {"multi_last": [">"]}, {"last_by_subj": "mail.fence1.alice.o"}]
)
async def test_reading_anything_through_a_chunks_name(
    broker: Broker, mallory: Attacker, stream: str, body: object
) -> None:
    alice = await broker.connect("alice", ["fence1"])
    await alice.publish_durable(mail("fence1", "bob", "fence1", "alice"), b"for bob", msg_id=f"{stream}{body}")
    subject = f"$JS.API.DIRECT.GET.{stream}.blob.fence1.mallory.d.0"
    try:
        answer = await mallory.client.request(subject, json.dumps(body).encode(), timeout=5)
    except nats.errors.NoRespondersError:
        assert stream != "BLOB_fence1"
    else:
        assert answer.data == b""
        assert (answer.headers or {})["Status"] == "408"
    await alice.close()


@pytest.mark.parametrize(
    "headers", [{"Nats-Rollup": "all"}, {"Nats-Rollup": "sub"}, {"Nats-TTL": "1s"}, {"Nats-Marker-Reason": "Purge"}]
)
async def test_headers_that_would_remove_others_mail(
    broker: Broker, mallory: Attacker, headers: dict[str, str]
) -> None:
    alice = await broker.connect("alice", ["fence1"])
    await alice.publish_durable(mail("fence1", "bob", "fence1", "alice"), b"", msg_id=str(headers))
    before = await messages_in(broker, "MAIL_fence1")
    await mallory.client.request(mail("fence1", "bob", "fence1", "mallory"), b"", headers=headers, timeout=5)
    assert await messages_in(broker, "MAIL_fence1") >= before
    await alice.close()


@pytest.mark.parametrize("target", ["STREAM.PURGE", "STREAM.DELETE"])
async def test_answer_of_the_server_sent_to_its_own_interface(broker: Broker, mallory: Attacker, target: str) -> None:
    await mallory.client.publish(
        mail("fence1", "bob", "fence1", "mallory"), b"{}", reply=f"$JS.API.{target}.BLOB_fence2"
    )
    await mallory.client.flush()
    alice = await broker.connect("alice", ["fence2"])
    await alice.put_blob("blob.fence2.alice.d", one_chunk(b"still"))
    assert await messages_in(broker, "BLOB_fence2") > 0
    await alice.close()


async def test_directory_overwritten_through_a_reply_subject(broker: Broker, mallory: Attacker) -> None:
    centre = await broker.connect("centre", role=Role.PUBLISHER)
    await centre.kv_put("directory", "fence", b"genuine")
    await mallory.client.request("blob.fence1.mallory.forged.0", b"forged", timeout=5)
    target = "$KV.directory.fence"
    for subject in (
        mail("fence1", "bob", "fence1", "mallory"),
        "$JS.API.DIRECT.GET.BLOB_fence1.blob.fence1.mallory.forged.0",
    ):
        await mallory.client.publish(subject, b"", reply=target)
    await mallory.ask(
        "$JS.API.CONSUMER.CREATE.MAIL_fence1.mallory_1.mail.fence1.mallory.>",
        {
            "stream_name": "MAIL_fence1",
            "config": {
                "name": "mallory_1",
                "ack_policy": "none",
                "filter_subject": "mail.fence1.mallory.>",
                "deliver_subject": target,
            },
        },
    )
    await mallory.client.request(mail("fence1", "mallory", "fence1", "mallory"), b"forged", timeout=5)
    await asyncio.sleep(0.1)
    alice = await broker.connect("alice", ["fence1"])
    assert await alice.kv_get("directory", "fence") == b"genuine"
    assert await centre.kv_get("directory", "fence") == b"genuine"
    await mallory.ask("$JS.API.CONSUMER.DELETE.MAIL_fence1.mallory_1")
    await alice.close()
    await centre.close()


async def test_chunk_overwritten_through_a_reply_subject(broker: Broker, mallory: Attacker) -> None:
    alice = await broker.connect("alice", ["fence1"])
    await alice.put_blob("blob.fence1.alice.kept", one_chunk(b"genuine"))
    await mallory.client.publish(mail("fence1", "bob", "fence1", "mallory"), b"", reply="blob.fence1.alice.kept.0")
    await mallory.client.flush()
    await asyncio.sleep(0.1)
    assert [chunk async for chunk in alice.get_blob("BLOB_fence1", "blob.fence1.alice.kept", 1)] == [b"genuine"]
    await alice.close()


async def test_handler_is_not_reached_through_reply_subjects_nor_answers_to_them(
    broker: Broker, mallory: Attacker
) -> None:
    alice = await broker.connect("alice", ["fence1"])
    seen: list[bytes] = []

    async def answer(subject: str, data: bytes) -> bytes:
        seen.append(data)
        return b"answered"

    await alice.serve("rpc.fence1.alice.>", answer)
    # The server's acknowledgement, arriving as a call from bob.
    await mallory.client.publish(
        mail("fence1", "bob", "fence1", "mallory"), b"", reply=call("fence1", "alice", "fence1", "bob")
    )
    # An answer that alice would publish into her own name, or into somebody else's inbox.
    subject = call("fence1", "alice", "fence1", "mallory")
    for reply in (mail("fence1", "bob", "fence1", "alice"), "_INBOX_bob.x", "_INBOX_mallory", "_INBOX_mallory2.x"):
        await mallory.client.publish(subject, b"attack", reply=reply)
    assert (await mallory.client.request(subject, b"honest", timeout=5)).data == b"answered"
    assert seen == [b"honest"]
    await alice.close()


async def test_consumers_cannot_be_piled_up(mallory: Attacker, broker: Broker) -> None:
    await mallory.may_not_publish("$JS.API.CONSUMER.CREATE.MAIL_fence1.mallory_x.mail.fence1.mallory.>")
    for slot in range(SLOTS):
        config = {"name": f"mallory_{slot}", "ack_policy": "none", "filter_subject": "mail.fence1.mallory.>"}
        subject = f"$JS.API.CONSUMER.CREATE.MAIL_fence1.mallory_{slot}.mail.fence1.mallory.>"
        assert "error" not in await mallory.ask(subject, {"stream_name": "MAIL_fence1", "config": config})
    names = await broker.ask("CONSUMER.NAMES.MAIL_fence1")
    own = [name for name in names["consumers"] if name.startswith("mallory")]
    assert len(own) == SLOTS
    for slot in range(SLOTS):
        await mallory.ask(f"$JS.API.CONSUMER.DELETE.MAIL_fence1.mallory_{slot}")


@pytest.mark.parametrize(
    "subject",
    [
        "mail.fence1.o.o.fence1.centre.o",
        "rpc.fence1.alice.o.fence1.centre.o",
        "$JS.API.STREAM.DELETE.MAIL_fence1",
        "$JS.API.STREAM.DELETE.KV_directory",
    ],
)
async def test_publisher_of_the_directory_does_nothing_else(broker: Broker, subject: str) -> None:
    publisher = await attacker_with(broker, broker.credential(Role.PUBLISHER, "mallory"))
    await publisher.may_not_publish(subject)
    await publisher.may_not_subscribe("rpc.>")
    await publisher.client.close()


async def test_provisioner_reads_no_calls_and_writes_no_mail(broker: Broker) -> None:
    provisioner = await attacker_with(broker, broker.credential(Role.PROVISIONER, "mallory"))
    await provisioner.may_not_publish(mail("fence1", "alice", "fence1", "mallory"))
    await provisioner.may_not_subscribe("rpc.>")
    await provisioner.client.close()


async def one_chunk(data: bytes) -> AsyncIterator[bytes]:
    yield data
