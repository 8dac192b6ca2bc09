"""X-Road's REST interface against a real sandbox: bytes on sockets at both ends (PR-REST)."""

import base64
import hashlib
import re
import uuid

import pytest

from tests.exchange.rest.conftest import SECOND
from tests.support.sandbox import CONSUMER, PROVIDER, Backend, Sandbox, Seen, answer

_OURS = ["x-road-client", "x-road-id", "x-road-request-hash", "x-road-request-id", "x-road-service"]


def test_answer_passes_byte_for_byte(gateways: Sandbox, system: Backend) -> None:
    body = bytes(range(256))
    system.answer = answer(
        "418 I'm a teapot",
        "Content-Type: text/plain; charset=latin-1",
        "Set-Cookie: a=1",
        "Set-Cookie: b=2",
        "Cache-Control: private, max-age=60",
        'ETag: "x"',
        "Vary: Accept",
        "X-Utf8: \u00c3\u00b6",
        "X-Latin: \u00f6",
        body=body,
    )
    reply = gateways.call("echo")
    assert (reply.status, reply.body) == (418, body)
    assert [header for header in reply.headers if header[0] not in [*_OURS, "server", "date", "content-length"]] == [
        ("content-type", "text/plain; charset=latin-1"),
        ("set-cookie", "a=1"),
        ("set-cookie", "b=2"),
        ("cache-control", "private, max-age=60"),
        ("etag", '"x"'),
        ("vary", "Accept"),
        ("x-utf8", "\u00c3\u00b6"),
        ("x-latin", "\u00f6"),
    ]
    assert reply.all("x-road-error") == []


@pytest.mark.parametrize(
    ("called", "arrived"),
    [
        ("echo", "/base"),
        ("echo/", "/base/"),
        ("echo/path%3B/", "/base/path%3B/"),
        ("echo/a%20b;c=d/%C3%B6/~'()*!,=:@&$+", "/base/a%20b;c=d/%C3%B6/~'()*!,=:@&$+"),
        ("echo//double", "/base//double"),
        ("echo/a%2Fb", "/base/a%2Fb"),
        ("echo?x=%41&y&z=a+b%20c&x=2", "/base?x=%41&y&z=a+b%20c&x=2"),
        ("echo/p?q=/r1/?&u=http://e/", "/base/p?q=/r1/?&u=http://e/"),
        ("slash", "/base/"),
        ("slash/a", "/base/a"),
        ("d%C3%B6%2Fner/a", "/a"),
    ],
)
def test_path_and_query_arrive_byte_for_byte(gateways: Sandbox, system: Backend, called: str, arrived: str) -> None:
    assert gateways.call(called).status == 200
    assert system.last.target == arrived


def test_headers_pass_but_those_of_the_connection(gateways: Sandbox, system: Backend) -> None:
    passing = [
        ("cookie", "q=1; r=2"),
        ("authorization", "Bearer t"),
        ("cache-control", "no-cache"),
        ("if-none-match", '"x"'),
        ("accept-encoding", "br"),
        ("x-utf8", "\u00c3\u00b6"),
        ("x-twice", "1"),
        ("x-twice", "2"),
        ("x-empty", ""),
        ("x-road-userid", "EE37701010001"),
        ("x-road-issue", "17"),
        ("x-road-security-server", "VN/STATE/G22/provider"),
        ("x-road-represented-party", "PARTY/C03"),
        ("x-forwarded-for", "10.0.0.1"),
    ]
    held = ["User-Agent: u", "Server: s", "TE: trailers", "Trailer: t", "Upgrade: u", "Keep-Alive: 1", "X-Hop: 1"]
    held += ["Proxy-Authorization: p", "Proxy-Authenticate: p", "Connection: x-hop"]
    gateways.call("echo", *(f"{name}: {value}" for name, value in passing), *held)
    ours = {"host", "accept", "x-road-client", "x-road-id", "x-road-request-id"}
    assert [header for header in system.last.headers if header[0] not in ours] == passing
    assert system.last.header("host") == system.url.removeprefix("http://")


def test_headers_of_the_backend_s_connection_stay_there(gateways: Sandbox, system: Backend) -> None:
    system.answer = answer("200 OK", "Server: me", "Keep-Alive: timeout=1", "Connection: x-hop", "X-Hop: 1", body=b"1")
    reply = gateways.call("echo")
    assert "me" not in reply.all("server")
    assert reply.header("content-length") == "1"
    assert not {"x-hop", "keep-alive"} & {name for name, _ in reply.headers}


@pytest.mark.parametrize(("given", "arrived"), [((), "application/json"), (("Accept: text/csv",), "text/csv")])
def test_accept_is_json_unless_given(gateways: Sandbox, system: Backend, given: tuple[str, ...], arrived: str) -> None:
    gateways.call("echo", *given)
    assert system.last.header("accept") == arrived


@pytest.mark.parametrize("method", ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE"])
@pytest.mark.parametrize("body", [None, b"\0\xffbody"])
def test_every_method_passes_with_and_without_body(
    gateways: Sandbox, system: Backend, method: str, body: bytes | None
) -> None:
    system.answer = answer("200 OK", "X-Seen: 1", body=b"answer")
    reply = gateways.call("echo/x", method=method, body=body)
    assert (reply.status, reply.header("x-seen")) == (200, "1")
    assert reply.body == (b"" if method == "HEAD" else b"answer")
    assert (system.last.method, system.last.target, system.last.body) == (method, "/base/x", body or b"")


def test_other_methods_are_refused(gateways: Sandbox, system: Backend) -> None:
    reply = gateways.call("echo", method="PROPFIND")
    assert (reply.status, reply.header("x-road-error")) == (400, "Client.BadRequest")
    assert system.seen == []


@pytest.mark.parametrize("size", [1, 20])
def test_large_bodies_pass_both_ways(gateways: Sandbox, system: Backend, size: int) -> None:
    body = hashlib.sha512(b"x").digest() * (size * 1024 * 1024 // 64)
    system.answer = lambda seen: answer(body=seen.body[::-1])
    assert gateways.call("echo", method="POST", body=body).body == body[::-1]


def test_chunked_upload_and_answer_pass(gateways: Sandbox, system: Backend) -> None:
    system.answer = (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nX-T: 1\r\n\r\n"
    )
    chunked = b"4\r\nwxyz\r\n1\r\n!\r\n0\r\n\r\n"
    reply = gateways.call("echo", "Transfer-Encoding: chunked", method="PUT", body=chunked)
    assert (system.last.body, reply.body) == (b"wxyz!", b"abcde")


def test_expect_is_answered_here_and_not_passed_on(gateways: Sandbox, system: Backend) -> None:
    assert gateways.call("echo", "Expect: 100-continue", method="POST", body=b"abc").status == 200
    assert (system.last.body, system.last.all("expect")) == (b"abc", [])


@pytest.mark.parametrize("status", ["301 Moved Permanently", "302 Found", "303 See Other", "307 T", "308 P"])
def test_redirects_are_returned_not_followed(gateways: Sandbox, system: Backend, status: str) -> None:
    system.answer = answer(status, f"Location: {system.url}/elsewhere")
    reply = gateways.call("echo")
    assert (reply.status, reply.header("location")) == (int(status[:3]), f"{system.url}/elsewhere")
    assert len(system.seen) == 1


@pytest.mark.parametrize(
    "status", ["204 No Content", "304 Not Modified", "400 Bad", "404 N", "500 I", "503 S", "599 X"]
)
def test_any_status_is_the_backend_s_own(gateways: Sandbox, system: Backend, status: str) -> None:
    system.answer = answer(status)
    reply = gateways.call("echo")
    assert (reply.status, reply.all("x-road-error")) == (int(status[:3]), [])


def test_encoded_content_stays_encoded(gateways: Sandbox, system: Backend) -> None:
    system.answer = answer("200 OK", "Content-Encoding: gzip", body=b"\x1f\x8bnot really")
    reply = gateways.call("echo", "Content-Encoding: br", method="POST", body=b"nor this")
    assert (reply.header("content-encoding"), reply.body) == ("gzip", b"\x1f\x8bnot really")
    assert (system.last.header("content-encoding"), system.last.body) == ("br", b"nor this")


@pytest.mark.parametrize("dates", [(), ("Sun, 22 Nov 2020 11:34:29 GMT",), ("first", "Mon, 23 Nov 2020 11:34:29 GMT")])
def test_there_is_exactly_one_date(gateways: Sandbox, system: Backend, dates: tuple[str, ...]) -> None:
    system.answer = answer("200 OK", *(f"Date: {date}" for date in dates))
    assert gateways.call("echo").header("date").endswith(dates[-1] if dates else " GMT")


def test_id_is_echoed_and_two_calls_with_it_are_two_exchanges(gateways: Sandbox, system: Backend) -> None:
    first, second = (gateways.call("echo", "X-Road-Id: same") for _ in range(2))
    assert [reply.header("x-road-id") for reply in (first, second)] == ["same", "same"]
    assert [seen.header("x-road-id") for seen in system.seen] == ["same", "same"]
    assert first.header("x-road-request-id") != second.header("x-road-request-id")
    assert first.header("x-road-request-hash") != second.header("x-road-request-hash")


def test_id_is_made_where_there_is_none(gateways: Sandbox, system: Backend) -> None:
    made = gateways.call("echo").header("x-road-id")
    assert uuid.UUID(made.removeprefix("VN-")).version == 4
    assert system.last.header("x-road-id") == made


def test_what_the_exchange_says_cannot_be_forged(gateways: Sandbox, system: Backend) -> None:
    system.answer = answer("200 OK", *(f"{name}: forged" for name in _OURS))
    reply = gateways.call("echo", "X-Road-Request-Id: forged", "X-Road-Request-Hash: forged", "X-Road-Service: forged")
    assert not [value for name in _OURS for value in reply.all(name) if value == "forged"]
    assert sorted(name for name, _ in reply.headers if name in _OURS) == _OURS
    assert system.last.header("x-road-request-id") == reply.header("x-road-request-id")
    assert system.last.all("x-road-request-hash") == []


@pytest.mark.parametrize("body", [None, b"", b"body"])
def test_request_hash_is_that_of_the_specification(gateways: Sandbox, system: Backend, body: bytes | None) -> None:
    reply = gateways.call("echo/a%20b?c=d", "X-Some: Thing", "X-Some: Else", method="POST", body=body)
    assert reply.header("x-road-request-hash") == _hash("POST", f"/r1/{PROVIDER}/echo/a%20b?c=d", system.last)


def _hash(verb: str, target: str, seen: Seen) -> str:
    # What the backend got besides the headers of its own connection is what was hashed.
    lines = [f"{name}:{value}" for name, value in seen.headers if name not in {"host", "content-length"}]
    head = hashlib.sha512("".join(f"{line}\r\n" for line in (verb, target, *lines)).encode()).digest()
    whole = hashlib.sha512(head + hashlib.sha512(seen.body).digest()).digest() if seen.body else head
    return base64.b64encode(whole).decode()


def test_last_client_header_wins_and_arrives_once(gateways: Sandbox, system: Backend) -> None:
    reply = gateways.call("echo", "x-rOAD-cLIENT: VN/PARTY/A01/Nobody")
    assert (reply.status, reply.header("x-road-client")) == (200, CONSUMER)
    assert system.last.header("x-road-client") == CONSUMER


@pytest.mark.parametrize(
    ("client", "echoed"),
    [(SECOND, SECOND), ("VN/PARTY/B%c3%b6/%73%2fub", SECOND), ("VN/PARTY/C03", "VN/PARTY/C03")],
)
def test_clients_may_be_percent_encoded_and_bare_members(
    gateways: Sandbox, system: Backend, client: str, echoed: str
) -> None:
    reply = gateways.call("echo", client=client)
    assert (reply.status, reply.header("x-road-client")) == (200, echoed)
    assert system.last.header("x-road-client") == client


def test_service_is_named_in_the_answer(gateways: Sandbox) -> None:
    assert gateways.call("echo/a?b").header("x-road-service") == f"{PROVIDER}/echo"
    assert gateways.call("d%c3%b6%2fner").header("x-road-service") == f"{PROVIDER}/d%C3%B6%2Fner"


@pytest.mark.parametrize(
    ("target", "client", "kind"),
    [
        ("echo", None, "Server.ClientProxy.InternalError"),
        ("echo", "", "Server.ClientProxy.InternalError"),
        ("echo", "VN/PARTY", "Server.ClientProxy.InternalError"),
        ("echo", "VN/PARTY/A01/Consumer/x", "Server.ClientProxy.InternalError"),
        ("echo", "VN/PARTY/A01/Con%zzsumer", "Server.ClientProxy.InternalError"),
        ("echo", "VN/PARTY/A01/%00", "Server.ClientProxy.InternalError"),
        ("echo", "VN/PARTY/A01/zero%E2%80%8Bwidth", "Server.ClientProxy.InternalError"),
        ("echo", "VN/PARTY/A01/..", "Server.ClientProxy.InternalError"),
        ("echo", "VN/PARTY/A01/Nobody", "Server.ClientProxy.UnknownMember"),
        ("echo", "VN/PARTY/A99/Consumer", "Server.ClientProxy.UnknownMember"),
        ("echo", "EE/PARTY/A01/Consumer", "Server.ClientProxy.UnknownMember"),
        ("echo", PROVIDER, "Server.ClientProxy.UnknownMember"),
        ("/r1/VN/STATE/G22/Provider", CONSUMER, "Server.ClientProxy.InternalError"),
        ("/r1/VN/STATE/../Provider/echo", CONSUMER, "Server.ClientProxy.InternalError"),
        ("/r1/VN/STATE/%2E%2e/Provider/echo", CONSUMER, "Server.ClientProxy.InternalError"),
        ("/r1/VN/STATE//Provider/echo", CONSUMER, "Server.ClientProxy.InternalError"),
        ("/r1/VN/STATE/G22/Provider/%0aecho", CONSUMER, "Server.ClientProxy.InternalError"),
        ("/r1/VN/STATE/G22/Nope/echo", CONSUMER, "Server.ClientProxy.UnknownMember"),
        ("/r1/VN/STATE/G99/Provider/echo", CONSUMER, "Server.ClientProxy.UnknownMember"),
        ("/r1/EE/STATE/G22/Provider/echo", CONSUMER, "Server.ClientProxy.UnknownMember"),
        ("nope", CONSUMER, "Server.ServerProxy.UnknownService"),
        ("soap", CONSUMER, "Server.ServerProxy.ServiceType"),
        ("closed", CONSUMER, "Server.ServerProxy.AccessDenied"),
        ("open/b/c", CONSUMER, "Server.ServerProxy.AccessDenied"),
        ("open/a/b/c", CONSUMER, "Server.ServerProxy.AccessDenied"),
        ("open/a/b%2Fc", CONSUMER, "Server.ServerProxy.AccessDenied"),
        ("open/a/../a/b", CONSUMER, "Server.ServerProxy.AccessDenied"),
        ("open/a/%2e%2e", CONSUMER, "Server.ServerProxy.AccessDenied"),
        ("open/a/b", SECOND, "Server.ServerProxy.AccessDenied"),
        ("echo", "VN/PARTY/A01", "Server.ServerProxy.AccessDenied"),
        ("getOpenAPI?serviceCode=nothing", CONSUMER, "Server.ServerProxy.UnknownService"),
    ],
)
def test_refusals_reach_no_backend(
    gateways: Sandbox, system: Backend, target: str, client: str | None, kind: str
) -> None:
    reply = gateways.call(target, client=client)
    assert (reply.status, reply.header("x-road-error")) == (500, kind)
    assert reply.header("content-type") == "application/json;charset=utf-8"
    assert re.search(rb'"type":"%s","message":".+","detail":"[0-9a-f-]{36}"' % kind.encode(), reply.body)
    assert system.seen == []


def test_soap_service_is_refused_in_x_road_s_words(gateways: Sandbox) -> None:
    assert b'"message":"Invalid service type: REST"' in gateways.call("soap").body


def test_grants_are_by_method_and_path(gateways: Sandbox, system: Backend) -> None:
    assert gateways.call("open/a/b").status == 200
    assert gateways.call("open/a/b", method="PUT", body=b"").status == 200
    assert gateways.call("open/a/b", method="POST", body=b"").header("x-road-error").endswith("AccessDenied")
    assert gateways.call("open/anything", client="VN/PARTY/C03", method="DELETE").status == 200
    assert [seen.method for seen in system.seen] == ["GET", "PUT", "DELETE"]


def test_backend_that_is_down_is_named_as_such(gateways: Sandbox) -> None:
    reply = gateways.call("down")
    assert (reply.status, reply.header("x-road-error")) == (500, "Server.ServerProxy.ServiceFailed")


@pytest.mark.parametrize("broken", [b"", b"nonsense\r\n\r\n", b"HTTP/1.1 101 Switching Protocols\r\n\r\n"])
def test_backend_that_answers_nonsense_is_named_as_such(gateways: Sandbox, system: Backend, broken: bytes) -> None:
    system.answer = broken
    reply = gateways.call("echo", method="POST", body=b"")
    assert (reply.status, reply.header("x-road-error")) == (500, "Server.ServerProxy.ServiceFailed")


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        (("text/xml",), "text/xml"),
        (("application/json, application/xml;q=0.1, text/xml",), "application/xml"),
        (("image/png", "text/*"), "text/xml"),
        (("TEXT/XML",), "text/xml"),
    ],
)
def test_errors_are_xml_where_accept_names_it(gateways: Sandbox, accept: tuple[str, ...], content_type: str) -> None:
    reply = gateways.call("nope", *(f"Accept: {each}" for each in accept))
    assert reply.header("content-type") == f"{content_type};charset=utf-8"
    kind = b"Server.ServerProxy.UnknownService"
    assert re.fullmatch(
        rb"<error><type>%s</type><message>.+</message><detail>[0-9a-f-]{36}</detail></error>" % kind, reply.body
    )


def test_label_above_the_service_s_is_carried(gateways: Sandbox, system: Backend) -> None:
    assert gateways.call("echo", "X-Lienthong-Label: secret").status == 200
    assert len(system.seen) == 1
    assert gateways.call("echo", "X-Lienthong-Label: rumour").status == 500
    assert len(system.seen) == 1
