"""The mailbox over HTTP: listed, waited for, opened, read in parts, accepted, refused; and nobody else's."""

import asyncio
import hashlib
import uuid

import pytest

from lienthong.directory.entries import SubsystemEntry
from lienthong.exchange.rest.v1 import waiting
from lienthong.kernel.clock import iso
from tests.support.carriers import eventually
from tests.support.gateways import CENTRE, COMMUNE, OTHER, World
from tests.support.v1 import REG, Faces, problem


async def test_an_empty_mailbox_is_empty(web: Faces) -> None:
    answer = await web.client(COMMUNE).get("/v1/mailbox")
    assert (answer.status_code, answer.json()) == (200, {"messages": [], "next": None})
    assert answer.headers["content-type"] == "application/json"


async def test_a_message_is_listed_for_its_organ_only(web: Faces, country: World) -> None:
    message = await web.message(urgency=2)
    listed = (await web.client(COMMUNE).get("/v1/mailbox")).json()
    assert listed["messages"] == [
        {
            "id": message,
            "sender": str(CENTRE),
            "label": "internal",
            "urgency": 2,
            "arrived": iso(country.clock.now()),
            "state": "delivered",
            "conversation": None,
            "sequence": 0,
            "missing": 0,
            "concluded": None,
            "note": "",
        }
    ]
    assert (await web.client(OTHER, site="p1").get("/v1/mailbox")).json()["messages"] == []
    assert (await web.client(CENTRE).get("/v1/mailbox")).json()["messages"] == []


@pytest.mark.parametrize("what", ["", "/contents/0"])
async def test_a_message_of_another_organ_is_unknown(web: Faces, what: str) -> None:
    message = await web.message()
    answer = await web.client(OTHER, site="p1").get(f"/v1/mailbox/{message}{what}")
    assert problem(answer) == (404, "message_unknown", f"{message} of {OTHER}")


@pytest.mark.parametrize(("verb", "body"), [("accept", {}), ("refuse", {"reason": "not ours"})])
async def test_nobody_decides_for_another_organ(web: Faces, verb: str, body: dict[str, str]) -> None:
    message = await web.message()
    answer = await web.client(OTHER, site="p1").post(f"/v1/mailbox/{message}/{verb}", json=body)
    assert problem(answer) == (404, "message_unknown", f"{message} of {OTHER}")
    assert (await web.client(COMMUNE).get("/v1/mailbox")).json()["messages"][0]["state"] == "delivered"


async def test_a_system_sees_nothing_above_its_ceiling(web: Faces, country: World) -> None:
    country.change(COMMUNE, subsystems=(SubsystemEntry(code="reg", name="Registry", ceiling="internal"),), services=())
    message = await web.message(label="confidential")
    low = web.client(REG)
    assert (await low.get("/v1/mailbox")).json() == {"messages": [], "next": None}
    for address in (f"/v1/mailbox/{message}", f"/v1/mailbox/{message}/contents/0"):
        assert problem(await low.get(address))[:2] == (404, "message_unknown")
    assert problem(await low.post(f"/v1/mailbox/{message}/accept"))[:2] == (404, "message_unknown")
    assert (await web.client(COMMUNE).get(f"/v1/mailbox/{message}")).json()["label"] == "confidential"


async def test_pages_follow_each_other_without_gap_or_repetition(web: Faces) -> None:
    sent = [await web.message(urgency=urgency) for urgency in (0, 2, 0, 1, 2)]
    client, after, seen = web.client(COMMUNE), "", []
    while True:
        answer = (await client.get("/v1/mailbox", params={"limit": 2, "after": after})).json()
        seen.append([item["id"] for item in answer["messages"]])
        if answer["next"] is None:
            break
        after = answer["next"]
    assert [len(page) for page in seen] == [2, 2, 1]
    flat = [id_ for page in seen for id_ in page]
    assert set(flat[:2]) == {sent[1], sent[4]}
    assert flat[2] == sent[3]
    assert set(flat[3:]) == {sent[0], sent[2]}


# The last two are numbers that no table holds: [2**64, 0] and [-2**64, 0].
@pytest.mark.parametrize(
    "after",
    ["x", "bm9wZQ", "%00", "é", "A" * 500, "WzE4NDQ2NzQ0MDczNzA5NTUxNjE2LDBd", "Wy0xODQ0Njc0NDA3MzcwOTU1MTYxNiwwXQ"],
)
async def test_a_cursor_that_was_never_given_is_refused(web: Faces, after: str) -> None:
    answer = await web.client(COMMUNE).get("/v1/mailbox", params={"after": after})
    assert problem(answer) == (400, "bad_request", "the cursor is not one that was given")


@pytest.mark.parametrize(
    ("query", "place"),
    [
        ("limit=0", "Expected `int` >= 1 - at `$.limit`"),
        ("limit=1001", "Expected `int` <= 1000 - at `$.limit`"),
        ("limit=many", "Expected `int`, got `str` - at `$.limit`"),
        ("wait=61", "Expected `int` <= 60 - at `$.wait`"),
        ("state=lost", "Invalid enum value 'lost' - at `$.state`"),
        ("organ=VN", "Object contains unknown field `organ`"),
        ("limit=1&limit=2", "the parameter 'limit' is given twice"),
        ("after=" + "a" * 513, "Expected `str` of length <= 512 - at `$.after`"),
        ("a" * 8193, "a query of 8193 bytes where 8192 are allowed"),
    ],
)
async def test_a_parameter_that_is_not_allowed_is_named(web: Faces, query: str, place: str) -> None:
    answer = await web.client(COMMUNE).get(f"/v1/mailbox?{query}")
    assert problem(answer) == (400, "input_invalid", place)


async def test_who_waits_is_woken_by_an_arrival(web: Faces, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "LOOK_EVERY", 60.0)
    client = web.client(COMMUNE)
    polling = asyncio.create_task(client.get("/v1/mailbox", params={"wait": 60}))
    await eventually(lambda: web.world.running["p1"].bell.waiting(str(COMMUNE)))
    message = await web.message()
    async with asyncio.timeout(10):
        answer = await polling
    assert [item["id"] for item in answer.json()["messages"]] == [message]
    assert web.faces["p1"].crowd.inside(str(COMMUNE)) == 0


async def test_who_waits_in_vain_gets_an_empty_page(web: Faces) -> None:
    answer = await web.client(COMMUNE).get("/v1/mailbox", params={"wait": 1})
    assert (answer.status_code, answer.json()["messages"]) == (200, [])


async def test_who_goes_away_waits_no_longer(web: Faces) -> None:
    client = web.client(COMMUNE)
    polling = asyncio.create_task(client.get("/v1/mailbox", params={"wait": 60}))
    await eventually(lambda: web.world.running["p1"].bell.waiting(str(COMMUNE)))
    polling.cancel()
    await asyncio.gather(polling, return_exceptions=True)
    await client.aclose()
    await eventually(lambda: not web.world.running["p1"].bell.waited_for)
    await eventually(lambda: web.faces["p1"].crowd.inside(str(COMMUNE)) == 0)


async def test_not_all_of_an_organ_may_wait_at_once(web: Faces, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "MAX_WAITING", 1)
    client = web.client(COMMUNE)
    polling = asyncio.create_task(client.get("/v1/mailbox", params={"wait": 60}))
    await eventually(lambda: web.world.running["p1"].bell.waiting(str(COMMUNE)))
    answer = await client.get("/v1/mailbox", params={"wait": 60})
    assert problem(answer) == (429, "too_many_waiting", f"1 of {COMMUNE}")
    # Another organ's wait is its own.
    assert (await web.client(OTHER, site="p1").get("/v1/mailbox", params={"wait": 1})).status_code == 200
    await web.message()
    await polling


async def test_a_message_is_opened_with_its_seal_checked(web: Faces) -> None:
    conversation = str(uuid.uuid4())
    message = await web.message(subject="Đề nghị", purpose="audit", conversation=conversation)
    opened = (await web.client(COMMUNE).get(f"/v1/mailbox/{message}")).json()
    assert (opened["subject"], opened["purpose"], opened["conversation"]) == ("Đề nghị", "audit", conversation)
    assert (opened["sender"], opened["receiver"], opened["state"]) == (str(CENTRE), str(COMMUNE), "opened")
    assert opened["contents"] == [
        {
            "name": "",
            "media_type": "application/octet-stream",
            "size": 4,
            "digest": hashlib.sha256(b"text").hexdigest(),
        }
    ]
    await eventually(lambda: len(web.world.receipts) == 2)
    assert [state for _, state in web.world.states()] == ["delivered", "opened"]


async def test_a_message_is_accepted_once(web: Faces) -> None:
    message, client = await web.message(), web.client(COMMUNE)
    for body in ({"note": "Case 17"}, {"note": "other words"}):
        answer = await client.post(f"/v1/mailbox/{message}/accept", json=body)
        assert (answer.status_code, answer.json()["state"]) == (200, "accepted")
    # Without a body too.
    assert (await client.post(f"/v1/mailbox/{message}/accept")).json()["state"] == "accepted"
    late = await client.post(f"/v1/mailbox/{message}/refuse", json={"reason": "no"})
    assert problem(late) == (409, "already_decided", f"{message} is accepted")
    await eventually(lambda: len(web.world.receipts) == 2)
    assert web.world.receipts[1][1].note == "Case 17"


async def test_of_two_who_accept_one_learns_that_it_was_the_other(web: Faces) -> None:
    message, client = await web.message(), web.client(COMMUNE)
    address = f"/v1/mailbox/{message}/accept"
    for _ in range(2):
        answer = await client.post(address, json={"note": "Case 17"}, headers={"Idempotency-Key": "17"})
        assert (answer.status_code, answer.json()["note"]) == (200, "Case 17")
    other = await client.post(address, headers={"Idempotency-Key": "18"})
    assert problem(other) == (409, "already_decided", f"{message} is accepted")
    wrong = await client.post(address, headers={"Idempotency-Key": "a b"})
    assert problem(wrong) == (400, "input_invalid", "the header Idempotency-Key is 'a b'")


async def test_a_message_that_was_taken_back_is_gone(web: Faces) -> None:
    message, client = await web.message(), web.client(COMMUNE)
    await web.client().post(f"/v1/messages/{message}/recall", json={"reason": "wrong annex"})
    await eventually(lambda: web.world.states()[-1:] == [(str(COMMUNE), "recalled")])
    for answer in (
        await client.get(f"/v1/mailbox/{message}"),
        await client.get(f"/v1/mailbox/{message}/contents/0"),
        await client.post(f"/v1/mailbox/{message}/accept"),
    ):
        assert problem(answer) == (410, "message_recalled", message)
    assert (await client.get("/v1/mailbox")).json()["messages"][0]["state"] == "recalled"


async def test_a_message_is_refused_with_a_reason(web: Faces) -> None:
    message, client = await web.message(), web.client(COMMUNE)
    answer = await client.post(f"/v1/mailbox/{message}/refuse", json={})
    assert problem(answer) == (400, "input_invalid", "Object missing required field `reason`")
    answer = await client.post(f"/v1/mailbox/{message}/refuse", json={"reason": "not ours", "why": "x"})
    assert problem(answer) == (400, "input_invalid", "Object contains unknown field `why`")
    answer = await client.post(f"/v1/mailbox/{message}/refuse", json={"reason": "not ours"})
    assert answer.json()["state"] == "refused"
    await eventually(lambda: len(web.world.receipts) == 2)
    assert web.world.receipts[1][1].note == "not ours"


async def test_two_senders_with_one_id_are_told_apart(web: Faces, country: World) -> None:
    id_ = uuid.uuid4()
    for sender in (CENTRE, OTHER):
        country.post(sender, COMMUNE, country.message(sender, COMMUNE, id=id_))
    await eventually(lambda: len(country.arrivals) == 2)
    client = web.client(COMMUNE)
    assert problem(await client.get(f"/v1/mailbox/{id_}")) == (404, "message_unknown", str(id_))
    opened = (await client.get(f"/v1/mailbox/{id_}", params={"sender": str(OTHER)})).json()
    assert opened["sender"] == str(OTHER)


@pytest.mark.parametrize("id_", ["x", "018f0000", "..%2F"])
async def test_an_id_that_is_none_is_named(web: Faces, id_: str) -> None:
    status, code, _ = problem(await web.client(COMMUNE).get(f"/v1/mailbox/{id_}"))
    assert (status, code) in {(400, "input_invalid"), (404, "address_unknown")}
