"""One request and its answer on a connection, as an ASGI application sees them (HTTP, version 2.3)."""

import asyncio
import logging
from collections.abc import Iterable
from http import HTTPStatus
from typing import Final, Protocol

from starlette.types import ASGIApp, Message, Scope

BUFFERED: Final = 256 * 1024
"""Bytes of a body that wait for the application before no more is read."""
_BODILESS: Final = frozenset({204, 304})
_STATUS: Final = {code.value: b"HTTP/1.1 %d %b" % (code.value, code.phrase.encode()) for code in HTTPStatus}
# The server frames answers itself.
_FRAMING: Final = frozenset({b"connection", b"keep-alive", b"transfer-encoding"})

_log = logging.getLogger(__name__)


class Line(Protocol):
    """The connection under a request."""

    def write(self, data: bytes) -> None:
        """Send bytes."""
        ...

    async def drained(self) -> None:
        """Wait until the client has read most of what was sent; at once where it is gone."""
        ...

    def read_on(self) -> None:
        """Take more of the body: what had come is used up."""
        ...

    def answered(self, turn: "Turn") -> None:
        """Go on: the answer is complete."""
        ...

    def failed(self, turn: "Turn") -> None:
        """Give up: there is no answer, or only half of one."""
        ...

    def date(self) -> bytes:
        """Return the time as HTTP writes it."""
        ...


class Turn:
    """One request and its answer."""

    __slots__ = (
        "_body",
        "_chunked",
        "_delivered",
        "_expects",
        "_headers",
        "_left",
        "_line",
        "_loop",
        "_size",
        "_status",
        "_waiter",
        "begun",
        "complete",
        "gone",
        "keep_alive",
        "received",
        "scope",
    )

    def __init__(self, line: Line, scope: Scope, *, keep_alive: bool, expects: bool) -> None:
        """Begin with a request's head.

        Args:
            line: the connection.
            scope: of the request, as ASGI defines it.
            keep_alive: whether the client wants to go on after this.
            expects: whether the client waits for a word before it sends the body (RFC 9110, section 10.1.1).
        """
        self.scope = scope
        self.keep_alive = keep_alive
        # The request is there as a whole.
        self.received = False
        # The first byte of the answer, and its last, were sent.
        self.begun = False
        self.complete = False
        # Nobody waits for the answer any more.
        self.gone = False
        self._line = line
        self._loop = asyncio.get_running_loop()
        self._expects = expects
        self._body: list[bytes] = []
        self._size = 0
        self._delivered = False
        self._waiter: asyncio.Future[None] | None = None
        self._status = 0
        self._headers: Iterable[tuple[bytes, bytes]] = ()
        self._chunked = False
        # Bytes that the announced length still asks for.
        self._left: int | None = None

    # -- what the connection says

    def feed(self, data: bytes) -> bool:
        """Take a piece of the body; returns whether that is enough for now."""
        self._body.append(data)
        self._size += len(data)
        self._wake()
        return self._size > BUFFERED

    def end(self) -> None:
        """Note that the request is there as a whole."""
        self.received = True
        self._wake()

    def leave(self) -> None:
        """Note that the client is gone, or that the rest of its request cannot be read."""
        self.gone = True
        self._wake()

    async def run(self, app: ASGIApp) -> None:
        """Have an application answer; what it does wrong ends this connection and nothing else."""
        try:
            await app(self.scope, self.receive, self.send)
        except Exception:  # noqa: BLE001 - whatever an application does, others' requests go on
            _log.exception("no answer to %s %s: a defect", self.scope["method"], self.scope["path"][:200])
        finally:
            if not self.complete and not self.gone:
                self._line.failed(self)

    # -- what the application calls

    async def receive(self) -> Message:
        """Return the next piece of the body, then, once it is known, that the client is gone."""
        while True:
            if self._body or (self.received and not self._delivered):
                return self._piece()
            if self.gone or self.complete:
                return {"type": "http.disconnect"}
            if self._expects and not self.begun and not self.received:
                self._expects = False
                self._line.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            self._waiter = self._loop.create_future()
            await self._waiter

    async def send(self, message: Message) -> None:
        """Take the answer's head, then its body piece by piece; nothing more once the client is gone.

        Raises:
            RuntimeError: out of order, or what would not be an answer in HTTP.
        """
        if message["type"] == "http.response.start":
            if self._status:
                raise RuntimeError("a second head of an answer")
            self._status, self._headers = message["status"], message.get("headers", ())
            return
        if message["type"] != "http.response.body" or not self._status or self.complete:
            raise RuntimeError(f"{message['type']} where it does not belong")
        if self.gone:
            return
        body, more = message.get("body", b""), message.get("more_body", False)
        data = self._framed(body, more=more) if self.begun else self._first(body, more=more)
        self.begun = True
        if data:
            self._line.write(data)
        if more:
            await self._line.drained()
        else:
            self.complete = True
            self._line.answered(self)

    def _piece(self) -> Message:
        body = self._body[0] if len(self._body) == 1 else b"".join(self._body)
        self._body.clear()
        full, self._size = self._size > BUFFERED, 0
        self._delivered = self.received
        if full:
            self._line.read_on()
        return {"type": "http.request", "body": body, "more_body": not self.received}

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _first(self, body: bytes, *, more: bool) -> bytes:
        """Return head and first piece."""
        lines = [_STATUS.get(self._status) or b"HTTP/1.1 %d " % self._status]
        headers = list(self._headers)
        lines += [b": ".join(pair) for pair in headers if pair[0] not in _FRAMING]
        last = dict(headers)
        if b"date" not in last:
            lines.append(b"date: " + self._line.date())
        length = last.get(b"content-length")
        lines += self._frame(None if length is None else int(length), body, more=more)
        head = b"\r\n".join((*lines, b""))
        # Whoever made a value, its line break must not become a header or an answer of its own.
        if head.count(b"\n") != len(lines) or head.count(b"\r") != len(lines):
            raise RuntimeError("a line break in a header of the answer")
        return b"".join((head, b"\r\n", self._framed(body, more=more)))

    def _frame(self, length: int | None, body: bytes, *, more: bool) -> list[bytes]:
        """Decide how the end of the body is told; returns what the head says of it."""
        lines: list[bytes] = []
        if self.scope["method"] == "HEAD" or self._status in _BODILESS:
            self._left = 0
        elif length is not None:
            self._left = length
        elif not more:
            self._left = len(body)
            lines.append(b"content-length: %d" % len(body))
        elif self.scope["http_version"] == "1.1":
            self._chunked = True
            lines.append(b"transfer-encoding: chunked")
        else:
            # HTTP/1.0 knows no chunks: the body ends with the connection.
            self.keep_alive = False
        if not self.keep_alive or not self.received:
            self.keep_alive = False
            lines.append(b"connection: close")
        return lines

    def _framed(self, body: bytes, *, more: bool) -> bytes:
        if self.scope["method"] == "HEAD" or self._status in _BODILESS:
            return b""
        if self._chunked:
            chunk = b"%x\r\n%b\r\n" % (len(body), body) if body else b""
            return chunk if more else chunk + b"0\r\n\r\n"
        if self._left is not None:
            self._left -= len(body)
            if self._left < 0 or (self._left and not more):
                raise RuntimeError("an answer of another length than it announces")
        return body
