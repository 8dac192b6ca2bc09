"""Server-sent events: in order, resumed without loss or repetition, the caller's own, and freed when nobody reads."""

import asyncio
import json
import uuid
from collections.abc import AsyncIterator

import httpx2
import pytest

from lienthong.directory.entries import SubsystemEntry
from lienthong.exchange.rest.v1 import events, waiting
from lienthong.kernel.clock import DAY, iso
from tests.support.carriers import eventually
from tests.support.gateways import CENTRE, COMMUNE, LOW, OTHER, World
from tests.support.mail import resend
from tests.support.v1 import Faces, faces, problem

type Block = dict[str, str]


async def blocks(answer: httpx2.Response) -> AsyncIterator[Block]:
    """Yield what a stream says, block by block, as lines of ``name: value``."""
    block: Block = {}
    async for line in answer.aiter_lines():
        if line:
            name, _, value = line.partition(": ")
            block[name] = value
        elif block:
            yield block
            block = {}


async def take(
    client: httpx2.AsyncClient, number: int, *, last: str | None = None, after: int | None = None
) -> list[Block]:
    """Connect, take so many blocks beside the first, and hang up."""
    found: list[Block] = []
    headers = {} if last is None else {"Last-Event-ID": last}
    params = {} if after is None else {"after": after}
    async with asyncio.timeout(20), client.stream("GET", "/v1/events", headers=headers, params=params) as answer:
        assert answer.status_code == 200, await answer.aread()
        async for block in blocks(answer):
            found.append(block)
            if len(found) > number:
                break
    return found


async def test_a_stream_begins_with_where_it_stands(web: Faces) -> None:
    await web.message()
    client = web.client(COMMUNE)
    async with client.stream("GET", "/v1/events") as answer:
        assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert answer.headers["cache-control"] == "no-store"
        first = await anext(blocks(answer))
    assert first == {"retry": "1000", "id": str(web.world.running["p1"].node.journal.size)}


async def test_arrivals_and_receipts_are_told_as_they_come(web: Faces, country: World) -> None:
    ours = asyncio.create_task(take(web.client(CENTRE), 2))
    theirs = asyncio.create_task(take(web.client(COMMUNE), 1))
    await eventually(lambda: country.running["tw"].bell.waited_for and country.running["p1"].bell.waited_for)
    message = await web.message()
    (_, arrival) = await theirs
    assert arrival["event"] == "message.arrived"
    assert json.loads(arrival["data"]) == {
        "type": "message.arrived",
        "id": message,
        "peer": str(CENTRE),
        "label": "internal",
        "at": iso(country.clock.now()),
        "state": "",
        "note": "",
    }
    await web.client(COMMUNE).post(f"/v1/mailbox/{message}/accept", json={"note": "Case 17"})
    (_, *receipts) = await ours
    told = [json.loads(each["data"]) for each in receipts]
    assert [(each["id"], each["state"], each["note"]) for each in told] == [
        (message, "delivered", ""),
        (message, "accepted", "Case 17"),
    ]


async def test_a_client_that_comes_back_misses_nothing_and_gets_nothing_twice(web: Faces) -> None:
    client = web.client(COMMUNE)
    (start,) = await take(client, 0)
    sent = [await web.message() for _ in range(5)]
    (_, *first) = await take(client, 2, last=start["id"])
    (_, *second) = await take(client, 3, last=first[-1]["id"])
    assert [json.loads(each["data"])["id"] for each in (*first, *second)] == sent
    (_, *again) = await take(client, 5, after=int(start["id"]))
    assert again == [*first, *second]


async def test_the_position_outlives_the_gateway(country: World) -> None:
    async with faces(country) as web:
        sent = [await web.message() for _ in range(2)]
        (_, first) = await take(web.client(COMMUNE), 1, after=0)
    await country.restart("p1")
    async with faces(country) as web:
        (_, second) = await take(web.client(COMMUNE), 1, last=first["id"])
    assert [json.loads(each["data"])["id"] for each in (first, second)] == sent


async def test_events_of_other_organs_and_above_the_ceiling_are_not_told(web: Faces, country: World) -> None:
    country.change(COMMUNE, subsystems=(SubsystemEntry(code="reg", name="Registry", ceiling="internal"),), services=())
    await web.message(receivers=[str(OTHER)])
    await web.message(label="confidential")
    last = await web.message()
    for caller in ("VN/PARTY/U1/reg",):
        (_, only) = await take(web.client(caller, site="p1"), 1, after=0)
        assert json.loads(only["data"])["id"] == last
    (_, both) = await take(web.client(COMMUNE), 1, after=0)
    assert json.loads(both["data"])["label"] == "confidential"


async def test_a_stream_says_that_it_is_still_there(web: Faces, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "BEAT", 0.05)
    monkeypatch.setattr(events, "LOOK_EVERY", 0.05)
    client = web.client(OTHER, site="p1")
    (start, beat) = await take(client, 1)
    assert beat == {"id": start["id"]}


async def test_what_expires_is_told(web: Faces, country: World) -> None:
    await country.stop("p1")
    message = (await web.client().post("/v1/messages", json={"receivers": [str(COMMUNE)], "term_seconds": 60})).json()
    country.clock.advance(DAY)
    await resend(country)
    (_, event) = await take(web.client(CENTRE), 1, after=0)
    assert (event["event"], json.loads(event["data"])["id"]) == ("message.expired", message["id"])
    assert json.loads(event["data"])["peer"] == str(COMMUNE)


async def test_a_message_that_waits_for_an_earlier_one_is_told_when_it_is_handed_over(
    web: Faces, country: World
) -> None:
    conversation = uuid.uuid4()

    def envelope(sequence: int) -> bytes:
        return country.message(CENTRE, COMMUNE, conversation=conversation, sequence=sequence)

    before = len(country.entries("p1"))
    first = envelope(1)
    country.post(CENTRE, COMMUNE, envelope(2))
    await eventually(lambda: len(country.entries("p1")) > before)
    assert country.arrivals == []
    (start,) = await take(web.client(COMMUNE), 0)
    country.post(CENTRE, COMMUNE, first)
    await eventually(lambda: len(country.arrivals) == 2)
    told = (await take(web.client(COMMUNE), 2, after=0))[1:]
    assert {json.loads(each["data"])["id"] for each in told} == {str(item.message) for _, item in country.arrivals}
    assert all(int(each["id"]) > int(start["id"]) for each in told)


async def test_a_recall_is_told_with_its_reason(web: Faces) -> None:
    message = await web.message()
    await web.client().post(f"/v1/messages/{message}/recall", json={"reason": "wrong annex"})
    (_, _, recall) = await take(web.client(COMMUNE), 2, after=0)
    told = json.loads(recall["data"])
    assert (recall["event"], told["id"], told["note"]) == ("message.recalled", message, "wrong annex")
    (*_, receipt) = await take(web.client(CENTRE), 2, after=0)
    told = json.loads(receipt["data"])
    assert (told["id"], told["state"]) == (message, "recalled")


@pytest.mark.parametrize("id_", ["-1", "x", "²", "9" * 20, ""])
async def test_a_position_that_is_none_is_refused(web: Faces, id_: str) -> None:
    answer = await web.client(CENTRE).get("/v1/events", headers=[(b"Last-Event-ID", id_.encode())])
    assert problem(answer)[:2] == (400, "input_invalid")


async def test_a_position_of_another_journal_is_refused(web: Faces) -> None:
    answer = await web.client(CENTRE).get("/v1/events", headers={"Last-Event-ID": "7"})
    assert problem(answer) == (400, "input_invalid", "event 7 of 0")


async def test_a_client_that_hangs_up_frees_its_place(web: Faces, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "MAX_WAITING", 1)
    client, crowd = web.client(LOW), web.faces["tw"].crowd
    for _ in range(3):
        async with client.stream("GET", "/v1/events") as answer:
            await anext(blocks(answer))
            assert crowd.inside(str(CENTRE)) == 1
            refused = await web.client(CENTRE).get("/v1/events")
            assert problem(refused) == (429, "too_many_waiting", f"1 of {CENTRE}")
        await eventually(lambda: crowd.inside(str(CENTRE)) == 0)
        await eventually(lambda: not web.world.running["tw"].bell.waited_for)


async def test_streams_end_with_the_gateway(country: World) -> None:
    async with faces(country) as web:
        client = web.client(CENTRE)
        stream = client.stream("GET", "/v1/events")
        answer = await stream.__aenter__()
        reading = blocks(answer)
        await anext(reading)
        country.running["tw"].bell.close()
        async with asyncio.timeout(5):
            assert [block async for block in reading] == []
        await stream.__aexit__(None, None, None)
