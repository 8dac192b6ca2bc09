"""How far a message has come, without seals: to its sender, and only what has moved if that is asked for."""

from lienthong.exchange.rest.v1 import standings
from lienthong.kernel.clock import iso
from tests.support.carriers import eventually
from tests.support.gateways import COMMUNE, LOW, OTHER, World
from tests.support.v1 import Faces, problem


async def _sent(web: Faces, **changes: object) -> str:
    body = {"receivers": [str(COMMUNE), str(OTHER)], "label": "confidential"} | changes
    answer = await web.client().post("/v1/messages", json=body)
    return str(answer.json()["id"])


async def test_the_sender_sees_where_it_stands_and_no_seals(web: Faces, country: World) -> None:
    id_ = await _sent(web)
    await eventually(lambda: country.receipts)
    answer = (await web.client().get(f"/v1/messages/{id_}/standings")).json()
    assert answer["id"] == id_
    reached, refused = sorted(answer["standings"], key=lambda each: str(each["receiver"]) != str(COMMUNE))
    assert reached == {
        "receiver": str(COMMUNE), "standing": "delivered", "at": iso(country.clock.now()),
        "refusal": "", "note": "",
    }  # fmt: skip
    assert (refused["receiver"], refused["standing"], refused["at"]) == (str(OTHER), "refused", None)
    assert refused["refusal"] == "label_above_ceiling"


async def test_only_what_has_moved_since_is_told(web: Faces, country: World) -> None:
    id_ = await _sent(web, receivers=[str(COMMUNE)])
    await eventually(lambda: country.receipts)
    url = f"/v1/messages/{id_}/standings"
    first = (await web.client().get(url)).json()
    assert 0 < first["position"] < country.clock.now() + 1
    # What moved in the last seconds is told again: it may have been recorded after it was looked.
    again = (await web.client().get(url, params={"after": first["position"]})).json()
    assert again["standings"] == first["standings"]
    later = {"after": country.clock.now() + standings.SETTLED + 1}
    assert (await web.client().get(url, params=later)).json()["standings"] == []


async def test_nobody_else_learns_where_it_stands(web: Faces, country: World) -> None:
    id_ = await _sent(web)
    await eventually(lambda: country.receipts)
    url = f"/v1/messages/{id_}/standings"
    # A system of the same organ that may not handle such labels; an organ that did not send it; no such message.
    assert problem(await web.client(LOW).get(url))[:2] == (404, "message_unknown")
    assert problem(await web.client(COMMUNE).get(url))[:2] == (404, "message_unknown")
    unknown = url.replace(id_, "00000000-0000-0000-0000-000000000001")
    assert problem(await web.client().get(unknown))[:2] == (404, "message_unknown")
    assert problem(await web.client().get(url, params={"after": -1}))[0] == 400
