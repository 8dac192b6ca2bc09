"""The services behind a gateway: HTTP to an organ's own information systems."""

import asyncio
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from lienthong.exchange.errors import BackendUnavailable, ServiceUnknown
from lienthong.exchange.http import HttpMessage, passed_on
from lienthong.exchange.http_client import HttpClient, HttpFailure, Origin
from lienthong.kernel.identifiers import ServiceId


class Backend(Protocol):
    """What carries a call out."""

    async def call(self, service: ServiceId, method: str, path: str, message: HttpMessage) -> tuple[int, HttpMessage]:
        """Carry out a call and return status, headers and body.

        Raises:
            ServiceUnknown: no URL is configured for the service.
            BackendUnavailable: the service did not answer.
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
    # Seconds until a service must have answered.
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
            BackendUnavailable: no connection, no answer in time, a broken answer, or one over 64 MiB.
        """
        origin = self._origins.get(service)
        if origin is None:
            raise ServiceUnknown(str(service), hint="The provider's gateway has no URL for it.")
        target = _joined(origin.base, path)
        try:
            async with asyncio.timeout(self.timeout):
                client = self._secured(service) if origin.secure else self._client
                answer = await client.request(origin, method, target, message.headers, message.body)
        except (HttpFailure, TimeoutError, OSError, UnicodeError) as error:
            raise BackendUnavailable(f"{service}: {type(error).__name__}") from error
        return answer.status, HttpMessage(headers=passed_on(answer.headers), body=answer.body)

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


def _joined(base: str, path: str) -> str:
    # X-Road's servers make one slash of two where a service's URL ends with one.
    joined = base + path[1:] if base.endswith("/") and path.startswith("/") else base + path
    return joined if joined.startswith("/") else "/" + joined
