"""Targets: what comes over connections: HTTP from information systems and from services, paths, NATS."""

import asyncio
import logging
import posixpath
import re
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final, cast
from urllib.parse import unquote

import nats.errors
from starlette.types import Receive, Scope, Send

from lienthong.exchange import grants
from lienthong.exchange.errors import Malformed
from lienthong.exchange.exchanged import Answer, Call
from lienthong.exchange.http import HOP_BY_HOP, HttpMessage, decode_head, encode_head
from lienthong.exchange.http_connection import Connection as ClientConnection
from lienthong.exchange.http_connection import HttpFailure
from lienthong.exchange.mail.paging import Place
from lienthong.exchange.rest.bounds import Bounds
from lienthong.exchange.rest.hall import Hall
from lienthong.exchange.rest.http1 import Connection
from lienthong.exchange.rest.r1 import R1
from lienthong.exchange.transport.nats_parser import LargeParser
from lienthong.kernel.errors import LienthongError
from tests.fuzz.target import Complaints, Target, check
from tests.fuzz.world import DIRECTORY

_LOOP: Final = asyncio.new_event_loop()
_COMPLAINTS: Final = Complaints()
logging.getLogger("lienthong").addHandler(_COMPLAINTS)
_SMALL: Final = Bounds(head_bytes=2048, header_lines=16, target_bytes=512, pipelined=4)
_GRANTED: Final = "/public/**"


@dataclass(slots=True)
class Pipe:
    """A transport that keeps what is written to it."""

    sent: bytearray = field(default_factory=bytearray)
    closed: bool = False

    def get_extra_info(self, name: str) -> object:
        return ("127.0.0.1", 1) if name in {"peername", "sockname"} else None

    def get_write_buffer_size(self) -> int:
        return 0

    def write(self, data: bytes) -> None:
        self.sent += data

    def can_write_eof(self) -> bool:
        return True

    def write_eof(self) -> None:
        return

    def is_closing(self) -> bool:
        return self.closed

    def close(self) -> None:
        self.closed = True

    abort = close

    def pause_reading(self) -> None:
        return

    resume_reading = pause_reading


@dataclass(slots=True)
class Listener:
    """An application that notes what it is asked."""

    asked: list[tuple[str, bytes, tuple[tuple[bytes, bytes], ...], bytes]] = field(default_factory=list)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body, more = b"", True
        while more:
            event = await receive()
            if event["type"] == "http.disconnect":
                return
            body += event["body"]
            more = event["more_body"]
        self.asked.append((scope["method"], scope["lienthong.target"], tuple(scope["headers"]), body))
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"ok"})


async def _served(app: Any, pieces: list[bytes]) -> bytes:  # noqa: ANN401 - an application
    hall = Hall(app=app, bounds=_SMALL)
    hall.tick()
    pipe = Pipe()
    connection = Connection(hall)
    _COMPLAINTS.forget()
    connection.connection_made(cast("asyncio.BaseTransport", pipe))
    for piece in pieces:
        if not pipe.closed:
            connection.data_received(piece)
            await asyncio.sleep(0)
    for _ in range(8):
        await asyncio.sleep(0)
    connection.connection_lost(None)
    await asyncio.sleep(0)
    for task in list(hall.tasks):
        task.cancel()
    await asyncio.gather(*hall.tasks, return_exceptions=True)
    _COMPLAINTS.check()
    return bytes(pipe.sent)


def _in_pieces(data: bytes, size: int) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]


def _http1(data: bytes) -> None:
    """However it is cut, a request is the same, and what is answered is HTTP."""
    heard = []
    for size in (max(1, len(data)), 7, 1):
        app = Listener()
        answer = _LOOP.run_until_complete(_served(app, _in_pieces(data, size)))
        check(not answer or answer.startswith(b"HTTP/1.1 "), "an answer that is not HTTP")
        heard.append(app.asked)
        for _, target, headers, _ in app.asked:
            check(len(target) <= _SMALL.target_bytes and len(headers) <= _SMALL.header_lines, "beyond the bounds")
            check(not re.search(rb"[\x00-\x20\x7f]", target), "a target that HTTP cannot carry")
            check(not any(b"\r" in value or b"\n" in value for _, value in headers), "a line break in a header")
    # In smaller pieces it may be refused earlier, never later and never as something else.
    for fewer in heard[1:]:
        check(fewer == heard[0][: len(fewer)] or heard[0] == fewer[: len(heard[0])], "requests that depend on cuts")


@dataclass(slots=True)
class Asked:
    """Stands for the gateway behind the face: whatever it is asked, it says so."""

    calls: list[Call] = field(default_factory=list)
    spool: Any = None

    async def call(self, call: Call) -> Answer:
        self.calls.append(call)
        return Answer(status=200, message=HttpMessage(headers=(("x-a", call.path or "-"),), body=b"ok"))


@dataclass(frozen=True, slots=True)
class View:
    """The directory of the face."""

    snapshot: Any = DIRECTORY


def _r1(data: bytes) -> None:
    """Whatever reaches the gateway can be sealed, written and read again."""
    gateway = Asked()
    face = R1(caller=cast("Any", gateway), instance="VN", directory=cast("Any", View()))
    _LOOP.run_until_complete(_served(face, [data]))
    for call in gateway.calls:
        check(call.client.organ.instance, "a call without a caller")
        head = encode_head(call.message.headers)
        check(decode_head(head) == call.message.headers, "headers that the other side reads in another way")
        check(str(call.label) and len(call.path) <= _SMALL.target_bytes, "a call beyond the bounds")
        named = [name for name, _ in call.message.headers if name == "x-road-client"]
        check(len(named) == 1, "a call with two callers")


def _http_head(data: bytes) -> None:
    headers = decode_head(data)
    check(not {name for name, _ in headers} & HOP_BY_HOP, "a header that belongs to one connection")
    check(decode_head(encode_head(headers)) == headers, "headers that change when they are written")


def _http_answer(data: bytes) -> None:
    """What a service answers: the first byte of the input says how it is asked."""
    head, rest = data[:1] or b"\0", data[1:]

    async def asked() -> tuple[int, bytes]:
        connection = ClientConnection(asyncio.get_running_loop(), set())
        connection.connection_made(cast("asyncio.BaseTransport", Pipe()))
        method = "HEAD" if head[0] & 1 else "GET"
        waiting = asyncio.ensure_future(connection.exchange(b"", method, 64, flows=bool(head[0] & 2)))
        await asyncio.sleep(0)
        for piece in _in_pieces(rest, 5 if head[0] & 4 else max(1, len(rest))):
            connection.data_received(piece)
        connection.connection_lost(None)
        answer = await waiting
        body = answer.body
        while connection.large and (more := await connection.next()):
            body += more
        return answer.status, body

    status, body = _LOOP.run_until_complete(asked())
    check(100 <= status <= 999 and body in data, "an answer that did not come")


def _paths(data: bytes) -> None:
    """What is granted below a folder is read below it, however a server reads it."""
    path = "/public/" + data.decode("latin-1")
    if not grants.is_target(path.partition("?")[0]):
        check(not grants.matches(_GRANTED, path), "what cannot be sent is granted")
        return
    if grants.matches(_GRANTED, path):
        check(grants.matches("/**", path), "a pattern that covers more than everything")
        for parts in _readings(path):
            check(parts[:1] == ["public"], f"read as {parts}")


def _readings(path: str) -> Iterator[list[str]]:
    text = path.partition("?")[0]
    for _ in range(4):
        for separators in (r"/", r"[/\\]"):
            for lenient in (False, True):
                parts = re.split(separators, text)
                if lenient:
                    parts = [re.sub(r"[\x00-\x20\x7f]", "", part.partition(";")[0]) for part in parts]
                yield [part for part in posixpath.normpath("/" + "/".join(filter(None, parts))).split("/") if part]
        text = unquote(text)


@dataclass(slots=True)
class Broker:
    """Stands for the client of NATS behind its parser."""

    got: list[tuple[Any, ...]] = field(default_factory=list)

    def __getattr__(self, name: str) -> Callable[..., Awaitable[None]]:
        if not name.startswith("_process_"):
            raise AttributeError(name)

        async def noted(*arguments: object) -> None:
            self.got.append((name, *(bytes(a) if isinstance(a, bytearray) else a for a in arguments)))

        return noted


def _nats(data: bytes) -> None:
    """Whatever a broker sends is read on or refused; messages do not depend on how they are cut."""
    heard = []
    for size in (max(1, len(data)), 3):
        client = Broker()
        parser = LargeParser(client)

        async def read(parser: LargeParser = parser, size: int = size) -> None:
            try:
                for piece in _in_pieces(data, size):
                    await parser.parse(piece)
            except nats.errors.ProtocolError:
                return

        _LOOP.run_until_complete(read())
        heard.append(client.got)
    # nats-py takes blanks and line breaks in a line more lightly than the protocol: only what is written as servers do.
    if b"".join(map(_as_sent, heard[0])) == data:
        check(heard[1] == heard[0], "messages that depend on cuts")


def _as_sent(event: tuple[Any, ...]) -> bytes:
    match event:
        case ["_process_msg", int() as sid, subject, reply, payload, None]:
            return b"MSG %b %d%b %d\r\n%b\r\n" % (subject, sid, reply and b" " + reply, len(payload), payload)
        case ["_process_msg", int() as sid, subject, reply, payload, headers]:
            sizes = (len(headers), len(headers) + len(payload))
            return b"HMSG %b %d%b %d %d\r\n%b%b\r\n" % (
                *(subject, sid, reply and b" " + reply),
                *(*sizes, headers, payload),
            )
    return b"?"


def _cursor(data: bytes) -> None:
    place = Place.parse(data.decode("latin-1"))
    check(all(abs(number) < 1 << 63 for number in (place.rank, place.place)), "a number that no table holds")
    check(Place.parse(str(place)) == place, "a place that is another one when it is written")


FACES: Final = (
    Target(name="http1", run=_http1),
    Target(name="r1", run=_r1),
    Target(name="http-head", run=_http_head, refusals=(Malformed,)),
    Target(name="http-answer", run=_http_answer, refusals=(HttpFailure,)),
    Target(name="paths", run=_paths),
    Target(name="nats", run=_nats),
    Target(name="cursor", run=_cursor, refusals=(LienthongError,)),
)
