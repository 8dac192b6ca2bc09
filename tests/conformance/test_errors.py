"""Errors of the exchange itself: header, body in JSON or XML, status, and the types in both styles."""

import json
import os
import re
import select
import time
import uuid
from xml.etree import ElementTree as ET

import pytest

from tests.conformance.conftest import MODERN_CLIENT, MODERN_PROVIDER
from tests.conformance.test_headers import OURS
from tests.support.recorder import Recorder, answer
from tests.support.sandbox import CONSUMER, PROVIDER, Sandbox
from tests.support.wire import Answer, Face

_UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_JSON = "application/json;charset=utf-8"
# Client (empty: the one of the style), target, method, type.
type Case = tuple[str | None, str, str, str]
CASES: dict[str, Case] = {
    "missing client": (None, "echo", "GET", "Server.ClientProxy.InternalError"),
    "malformed client": ("VN/PARTY", "echo", "GET", "Server.ClientProxy.InternalError"),
    "malformed service": ("", "..", "GET", "Server.ClientProxy.InternalError"),
    "unknown client": ("VN/PARTY/A01/Nobody", "echo", "GET", "Server.ClientProxy.UnknownMember"),
    "unknown provider": ("", "/r1/VN/STATE/G99/P/echo", "GET", "Server.ClientProxy.UnknownMember"),
    "unknown service": ("", "nope", "GET", "Server.ServerProxy.UnknownService"),
    "SOAP": ("", "soap", "GET", "Server.ServerProxy.ServiceType"),
    "no grant": ("", "closed", "GET", "Server.ServerProxy.AccessDenied"),
    "no grant for the method": ("", "api/persons/1", "DELETE", "Server.ServerProxy.AccessDenied"),
    "no grant for the path": ("", "api/persons", "GET", "Server.ServerProxy.AccessDenied"),
    "down": ("", "down", "GET", "Server.ServerProxy.ServiceFailed"),
    "method": ("", "echo", "PROPFIND", "Client.BadRequest"),
}
MODERN: dict[str, Case] = {
    "missing client": (None, "echo", "GET", "server.clientproxy.internal_error"),
    "unknown client": ("CS%C3%B6/GOV/A/Nobody", "echo", "GET", "server.clientproxy.unknown_member"),
    "unknown service": (MODERN_CLIENT, "nope", "GET", "server.serverproxy.unknown_service"),
    "SOAP": (MODERN_CLIENT, "soap", "GET", "server.serverproxy.service_type"),
    "no grant": (MODERN_CLIENT, "closed", "GET", "server.serverproxy.access_denied"),
    "down": (MODERN_CLIENT, "down", "GET", "server.serverproxy.service_failed"),
    "method": (MODERN_CLIENT, "echo", "PROPFIND", "client.bad_request"),
}
# Accept as sent, one or several; what the error comes as.
ACCEPTS = [
    ([], None),
    ([""], None),
    (["*/*"], None),
    (["application/json"], None),
    (["application/*"], None),
    (["text/html"], None),
    (["text/plain, application/json"], None),
    (["application/xhtml+xml"], None),
    (["application/soap+xml"], None),
    (["text/xmlx"], None),
    (["xtext/xml"], None),
    (["nonsense"], None),
    ([",,;"], None),
    (["application/json;text/xml"], None),
    (["text/xml"], "text/xml"),
    (["application/xml"], "application/xml"),
    (["text/*"], "text/xml"),
    (["TEXT/XML"], "text/xml"),
    (["Application/Xml"], "application/xml"),
    (["  text/xml  "], "text/xml"),
    (["text/xml;charset=utf-8"], "text/xml"),
    (["text/xml ; q=0.1"], "text/xml"),
    (["text/xml;q=0"], "text/xml"),
    (["text/xml, application/xml"], "text/xml"),
    (["application/xml, text/xml"], "application/xml"),
    (["application/xml;q=0.1,text/xml;q=0.9"], "application/xml"),
    (["text/*;q=0.1, application/xml;q=0.9"], "text/xml"),
    (["application/json, text/xml"], "text/xml"),
    (["application/json;q=1.0, application/xml;q=0.1"], "application/xml"),
    (["text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"], "application/xml"),
    (["application/json", "text/xml"], "text/xml"),
    (["image/png", "application/xml", "text/xml"], "application/xml"),
]


def in_json(got: Answer) -> dict[str, str]:
    """Check an error in JSON and return it."""
    assert got.header("content-type") == _JSON
    error: dict[str, str] = json.loads(got.body)
    assert list(error) == ["type", "message", "detail"]
    assert error["type"] == got.error
    assert error["message"]
    assert re.fullmatch(_UUID, error["detail"])
    return error


@pytest.mark.line("Errors: header and JSON", "Errors: classic types", "Errors: status")
@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_an_error_is_a_header_and_a_json_object(gateway: Face, service: Recorder, case: Case) -> None:
    client, target, method, kind = case
    got = gateway.call(target, method=method, client=CONSUMER if client == "" else client)
    assert got.error == kind
    assert got.status == (500 if kind.startswith("Server.") else 400)
    in_json(got)
    # It is no answer of the service: nothing says that there was an exchange.
    assert got.names == {"content-type", "x-road-error", "content-length", "date"}
    assert service.taken() == []


@pytest.mark.line("Errors: types of 7.8", "Errors: status", "Errors: header and JSON")
@pytest.mark.parametrize("case", MODERN.values(), ids=MODERN.keys())
def test_the_setting_chooses_the_types_of_7_8(modern: Face, service: Recorder, case: Case) -> None:
    client, target, method, kind = case
    got = modern.call(f"/r1/{MODERN_PROVIDER}/{target}", method=method, client=client)
    assert got.error == kind
    assert got.status == (500 if kind.startswith("server.") else 400)
    in_json(got)
    in_xml = modern.call(f"/r1/{MODERN_PROVIDER}/{target}", "Accept: text/xml", method=method, client=client)
    assert ET.fromstring(in_xml.body).findtext("type") == kind == in_xml.error  # noqa: S314 - of our own gateway
    assert service.taken() == []


@pytest.mark.line("Errors: XML by Accept")
@pytest.mark.parametrize(("accept", "xml"), ACCEPTS)
def test_accept_decides_between_json_and_xml(
    gateway: Face, service: Recorder, accept: list[str], xml: str | None
) -> None:
    got = gateway.call("nope", *(f"Accept: {value}" for value in accept))
    assert (got.status, got.error) == (500, "Server.ServerProxy.UnknownService")
    if xml is None:
        in_json(got)
        return
    assert got.header("content-type") == f"{xml};charset=utf-8"
    assert re.fullmatch(
        rb"<error><type>Server\.ServerProxy\.UnknownService</type><message>[^<>]+</message><detail>%b</detail></error>"
        % _UUID.encode(),
        got.body,
    )


@pytest.mark.line("Errors: XML by Accept", "Errors: header and JSON")
def test_what_the_client_wrote_does_not_break_the_error(gateway: Face, service: Recorder) -> None:
    name = "%3C%2Fmessage%3E%26%22%27%5D%5D%3E%7B%C3%B6"
    xml = gateway.call(f"/r1/{PROVIDER}/{name}", "Accept: application/xml")
    root = ET.fromstring(xml.body)  # noqa: S314 - of our own gateway
    assert [child.tag for child in root] == ["type", "message", "detail"]
    error = in_json(gateway.call(f"/r1/{PROVIDER}/{name}"))
    assert root.findtext("message") == error["message"]
    for got in (
        gateway.call("echo", client='VN/<b>&"\\/\u00c3\u00b6'),
        gateway.call("echo", "Accept: text/xml", client='VN/<b>&"\\/\u00c3\u00b6'),
    ):
        assert got.status == 500
        assert (json.loads if got.header("content-type") == _JSON else ET.fromstring)(got.body) is not None


@pytest.mark.line("Errors: header and JSON")
def test_an_error_for_head_has_the_headers_alone(gateway: Face, service: Recorder) -> None:
    got = gateway.call("nope", method="HEAD")
    assert (got.status, got.error, got.body) == (500, "Server.ServerProxy.UnknownService", b"")
    assert got.header("content-type") == _JSON


@pytest.mark.line("Errors: detail is logged")
def test_the_detail_stands_in_the_log(modern_sandbox: Sandbox, modern: Face) -> None:
    details = [
        in_json(modern.call(f"/r1/{MODERN_PROVIDER}/{target}", client=client))["detail"]
        for target, client in (("nope", MODERN_CLIENT), ("echo", None), ("closed", MODERN_CLIENT))
    ]
    assert len({uuid.UUID(detail) for detail in details}) == 3
    stream = modern_sandbox.process.stderr
    assert stream is not None
    log, deadline = "", time.monotonic() + 10
    while not all(detail in log for detail in details) and time.monotonic() < deadline:
        if select.select([stream], [], [], 0.1)[0]:
            log += os.read(stream.fileno(), 1 << 16).decode()
    assert [detail for detail in details if detail not in log] == []


@pytest.mark.line("Errors: none on a provider's answer")
@pytest.mark.parametrize("status", ["400 Bad Request", "403 Forbidden", "404 Not Found", "500 Own", "503 Own"])
def test_a_service_s_own_error_is_its_own(gateway: Face, service: Recorder, status: str) -> None:
    body = b'{"type":"Server.ServerProxy.AccessDenied","message":"m","detail":"d"}'
    service.answers(answer(status, "Content-Type: application/json", body=body))
    got = gateway.call("echo", "Accept: text/xml")
    assert (got.status, got.body, got.error) == (int(status[:3]), body, None)
    assert got.header("content-type") == "application/json"
    assert got.names >= OURS


@pytest.mark.line("Errors: SOAP service")
def test_a_soap_service_is_refused_in_x_road_s_words(gateway: Face, modern: Face) -> None:
    for method in ("GET", "POST"):
        got = gateway.call("soap/a?b", method=method)
        assert (got.status, got.error) == (500, "Server.ServerProxy.ServiceType")
        assert in_json(got)["message"] == "Invalid service type: REST"
    got = modern.call(f"/r1/{MODERN_PROVIDER}/soap", "Accept: application/xml", client=MODERN_CLIENT)
    assert got.error == "server.serverproxy.service_type"
    assert b"<message>Invalid service type: REST</message>" in got.body


@pytest.mark.line("Errors: SOAP service", "Errors: no grant")
def test_who_may_not_call_learns_the_type_but_nothing_of_the_grants(gateway: Face) -> None:
    message = in_json(gateway.call("api/cards"))["message"]
    assert "PARTY/B" not in message
    assert "/persons" not in message
