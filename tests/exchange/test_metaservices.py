"""What there is to call, told to whoever asks, under seal and on record like every call."""

import json
from typing import Any

import pytest

from lienthong.exchange.descriptions import Descriptions
from lienthong.exchange.metaservices import describe
from lienthong.kernel.identifiers import ServiceId, SubsystemId
from lienthong.trust.header import Kind
from tests.support.asgi import ask_web, r1
from tests.support.calls import raw_call, said
from tests.support.gateways import HSO, LOW, SPY, Echo, World
from tests.support.whole import whole

LIST = ServiceId("VN", "PARTY", "U1", "reg", "listMethods")
ALLOWED = ServiceId("VN", "PARTY", "U1", "reg", "allowedMethods")


async def described(world: World, client: SubsystemId, service: ServiceId) -> dict[str, Any]:
    header = world.header(client, service, Kind.REQUEST)
    status, answer = await describe(world.directory.snapshot, service, header, Descriptions(sources={}))
    assert status == 200
    assert answer.header("content-type").startswith("application/json")
    return {item["service_code"]: item for item in json.loads(await whole(answer.body))["service"]}


async def test_all_services_called_by_rest_are_listed(country: World) -> None:
    found = await described(country, SPY, LIST)
    assert set(found) == {"files", "units"}
    assert found["units"]["endpoint_list"] == [
        {"method": "*", "path": "/spied/*"},
        {"method": "GET", "path": "/public/**"},
    ]
    assert found["files"]["endpoint_list"] == []
    units = {key: found["units"][key] for key in ("object_type", "service_type", "xroad_instance", "member_class")}
    assert units == {
        "object_type": "SERVICE",
        "service_type": "REST",
        "xroad_instance": "VN",
        "member_class": "PARTY",
    }
    assert (found["units"]["member_code"], found["units"]["subsystem_code"]) == ("U1", "reg")


async def test_only_what_is_granted_is_allowed(country: World) -> None:
    assert set(await described(country, HSO, ALLOWED)) == {"files", "units"}
    # The organ was granted the files, and with it all its systems.
    assert set(await described(country, LOW, ALLOWED)) == {"files", "units"}
    spied = await described(country, SPY, ALLOWED)
    assert set(spied) == {"units"}
    assert spied["units"]["endpoint_list"] == [{"method": "*", "path": "/spied/*"}]


@pytest.mark.parametrize("service", [LIST, ALLOWED])
async def test_it_is_asked_like_any_service_but_never_reaches_one(
    country: World, echo: Echo, service: ServiceId
) -> None:
    reply = await ask_web(country.running["tw"], "GET", r1(service), headers={"x-road-client": str(LOW)})
    assert reply.status == 200
    assert len(json.loads(reply.body)["service"]) == 2
    assert not echo.calls
    assert country.evidence("tw") == [("out", "request", "ok")]
    assert country.evidence("p1") == [("in", "request", "ok"), ("out", "response", "ok")]


async def test_no_grant_does_not_mean_no_rule(country: World) -> None:
    assert await said(country, raw_call(country, sender="VN/STATE/M1/none", receiver=LIST)) == "sender_unknown"
    assert await said(country, raw_call(country, receiver="VN/PARTY/U1/none/listMethods")) == "receiver_unknown"
