"""What clients can ask about members and services (PR-MREST)."""

import json
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from tests.exchange.rest.conftest import PETSTORE, SECOND
from tests.support.sandbox import CONSUMER, PROVIDER, Backend, Sandbox

_ID = "{http://x-road.eu/xsd/identifiers}"


def _listed(gateways: Sandbox, which: str, client: str) -> dict[str, Any]:
    reply = gateways.call(which, client=client)
    assert (reply.status, reply.header("content-type")) == (200, "application/json;charset=utf-8")
    assert reply.header("x-road-service") == f"{PROVIDER}/{which}"
    return {each["service_code"]: each for each in json.loads(reply.body)["service"]}


def test_list_methods_names_all_that_is_called_by_rest(gateways: Sandbox, system: Backend) -> None:
    listed = _listed(gateways, "listMethods", CONSUMER)
    assert set(listed) == {"echo", "slash", "dö/ner", "open", "closed", "down"}
    assert listed["dö/ner"] == {
        "object_type": "SERVICE",
        "service_type": "REST",
        "xroad_instance": "VN",
        "member_class": "STATE",
        "member_code": "G22",
        "subsystem_code": "Provider",
        "service_code": "dö/ner",
        "endpoint_list": [],
    }
    assert system.seen == []


@pytest.mark.parametrize(
    ("which", "client", "endpoints"),
    [
        ("listMethods", SECOND, ["GET /a/*", "POST /c", "PUT /a/*"]),
        ("allowedMethods", CONSUMER, ["GET /a/*", "PUT /a/*"]),
        ("allowedMethods", "VN/PARTY/C03", ["GET /a/*", "POST /c", "PUT /a/*"]),
        ("allowedMethods", SECOND, ["POST /c"]),
    ],
)
def test_endpoints_are_what_is_granted_one_by_one(
    gateways: Sandbox, which: str, client: str, endpoints: list[str]
) -> None:
    described = _listed(gateways, which, client)["open"]
    assert described["service_type"] == "OPENAPI"
    assert [f"{each['method']} {each['path']}" for each in described["endpoint_list"]] == endpoints


@pytest.mark.parametrize(
    ("client", "allowed"),
    [
        (CONSUMER, {"echo", "slash", "dö/ner", "open", "down"}),
        (SECOND, {"echo", "slash", "dö/ner", "open", "down"}),
        ("VN/PARTY/C03", {"echo", "slash", "dö/ner", "open", "down"}),
    ],
)
def test_allowed_methods_names_what_is_granted(gateways: Sandbox, client: str, allowed: set[str]) -> None:
    assert set(_listed(gateways, "allowedMethods", client)) == allowed


@pytest.mark.line("Metaservices: getOpenAPI")
def test_a_service_is_described_without_where_it_is(gateways: Sandbox, system: Backend) -> None:
    reply = gateways.call("getOpenAPI?serviceCode=open")
    assert (reply.status, reply.header("content-type")) == (200, "application/yaml;charset=utf-8")
    assert reply.header("x-road-service") == f"{PROVIDER}/getOpenAPI"
    assert reply.body.decode() == PETSTORE.replace("http://10.0.0.7:9000/internal", "/")
    assert system.seen == []


def test_a_rest_service_has_no_description(gateways: Sandbox) -> None:
    reply = gateways.call("getOpenAPI?serviceCode=echo")
    assert (reply.status, reply.header("x-road-error")) == (500, "Server.ServerProxy.ServiceType")
    assert json.loads(reply.body)["message"] == "Invalid service type: REST"


@pytest.mark.parametrize("query", ["", "?xRoadInstance=VN"])
def test_list_clients_in_json(gateways: Sandbox, query: str) -> None:
    reply = gateways.call(f"/listClients{query}", "Accept: text/html, application/json;q=0.5", client=None)
    assert (reply.status, reply.header("content-type")) == (200, "application/json;charset=utf-8")
    members = json.loads(reply.body)["member"]
    assert {"id": _id("PARTY", "Bö"), "name": "Bö"} in members
    assert {"id": _id("PARTY", "Bö", "s/ub"), "name": "Bö", "subsystem_name": "s/ub"} in members
    assert len(members) == 7


def test_list_clients_of_another_instance_is_empty(gateways: Sandbox) -> None:
    reply = gateways.call("/listClients?xRoadInstance=EE", "Accept: application/json", client=None)
    assert json.loads(reply.body) == {"member": []}


def test_list_clients_in_xml_unless_json_is_asked_for(gateways: Sandbox) -> None:
    reply = gateways.call("/listClients", client=None)
    assert reply.header("content-type") == "text/xml;charset=utf-8"
    ids = [
        (member.get(f"{_ID}objectType"), [part.text for part in member])
        for member in ET.fromstring(reply.body).iter("{http://x-road.eu/xsd/xroad.xsd}id")  # noqa: S314 - our own
    ]
    assert ("SUBSYSTEM", ["VN", "PARTY", "Bö", "s/ub"]) in ids
    assert ("MEMBER", ["VN", "PARTY", "C03"]) in ids
    assert len(ids) == 7


@pytest.mark.parametrize("target", ["/", "/asics", "/r2/VN/STATE/G22/Provider/echo"])
def test_what_is_not_there_is_not_found(gateways: Sandbox, target: str) -> None:
    assert gateways.call(target).status == 404


def test_status_says_how_the_gateway_does(gateways: Sandbox) -> None:
    status = json.loads(gateways.call("/v1/status").body)
    assert (status["site"], status["organs"], status["carrier_connected"]) == ("consumer", 3, True)
    assert status["directory"]["standing"] == "fresh"


def _id(member_class: str, member: str, subsystem: str | None = None) -> dict[str, str]:
    described = {"xroad_instance": "VN", "member_class": member_class, "member_code": member}
    if subsystem is None:
        return {"object_type": "MEMBER", **described}
    return {"object_type": "SUBSYSTEM", **described, "subsystem_code": subsystem}
