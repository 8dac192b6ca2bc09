"""The asynchronous client against two gateways: every method, and what each refusal becomes."""

import asyncio
import hashlib
import io
import uuid
from collections.abc import AsyncGenerator
from typing import Any

import httpx2
import pytest

from lienthong.client import (
    AsyncClient,
    CallFailed,
    Conflict,
    GatewayUnreachable,
    NewContent,
    NotFound,
    Problem,
    Refused,
    asynchronous,
)
from lienthong.client.asking import Ask, Reply
from lienthong.exchange.rest.v1 import waiting
from lienthong.kernel.errors import IdentifierInvalid
from lienthong.trust.checkpoint import verify_receipt
from lienthong.trust.header import ReceiptState
from tests.support.carriers import eventually
from tests.support.gateways import CENTRE, COMMUNE, FILES, HSO, LOW, UNITS, Echo, World
from tests.support.v1 import NOWHERE, REG, Faces

DATA = bytes(range(256)) * 1200


@pytest.fixture
async def centre(web: Faces) -> AsyncGenerator[AsyncClient]:
    async with AsyncClient(web.urls["tw"], HSO, timeout=20, retries=1) as client:
        yield client


@pytest.fixture
async def commune(web: Faces) -> AsyncGenerator[AsyncClient]:
    async with AsyncClient(web.urls["p1"], str(REG), timeout=20, retries=1) as client:
        yield client


async def sent(client: AsyncClient, world: World, data: bytes = DATA) -> uuid.UUID:
    known = len(world.arrivals)
    content = NewContent(data=data, name="a.bin", media_type="application/pdf")
    message = await client.send([str(COMMUNE)], contents=[content], subject="Đề nghị", urgency=1, purpose="audit")
    assert (message.published, message.queued, message.refused) == (0, 1, {})
    await eventually(lambda: len(world.arrivals) > known)
    return message.id


async def test_a_message_goes_from_one_information_system_to_another(
    centre: AsyncClient, commune: AsyncClient, country: World
) -> None:
    id_ = await sent(centre, country)
    (item,) = [item async for item in commune.mailbox()]
    assert (item.id, item.state, item.urgency, item.sender) == (id_, ReceiptState.DELIVERED, 1, str(HSO))
    message = await commune.open(id_)
    assert (message.subject, message.purpose, message.label) == ("Đề nghị", "audit", "internal")
    (content,) = message.contents
    assert (content.name, content.media_type, content.size) == ("a.bin", "application/pdf", len(DATA))
    assert content.digest == hashlib.sha256(DATA).hexdigest()
    assert await commune.content(id_) == DATA
    accepted = await commune.accept(id_, note="Case 17")
    assert accepted.state is ReceiptState.ACCEPTED
    with pytest.raises(Conflict) as caught:
        await commune.refuse(id_, reason="no")
    assert caught.value.code == "already_decided"
    await eventually(lambda: len(country.receipts) == 3)
    (delivery,) = (await centre.message(id_)).deliveries
    assert [receipt.state.value for receipt in delivery.receipts] == ["delivered", "opened", "accepted"]
    assert delivery.receipts[-1].note == "Case 17"


async def test_a_content_is_written_to_a_file_and_checked(
    centre: AsyncClient, commune: AsyncClient, country: World
) -> None:
    id_ = await sent(centre, country)
    file = io.BytesIO()
    assert await commune.download(id_, 0, file) == hashlib.sha256(DATA).hexdigest()
    assert file.getvalue() == DATA
    with pytest.raises(NotFound):
        await commune.download(id_, 1, file)


async def test_a_refusal_says_what_the_gateway_has_said(web: Faces) -> None:
    async with AsyncClient(web.urls["tw"], NOWHERE, language="vi") as client:
        with pytest.raises(Refused) as caught:
            await client.mailbox_page()
    error = caught.value
    assert (error.status, error.code, error.detail) == (403, "sender_unknown", str(NOWHERE))
    assert error.title
    assert str(error) == f"{error.title}: {error.detail}. {error.hint} [sender_unknown]"


async def test_a_message_that_nobody_may_get_is_refused(centre: AsyncClient) -> None:
    with pytest.raises(Refused, match="receiver_unknown"):
        await centre.send([str(NOWHERE)], contents=[NewContent(data=b"x")])
    with pytest.raises(Problem, match="length <= 1000"):
        await centre.send([str(COMMUNE)], subject="x" * 1001)


async def test_pages_of_the_mailbox_are_followed(centre: AsyncClient, commune: AsyncClient, country: World) -> None:
    ids = {await sent(centre, country, b"x") for _ in range(3)}
    page = await commune.mailbox_page(limit=2)
    assert len(page.messages) == 2
    rest = await commune.mailbox_page(limit=2, after=page.next)
    assert {item.id for item in (*page.messages, *rest.messages)} == ids
    assert [item async for item in commune.mailbox(state="refused")] == []


async def test_incoming_messages_come_until_they_are_decided(
    centre: AsyncClient, commune: AsyncClient, country: World
) -> None:
    first = await sent(centre, country, b"1")
    async for message in commune.incoming():
        assert message.id == first
        break
    # It ended before it decided: the message comes again, and the next one after it.
    second = await sent(centre, country, b"2")
    seen = []
    async for message in commune.incoming():
        seen.append(message.id)
        await commune.accept(message.id)
        if len(seen) == 2:
            break
    assert seen == [first, second]

    async def following() -> uuid.UUID:
        return (await anext(aiter(commune.incoming()))).id

    waited = asyncio.create_task(following())
    third = await sent(centre, country, b"3")
    assert await waited == third


async def test_events_come_once_even_when_the_connection_is_lost(
    centre: AsyncClient, commune: AsyncClient, country: World, web: Faces
) -> None:
    before = country.running["p1"].node.journal.size
    ids = [await sent(centre, country, b"x") for _ in range(3)]
    seen = []
    async for event in commune.events(after=before):
        seen.append(event)
        if len(seen) == 1:
            # Everybody is sent away; the client comes back by itself.
            bell = country.running["p1"].bell
            bell.close()
            await asyncio.sleep(0)
            bell.closed = False
        if len(seen) == 3:
            break
    assert [uuid.UUID(event.id) for event in seen] == ids
    assert {event.type for event in seen} == {"message.arrived"}
    assert await anext(aiter(commune.events(after=seen[1].position))) == seen[2]


async def test_events_of_a_gateway_that_says_no_end_with_what_it_says(
    web: Faces, centre: AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(Problem, match="event 99 of 0"):
        await anext(aiter(centre.events(after=99)))
    monkeypatch.setattr(waiting, "MAX_WAITING", 0)
    async with AsyncClient(web.urls["tw"], HSO, patience=0) as client:
        with pytest.raises(Problem, match="too_many_waiting"):
            await anext(aiter(client.events()))


async def test_a_service_is_called_and_its_answer_checked(centre: AsyncClient, echo: Echo) -> None:
    answer = await centre.call(
        UNITS, "POST", "/a%20b?c=d", body=b'{"x":1}', headers={"Content-Type": "application/json"}, message_id="mine"
    )
    assert (answer.status, answer.body, answer.header("content-type")) == (200, b"hi", "text/plain")
    assert answer.message_id == "mine"
    service, method, path, message = echo.calls[0]
    assert (service, method, path, message.body) == (UNITS, "POST", "/a%20b?c=d", b'{"x":1}')
    assert message.header("x-road-request-id") == answer.request_id
    entries = [entry async for entry in centre.evidence(id=answer.request_id)]
    assert {entry.kind for entry in entries} == {"request"}


async def test_a_call_that_is_not_granted_has_failed(centre: AsyncClient, web: Faces) -> None:
    async with AsyncClient(web.urls["tw"], LOW) as client:
        with pytest.raises(CallFailed) as caught:
            await client.call(str(UNITS), path="/secret")
    assert caught.value.code == "Server.ServerProxy.AccessDenied"
    with pytest.raises(CallFailed, match="UnknownService"):
        await centre.call("VN/PARTY/U1/reg/none")
    with pytest.raises(IdentifierInvalid):
        await centre.call(FILES, path="relative")
    with pytest.raises(IdentifierInvalid):
        await centre.call("VN/PARTY/U1")


async def test_evidence_is_found_and_proved(centre: AsyncClient, country: World) -> None:
    id_ = await sent(centre, country, b"x")
    (entry,) = [entry async for entry in centre.evidence(id=id_)]
    assert (entry.kind, entry.direction, entry.peer) == ("message", "out", str(COMMUNE))
    with pytest.raises(Conflict, match="receipt_not_yet"):
        await centre.evidence_receipt(entry.index)
    await country.running["tw"].checkpoint()
    proof = await centre.evidence_receipt(entry.index)
    signer = country.running["tw"].signer
    assert signer is not None
    assert verify_receipt(proof.receipt, proof.entry, lambda _: signer.key).index == entry.index


async def test_the_status_is_told(centre: AsyncClient) -> None:
    status = await centre.status()
    assert (status.site, status.directory.standing, status.carrier_connected) == ("tw", "fresh", True)


async def test_a_gateway_that_is_not_there_is_unreachable() -> None:
    async with AsyncClient("http://127.0.0.1:1", CENTRE, retries=0, patience=0) as client:
        with pytest.raises(GatewayUnreachable, match="ConnectError"):
            await client.status()
        with pytest.raises(GatewayUnreachable):
            await client.call(UNITS, "POST")
        with pytest.raises(GatewayUnreachable):
            await anext(aiter(client.events()))
        with pytest.raises(GatewayUnreachable):
            await client.download(uuid.uuid4(), 0, io.BytesIO())


async def test_a_content_of_any_size_is_uploaded_and_sent(
    centre: AsyncClient, commune: AsyncClient, country: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asynchronous, "PIECE", 70_000)
    upload = await centre.upload(io.BytesIO(DATA), size=len(DATA), digest=hashlib.sha256(DATA).hexdigest())
    assert (upload.whole, upload.offset) == (True, len(DATA))
    sent = await centre.send([str(COMMUNE)], contents=[NewContent(upload=upload.id, name="large.bin")])
    await eventually(lambda: country.arrivals)
    assert await commune.content(sent.id) == DATA
    with pytest.raises(Conflict, match="upload_invalid"):
        await centre.upload(io.BytesIO(DATA), size=len(DATA), digest="0" * 64)


async def test_an_upload_goes_on_where_the_gateway_is(centre: AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asynchronous, "PIECE", 70_000)
    once = centre._once
    broken: list[object] = []

    async def losing(ask: Ask[Any]) -> Reply:
        reply = await once(ask)
        if ask.method == "PATCH" and not broken:
            # The gateway has it; only its answer is lost.
            broken.append(ask)
            raise httpx2.ReadError("lost")
        return reply

    monkeypatch.setattr(centre, "_once", losing)
    assert (await centre.upload(io.BytesIO(DATA), size=len(DATA))).digest == hashlib.sha256(DATA).hexdigest()
    assert broken


async def test_a_message_that_is_lost_on_the_way_is_one_message(
    centre: AsyncClient, country: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    once = centre._once
    broken: list[object] = []

    async def losing(ask: Ask[Any]) -> Reply:
        reply = await once(ask)
        if not broken:
            broken.append(reply)
            raise httpx2.ReadError("lost")
        return reply

    monkeypatch.setattr(centre, "_once", losing)
    sent = await centre.send([str(COMMUNE)], contents=[NewContent(data=b"x")])
    await eventually(lambda: country.arrivals)
    assert [item.message for _, item in country.arrivals] == [sent.id]


async def test_a_call_that_may_have_arrived_is_not_repeated(
    centre: AsyncClient, echo: Echo, monkeypatch: pytest.MonkeyPatch
) -> None:
    once = centre._once

    async def losing(ask: Ask[Any]) -> Reply:
        await once(ask)
        raise httpx2.ReadTimeout("late")

    monkeypatch.setattr(centre, "_once", losing)
    with pytest.raises(GatewayUnreachable, match="ReadTimeout late"):
        await centre.call(UNITS, "POST")
    assert len(echo.calls) == 1
    with pytest.raises(GatewayUnreachable):
        await centre.call(UNITS, "GET")
    assert len(echo.calls) == 3


async def test_a_message_is_taken_back_and_dead_letters_are_sent_anew(
    centre: AsyncClient, commune: AsyncClient, country: World
) -> None:
    id_ = await sent(centre, country, b"x")
    recalled = await centre.recall(id_, reason="wrong annex")
    assert (recalled.asked, recalled.concluded) == ((str(COMMUNE),), ())
    await eventually(lambda: country.states()[-1:] == [(str(COMMUNE), "recalled")])
    with pytest.raises(Problem, match="message_recalled"):
        await commune.open(id_)
    refused = await sent(centre, country, b"y")
    await commune.refuse(refused, reason="not ours")
    await eventually(lambda: country.states()[-1:] == [(str(COMMUNE), "refused")])
    (letter,) = await centre.dead_letters()
    assert (letter.message, letter.reason, letter.detail) == (refused, "refused", "not ours")
    anew = await centre.redrive(refused, receivers=[str(COMMUNE)])
    # Whoever refused it answers for the new one, too: a dead letter again.
    dead = {each.message: each.redriven for each in await centre.dead_letters()}
    assert dead[refused] == anew.id
    (delivery,) = (await centre.message(refused)).deliveries
    assert (delivery.standing, delivery.note, delivery.redriven) == ("refused", "not ours", anew.id)


async def test_of_two_workers_one_has_the_message(centre: AsyncClient, commune: AsyncClient, country: World) -> None:
    id_ = await sent(centre, country, b"x")
    for _ in range(2):
        assert (await commune.accept(id_, key="one", note="Case 17")).note == "Case 17"
    with pytest.raises(Conflict):
        await commune.accept(id_, key="two")
