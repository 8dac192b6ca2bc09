"""A lean HTTP/1.1 client for an organ's own services: bytes in, bytes out, connections kept open.

A general client spends six times as long on a call (`bench/`, ADR 0010) and rewrites what it sends. This
one sends path and headers as they are, follows nothing, keeps no cookies, decodes nothing. The parser is
``httptools`` (llhttp). Large bodies stream in both directions (``call``), no faster than the other end takes them.
"""

import asyncio
import ssl
from collections import deque
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

import msgspec

from lienthong.exchange.http import Body, Headers, LargeBody
from lienthong.exchange.http_connection import Answer, Connection, HttpFailure, Stale

__all__ = ["Answer", "Flow", "HttpClient", "HttpFailure", "Origin", "fetch"]

MAX_BODY: Final = 64 * 1024 * 1024
"""Bytes of an answer's body that ``request`` takes."""
# Servers commonly close idle connections after a minute or less: one that has rested is not used again.
_IDLE_SECONDS: Final = 10.0
_PORTS: Final = {"http": 80, "https": 443}
_ALWAYS_SIZED: Final = frozenset({"POST", "PUT", "PATCH"})
# May be sent again on a new connection when an old one turns out to be closed (RFC 9110, section 9.2.2).
_IDEMPOTENT: Final = frozenset({"GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"})


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
    _idle: dict[tuple[str, int, bool], deque[Connection]] = field(init=False, default_factory=dict)
    _open: set[Connection] = field(init=False, default_factory=set)
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
            connection, answer = await self._sent(origin, data, method, MAX_BODY, flows=False)
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
                connection, answer = await self._sent(origin, data, method, most, flows=True)
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

    def _ended(self, origin: Origin, connection: Connection) -> None:
        self._done(origin, connection)
        self._free.release()

    def close(self) -> None:
        """Close all connections; whoever waits for an answer gets ``HttpFailure``."""
        for connection in list(self._open):
            connection.abort()
        self._idle.clear()

    async def _sent(
        self, origin: Origin, data: bytes, method: str, most: int, *, flows: bool
    ) -> tuple[Connection, Answer]:
        connection = self._rested(origin)
        if connection is not None:
            try:
                return connection, await connection.exchange(data, method, most, flows=flows)
            except Stale:
                if method not in _IDEMPOTENT:
                    raise
        connection = await self._connect(origin)
        return connection, await connection.exchange(data, method, most, flows=flows)

    async def _streamed(self, connection: Connection, data: bytes, method: str, body: LargeBody, most: int) -> Answer:
        """Send a large request; what cannot be sent to its end breaks the connection, so that it is no request."""
        asking = asyncio.ensure_future(connection.exchange(data, method, most, flows=True))
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

    def _done(self, origin: Origin, connection: Connection) -> None:
        if connection.reusable:
            self._idle.setdefault((origin.host, origin.port, origin.secure), deque()).append(connection)
        else:
            connection.abort()

    def _rested(self, origin: Origin) -> "Connection | None":
        idle = self._idle.get((origin.host, origin.port, origin.secure))
        now = asyncio.get_running_loop().time()
        while idle:
            connection = idle.pop()
            if connection.reusable and now - connection.used < _IDLE_SECONDS:
                return connection
            connection.abort()
        return None

    async def _connect(self, origin: Origin) -> Connection:
        loop = asyncio.get_running_loop()
        if origin.secure and self.tls is None:
            # Reading the system's trust takes tens of milliseconds: once is enough.
            self.tls = ssl.create_default_context()
        _, connection = await loop.create_connection(
            lambda: Connection(loop, self._open), origin.host, origin.port, ssl=self.tls if origin.secure else None
        )
        return connection


class _Coming(LargeBody):
    """A large answer as it comes."""

    def __init__(self, connection: Connection, ended: Callable[[], None]) -> None:
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
