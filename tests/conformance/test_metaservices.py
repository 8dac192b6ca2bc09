"""What there is: ``/listClients``, ``listMethods`` and ``allowedMethods`` (PR-MREST)."""

import json
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from tests.conformance.conftest import MEMBER, MODERN_CLIENT, MODERN_PROVIDER, ODD_CLIENT, ODD_PROVIDER
from tests.conformance.test_headers import OURS
from tests.support.recorder import Recorder
from tests.support.sandbox import CONSUMER, PROVIDER
from tests.support.wire import Answer, Face

JSON = "application/json;charset=utf-8"
IDS = "{http://x-road.eu/xsd/identifiers}"
XROAD = "{http://x-road.eu/xsd/xroad.xsd}"
REST = {"echo", "slash", "root", "api", "all", "closed", "down"}


def members(got: Answer) -> list[dict[str, Any]]:
    """Return the members of a list of clients in JSON."""
    assert (got.status, got.header("content-type")) == (200, JSON)
    listed = json.loads(got.body)
    assert list(listed) == ["member"]
    return listed["member"]  # type: ignore[no-any-return]  # JSON


def services(got: Answer) -> dict[str, dict[str, Any]]:
    """Return the services of a list of methods, by code."""
    assert (got.status, got.header("content-type")) == (200, JSON)
    listed = json.loads(got.body)
    assert list(listed) == ["service"]
    return {each["service_code"]: each for each in listed["service"]}


def endpoints(service: dict[str, Any]) -> set[tuple[str, str]]:
    """Return methods and paths of a service."""
    assert all(set(each) == {"method", "path"} for each in service["endpoint_list"])
    return {(each["method"], each["path"]) for each in service["endpoint_list"]}


@pytest.mark.line("Metaservices: listClients")
@pytest.mark.parametrize("target", ["/listClients", "/listClients?xRoadInstance=VN", "/listClients?x=y"])
def test_clients_are_listed_as_json(gateway: Face, target: str) -> None:
    listed = members(gateway.call(target, "Accept: application/json", client=None))
    organ = {"object_type": "MEMBER", "xroad_instance": "VN", "member_class": "PARTY", "member_code": "A01"}
    assert {"id": organ, "name": "A01"} in listed
    system = organ | {"object_type": "SUBSYSTEM", "subsystem_code": "Consumer"}
    assert {"id": system, "name": "A01", "subsystem_name": "Consumer"} in listed
    # Decoded, whatever stands in them.
    codes = {
        (each["id"]["member_class"], each["id"]["member_code"], each["id"].get("subsystem_code")) for each in listed
    }
    assert {("PÁRTÝ", 'Bö &<>"', "s/ub"), ("ST/ATE", "Gö:@~!", "P%#;"), ("PARTY", "C03", None)} <= codes
    assert len(codes) == len(listed) == 12


@pytest.mark.line("Metaservices: listClients")
@pytest.mark.parametrize(
    ("accept", "json_"),
    [
        (["application/json"], True),
        (["text/xml, application/json;q=0.1"], True),
        (["text/xml", "application/json"], True),
        (["Application/JSON"], True),
        ([], False),
        (["*/*"], False),
        (["text/xml"], False),
        (["application/xml"], False),
        (["text/html"], False),
    ],
)
def test_accept_decides_how_clients_are_listed(gateway: Face, accept: list[str], json_: bool) -> None:  # noqa: FBT001 - a column
    got = gateway.call("/listClients", *(f"Accept: {value}" for value in accept), client=None)
    assert got.status == 200
    assert got.header("content-type") == (JSON if json_ else "text/xml;charset=utf-8")


@pytest.mark.line("Metaservices: listClients")
def test_clients_are_listed_as_xml(gateway: Face) -> None:
    root = ET.fromstring(gateway.call("/listClients", client=None).body)  # noqa: S314 - of our own gateway
    assert root.tag == f"{XROAD}clientList"
    in_json = members(gateway.call("/listClients", "Accept: application/json", client=None))
    assert len(root) == len(in_json)
    for element, member in zip(root, in_json, strict=True):
        id_ = element.find(f"{XROAD}id")
        assert id_ is not None
        assert id_.get(f"{IDS}objectType") == member["id"]["object_type"]
        assert {child.tag.removeprefix(IDS): child.text for child in id_} == {
            tag: member["id"][name]
            for tag, name in (
                ("xRoadInstance", "xroad_instance"),
                ("memberClass", "member_class"),
                ("memberCode", "member_code"),
                ("subsystemCode", "subsystem_code"),
            )
            if name in member["id"]
        }
        assert element.findtext(f"{XROAD}name") == member["name"]
        assert element.findtext(f"{XROAD}subsystemName") == member.get("subsystem_name")


@pytest.mark.line("Metaservices: listClients")
@pytest.mark.parametrize("instance", ["EE", "", "vn", "VN%20"])
def test_of_another_instance_there_is_nobody(gateway: Face, instance: str) -> None:
    target = f"/listClients?xRoadInstance={instance}"
    assert members(gateway.call(target, "Accept: application/json", client=None)) == []
    assert len(ET.fromstring(gateway.call(target, client=None).body)) == 0  # noqa: S314 - of our own gateway


@pytest.mark.line("Metaservices: listClients")
def test_an_instance_beyond_ascii_is_asked_for_percent_encoded(modern: Face) -> None:
    listed = members(modern.call("/listClients?xRoadInstance=CS%C3%B6", "Accept: application/json", client=None))
    assert {each["id"]["xroad_instance"] for each in listed} == {"CSö"}
    assert len(listed) == 4


@pytest.mark.line("Metaservices: listClients")
def test_clients_are_only_read(gateway: Face) -> None:
    head = gateway.call("/listClients", method="HEAD", client=None)
    assert (head.status, head.body) == (200, b"")
    for method in ("POST", "PUT", "DELETE"):
        assert gateway.call("/listClients", method=method, client=None).status == 405


@pytest.mark.line("Metaservices: listMethods")
@pytest.mark.parametrize("client", [CONSUMER, ODD_CLIENT, MEMBER])
def test_methods_list_all_services_called_by_rest(gateway: Face, service: Recorder, client: str) -> None:
    listed = services(gateway.call("listMethods", client=client))
    assert set(listed) == REST
    assert listed["api"] | {"endpoint_list": []} == {
        "object_type": "SERVICE",
        "service_type": "OPENAPI",
        "xroad_instance": "VN",
        "member_class": "STATE",
        "member_code": "G22",
        "subsystem_code": "Provider",
        "service_code": "api",
        "endpoint_list": [],
    }
    assert endpoints(listed["api"]) == {
        ("GET", "/persons/*"),
        ("PUT", "/persons/*"),
        ("POST", "/open/**"),
        ("GET", "/cards"),
    }
    assert {listed[code]["service_type"] for code in REST - {"api"}} == {"REST"}
    assert service.taken() == []


@pytest.mark.line("Metaservices: listMethods")
def test_methods_are_of_one_subsystem(gateway: Face) -> None:
    assert set(services(gateway.call(f"/r1/{ODD_PROVIDER}/listMethods"))) == {"s/ö ?"}
    assert services(gateway.call(f"/r1/{CONSUMER}/listMethods", client=MEMBER)) == {}
    assert gateway.call("/r1/VN/STATE/G22/Nope/listMethods").error == "Server.ClientProxy.UnknownMember"


@pytest.mark.line("Metaservices: allowedMethods")
@pytest.mark.parametrize(
    ("client", "codes", "paths"),
    [
        (
            CONSUMER,
            {"echo", "slash", "root", "api", "all", "down"},
            {("GET", "/persons/*"), ("PUT", "/persons/*"), ("POST", "/open/**")},
        ),
        (ODD_CLIENT, {"echo", "slash", "root", "api", "down"}, {("GET", "/cards")}),
    ],
)
def test_allowed_methods_are_those_granted(
    gateway: Face, service: Recorder, client: str, codes: set[str], paths: set[tuple[str, str]]
) -> None:
    listed = services(gateway.call("allowedMethods", client=client))
    assert set(listed) == codes
    assert endpoints(listed["api"]) == paths
    assert service.taken() == []


@pytest.mark.line("Metaservices: allowedMethods")
def test_whoever_may_use_all_of_a_service_may_use_all_endpoints(gateway: Face) -> None:
    allowed, listed = (services(gateway.call(name, client=MEMBER)) for name in ("allowedMethods", "listMethods"))
    assert endpoints(allowed["api"]) == endpoints(listed["api"])


@pytest.mark.line("Metaservices: no access check, recorded", "Response: five headers")
@pytest.mark.parametrize("name", ["listMethods", "allowedMethods"])
def test_they_are_calls_with_the_five_headers_and_evidence(gateway: Face, name: str) -> None:
    before = _entries(gateway)
    got = gateway.call(name, "X-Road-Id: mine")
    assert _entries(gateway) > before
    assert got.names >= OURS
    assert (got.header("x-road-id"), got.header("x-road-client")) == ("mine", CONSUMER)
    assert got.header("x-road-service") == f"{PROVIDER}/{name}"


@pytest.mark.line("Metaservices: no access check, recorded")
def test_they_ask_for_a_client_that_is_known(gateway: Face, modern: Face) -> None:
    for name in ("listMethods", "allowedMethods"):
        assert gateway.call(name, client=None).error == "Server.ClientProxy.InternalError"
        assert gateway.call(name, client="VN/PARTY/A01/Nobody").error == "Server.ClientProxy.UnknownMember"
        got = modern.call(f"/r1/{MODERN_PROVIDER}/{name}", client=MODERN_CLIENT)
        assert set(services(got)) == {"echo", "closed", "down"} - ({"closed"} if name == "allowedMethods" else set())


def _entries(gateway: Face) -> int:
    return int(json.loads(gateway.call("/v1/status", client=None).body)["journal"]["entries"])
