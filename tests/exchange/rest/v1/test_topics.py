"""Topics over HTTP: published by their owner, read by whom it granted, in order, and nobody else's."""

import asyncio
import base64
import json

import httpx2
import pytest

from lienthong.exchange.rest.v1 import topics as module
from lienthong.kernel.clock import DAY, iso
from lienthong.kernel.identifiers import ClientId, SubsystemId
from tests.support.carriers import eventually
from tests.support.gateways import CENTRE, COMMUNE, HSO, LOW, World
from tests.support.topics import MOVES, SCHEMA, SECRET, entry, offer, publish, topics
from tests.support.v1 import REG, Faces, problem

TOPIC = {"topic": str(MOVES)}


def told(*numbers: int, **fields: object) -> dict[str, object]:
    """A request that publishes these."""
    data = [base64.b64encode(b'{"n":%d}' % number).decode() for number in numbers]
    return {"events": [{"schema": SCHEMA, "key": "k", "data": each} for each in data], **fields}


async def published(client: httpx2.AsyncClient, *numbers: int) -> None:
    answer = await client.post("/v1/topics/events", params=TOPIC, json=told(*numbers))
    assert answer.status_code == 201, answer.text


async def subscribe(client: httpx2.AsyncClient, **fields: object) -> httpx2.Response:
    return await client.post("/v1/topics/subscriptions", json=TOPIC | fields)


async def read(client: httpx2.AsyncClient, **params: int) -> list[int]:
    answer = await client.get("/v1/topics/events", params={**TOPIC, **params})
    assert answer.status_code == 200, answer.text
    return [int(base64.b64decode(each["data"])[5:-1]) for each in answer.json()["events"]]


async def test_what_one_system_publishes_another_reads(web: Faces, country: World) -> None:
    offer(country)
    owner, reader = web.client(REG), web.client(HSO)
    answer = await subscribe(reader)
    assert (answer.status_code, answer.json()) == (200, TOPIC | {"name": "", "purpose": "", "sequence": None})
    answer = await owner.post("/v1/topics/events", params=TOPIC, json=told(1, 2))
    assert (answer.status_code, answer.json()) == (201, {"first": 1, "last": 2})
    answer = await reader.get("/v1/topics/events", params=TOPIC | {"wait": 10})
    (first, second), head = answer.json()["events"], answer.json()["head"]
    assert first == {
        "sequence": 1,
        "schema": SCHEMA,
        "key": "k",
        "at": iso(country.clock.now()),
        "role": 0,
        "media_type": "application/json",
        "data": base64.b64encode(b'{"n":1}').decode(),
    }
    assert second["sequence"] == 2
    assert head.pop("chain")
    assert head == {
        "sequence": 2,
        "kept": 1,
        "snapshot": 0,
        "heard": iso(country.clock.now()),
        "silent": False,
        "forked": False,
    }
    answer = await reader.post("/v1/topics/ack", params=TOPIC, json={"sequence": 1})
    assert answer.json()["sequence"] == 1
    assert await read(reader) == [2]
    assert await read(reader, after=0, limit=1) == [1]
    answer = await reader.post("/v1/topics/seek", params=TOPIC, json={"sequence": 0})
    assert await read(reader) == [1, 2]
    answer = await reader.post("/v1/topics/seek", params=TOPIC, json={"since": "2020-01-01T00:00:00Z"})
    assert await read(reader) == [1, 2]
    listed = (await reader.get("/v1/topics/subscriptions")).json()
    assert listed == {"subscriptions": [TOPIC | {"name": "", "purpose": "", "sequence": None}]}
    assert (await reader.delete("/v1/topics/subscriptions", params=TOPIC)).status_code == 200
    assert (await reader.get("/v1/topics/subscriptions")).json() == {"subscriptions": []}


async def test_waiting_ends_when_an_event_comes_or_time_is_up(web: Faces, country: World) -> None:
    offer(country)
    reader = web.client(HSO)
    await subscribe(reader)
    assert await read(reader, wait=1) == []
    waiting = asyncio.create_task(read(reader, wait=20))
    await asyncio.sleep(0.05)
    await published(web.client(REG), 7)
    assert await waiting == [7]


async def test_a_repeated_request_publishes_nothing_twice(web: Faces, country: World) -> None:
    offer(country)
    owner = web.client(REG)
    first, second = [await owner.post("/v1/topics/events", params=TOPIC, json=told(1, after=0)) for _ in range(2)]
    assert first.status_code == 201
    assert problem(second)[:2] == (409, "out_of_turn")


@pytest.mark.parametrize(
    ("caller", "site", "code"),
    [(HSO, "tw", "sender_unknown"), (COMMUNE, "p1", "connection_mismatch")],
    ids=["elsewhere", "organ"],
)
async def test_nobody_publishes_on_anothers_topic(
    web: Faces, country: World, caller: ClientId, site: str, code: str
) -> None:
    offer(country)
    answer = await web.client(caller, site=site).post("/v1/topics/events", params=TOPIC, json=told(1))
    assert problem(answer)[:2] == (403, code)
    assert topics(country, "p1").publisher.state(MOVES) is None


async def test_nobody_reads_without_a_grant_or_as_an_organ(web: Faces, country: World) -> None:
    offer(country)
    await subscribe(web.client(HSO))
    await publish(country, 1)
    assert problem(await subscribe(web.client(LOW)))[:2] == (403, "topic_not_granted")
    assert problem(await subscribe(web.client(CENTRE)))[:2] == (403, "sender_unknown")
    for method, address in (("GET", "events"), ("POST", "ack"), ("POST", "seek"), ("GET", "stream")):
        answer = await web.client(LOW).request(
            method, f"/v1/topics/{address}", params=TOPIC, json={"sequence": 1} if method == "POST" else None
        )
        assert problem(answer)[:2] == (404, "subscription_unknown")
    offer(country, str(LOW))
    assert problem(await web.client(HSO).get("/v1/topics/events", params=TOPIC))[:2] == (403, "topic_not_granted")


async def test_only_what_may_be_read_is_listed_page_by_page(web: Faces, country: World) -> None:
    country.change(COMMUNE, topics=(entry(str(HSO)), entry(str(CENTRE), code="quiet"), entry(str(LOW), code="other")))
    listed = (await web.client(LOW).get("/v1/topics")).json()
    assert [each["topic"] for each in listed["topics"]] == [f"{REG}/other", str(SECRET)]
    assert listed["topics"][1] == {
        "topic": str(SECRET),
        "title": "Moves",
        "label": "internal",
        "schemas": [SCHEMA],
        "keep_days": 30,
    }
    page = (await web.client(HSO).get("/v1/topics", params={"limit": 1})).json()
    assert ([each["topic"] for each in page["topics"]], page["next"]) == ([str(MOVES)], str(MOVES))
    page = (await web.client(HSO).get("/v1/topics", params={"limit": 1, "after": page["next"]})).json()
    assert ([each["topic"] for each in page["topics"]], page["next"]) == ([str(SECRET)], None)


async def test_missing_events_are_told_with_their_numbers(web: Faces, country: World) -> None:
    offer(country, keep_days=1)
    reader = web.client(HSO)
    await subscribe(reader, after=0)
    await publish(country, 1, 2)
    await eventually(lambda: topics(country)._receiver.follows[str(MOVES)].chain.sequence == 2)
    country.clock.advance(DAY)
    await topics(country).tick()
    answer = await reader.get("/v1/topics/events", params=TOPIC)
    assert problem(answer)[:2] == (410, "events_missing")
    said = answer.json()
    assert (said["first"], said["last"], said["expired"]) == (1, 2, False)


@pytest.mark.parametrize(
    ("params", "body", "code"),
    [
        ({"topic": "VN/PARTY/U1/reg"}, told(1), "input_invalid"),
        ({"topic": "VN/PARTY/U1/reg/%6doves"}, told(1), "input_invalid"),
        (TOPIC, told(), "input_invalid"),
        (TOPIC, {"events": [{"schema": "x"}]}, "bad_request"),
        (TOPIC, {"events": [{"schema": "x/1"}]}, "schema_unknown"),
        (TOPIC, {"events": [{"schema": SCHEMA, "at": "yesterday"}]}, "input_invalid"),
        (TOPIC, {"events": [{"schema": SCHEMA, "at": "2026-01-01T00:00:00"}]}, "input_invalid"),
        (TOPIC, {"events": [{"schema": SCHEMA, "role": 9}]}, "input_invalid"),
    ],
)
async def test_a_malformed_request_is_told_what_is_wrong(
    web: Faces, country: World, params: dict[str, str], body: dict[str, object], code: str
) -> None:
    offer(country)
    answer = await web.client(REG).post("/v1/topics/events", params=params, json=body)
    assert problem(answer)[:2] in {(400, code), (400, "identifier_invalid")}


@pytest.mark.parametrize("body", [{}, {"sequence": 1, "since": "2026-01-01T00:00:00Z"}])
async def test_a_place_is_one_of_two(web: Faces, country: World, body: dict[str, object]) -> None:
    offer(country)
    await subscribe(web.client(HSO))
    answer = await web.client(HSO).post("/v1/topics/seek", params=TOPIC, json=body)
    assert problem(answer) == (400, "input_invalid", "either a sequence or a time")


# -- the stream


async def blocks(response: httpx2.Response, count: int) -> list[dict[str, str]]:
    """Read so many events of a stream."""
    found: list[dict[str, str]] = []
    fields: dict[str, str] = {}
    async for line in response.aiter_lines():
        name, _, value = line.partition(":")
        if line and name:
            fields[name] = value.strip()
        elif not line:
            if "data" in fields:
                found.append(fields)
            fields = {}
        if len(found) == count:
            break
    return found


async def test_a_stream_brings_events_as_they_come_and_goes_on_where_it_was(web: Faces, country: World) -> None:
    offer(country)
    reader, owner = web.client(HSO), web.client(REG)
    await subscribe(reader)
    await published(owner, 1, 2)
    async with reader.stream("GET", "/v1/topics/stream", params=TOPIC) as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        found = await blocks(response, 2)
    assert [(each["id"], each["event"]) for each in found] == [("1", "topic.event"), ("2", "topic.event")]
    assert json.loads(found[0]["data"])["schema"] == SCHEMA
    await published(owner, 3)
    headers = {"Last-Event-ID": "1"}
    async with reader.stream("GET", "/v1/topics/stream", params=TOPIC, headers=headers) as response:
        assert [each["id"] for each in await blocks(response, 2)] == ["2", "3"]
    answer = await reader.get("/v1/topics/stream", params=TOPIC, headers={"Last-Event-ID": "x"})
    assert problem(answer)[:2] == (400, "input_invalid")


async def test_a_stream_ends_with_the_reason_when_the_grant_does(web: Faces, country: World) -> None:
    offer(country)
    reader = web.client(HSO)
    await subscribe(reader)
    async with reader.stream("GET", "/v1/topics/stream", params=TOPIC) as response:
        offer(country, str(LOW))
        await country.running["tw"].directory_changed(country.directory.snapshot)
        (last,) = await blocks(response, 1)
    assert last["event"] == "problem"
    assert json.loads(last["data"])["code"] == "topic_not_granted"


async def test_readers_of_a_system_that_is_none_are_refused(web: Faces) -> None:
    answer = await web.client(SubsystemId("VN", "PARTY", "A01", "none"), site="tw").get("/v1/topics")
    assert problem(answer)[:2] == (403, "sender_unknown")
    assert module.MAX_EVENTS_BODY == 8 * 1024 * 1024
