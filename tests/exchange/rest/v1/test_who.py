"""Who is calling: none, unknown, of another site, of another connection, inactive, and the right one."""

import pytest
from starlette.requests import Request

from lienthong.directory.entries import SubsystemEntry
from lienthong.directory.snapshot import Standing
from lienthong.exchange import policy
from lienthong.exchange.errors import LimitExceeded
from lienthong.exchange.limits import Limit
from lienthong.exchange.rest.v1.endpoint import Asked, Nothing
from lienthong.exchange.rest.v1.errors import CallerMissing
from lienthong.kernel.clock import SECOND
from tests.support.gateways import CENTRE, COMMUNE, HSO, LOW, World
from tests.support.v1 import NOWHERE, Faces, faces, problem

ADDRESSES = (
    ("GET", "/v1/mailbox"),
    ("GET", "/v1/mailbox/018f0000-0000-7000-8000-000000000000"),
    ("GET", "/v1/evidence"),
    ("GET", "/v1/messages/018f0000-0000-7000-8000-000000000000"),
    ("POST", "/v1/messages"),
)


@pytest.mark.parametrize(("method", "address"), ADDRESSES)
async def test_nobody_is_answered_without_saying_who_asks(web: Faces, method: str, address: str) -> None:
    answer = await web.client(None).request(method, address)
    assert problem(answer) == (401, "caller_missing", "")
    assert answer.headers["www-authenticate"] == "X-Road-Client"


async def test_a_caller_is_named_once(web: Faces) -> None:
    headers = [("X-Road-Client", str(HSO)), ("X-Road-Client", str(LOW))]
    assert problem(await web.client(None).get("/v1/mailbox", headers=headers)) == (401, "caller_missing", "")


async def test_a_caller_is_named_in_its_form(web: Faces) -> None:
    answer = await web.client("VN/PARTY").get("/v1/mailbox")
    assert problem(answer) == (400, "identifier_invalid", "'VN/PARTY' has not 3 parts")


@pytest.mark.parametrize("caller", [NOWHERE, COMMUNE, "VN/PARTY/A01/none"])
async def test_whoever_is_not_hosted_here_is_refused(web: Faces, caller: object) -> None:
    answer = await web.client(str(caller), site="tw").get("/v1/mailbox")
    assert problem(answer) == (403, "sender_unknown", str(caller))


async def test_a_caller_that_is_no_longer_active_is_refused(web: Faces, country: World) -> None:
    assert (await web.client(HSO).get("/v1/mailbox")).status_code == 200
    country.change(CENTRE, subsystems=(SubsystemEntry(code="hso", name="Records", ceiling="secret", active=False),))
    assert problem(await web.client(HSO).get("/v1/mailbox")) == (403, "sender_unknown", str(HSO))
    assert (await web.client(CENTRE).get("/v1/mailbox")).status_code == 200
    country.change(CENTRE, active=False)
    assert problem(await web.client(CENTRE).get("/v1/mailbox")) == (403, "sender_unknown", str(CENTRE))


async def test_a_connection_speaks_only_for_its_own(country: World) -> None:
    async with faces(country, connection=policy.Connection(clients=frozenset({str(HSO)}))) as web:
        assert (await web.client(HSO).get("/v1/mailbox")).status_code == 200
        assert problem(await web.client(LOW).get("/v1/mailbox")) == (403, "connection_mismatch", str(LOW))
        assert problem(await web.client(CENTRE).get("/v1/mailbox")) == (403, "connection_mismatch", str(CENTRE))


async def test_nothing_is_decided_by_a_stale_directory(web: Faces, country: World) -> None:
    country.directory.forced = Standing.STALE
    answer = await web.client(HSO).get("/v1/mailbox")
    assert problem(answer)[:2] == (503, "directory_stale")
    assert answer.headers["retry-after"] == "5"
    assert (await web.client(None).get("/v1/status")).json()["directory"]["standing"] == "stale"


async def test_an_endpoint_that_is_public_knows_no_caller(web: Faces) -> None:
    request = Request({"type": "http", "headers": []})
    asked = Asked(face=web.faces["tw"], params=Nothing(), body=Nothing(), request=request, identified=None)
    with pytest.raises(CallerMissing):
        _ = asked.caller


async def test_who_asks_too_often_or_for_too_much_is_refused_and_counted(web: Faces, country: World) -> None:
    limiter = country.running["tw"].limiting.subsystems
    limiter.limit = Limit(calls_per_second=1, burst=3, bytes_in_flight=2000)
    # Other systems, and the calls of the same one, have accounts of their own and one together.
    country.clock.advance(SECOND)
    assert [(await web.client(HSO).get("/v1/mailbox")).status_code for _ in range(3)] == [200] * 3
    answer = await web.client(HSO).get("/v1/mailbox")
    assert problem(answer) == (429, "limit_exceeded", f"{HSO}: more than 1 calls per second")
    assert answer.headers["retry-after"] == "5"
    with pytest.raises(LimitExceeded):
        limiter.enter(str(HSO))
    body = {"receivers": [str(COMMUNE)], "subject": "x" * 900, "purpose": " " * 1500}
    assert problem(await web.client(CENTRE).post("/v1/messages", json=body))[:2] == (429, "limit_exceeded")
    assert (await web.client(CENTRE).get("/v1/mailbox")).status_code == 200
    assert (await web.client(None).get("/v1/status")).status_code == 200
    assert {refusals.peer for refusals in limiter.told()} == {str(HSO), str(CENTRE)}
