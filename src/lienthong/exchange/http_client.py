"""A lean HTTP/1.1 client for an organ's own services: bytes in, bytes out, connections kept open.

A general client spends six times as long on a call (`bench/`, ADR 0010) and rewrites what it sends. This
one sends path and headers as they are, follows nothing, keeps no cookies, decodes nothing. The parser is
``httptools`` (llhttp). Large bodies stream in both directions (``call``), no faster than the other end takes them.
"""

import asyncio
import ssl
from collections import deque
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Final, cast
from urllib.parse import urlsplit

import httptools
import msgspec

from lienthong.exchange.http import Body, Headers, LargeBody

MAX_BODY: Final = 64 * 1024 * 1024
"""Bytes of an answer's body that ``request`` takes."""
MAX_HEAD: Final = 256 * 1024
"""Bytes of an answer's headers that are taken."""
# Servers commonly close idle connections after a minute or less: one that has rested is not used again.
_IDLE_SECONDS: Final = 10.0
_FIRST: Final = 100
_FINAL: Final = 200
# Bytes of an answer that wait for who reads it before no more is taken from the server.
_WAITING: Final = 1024 * 1024
_PORTS: Final = {"http": 80, "https": 443}
_ALWAYS_SIZED: Final = frozenset({"POST", "PUT", "PATCH"})
# May be sent again on a new connection when an old one turns out to be closed (RFC 9110, section 9.2.2).
_IDEMPOTENT: Final = frozenset({"GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"})


class HttpFailure(Exception):
    """There was no answer, or none that can be read."""


class _Stale(HttpFailure):
    """The connection was closed before anything of the answer came."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a service is, taken apart once."""

    host: str
    port: int
    secure: bool
    # As in the Host header.
    authority: str
    # Path in front of every call's own.
    base: str

    @classmethod
    def of(cls, url: str) -> "Origin":
        """Read ``http[s]://host[:port][/path]``.

        Raises:
            ValueError: another scheme, no host, or a port that is none.
        """
        parts = urlsplit(url)
        if parts.scheme not in _PORTS or not parts.hostname:
            raise ValueError(f"{url!r} is no HTTP address")
        return cls(
            host=parts.hostname,
            port=parts.port or _PORTS[parts.scheme],
            secure=parts.scheme == "https",
            authority=parts.netloc.rpartition("@")[2],
            base=parts.path,
        )


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What a server said."""

    status: int
    # Names in lower case.
    headers: Headers
    body: bytes

    def header(self, name: str) -> str:
        """Return the last value of a header (lower-case name), or an empty text."""
        return next((value for key, value in reversed(self.headers) if key == name), "")


class Flow(msgspec.Struct, frozen=True, kw_only=True):
    """What a server says, with a body that may still be coming."""

    status: int
    headers: Headers
    body: Body


async def fetch(url: str, headers: Headers = ()) -> Answer:
    """Get one address over a connection of its own.

    Raises:
        HttpFailure, OSError: as for ``HttpClient.request``.
        ValueError: no HTTP address.
    """
    parts = urlsplit(url)
    client = HttpClient()
    try:
        origin = Origin.of(f"{parts.scheme}://{parts.netloc}")
        return await client.request(
            origin, "GET", parts.path + (f"?{parts.query}" if parts.query else ""), headers, b""
        )
    finally:
        client.close()


@dataclass(slots=True, kw_only=True)
class HttpClient:
    """Connections to any number of servers."""

    # Connections at once, to all servers together.
    connections: int = 256
    # For https; the system's trust unless given.
    tls: ssl.SSLContext | None = None
    _idle: dict[tuple[str, int, bool], deque["_Connection"]] = field(init=False, default_factory=dict)
    _open: set["_Connection"] = field(init=False, default_factory=set)
    _free: asyncio.Semaphore = field(init=False)

    def __post_init__(self) -> None:
        """Start without connections."""
        self._free = asyncio.Semaphore(self.connections)

    async def request(self, origin: Origin, method: str, target: str, headers: Headers, body: bytes) -> Answer:
        """Send a request and return the answer.

        Args:
            origin: the server.
            method: as on the wire.
            target: path and query, sent as they are; nothing but printable ASCII.
            headers: sent as they are, after ``host`` and before ``content-length``; no line breaks.
            body: may be empty.

        Raises:
            HttpFailure: no connection, a broken answer, or one that is too large.
            OSError: no connection.
        """
        data = _written(origin, method, target, headers, len(body)) + body
        async with self._free:
            connection, answer = await self._sent(origin, data, method, MAX_BODY)
            self._done(origin, connection)
        return answer

    async def call(  # noqa: PLR0913 - the parts of a request
        self, origin: Origin, method: str, target: str, headers: Headers, body: Body, *, most: int
    ) -> Flow:
        """Send a request and return the answer, with its body as soon as that is there or turns out to be large.

        Args:
            origin: the server.
            method: as on the wire.
            target: as for ``request``.
            headers: as for ``request``.
            body: one that is not bytes is sent as it comes, its size announced before.
            most: bytes of an answer's body that are held in memory; a larger one is to be read, or else closed.

        Raises:
            HttpFailure, OSError: as for ``request``.
            LienthongError: what a large body raises; the server has not got all of it then.
        """
        await self._free.acquire()
        try:
            if isinstance(body, bytes):
                data = _written(origin, method, target, headers, len(body)) + body
                connection, answer = await self._sent(origin, data, method, most)
            else:
                connection = await self._connect(origin)
                data = _written(origin, method, target, headers, body.size or 0)
                answer = await self._streamed(connection, data, method, body, most)
        except BaseException:
            self._free.release()
            raise
        if connection.large:
            coming = _Coming(connection, lambda: self._ended(origin, connection))
            return Flow(status=answer.status, headers=answer.headers, body=coming)
        self._ended(origin, connection)
        return Flow(status=answer.status, headers=answer.headers, body=answer.body)

    def _ended(self, origin: Origin, connection: "_Connection") -> None:
        self._done(origin, connection)
        self._free.release()

    def close(self) -> None:
        """Close all connections; whoever waits for an answer gets ``HttpFailure``."""
        for connection in list(self._open):
            connection.abort()
        self._idle.clear()

    async def _sent(self, origin: Origin, data: bytes, method: str, most: int) -> tuple["_Connection", Answer]:
        connection = self._rested(origin)
        if connection is not None:
            try:
                return connection, await connection.exchange(data, method, most)
            except _Stale:
                if method not in _IDEMPOTENT:
                    raise
        connection = await self._connect(origin)
        return connection, await connection.exchange(data, method, most)

    async def _streamed(
        self, connection: "_Connection", data: bytes, method: str, body: LargeBody, most: int
    ) -> Answer:
        """Send a large request; what cannot be sent to its end breaks the connection, so that it is no request."""
        asking = asyncio.ensure_future(connection.exchange(data, method, most))
        sending = asyncio.ensure_future(connection.send(body))
        try:
            await asyncio.wait({asking, sending}, return_when=asyncio.FIRST_COMPLETED)
            if not asking.done():
                await sending
            answer = await asking
        except BaseException:
            connection.abort()
            raise
        finally:
            if not sending.done():
                # Answered before it had everything: the rest belongs to nobody.
                connection.unfinished = True
                connection.reusable = False
            for task in (sending, asking):
                task.cancel()
            await asyncio.gather(sending, asking, return_exceptions=True)
        return answer

    def _done(self, origin: Origin, connection: "_Connection") -> None:
        if connection.reusable:
            self._idle.setdefault((origin.host, origin.port, origin.secure), deque()).append(connection)
        else:
            connection.abort()

    def _rested(self, origin: Origin) -> "_Connection | None":
        idle = self._idle.get((origin.host, origin.port, origin.secure))
        now = asyncio.get_running_loop().time()
        while idle:
            connection = idle.pop()
            if connection.reusable and now - connection.used < _IDLE_SECONDS:
                return connection
            connection.abort()
        return None

    async def _connect(self, origin: Origin) -> "_Connection":
        loop = asyncio.get_running_loop()
        if origin.secure and self.tls is None:
            # Reading the system's trust takes tens of milliseconds: once is enough.
            self.tls = ssl.create_default_context()
        _, connection = await loop.create_connection(
            lambda: _Connection(loop, self._open), origin.host, origin.port, ssl=self.tls if origin.secure else None
        )
        return connection


class _Connection(asyncio.Protocol):
    """One connection, and the one answer that is expected on it."""

    def __init__(self, loop: asyncio.AbstractEventLoop, everyone: set["_Connection"]) -> None:
        self.used = 0.0
        self.reusable = False
        # Its answer is large; and still coming.
        self.large = False
        self.flowing = False
        # The request was answered before all of it was sent.
        self.unfinished = False
        self._loop = loop
        self._everyone = everyone
        self._answer: asyncio.Future[Answer] | None = None
        # Of a large answer: something has come, or it broke off.
        self._more = asyncio.Event()
        self._broken: HttpFailure | None = None
        # Set while the server takes what is sent.
        self._takes = asyncio.Event()
        self._takes.set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._everyone.add(self)

    async def exchange(self, data: bytes, method: str, most: int) -> Answer:
        """Send a request and return its answer; of a large one (over ``most`` bytes) only what comes before its body.

        A failure breaks the connection.
        """
        self._answer = self._loop.create_future()
        self._parser = httptools.HttpResponseParser(self)
        self._bodiless = method == "HEAD"
        self._headers: list[tuple[str, str]] = []
        self._body: list[bytes] = []
        self._head = self._size = 0
        self._most = most
        self._begun = self._headed = False
        self.reusable = self.large = self.flowing = False
        self._transport.write(data)
        try:
            answer = await self._answer
        except BaseException:
            self.abort()
            raise
        self.used = self._loop.time()
        return answer

    async def send(self, body: LargeBody) -> None:
        """Send a large body behind its request, no faster than the server takes it."""
        async with aclosing(body.pieces()) as pieces:
            async for piece in pieces:
                await self._takes.wait()
                if self._transport.is_closing():
                    raise HttpFailure("closed in the middle of the request")
                self._transport.write(piece)

    async def next(self) -> bytes:
        """Return more of a large answer; nothing at its end.

        Raises:
            HttpFailure: it breaks off.
        """
        while not self._body:
            if self._broken is not None:
                raise self._broken
            if not self.flowing:
                return b""
            self._more.clear()
            await self._more.wait()
        piece = b"".join(self._body)
        self._body.clear()
        self._size = 0
        self._transport.resume_reading()
        return piece

    def abort(self) -> None:
        self.reusable = False
        self._transport.abort()

    # -- what the transport says

    def data_received(self, data: bytes) -> None:
        if self._answer is None or (self._answer.done() and not self.flowing):
            # Nobody asked: whatever it is, it must not pass for the answer to the next call.
            self.abort()
            return
        self._begun = True
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            self._fail(HttpFailure(str(error)))

    def connection_lost(self, exc: Exception | None) -> None:
        self._everyone.discard(self)
        self.reusable = False
        self._takes.set()
        if self._answer is None or (self._answer.done() and not self.flowing):
            return
        if not self._begun:
            self._fail(_Stale("closed before it answered"))
        elif exc is None and self._ends_with_the_connection():
            self._finish()
        else:
            self._fail(HttpFailure("closed in the middle of its answer"))

    def pause_writing(self) -> None:
        self._takes.clear()

    def resume_writing(self) -> None:
        self._takes.set()

    # -- what the parser says

    def on_header(self, name: bytes, value: bytes) -> None:
        self._head += len(name) + len(value)
        if self._head > MAX_HEAD:
            raise HttpFailure(f"an answer with over {MAX_HEAD} bytes of headers")
        if self._headed:
            # A trailer: whoever merges it with the headers lets a body change them (RFC 9110, section 6.5.1).
            return
        self._headers.append((name.decode("latin-1").lower(), value.decode("latin-1")))

    def on_headers_complete(self) -> None:
        self._headed = True
        if self._parser.get_status_code() < _FIRST:
            raise HttpFailure(f"the status {self._parser.get_status_code()}")
        coding = ",".join(value for name, value in self._headers if name == "transfer-encoding").strip().lower()
        if coding not in {"", "chunked"}:
            raise HttpFailure(f"the transfer coding {coding[:80]}")
        if self._bodiless and self._parser.get_status_code() >= _FINAL:
            # The parser does not know that no body follows.
            self._finish()

    def on_body(self, body: bytes) -> None:
        self._size += len(body)
        self._body.append(body)
        if self._size > self._most:
            self._overflow()

    def _overflow(self) -> None:
        if self._most == MAX_BODY:
            raise HttpFailure(f"an answer of over {MAX_BODY} bytes")
        if self.flowing:
            if self._size > _WAITING:
                self._transport.pause_reading()
            self._more.set()
            return
        self._broken = None
        self._more.clear()
        self._most = 0
        self.large = self.flowing = True
        self._settle(b"")

    def on_message_complete(self) -> None:
        if self._answer is None or (self._answer.done() and not self.flowing):
            return
        if self._parser.get_status_code() < _FINAL:
            # An interim answer (RFC 9110, section 15.2): the final one follows.
            self._headers.clear()
            self._headed = False
            return
        self.reusable = self._parser.should_keep_alive() and not self.unfinished
        self._finish()

    def _finish(self) -> None:
        if self.flowing:
            self.flowing = False
            self._more.set()
        elif self._answer is not None and not self._answer.done():
            self._settle(b"".join(self._body))

    def _settle(self, body: bytes) -> None:
        if self._answer is not None:
            status = self._parser.get_status_code()
            self._answer.set_result(Answer(status=status, headers=tuple(self._headers), body=body))

    def _fail(self, error: HttpFailure) -> None:
        if self.flowing:
            self._broken = error
            self._more.set()
        elif self._answer is not None and not self._answer.done():
            self._answer.set_exception(error)

    def _ends_with_the_connection(self) -> bool:
        names = {name for name, _ in self._headers}
        return self._headed and not names & {"content-length", "transfer-encoding"}


class _Coming(LargeBody):
    """A large answer as it comes."""

    def __init__(self, connection: _Connection, ended: Callable[[], None]) -> None:
        self._connection = connection
        self._ended = ended

    @property
    def size(self) -> None:
        """It may not even be known to the server."""
        return

    async def pieces(self) -> AsyncGenerator[bytes]:
        """Return it piece by piece.

        Raises:
            HttpFailure: it breaks off.
        """
        try:
            while piece := await self._connection.next():
                yield piece
        finally:
            # What has not come to its end is of no use to the next call.
            self._ended()


def _written(origin: Origin, method: str, target: str, headers: Headers, size: int) -> bytes:
    lines = [f"{method} {target} HTTP/1.1\r\nhost: {origin.authority}\r\n"]
    lines += [f"{name}: {value}\r\n" for name, value in headers]
    if size or method in _ALWAYS_SIZED:
        lines.append(f"content-length: {size}\r\n")
    lines.append("\r\n")
    return "".join(lines).encode("latin-1")
