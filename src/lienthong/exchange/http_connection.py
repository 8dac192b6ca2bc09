"""One connection of the HTTP client, and the one answer that is expected on it."""

import asyncio
from contextlib import aclosing
from typing import Final, cast

import httptools
import msgspec

from lienthong.exchange.http import Headers, LargeBody

MAX_HEAD: Final = 256 * 1024
"""Bytes of an answer's headers that are taken."""
_FIRST: Final = 100
_FINAL: Final = 200
# Bytes of an answer that wait for who reads it before no more is taken from the server.
_WAITING: Final = 1024 * 1024


class HttpFailure(Exception):
    """There was no answer, or none that can be read."""


class Stale(HttpFailure):
    """The connection was closed before anything of the answer came."""


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What a server said."""

    status: int
    # Names in lower case.
    headers: Headers
    body: bytes

    def header(self, name: str) -> str:
        """Return the last value of a header (lower-case name), or an empty text."""
        return next((value for key, value in reversed(self.headers) if key == name), "")


class Connection(asyncio.Protocol):
    """One connection, and the one answer that is expected on it."""

    def __init__(self, loop: asyncio.AbstractEventLoop, everyone: set["Connection"]) -> None:
        """Prepare; the loop makes it. It is in ``everyone`` as long as it is open."""
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
        """Keep the transport."""
        self._transport = cast("asyncio.Transport", transport)
        self._everyone.add(self)

    async def exchange(self, data: bytes, method: str, most: int, *, flows: bool) -> Answer:
        """Send a request and return its answer; a failure breaks the connection.

        Args:
            data: the request, or its beginning.
            method: as on the wire.
            most: bytes of a body.
            flows: what becomes of a body over that: whether it is left to be read by ``next``, or a failure.
        """
        self._answer = self._loop.create_future()
        self._parser = httptools.HttpResponseParser(self)
        self._bodiless = method == "HEAD"
        self._headers: list[tuple[str, str]] = []
        self._body: list[bytes] = []
        self._head = self._size = 0
        self._most = most
        self._flows = flows
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
        """Break the connection."""
        self.reusable = False
        self._transport.abort()

    # -- what the transport says

    def data_received(self, data: bytes) -> None:
        """Read on in the answer."""
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
        """Note the end of the connection, which may be that of the answer."""
        self._everyone.discard(self)
        self.reusable = False
        self._takes.set()
        if self._answer is None or (self._answer.done() and not self.flowing):
            return
        if not self._begun:
            self._fail(Stale("closed before it answered"))
        elif exc is None and self._ends_with_the_connection():
            self._finish()
        else:
            self._fail(HttpFailure("closed in the middle of its answer"))

    def pause_writing(self) -> None:
        """Hold a large body back."""
        self._takes.clear()

    def resume_writing(self) -> None:
        """Go on with it."""
        self._takes.set()

    # -- what the parser says

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header."""
        self._head += len(name) + len(value)
        if self._head > MAX_HEAD:
            raise HttpFailure(f"an answer with over {MAX_HEAD} bytes of headers")
        if self._headed:
            # A trailer: whoever merges it with the headers lets a body change them (RFC 9110, section 6.5.1).
            return
        self._headers.append((name.decode("latin-1").lower(), value.decode("latin-1")))

    def on_headers_complete(self) -> None:
        """Take the head as a whole."""
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
        """Take a piece of the body."""
        self._size += len(body)
        self._body.append(body)
        if self._size > self._most:
            self._overflow()

    def _overflow(self) -> None:
        if not self._flows:
            raise HttpFailure(f"an answer of over {self._most} bytes")
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
        """Take the answer as a whole."""
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
