"""Grants of services, methods and paths, and attempts to get out of a granted path."""

import pytest

from tests.conformance.conftest import MEMBER, ODD_CLIENT
from tests.support.recorder import Recorder
from tests.support.sandbox import CONSUMER
from tests.support.wire import Face

DENIED = "Server.ServerProxy.AccessDenied"
# A way out of /open/ to /secret, written in every way that some service reads as one.
ESCAPES = [
    "..",
    "../",
    "../secret",
    "x/../../secret",
    "./../secret",
    "..%2fsecret",
    "..%2Fsecret",
    "%2e%2e/secret",
    "%2E%2e%2fsecret",
    ".%2e/secret",
    "%2e./secret",
    "%252e%252e/secret",
    "%252e%252e%252fsecret",
    "%25252e%25252e/secret",
    "..;/secret",
    "..;x=y/secret",
    "%2e%2e%3b/secret",
    "..%3Bx/secret",
    "..\\secret",
    "..%5csecret",
    "..%5Csecret",
    "..%255csecret",
    "x\\..\\..\\secret",
    "%c0%ae%c0%ae/secret",
    "%C0%AE%C0%AE%c0%afsecret",
    "..%c0%afsecret",
    "..%c1%9csecret",
    "%e0%80%ae%e0%80%ae/secret",
    "..%e0%80%afsecret",
    "%f0%80%80%ae%f0%80%80%ae/secret",
    "%u002e%u002e/secret",
    "..%u2215secret/..%u002fsecret",
    "..%00/secret",
    "..%20/secret",
    "..%09/secret",
    "..%0d%0a/secret",
    "..%7f/secret",
    "%EF%BC%8E%EF%BC%8E/secret",
    "..%EF%BC%8Fsecret",
    "..%EF%BC%BCsecret",
    ".",
    "./",
    "%2e",
    "x/./y",
]


@pytest.mark.line("Rights: services and endpoints")
@pytest.mark.parametrize(
    ("client", "method", "path"),
    [
        (CONSUMER, "GET", "/persons/1"),
        (CONSUMER, "PUT", "/persons/%C3%B6%20x"),
        (CONSUMER, "GET", "/persons/1?x=../.."),
        (CONSUMER, "GET", "/persons/a;b"),
        (CONSUMER, "GET", "/%70ersons/1"),
        (CONSUMER, "POST", "/open"),
        (CONSUMER, "POST", "/open/"),
        (CONSUMER, "POST", "/open/a/b//c/"),
        (CONSUMER, "POST", "/open/a%2Fb"),
        (CONSUMER, "POST", "/open/..a/b../c..d/.e"),
        (ODD_CLIENT, "GET", "/cards"),
        (ODD_CLIENT, "GET", "/cards?all"),
        (MEMBER, "DELETE", "/anything/at/all"),
        (MEMBER, "TRACE", ""),
    ],
)
def test_what_is_granted_passes(gateway: Face, service: Recorder, client: str, method: str, path: str) -> None:
    assert gateway.call(f"api{path}", method=method, client=client).status == 200
    arrived = service.only()
    assert (arrived.method, arrived.target) == (method, f"/api{path}")


@pytest.mark.line("Rights: services and endpoints", "Errors: no grant")
@pytest.mark.parametrize(
    ("client", "method", "path"),
    [
        # The method.
        (CONSUMER, "POST", "/persons/1"),
        (CONSUMER, "HEAD", "/persons/1"),
        (CONSUMER, "DELETE", "/persons/1"),
        (CONSUMER, "GET", "/open/a"),
        # The path.
        (CONSUMER, "GET", ""),
        (CONSUMER, "GET", "/"),
        (CONSUMER, "GET", "/persons"),
        (CONSUMER, "GET", "/persons/"),
        (CONSUMER, "GET", "/persons/1/"),
        (CONSUMER, "GET", "/persons/1/cards"),
        (CONSUMER, "GET", "/persons//1"),
        (CONSUMER, "GET", "//persons/1"),
        (CONSUMER, "GET", "/Persons/1"),
        (CONSUMER, "GET", "/persons2/1"),
        (CONSUMER, "GET", "/cards"),
        (CONSUMER, "POST", "/opened"),
        (CONSUMER, "POST", "/open%2Fa"),
        # An encoded separator is none, and not covered by one segment's wildcard.
        (CONSUMER, "GET", "/persons%2F1"),
        (CONSUMER, "GET", "/persons/1%2Fcards"),
        (CONSUMER, "GET", "/persons/1%2fcards"),
        (CONSUMER, "GET", "/persons/1%252fcards"),
        (CONSUMER, "GET", "/persons/1%5Ccards"),
        (CONSUMER, "GET", "/persons/1\\cards"),
        (CONSUMER, "GET", "/persons/1%c0%afcards"),
        (CONSUMER, "GET", "/persons/1%EF%BC%8Fcards"),
        # The client.
        (ODD_CLIENT, "GET", "/persons/1"),
        (ODD_CLIENT, "POST", "/open/a"),
        (ODD_CLIENT, "GET", "/cards/"),
        (ODD_CLIENT, "GET", "/cards/1"),
    ],
)
def test_what_is_not_granted_is_refused(gateway: Face, service: Recorder, client: str, method: str, path: str) -> None:
    got = gateway.call(f"api{path}", method=method, client=client)
    assert (got.status, got.error) == (500, DENIED)
    assert service.taken() == []


@pytest.mark.line("Rights: services and endpoints", "Errors: no grant")
def test_a_whole_service_is_granted_by_client(gateway: Face, service: Recorder) -> None:
    assert gateway.call("all/x", method="DELETE").status == 200
    assert gateway.call("all/x", client=ODD_CLIENT).error == DENIED
    assert gateway.call("closed").error == DENIED
    assert gateway.call("closed", client=MEMBER).error == DENIED
    assert [each.target for each in service.taken()] == ["/all/x"]


@pytest.mark.line("Rights: no escape")
@pytest.mark.parametrize("escape", ESCAPES)
def test_no_way_of_writing_it_leads_out_of_a_granted_path(gateway: Face, service: Recorder, escape: str) -> None:
    for target, method in ((f"api/open/{escape}", "POST"), (f"api/open/{escape}?x", "POST"), (f"all/{escape}", "GET")):
        got = gateway.call(target, method=method)
        assert (got.status, got.error) == (500, DENIED), target
    assert service.taken() == []


@pytest.mark.line("Rights: no escape")
@pytest.mark.parametrize("escape", [*ESCAPES, "17%2f..%2fsecret", "%2f", "%5c"])
def test_one_segment_s_wildcard_covers_no_escape(gateway: Face, service: Recorder, escape: str) -> None:
    assert gateway.call(f"api/persons/{escape}").error == DENIED
    assert service.taken() == []


@pytest.mark.line("Rights: no escape")
@pytest.mark.parametrize("method", ["get", "X-GET", "GETGET"])
def test_another_spelling_of_a_method_is_another_method(gateway: Face, service: Recorder, method: str) -> None:
    assert gateway.call("api/persons/1", method=method).status == 400
    assert service.taken() == []


@pytest.mark.line("Rights: no escape")
@pytest.mark.parametrize(
    "header",
    ["X-HTTP-Method-Override: DELETE", "X-Original-URL: /secret", "X-Rewrite-URL: /secret", "X-Forwarded-Prefix: /.."],
)
def test_headers_change_neither_method_nor_path(gateway: Face, service: Recorder, header: str) -> None:
    assert gateway.call("api/persons/1", header).status == 200
    assert service.only().start == b"GET /api/persons/1 HTTP/1.1"
