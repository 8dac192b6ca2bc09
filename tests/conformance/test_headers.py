"""Headers of a call and of an answer: which pass, which stay behind, which are added."""

import pytest

from tests.support.recorder import Recorder, answer
from tests.support.sandbox import CONSUMER
from tests.support.wire import Face

# What the gateway itself says to a service, and what its own connection to it needs.
TO_SERVICE = {"host", "accept", "x-road-client", "x-road-id", "x-road-request-id"}
OURS = {"x-road-id", "x-road-client", "x-road-service", "x-road-request-id", "x-road-request-hash"}
TO_CLIENT = OURS | {"date", "content-length"}

PASSING = [
    ("authorization", "Bearer t=="),
    ("content-type", "multipart/form-data; boundary=x"),
    ("content-encoding", "br"),
    ("content-language", "vi"),
    ("content-disposition", 'attachment; filename="x"'),
    ("content-md5", "Q2hlY2s="),
    ("digest", "sha-256=x"),
    ("range", "bytes=0-1"),
    ("accept-encoding", "gzip, br"),
    ("accept-language", "vi, en;q=0.5"),
    ("accept-charset", "utf-8"),
    ("origin", "https://e.example"),
    ("referer", "https://e.example/a?b"),
    ("from", "a@e.example"),
    ("forwarded", "for=10.0.0.1"),
    ("via", "1.1 proxy"),
    ("x-forwarded-for", "10.0.0.1"),
    ("x-forwarded-host", "e.example"),
    ("x-request-id", "1"),
    ("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
    ("prefer", "return=minimal"),
    ("date", "Sun, 22 Nov 2020 11:34:29 GMT"),
    ("link", "</a>; rel=next"),
    ("upgrade-insecure-requests", "1"),
    ("soapaction", '"x"'),
    ("x-road-service-of-mine", "1"),
    ("x-empty", ""),
    ("x_under.score~", "1"),
    ("x-long", "v" * 8000),
    ("x-inside", 'a  b\tc,d;e="f"'),
    ("x-utf8", "\u00c3\u00b6\u00e2\u0082\u00ac"),
    ("x-latin", "\u00f6\u00ff"),
]
CACHE = [
    ("cache-control", "no-store, max-age=60"),
    ("pragma", "no-cache"),
    ("expires", "0"),
    ("etag", 'W/"x"'),
    ("if-match", "*"),
    ("if-none-match", '"x", "y"'),
    ("if-modified-since", "Sun, 22 Nov 2020 11:34:29 GMT"),
    ("if-range", '"x"'),
    ("last-modified", "Sun, 22 Nov 2020 11:34:29 GMT"),
    ("age", "17"),
    ("vary", "Accept, Cookie"),
    ("warning", '110 - "stale"'),
]
HELD = [
    ("user-agent", "u/1"),
    ("server", "s/1"),
    ("te", "trailers"),
    ("trailer", "x-checksum"),
    ("upgrade", "h2c"),
    ("keep-alive", "timeout=5"),
    ("proxy-authorization", "Basic eDp5"),
    ("proxy-authenticate", "Basic"),
    ("proxy-connection", "keep-alive"),
]


def written(headers: list[tuple[str, str]]) -> list[str]:
    """Write headers as lines."""
    return [f"{name}: {value}" for name, value in headers]


@pytest.mark.line("Call: X-Road-Client")
@pytest.mark.parametrize("name", ["X-Road-Client", "x-road-client", "X-ROAD-CLIENT", "x-rOaD-cLiEnT"])
def test_the_client_s_header_has_its_name_in_any_case(gateway: Face, service: Recorder, name: str) -> None:
    assert gateway.call("echo", f"{name}: {CONSUMER}", client=None).status == 200
    assert service.only().all("x-road-client") == [CONSUMER]


@pytest.mark.line("Call: X-Road-Client")
def test_the_last_of_several_clients_counts(gateway: Face, service: Recorder) -> None:
    got = gateway.call("echo", "X-Road-Client: VN/PARTY/A01/Nobody", "x-road-client: ..", f"X-ROAD-CLIENT: {CONSUMER}")
    assert (got.status, got.header("x-road-client")) == (200, CONSUMER)
    assert service.only().all("x-road-client") == [CONSUMER]
    refused = gateway.call("echo", f"X-Road-Client: {CONSUMER}", client="VN/PARTY/A01/Nobody")
    assert refused.error == "Server.ClientProxy.UnknownMember"
    assert service.taken() == []


@pytest.mark.line("Call: X-Road-Client", "Errors: 500 where the client is missing or malformed")
def test_without_a_client_there_is_no_call(gateway: Face, service: Recorder) -> None:
    got = gateway.call("echo", client=None)
    assert (got.status, got.error) == (500, "Server.ClientProxy.InternalError")
    assert service.taken() == []


@pytest.mark.line("Call: optional headers")
def test_optional_headers_of_x_road_reach_the_service(gateway: Face, service: Recorder) -> None:
    sent = [
        ("x-road-userid", "EE37701010001"),
        ("x-road-issue", "12/2026 \u00c3\u00b6"),
        ("x-road-represented-party", "COM/B01"),
    ]
    assert gateway.call("echo", *written(sent), "X-Road-Id: my own id/17").status == 200
    arrived = service.only()
    assert [header for header in arrived.headers if header in sent] == sent
    assert arrived.header("x-road-id") == "my own id/17"


@pytest.mark.line("Call: all else passes", "Call: cache headers")
def test_what_is_nobody_s_business_reaches_the_service(gateway: Face, service: Recorder) -> None:
    sent = [*PASSING, *CACHE]
    assert gateway.call("echo", *written(sent), method="POST", body=b"x").status == 200
    arrived = [header for header in service.only().headers if header[0] not in TO_SERVICE | {"content-length"}]
    assert arrived == sent


@pytest.mark.line("Call: all else passes", "Call: cache headers", "Response: as it is")
def test_what_is_nobody_s_business_reaches_the_client(gateway: Face, service: Recorder) -> None:
    sent = [header for header in [*PASSING, *CACHE] if header[0] != "date"]
    service.answers(answer("200 OK", *written(sent), body=b"x"))
    got = gateway.call("echo")
    assert [header for header in got.headers if header[0] not in TO_CLIENT] == sent


@pytest.mark.line("Call: not passed on")
def test_headers_of_the_client_s_connection_stay_there(gateway: Face, service: Recorder) -> None:
    hops = ["Connection: x-hop , X-Hop2", "X-Hop: 1", "X-HOP2: 2", "X-Hop3: 3", "connection: x-hop3,,"]
    assert gateway.call("echo", *written(HELD), *hops).status == 200
    arrived = service.only()
    assert {name for name, _ in arrived.headers} == TO_SERVICE
    assert arrived.header("host") == service.url.removeprefix("http://")


@pytest.mark.line("Call: not passed on")
@pytest.mark.parametrize("name", ["X_Road_Client", "X-Road_Client", "x.road.client", "Content_Length"])
def test_what_a_service_could_take_for_another_header_stays_there(gateway: Face, service: Recorder, name: str) -> None:
    assert gateway.call("echo", f"{name}: VN/GOV/Somebody/Else").status == 200
    assert {name for name, _ in service.only().headers} == TO_SERVICE


@pytest.mark.line("Call: not passed on")
def test_headers_of_the_service_s_connection_stay_there(gateway: Face, service: Recorder) -> None:
    held = [header for header in HELD if header[0] not in {"upgrade", "trailer"}]
    service.answers(
        answer("200 OK", *written(held), "Connection: X-Hop", "x-hop: 1", "Host: h", "Expect: e", body=b"x")
    )
    got = gateway.call("echo")
    assert got.names == TO_CLIENT
    assert got.header("content-length") == "1"


@pytest.mark.line("Call: not passed on", "HTTP: interim answers")
def test_an_expectation_stays_with_the_gateway(gateway: Face, service: Recorder) -> None:
    got = gateway.call("echo", "Expect: 100-continue", method="POST", body=b"abc")
    assert got.status == 200
    arrived = service.only()
    assert (arrived.body, arrived.all("expect")) == (b"abc", [])


@pytest.mark.line("Call: not passed on")
def test_a_call_without_a_body_has_no_length(gateway: Face, service: Recorder) -> None:
    assert gateway.call("echo").status == 200
    arrived = service.only()
    assert {"content-length", "transfer-encoding"}.isdisjoint(name for name, _ in arrived.headers)


@pytest.mark.line("Call: all else passes")
def test_repeated_headers_stay_apart_and_in_their_order(gateway: Face, service: Recorder) -> None:
    service.answers(answer("200 OK", "X-Many: 3", "X-Many: 1", "x-many: 2, 2", "X-Many:", "X-Many: 3"))
    got = gateway.call("echo", "X-Some: b", "X-Some: a", "x-some: c, d", "X-Some:", "X-Some: b")
    assert got.all("x-many") == ["3", "1", "2, 2", "", "3"]
    assert service.only().all("x-some") == ["b", "a", "c, d", "", "b"]


@pytest.mark.line("Call: all else passes")
def test_cookies_pass_and_are_not_kept(gateway: Face, service: Recorder) -> None:
    service.answers(answer("200 OK", "Set-Cookie: a=1; Path=/; HttpOnly", "Set-Cookie: b=2; Secure"))
    got = gateway.call("echo", "Cookie: q=1; r=2", "Cookie: s=3")
    assert got.all("set-cookie") == ["a=1; Path=/; HttpOnly", "b=2; Secure"]
    assert service.only().all("cookie") == ["q=1; r=2", "s=3"]
    gateway.call("echo")
    assert service.only().all("cookie") == []


@pytest.mark.line("Call: cache headers")
def test_the_same_call_twice_reaches_the_service_twice(gateway: Face, service: Recorder) -> None:
    service.answers(answer("200 OK", "Cache-Control: public, max-age=3600", 'ETag: "x"', body=b"one"))
    assert gateway.call("echo/cached").body == b"one"
    service.answers(
        answer("304 Not Modified", 'ETag: "x"', "Cache-Control: public").replace(b"Content-Length: 0\r\n", b"")
    )
    again = gateway.call("echo/cached", 'If-None-Match: "x"')
    assert (again.status, again.header("etag"), again.header("cache-control")) == (304, '"x"', "public")
    assert [each.all("if-none-match") for each in service.taken()] == [[], ['"x"']]


@pytest.mark.line("Call: default Accept")
@pytest.mark.parametrize(
    ("sent", "arrived"),
    [
        ([], ["application/json"]),
        (["text/csv"], ["text/csv"]),
        (["*/*"], ["*/*"]),
        (["text/xml;q=0.1, */*"], ["text/xml;q=0.1, */*"]),
        (["text/xml", "text/csv"], ["text/xml", "text/csv"]),
    ],
)
def test_a_service_is_asked_for_json_unless_the_client_says_else(
    gateway: Face, service: Recorder, sent: list[str], arrived: list[str]
) -> None:
    assert gateway.call("echo", *(f"Accept: {value}" for value in sent)).status == 200
    assert service.only().all("accept") == arrived


@pytest.mark.line("Call: default Accept")
def test_an_empty_accept_is_one_too(gateway: Face, service: Recorder) -> None:
    assert gateway.call("echo", "Accept:").status == 200
    assert service.only().all("accept") in ([""], ["application/json"])


@pytest.mark.line("Call: all else passes")
@pytest.mark.parametrize("line", ["X-F: a\r\n folded", "X-F : a", "X F: a", ": a", "X-F: a\x01", "X-F: a\0", "X-F"])
def test_lines_that_are_no_headers_are_refused(gateway: Face, service: Recorder, line: str) -> None:
    assert gateway.call("echo", line).status == 400
    assert service.taken() == []


@pytest.mark.line("Call: all else passes")
def test_a_hundred_headers_pass_both_ways(gateway: Face, service: Recorder) -> None:
    many = [(f"x-h{number}", f"{number}" * 20) for number in range(80)]
    service.answers(answer("200 OK", *written(many)))
    got = gateway.call("echo", *written(many))
    assert [header for header in got.headers if header[0] not in TO_CLIENT] == many
    assert [header for header in service.only().headers if header[0] not in TO_SERVICE] == many


@pytest.mark.line("Call: all else passes", "Response: as it is")
def test_what_trails_an_answer_is_no_header_of_it(gateway: Face, service: Recorder) -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-T\r\n\r\n"
    service.answers(head + b"2\r\nab\r\n0\r\nX-T: 1\r\nSet-Cookie: a=1\r\n\r\n")
    got = gateway.call("echo")
    assert (got.body, got.all("x-t"), got.all("set-cookie")) == (b"ab", [], [])
