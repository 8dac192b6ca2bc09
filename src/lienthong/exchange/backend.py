"""The services behind a gateway: HTTP to an organ's own information systems."""

import asyncio
from dataclasses import dataclass, field
from typing import Final, Protocol

import aiohttp
from multidict import CIMultiDict
from yarl import URL

from lienthong.exchange.errors import BackendUnavailable, ServiceUnknown
from lienthong.exchange.http import HttpMessage, passed_on
from lienthong.kernel.identifiers import ServiceId

MAX_BODY: Final = 64 * 1024 * 1024
"""Bytes of an answer's body that a gateway takes."""
_FINAL: Final = 200
_BODILESS: Final = frozenset({"GET", "HEAD", "OPTIONS", "TRACE", "DELETE"})


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
    _session: aiohttp.ClientSession | None = field(default=None, init=False)

    async def call(self, service: ServiceId, method: str, path: str, message: HttpMessage) -> tuple[int, HttpMessage]:
        """Carry out a call and return status, headers and body as they are.

        Raises:
            ServiceUnknown: no URL is configured for the service.
            BackendUnavailable: no connection, no answer in time, a broken answer, or one over 64 MiB.
        """
        base = self.urls.get(service)
        if base is None:
            raise ServiceUnknown(str(service), hint="The provider's gateway has no URL for it.")
        # `encoded`: the path reaches the service byte for byte as the client wrote it.
        url = URL(_joined(base, path), encoded=True)
        body = message.body if message.body or method not in _BODILESS else None
        sent = CIMultiDict((name, _for_aiohttp(value)) for name, value in message.headers)
        try:
            async with self._client().request(method, url, headers=sent, data=body, allow_redirects=False) as response:
                if response.status < _FINAL:
                    raise ValueError(f"status {response.status}")
                data = await _read(response)
                headers = tuple(
                    (name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in response.raw_headers
                )
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            raise BackendUnavailable(f"{service}: {type(error).__name__}") from error
        return response.status, HttpMessage(headers=passed_on(headers), body=data)

    async def close(self) -> None:
        """Let go of all connections; whoever waits for an answer gets ``BackendUnavailable``."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()
            # aiohttp closes TLS connections only after the loop has turned once more.
            await asyncio.sleep(0)

    def _client(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=self.connections),
                timeout=aiohttp.ClientTimeout(total=self.timeout),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding", "Content-Type"),
            )
        return self._session


def _for_aiohttp(value: str) -> str:
    # aiohttp writes UTF-8 where we hold one character per byte: what is UTF-8 arrives byte for byte.
    if value.isascii():
        return value
    try:
        return value.encode("latin-1").decode()
    except UnicodeError:
        return value


def _joined(base: str, path: str) -> str:
    # X-Road's servers make one slash of two where a service's URL ends with one.
    return base + path[1:] if base.endswith("/") and path.startswith("/") else base + path


async def _read(response: aiohttp.ClientResponse) -> bytes:
    pieces = bytearray()
    async for piece in response.content.iter_any():
        pieces += piece
        if len(pieces) > MAX_BODY:
            raise ValueError("an answer over 64 MiB")
    return bytes(pieces)
