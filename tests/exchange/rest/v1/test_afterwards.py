"""Recall, dead letters and redrive over HTTP: by who has sent it, and by nobody else."""

import uuid

from lienthong.kernel.clock import DAY
from tests.support.carriers import eventually
from tests.support.gateways import CENTRE, COMMUNE, LOW, NEIGHBOUR, OTHER, World
from tests.support.mail import resend
from tests.support.v1 import Faces, problem


async def test_a_message_is_taken_back_by_who_has_sent_it(web: Faces, country: World) -> None:
    message = await web.message(receivers=[str(COMMUNE), str(OTHER)], label="internal")
    await web.client(COMMUNE).post(f"/v1/mailbox/{message}/accept")
    await eventually(lambda: (str(COMMUNE), "accepted") in country.states())
    address, body = f"/v1/messages/{message}/recall", {"reason": "wrong annex"}
    for other in (web.client(NEIGHBOUR), web.client(COMMUNE)):
        assert problem(await other.post(address, json=body)) == (404, "message_unknown", message)
    assert problem(await web.client().post(address, json={}))[:2] == (400, "input_invalid")
    answer = await web.client().post(address, json=body)
    assert answer.json() == {"id": message, "asked": [str(OTHER)], "concluded": [str(COMMUNE)]}
    await eventually(lambda: (str(OTHER), "recalled") in country.states())
    status = (await web.client().get(f"/v1/messages/{message}")).json()
    assert {each["receiver"]: (each["standing"], each["recall"]) for each in status["deliveries"]} == {
        str(COMMUNE): ("accepted", None),
        str(OTHER): ("recalled", "done"),
    }


async def test_what_did_not_arrive_is_listed_and_sent_anew(web: Faces, country: World) -> None:
    await country.stop("p1")
    body = {"receivers": [str(COMMUNE)], "label": "confidential", "term_seconds": 60}
    message = (await web.client().post("/v1/messages", json=body)).json()["id"]
    assert (await web.client().get("/v1/dead-letters")).json() == {"letters": []}
    country.clock.advance(DAY)
    await resend(country)
    (letter,) = (await web.client().get("/v1/dead-letters")).json()["letters"]
    assert (letter["message"], letter["receiver"], letter["sender"]) == (message, str(COMMUNE), str(CENTRE))
    assert (letter["reason"], letter["redriven"]) == ("expired", None)
    # Others, and systems that may not handle it, see none of it.
    for other in (NEIGHBOUR, LOW):
        assert (await web.client(other).get("/v1/dead-letters")).json() == {"letters": []}
        refused = await web.client(other).post(f"/v1/messages/{message}/redrive")
        assert problem(refused) == (404, "message_unknown", message)
    await country.start("p1")
    anew = await web.client().post(f"/v1/messages/{message}/redrive", json={"receivers": [str(COMMUNE)]})
    assert (anew.status_code, anew.json()["published"]) == (201, 1)
    assert (await web.client().get("/v1/dead-letters")).json()["letters"][0]["redriven"] == anew.json()["id"]
    await eventually(lambda: country.arrivals)
    again = await web.client().post(f"/v1/messages/{message}/redrive")
    assert problem(again)[:2] == (404, "message_unknown")


async def test_what_was_never_sent_is_unknown(web: Faces) -> None:
    nothing = uuid.uuid4()
    for verb, body in (("recall", {"reason": "x"}), ("redrive", {})):
        answer = await web.client().post(f"/v1/messages/{nothing}/{verb}", json=body)
        assert problem(answer) == (404, "message_unknown", str(nothing))
