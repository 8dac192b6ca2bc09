"""The line of a call: method, address, path and query, and how they reach the service."""

import pytest

from tests.conformance.conftest import MODERN_CLIENT, MODERN_PROVIDER
from tests.support.recorder import Recorder, answer
from tests.support.sandbox import PROVIDER
from tests.support.wire import Face

METHODS = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE"]


@pytest.mark.line("Call: address")
@pytest.mark.parametrize(
    ("called", "arrived"),
    [
        ("echo", "/base"),
        ("echo/", "/base/"),
        ("echo/a/b?c", "/base/a/b?c"),
        ("echo?c=d", "/base?c=d"),
        ("root", "/"),
        ("root/", "/"),
        ("root/a", "/a"),
        ("root?c", "/?c"),
        # As real servers do where the service's own address ends with a slash.
        ("slash", "/base/"),
        ("slash/", "/base/"),
        ("slash/a", "/base/a"),
        ("slash?c", "/base/?c"),
    ],
)
def test_path_and_query_follow_the_service_s_address(
    gateway: Face, service: Recorder, called: str, arrived: str
) -> None:
    assert gateway.call(called).status == 200
    assert service.only().start == f"GET {arrived} HTTP/1.1".encode()


@pytest.mark.line("Call: address")
@pytest.mark.parametrize(
    "target",
    ["/r1", "/r2/VN/STATE/G22/Provider/echo", "/R1/VN/STATE/G22/Provider/echo", "//r1/VN/STATE/G22/Provider/echo", "/"],
)
def test_other_addresses_are_not_found(gateway: Face, service: Recorder, target: str) -> None:
    assert gateway.call(target).status == 404
    assert service.taken() == []


@pytest.mark.line("Call: address")
def test_an_address_with_scheme_and_host_names_the_same(gateway: Face, service: Recorder) -> None:
    # RFC 9112, section 3.2.2: servers must take the absolute form, too.
    raw = f"GET http://other.example/r1/{PROVIDER}/echo/a?b HTTP/1.1\r\nHost: other.example\r\n"
    assert gateway.send(f"{raw}X-Road-Client: VN/PARTY/A01/Consumer\r\n\r\n".encode()).status == 200
    assert service.only().target == "/base/a?b"


@pytest.mark.line("Call: address")
def test_the_service_is_addressed_by_its_own_host(gateway: Face, service: Recorder) -> None:
    assert gateway.call("echo").status == 200
    assert service.only().header("host") == service.url.removeprefix("http://")


@pytest.mark.line("Call: path byte for byte")
@pytest.mark.parametrize(
    "path",
    [
        "/path%3B/",
        "/a%2Fb",
        "/a%2fb",
        "/%2F",
        "/%C3%B6/%c3%b6",
        "/%FF%01%0D%0A",
        "/%zz",
        "/100%",
        "/%25252F",
        "/a%20b",
        "/a+b",
        "//",
        "//a//b//",
        "/a/",
        "/a;b=c;d/e",
        "/-._~!$&'()*+,=:@",
        '/[a]|b^c\\d{e}"f',
        "/r1/VN/STATE/G22/Provider/echo",
        "/http://host/a",
        "/*",
        "/.a/a./a..b",
        "/" + "x" * 6000,
    ],
)
def test_the_path_arrives_byte_for_byte(gateway: Face, service: Recorder, path: str) -> None:
    assert gateway.call(f"echo{path}").status == 200
    assert service.only().start == f"GET /base{path} HTTP/1.1".encode()


@pytest.mark.line("Call: path byte for byte", "Rights: no escape")
@pytest.mark.parametrize(
    "path",
    ["/.", "/..", "/a/./b", "/a/../b", "/a/%2e%2e/b", "/%2E", "/..;x/a", "/a/..%2Fb", "/...", "/a%00b", "/%252e%252e/"],
)
def test_what_services_read_in_two_ways_arrives_nowhere_rather_than_changed(
    gateway: Face, service: Recorder, path: str
) -> None:
    assert gateway.call(f"echo{path}").error == "Server.ServerProxy.AccessDenied"
    assert service.taken() == []


@pytest.mark.line("Call: path byte for byte")
@pytest.mark.parametrize("byte", [b"\x01", b"\x7f", b"\xc3\xb6", b"\xff", b" "])
def test_bytes_that_no_address_may_hold_are_refused(gateway: Face, service: Recorder, byte: bytes) -> None:
    got = gateway.call(f"echo/a{byte.decode('latin-1')}b")
    # What the web server lets through, the exchange refuses itself.
    assert (got.status, got.error) in {
        (400, "Client.BadRequest"),
        (500, "Server.ClientProxy.InvalidMessage"),
    }
    assert service.taken() == []


@pytest.mark.line("Call: query byte for byte")
@pytest.mark.parametrize(
    "query",
    [
        "a=b",
        "a",
        "a=",
        "=",
        "&",
        "a=1&a=2&b=&a=1",
        "x=%41&y=%c3%b6+%20&z",
        "u=http://e/?x",
        "?",
        "a?b?",
        "../..",
        "q=/../%2e%2e",
        "%",
        "%zz",
        "a[]=1&b{}|^`'",
        "xRoadInstance=EE&serviceCode=x",
        "x=" + "y" * 6000,
    ],
)
def test_the_query_arrives_byte_for_byte(gateway: Face, service: Recorder, query: str) -> None:
    assert gateway.call(f"echo/p?{query}").status == 200
    assert service.only().start == f"GET /base/p?{query} HTTP/1.1".encode()


@pytest.mark.line("Call: query byte for byte")
def test_an_empty_query_arrives_as_one(gateway: Face, service: Recorder) -> None:
    assert gateway.call("echo/p?").status == 200
    assert service.only().target == "/base/p?"


@pytest.mark.line("Call: methods")
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("body", [None, b"", b"\0\xff\r\n\r\nbody"], ids=["none", "empty", "some"])
def test_every_method_passes(gateway: Face, service: Recorder, method: str, body: bytes | None) -> None:
    whole = answer("201 Created", "X-Seen: 1", body=b"made")
    service.answers(whole.partition(b"made")[0] if method == "HEAD" else whole)
    got = gateway.call("echo/x", "Content-Type: a/b", method=method, body=body)
    assert (got.status, got.header("x-seen"), got.body) == (201, "1", b"" if method == "HEAD" else b"made")
    arrived = service.only()
    assert (arrived.method, arrived.target, arrived.body) == (method, "/base/x", body or b"")
    assert arrived.header("content-type") == "a/b"


@pytest.mark.line("Call: methods")
@pytest.mark.parametrize("method", ["PROPFIND", "get", "Post", "LINK", "X", "QUERY"])
def test_other_methods_are_refused(gateway: Face, service: Recorder, method: str) -> None:
    got = gateway.call("echo", method=method)
    assert (got.status, got.error) == (400, "Client.BadRequest")
    assert service.taken() == []


@pytest.mark.line("Call: methods")
def test_a_tunnel_is_no_call(gateway: Face, service: Recorder) -> None:
    raw = b"CONNECT 127.0.0.1:%d HTTP/1.1\r\nHost: g\r\nX-Road-Client: VN/PARTY/A01/Consumer\r\n\r\n" % service.port
    assert gateway.send(raw).status >= 400
    assert service.taken() == []


@pytest.mark.line("Call: redirects")
@pytest.mark.parametrize("status", ["300 M", "301 Moved", "302 Found", "303 See Other", "307 T", "308 P"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_redirects_come_back_and_are_not_followed(gateway: Face, service: Recorder, status: str, method: str) -> None:
    service.answers(answer(status, f"Location: {service.url}/elsewhere", body=b"there"))
    got = gateway.call("echo", method=method, body=b"x" if method == "POST" else None)
    assert (got.status, got.header("location"), got.body) == (int(status[:3]), f"{service.url}/elsewhere", b"there")
    assert service.only().target == "/base"


@pytest.mark.line("Call: no CORS")
def test_a_preflight_is_a_call_like_any_other(gateway: Face, service: Recorder) -> None:
    asked = ["Origin: https://e.example", "Access-Control-Request-Method: PUT"]
    service.answers(answer("204 No Content").replace(b"Content-Length: 0\r\n", b""))
    got = gateway.call("echo", *asked, method="OPTIONS")
    assert got.status == 204
    assert not [name for name in got.names if name.startswith("access-control")]
    arrived = service.only()
    assert (arrived.method, arrived.header("origin")) == ("OPTIONS", "https://e.example")
    assert arrived.header("access-control-request-method") == "PUT"


@pytest.mark.line("Call: no CORS")
def test_what_the_service_says_about_cors_passes_alone(gateway: Face, service: Recorder) -> None:
    service.answers(answer("200 OK", "Access-Control-Allow-Origin: https://e.example"))
    got = gateway.call("echo", "Origin: https://e.example")
    assert got.header("access-control-allow-origin") == "https://e.example"
    assert len([name for name in got.names if name.startswith("access-control")]) == 1


@pytest.mark.line("Call: no CORS")
def test_a_preflight_without_a_client_is_refused(gateway: Face, service: Recorder) -> None:
    got = gateway.call("echo", "Origin: https://e", "Access-Control-Request-Method: GET", method="OPTIONS", client=None)
    assert (got.status, got.error) == (500, "Server.ClientProxy.InternalError")
    assert service.taken() == []


@pytest.mark.line("Call: address", "Call: parts are percent-encoded")
def test_an_instance_beyond_ascii_is_called_alike(modern: Face, service: Recorder) -> None:
    got = modern.call(f"/r1/{MODERN_PROVIDER}/echo/a", client=MODERN_CLIENT)
    assert (got.status, service.only().target) == (200, "/base/a")
