"""Sending over HTTP, and what the sender sees of it: all of it, nobody else any of it."""

import asyncio
import base64
import json
import uuid

import pytest

from lienthong.exchange.rest.v1.messages import MAX_INLINE
from lienthong.kernel.clock import iso
from lienthong.trust.errors import JournalError
from tests.support.carriers import eventually
from tests.support.gateways import CENTRE, COMMUNE, HSO, LOW, NEIGHBOUR, OTHER, World
from tests.support.v1 import NOWHERE, Faces, problem

TO = {"receivers": [str(COMMUNE)]}


async def test_a_message_is_sent_and_reaches_its_receiver(web: Faces) -> None:
    data = base64.b64encode(b"x" * 10_000).decode()
    body = TO | {"subject": "Subject", "contents": [{"name": "a.txt", "media_type": "text/plain", "data": data}]}
    answer = await web.client(HSO).post("/v1/messages", json=body)
    assert answer.status_code == 201
    sent = answer.json()
    assert sent == {"id": sent["id"], "published": 0, "queued": 1, "refused": {}}
    await eventually(lambda: web.world.arrivals)
    opened = await web.world.running["p1"].mailbox.open(COMMUNE, uuid.UUID(sent["id"]))
    assert (opened.header.sender, opened.header.subject) == (str(HSO), "Subject")
    assert opened.contents[0].data == b"x" * 10_000


async def test_receivers_that_may_not_get_it_are_named(web: Faces) -> None:
    body = {"receivers": [str(COMMUNE), str(OTHER), str(NOWHERE)], "label": "confidential"}
    sent = (await web.client().post("/v1/messages", json=body)).json()
    assert sent["queued"] == 1
    assert sent["refused"] == {str(OTHER): "label_above_ceiling", str(NOWHERE): "receiver_unknown"}


async def test_a_message_that_nobody_may_get_is_a_refusal(web: Faces) -> None:
    answer = await web.client().post("/v1/messages", json={"receivers": [str(NOWHERE)]})
    assert problem(answer) == (403, "nobody_reached", "receiver_unknown")
    assert answer.json()["refused"] == {str(NOWHERE): "receiver_unknown"}


async def test_a_system_sends_nothing_above_its_ceiling(web: Faces) -> None:
    answer = await web.client(LOW).post("/v1/messages", json=TO | {"label": "confidential"})
    assert problem(answer) == (403, "label_above_ceiling", f"confidential from {LOW}")


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({}, "Object missing required field `receivers`"),
        ({"receivers": []}, "Expected `array` of length >= 1 - at `$.receivers`"),
        (TO | {"sender": "VN/PARTY/A02"}, "Object contains unknown field `sender`"),
        (TO | {"subject": 1}, "Expected `str`, got `int` - at `$.subject`"),
        (TO | {"subject": "x" * 1001}, "Expected `str` of length <= 1000 - at `$.subject`"),
        (TO | {"urgency": -1}, "Expected `int` >= 0 - at `$.urgency`"),
        (TO | {"term_seconds": 90 * 86400 + 1}, "Expected `int` <= 7776000 - at `$.term_seconds`"),
        (TO | {"contents": [{"data": "???"}]}, "Invalid base64 encoded string - at `$.contents[0].data`"),
        (TO | {"contents": [{"data": ""}] * 65}, "Expected `array` of length <= 64 - at `$.contents`"),
        (TO | {"contents": [{"name": "x"}]}, "$.contents[0] has not exactly one of `data` and `upload`"),
        (
            TO | {"contents": [{"data": ""}, {"data": "", "upload": str(uuid.UUID(int=0))}]},
            "$.contents[1] has not exactly one of `data` and `upload`",
        ),
        (TO | {"contents": [{"data": "", "path": "/"}]}, "Object contains unknown field `path` - at `$.contents[0]`"),
        (TO | {"conversation": "x"}, "Invalid UUID - at `$.conversation`"),
    ],
)
async def test_a_field_that_is_not_allowed_is_named(web: Faces, body: dict[str, object], place: str) -> None:
    assert problem(await web.client().post("/v1/messages", json=body)) == (400, "input_invalid", place)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (TO | {"label": "cosmic"}, "label_invalid"),
        ({"receivers": ["VN/PARTY"]}, "address_invalid"),
        ({"receivers": ["group:none"]}, "nobody_addressed"),
        ({"receivers": ["level:x"]}, "address_invalid"),
        (TO | {"subject": "\ud800"}, "input_invalid"),
    ],
)
async def test_a_value_of_another_form_is_refused(web: Faces, body: dict[str, object], code: str) -> None:
    answer = await web.client().post(
        "/v1/messages", content=json.dumps(body).encode(), headers={"Content-Type": "application/json"}
    )
    assert problem(answer)[:2] == (400, code)


@pytest.mark.parametrize("content", [b"{", b"[]", b"\xff", b"[" * 5000, b'{"receivers": "x"}'])
async def test_a_body_that_is_not_of_that_form_is_refused(web: Faces, content: bytes) -> None:
    answer = await web.client().post("/v1/messages", content=content, headers={"Content-Type": "application/json"})
    assert problem(answer)[:2] == (400, "input_invalid")


@pytest.mark.parametrize("media_type", ["text/plain", "", "application/x-www-form-urlencoded"])
async def test_a_body_of_another_media_type_is_refused(web: Faces, media_type: str) -> None:
    answer = await web.client().post("/v1/messages", content=b"{}", headers={"Content-Type": media_type})
    assert problem(answer) == (415, "media_type_invalid", f"{media_type!r} instead of application/json")


async def test_a_body_that_is_announced_too_large_is_refused_unread(web: Faces) -> None:
    host, port = web.urls["tw"].removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    head = f"POST /v1/messages HTTP/1.1\r\nHost: x\r\nX-Road-Client: {CENTRE}\r\nContent-Type: application/json\r\n"
    writer.write(f"{head}Content-Length: {MAX_INLINE + 1}\r\n\r\n".encode())
    async with asyncio.timeout(10):
        answer = await reader.readuntil(b'"instance"')
    writer.close()
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert f"{MAX_INLINE + 1} bytes where {MAX_INLINE} are allowed".encode() in answer


async def test_the_sender_sees_each_receiver_with_its_sealed_receipts(web: Faces, country: World) -> None:
    message = await web.message(receivers=[str(COMMUNE), str(OTHER)])
    await web.client(COMMUNE).post(f"/v1/mailbox/{message}/refuse", json={"reason": "not ours"})
    await eventually(lambda: len(country.receipts) == 3)
    status = (await web.client(HSO).get(f"/v1/messages/{message}")).json()
    assert (status["id"], status["sender"]) == (message, str(CENTRE))
    commune, other = status["deliveries"]
    assert (commune["receiver"], commune["standing"]) == (str(COMMUNE), "refused")
    assert commune["sent"] == iso(country.clock.now())
    assert [(each["state"], each["note"]) for each in commune["receipts"]] == [
        ("delivered", ""),
        ("refused", "not ours"),
    ]
    assert (other["receiver"], other["standing"]) == (str(OTHER), "delivered")
    sealed = base64.b64decode(commune["receipts"][1]["sealed"])
    header = country.running["tw"].node.open_seal(sealed).header
    assert (header.status, header.conversation) == ("refused", uuid.UUID(message))


async def test_a_receiver_without_a_receipt_has_been_sent_it(web: Faces, country: World) -> None:
    await country.stop("p1")
    message = (await web.client().post("/v1/messages", json=TO)).json()["id"]
    # It is answered when it is durable; the carrier has it a moment later.
    journal = country.running["tw"].node.journal
    await eventually(lambda: journal.read("SELECT attempts FROM outgoing") == [(1,)])
    (delivery,) = (await web.client().get(f"/v1/messages/{message}")).json()["deliveries"]
    assert (delivery["standing"], delivery["receipts"]) == ("sent", [])


async def test_what_others_have_sent_is_unknown(web: Faces, country: World) -> None:
    message = await web.message(label="confidential")
    assert problem(await web.client(LOW).get(f"/v1/messages/{message}")) == (404, "message_unknown", message)
    assert problem(await web.client(NEIGHBOUR).get(f"/v1/messages/{message}")) == (404, "message_unknown", message)
    # Its receiver knows it by its own gateway, in the mailbox only.
    assert problem(await web.client(COMMUNE).get(f"/v1/messages/{message}")) == (404, "message_unknown", message)
    nothing = str(uuid.uuid4())
    assert problem(await web.client().get(f"/v1/messages/{nothing}")) == (404, "message_unknown", nothing)


async def test_a_message_may_be_for_all_of_a_kind(web: Faces, country: World) -> None:
    sent = (await web.client().post("/v1/messages", json={"receivers": ["*"]})).json()
    receivers = {
        each["receiver"] for each in (await web.client().get(f"/v1/messages/{sent['id']}")).json()["deliveries"]
    }
    assert {str(COMMUNE), str(OTHER), str(NEIGHBOUR)} <= receivers
    assert str(CENTRE) not in receivers


async def test_a_request_with_a_key_is_one_message_however_often_it_comes(web: Faces, country: World) -> None:
    client, headers = web.client(), {"Idempotency-Key": "one"}
    first, *others = await asyncio.gather(*(client.post("/v1/messages", json=TO, headers=headers) for _ in range(4)))
    assert {answer.content for answer in others} == {first.content}
    assert sorted(answer.headers.get("idempotent-replayed", "") for answer in (first, *others)) == ["", *["true"] * 3]
    await eventually(lambda: len(country.receipts) == 1)
    assert len(country.arrivals) == 1
    other = await client.post("/v1/messages", json=TO | {"subject": "other"}, headers=headers)
    assert problem(other) == (422, "idempotency_key_reused", "one")
    # Keys are those of one information system.
    assert (await web.client(HSO).post("/v1/messages", json=TO, headers=headers)).json()["id"] != first.json()["id"]


async def test_a_key_does_not_make_a_message_of_a_refusal(web: Faces) -> None:
    for _ in range(2):
        answer = await web.client().post(
            "/v1/messages", json={"receivers": [str(NOWHERE)]}, headers={"Idempotency-Key": "one"}
        )
        assert problem(answer) == (403, "nobody_reached", "receiver_unknown")


@pytest.mark.parametrize("key", ["", "a b", "x" * 201])
async def test_a_key_that_is_none_is_refused(web: Faces, key: str) -> None:
    answer = await web.client().post("/v1/messages", json=TO, headers={"Idempotency-Key": key})
    assert problem(answer) == (400, "input_invalid", f"the header Idempotency-Key is {key[:40]!r}")


async def test_a_request_that_was_cut_off_is_finished_by_the_next(
    web: Faces, country: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys, client, headers = web.faces["tw"].keys, web.client(), {"Idempotency-Key": "one"}
    answered = keys.answered

    async def full(*_: object) -> None:
        raise JournalError("full")

    monkeypatch.setattr(keys, "answered", full)
    assert problem(await client.post("/v1/messages", json=TO, headers=headers))[:2] == (503, "journal_unavailable")
    await eventually(lambda: len(country.receipts) == 1)
    monkeypatch.setattr(keys, "answered", answered)
    again = (await client.post("/v1/messages", json=TO, headers=headers)).json()
    assert (again["published"], again["queued"], again["refused"]) == (1, 0, {})
    assert [str(item.message) for _, item in country.arrivals] == [again["id"]]
