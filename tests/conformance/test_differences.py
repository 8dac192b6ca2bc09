"""Random calls and answers, once through the gateway and once directly: the same but for what is documented."""

from collections.abc import Iterable
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from lienthong.exchange.grants import is_unambiguous
from tests.conformance.test_calls import METHODS
from tests.conformance.test_headers import HELD, OURS, TO_SERVICE
from tests.support.recorder import Recorder
from tests.support.sandbox import CONSUMER, PROVIDER
from tests.support.wire import Face

type Groups = dict[str, list[str]]

# Few, since each makes two calls; some thousands found no more when this was written.
_SETTINGS = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
_TOKEN = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
_HELD = {name for name, _ in HELD} | {"host", "expect", "content-length", "transfer-encoding", "connection"}
# Not left to chance: they say how the message itself is to be read, or are the exchange's own.
_SPECIAL = {"connection", "content-length", "transfer-encoding", "expect", "host", "upgrade", "trailer", "te"}


def _is_ordinary(name: str) -> bool:
    return name.lower() not in _SPECIAL and not name.lower().startswith(("x-road-", "x-lienthong-"))


_ESCAPES = st.integers(0, 255).map(lambda byte: f"%{byte:02X}") | st.integers(0, 255).map(lambda byte: f"%{byte:02x}")
_LOOSE = st.sampled_from(["%", "%4", "%zz", "[", "]", "|", "^", "\\", "{", "}"])
_SEGMENTS = st.text("abyzAZ09-._~!$&'()*+,;=:@", max_size=8) | st.lists(_ESCAPES | _LOOSE, max_size=3).map("".join)
_PATHS = st.lists(_SEGMENTS, max_size=5).map(lambda parts: "".join(f"/{part}" for part in parts))
_QUERIES = st.just("") | st.lists(
    st.text("abyzAZ09-._~!$&'()*+,;=:@/?", min_size=1, max_size=8) | _ESCAPES | _LOOSE, min_size=1, max_size=5
).map(lambda parts: "?" + "".join(parts))
_COMMON = ["Accept", "Content-Type", "Cookie", "Date", "ETag", "Set-Cookie", "Via", "Cache-Control", "Content-Encoding"]
_NAMES = st.sampled_from([*_COMMON, *(name for name, _ in HELD)]) | st.text(_TOKEN, min_size=1, max_size=12)
_VALUES = st.text(
    st.characters(min_codepoint=0x20, max_codepoint=0xFF, exclude_characters="\x7f") | st.just("\t"), max_size=20
).map(lambda value: value.strip(" \t"))
_HEADERS = st.lists(
    st.tuples(_NAMES.filter(_is_ordinary), _VALUES),
    max_size=8,
)
_BODIES = st.binary(max_size=600)
_CUTS = st.none() | st.integers(1, 400)


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A call or an answer that chance has made."""

    start: str
    headers: list[tuple[str, str]]
    # None: there is none, not even an empty one.
    body: bytes | None
    # Bytes in each chunk; None: with its length.
    chunk: int | None

    def to_bytes(self, target: str = "", *more: str) -> bytes:
        """Write it down; a call's target and what more has to be in its head come from outside."""
        lines = [self.start.format(target), *(f"{name}: {value}" for name, value in self.headers), *more]
        if self.body is None:
            framed = b""
        elif self.chunk is None:
            lines.append(f"Content-Length: {len(self.body)}")
            framed = self.body
        else:
            lines.append("Transfer-Encoding: chunked")
            pieces = [self.body[at : at + self.chunk] for at in range(0, len(self.body), self.chunk)]
            framed = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in [*pieces, b""])
        return "\r\n".join([*lines, "", ""]).encode("latin-1") + framed


def groups(headers: Iterable[tuple[str, str]], without: set[str]) -> Groups:
    """Return the values of every header in their order; names have no case, and their order says nothing."""
    found: Groups = {}
    for name, value in headers:
        if name.lower() not in without:
            found.setdefault(name.lower(), []).append(value)
    return found


def named(headers: Iterable[tuple[str, str]]) -> set[str]:
    """Return what ``Connection`` names, which does not pass on."""
    return {
        each.strip().lower() for name, value in headers if name.lower() == "connection" for each in value.split(",")
    }


@st.composite
def messages(draw: st.DrawFn, starts: st.SearchStrategy[str]) -> Message:
    """Make a call or an answer, some of whose headers belong to its connection."""
    headers = draw(_HEADERS)
    chance: bool = draw(st.booleans())
    if headers and chance:
        hop = draw(st.sampled_from([name for name, _ in headers]))
        headers.insert(draw(st.integers(0, len(headers))), ("Connection", f"{hop}, x-nothing"))
    return Message(start=draw(starts), headers=headers, body=draw(st.none() | _BODIES), chunk=draw(_CUTS))


@pytest.mark.line("Call: path byte for byte", "Call: query byte for byte", "Call: not passed on")
@pytest.mark.line("Call: all else passes", "Call: methods", "HTTP: bodies")
@given(
    message=messages(st.sampled_from([f"{method} {{}} HTTP/1.1" for method in METHODS])), path=_PATHS, query=_QUERIES
)
@example(
    message=Message(start="POST {} HTTP/1.1", headers=[("A", "1"), ("b", "2"), ("a", "")], body=b"x" * 600, chunk=7),
    path="/%2F//a%3B/",
    query="?a=%zz&?",
)
@_SETTINGS
def test_a_call_arrives_as_if_it_had_been_sent_directly(
    gateway: Face, recording: Recorder, message: Message, path: str, query: str
) -> None:
    # What services read in two ways is refused: test_rights.py.
    assume(is_unambiguous(path))
    # An empty one is a defect by itself: test_headers.py.
    assume(all(value for name, value in message.headers if name.lower() == "accept"))
    recording.answers(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    recording.taken()
    method = message.start.partition(" ")[0]
    Face(port=recording.port).send(message.to_bytes(f"/base{path}{query}", "Host: service"), method)
    direct = recording.only()
    own = [f"X-Road-Client: {CONSUMER}", "X-Road-Id: mine", "Host: gateway"]
    got = gateway.send(message.to_bytes(f"/r1/{PROVIDER}/echo{path}{query}", *own), method)
    assert (got.status, got.error, got.header("x-road-id")) == (200, None, "mine")
    arrived = recording.only()
    assert (arrived.start, arrived.body) == (direct.start, direct.body)
    left_out = _HELD | named(direct.headers)
    passed = groups(direct.headers, left_out)
    if "accept" not in {name.lower() for name, _ in direct.headers}:
        passed["accept"] = ["application/json"]
    assert groups(arrived.headers, _HELD | (TO_SERVICE - {"accept"})) == passed


@pytest.mark.line("Response: as it is", "Response: one Date", "Call: not passed on", "Call: all else passes")
@pytest.mark.line("HTTP: bodies", "Errors: none on a provider's answer")
@given(
    message=messages(
        st.integers(200, 599).filter(lambda status: status not in {204, 304}).map("HTTP/1.1 {} Own".format)
    ),
    method=st.sampled_from(["GET", "POST", "DELETE"]),
)
@example(
    message=Message(start="HTTP/1.1 201 Made", headers=[("A", "1"), ("b", "2"), ("a", "")], body=b"x" * 600, chunk=7),
    method="GET",
)
@_SETTINGS
def test_an_answer_comes_back_as_if_it_had_come_directly(
    gateway: Face, recording: Recorder, message: Message, method: str
) -> None:
    # Without a body an answer would last until the connection ends; that is tested in test_http_bodies.py.
    assume(message.body is not None)
    recording.answers(message.to_bytes())
    direct = Face(port=recording.port).call("/direct", method=method)
    got = gateway.call("echo", method=method)
    recording.taken()
    assert (got.status, got.body, got.error) == (direct.status, direct.body, None)
    left_out = _HELD | OURS | named(direct.headers)
    passed, came = groups(direct.headers, left_out), groups(got.headers, _HELD | OURS)
    dates = passed.pop("date", [])
    (date,) = came.pop("date")
    assert came == passed
    if dates:
        assert date == dates[-1]
