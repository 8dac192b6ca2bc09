"""The services behind a gateway: HTTP to an organ's own information systems."""

import asyncio
import ssl
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Protocol

from lienthong.exchange.errors import BackendUnavailable, ServiceUnknown
from lienthong.exchange.http import Body, HttpMessage, LargeBody, passed_on
from lienthong.exchange.http_client import HttpClient, HttpFailure, Origin
from lienthong.exchange.packet import INLINE_LIMIT
from lienthong.kernel.identifiers import ServiceId


class Backend(Protocol):
    """What carries a call out."""

    async def call(self, service: ServiceId, method: str, path: str, message: HttpMessage) -> tuple[int, HttpMessage]:
        """Carry out a call and return status, headers and body; a large one is still coming.

        Raises:
            ServiceUnknown: no URL is configured for the service.
            BackendUnavailable: the service did not answer.
            ExchangeError, TrustError: what a large body of the call raises; the service has not got all of it then.
        """
        ...

    async def close(self) -> None:
        """Let go of all connections."""
        ...


@dataclass(kw_only=True)
class HttpBackend:
    """Backends reached by HTTP or HTTPS."""

    # Where each service is; path and query of a call are appended.
    urls: dict[ServiceId, str]
    # Seconds until a service must have answered; of a large body, until it must have taken or sent some more.
    timeout: float = 50.0
    connections: int = 256
    # How the servers behind HTTPS are known; by the system's authorities unless given.
    tls: Callable[[ServiceId], ssl.SSLContext | None] = lambda _: None
    _client: HttpClient = field(init=False)
    # Of services behind HTTPS.
    _secure: dict[ServiceId, HttpClient] = field(init=False, default_factory=dict)
    _origins: dict[ServiceId, Origin] = field(init=False)

    def __post_init__(self) -> None:
        """Take the addresses apart.

        Raises:
            ValueError: one of them is no HTTP address.
        """
        self._client = HttpClient(connections=self.connections)
        self._origins = {service: Origin.of(url) for service, url in self.urls.items()}

    async def call(self, service: ServiceId, method: str, path: str, message: HttpMessage) -> tuple[int, HttpMessage]:
        """Carry out a call and return status, headers and body as they are.

        Raises:
            ServiceUnknown: no URL is configured for the service.
            BackendUnavailable: no connection, no answer in time, or a broken one.
            ExchangeError, TrustError: what a large body raises.
        """
        origin = self._origins.get(service)
        if origin is None:
            raise ServiceUnknown(str(service), hint="The provider's gateway has no URL for it.")
        target = _joined(origin.base, path)
        body: Body = message.body
        try:
            async with asyncio.timeout(self.timeout) as limit:
                if not isinstance(body, bytes):
                    body = _Watched(body, limit, self.timeout)
                client = self._secured(service) if origin.secure else self._client
                answer = await client.call(origin, method, target, message.headers, body, most=INLINE_LIMIT)
        except (HttpFailure, TimeoutError, OSError, UnicodeError) as error:
            raise BackendUnavailable(f"{service}: {type(error).__name__}") from error
        body = answer.body if isinstance(answer.body, bytes) else _Coming(answer.body, service, self.timeout)
        return answer.status, HttpMessage(headers=passed_on(answer.headers), body=body)

    async def close(self) -> None:
        """Let go of all connections; whoever waits for an answer gets ``BackendUnavailable``."""
        for client in (self._client, *self._secure.values()):
            client.close()
        # Transports say that they are closed when the loop has turned once more.
        await asyncio.sleep(0)

    def _secured(self, service: ServiceId) -> HttpClient:
        client = self._secure.setdefault(service, HttpClient(connections=self.connections))
        # Connections from now on; what rests is closed within seconds.
        client.tls = self.tls(service) or client.tls
        return client


class _Watched(LargeBody):
    """A large body on its way to a service: as long as it goes on, time is not up."""

    def __init__(self, body: LargeBody, limit: asyncio.Timeout, seconds: float) -> None:
        self._body = body
        self._limit = limit
        self._seconds = seconds

    @property
    def size(self) -> int | None:
        return self._body.size

    async def pieces(self) -> AsyncGenerator[bytes]:
        loop = asyncio.get_running_loop()
        async with aclosing(self._body.pieces()) as pieces:
            async for piece in pieces:
                if not self._limit.expired():
                    self._limit.reschedule(loop.time() + self._seconds)
                yield piece


class _Coming(LargeBody):
    """A large answer on its way from a service."""

    def __init__(self, body: LargeBody, service: ServiceId, seconds: float) -> None:
        self._body = body
        self._service = service
        self._seconds = seconds

    @property
    def size(self) -> int | None:
        return self._body.size

    async def pieces(self) -> AsyncGenerator[bytes]:
        """Return it piece by piece.

        Raises:
            BackendUnavailable: it breaks off, or nothing more comes in time.
        """
        async with aclosing(self._body.pieces()) as pieces:
            while True:
                try:
                    async with asyncio.timeout(self._seconds):
                        piece = await anext(pieces, None)
                except (HttpFailure, TimeoutError, OSError) as error:
                    raise BackendUnavailable(f"{self._service}: {type(error).__name__}") from error
                if piece is None:
                    return
                yield piece


def _joined(base: str, path: str) -> str:
    # X-Road's servers make one slash of two where a service's URL ends with one.
    joined = base + path[1:] if base.endswith("/") and path.startswith("/") else base + path
    return joined if joined.startswith("/") else "/" + joined
