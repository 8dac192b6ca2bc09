"""The web server inside a gateway's own event loop, plain or with TLS."""

import asyncio
import logging
import ssl
from collections.abc import Callable
from types import TracebackType
from typing import Final, Self, cast

from starlette.types import ASGIApp

from lienthong.embedded.errors import PortTaken
from lienthong.exchange.rest import hall
from lienthong.exchange.rest.bounds import Bounds
from lienthong.exchange.rest.faults import Codes
from lienthong.exchange.rest.hall import Hall, Resolve, nobody
from lienthong.exchange.rest.http1 import Connection

_BACKLOG: Final = 1024
_GRACE: Final = 5.0
"""Seconds for what is being answered when the server ends."""

type Secure = Callable[[], ssl.SSLContext]
"""Returns the certificate and trust of now: a new connection takes those that have been renewed."""

_log = logging.getLogger(__name__)


class WebServer:
    """Serves one ASGI application until the context ends."""

    def __init__(  # noqa: PLR0913 - everything a listener may differ in
        self,
        app: ASGIApp,
        *,
        host: str,
        port: int,
        secure: Secure | None = None,
        resolve: Resolve = nobody,
        bounds: Bounds | None = None,
        codes: Codes = Codes.CLASSIC,
        on_stop: Callable[[], None] | None = None,
    ) -> None:
        """Serve an application at an address.

        Args:
            app: answers HTTP requests; ``peers.connection_of`` tells it whom a connection may speak for.
            host: an address of this machine.
            port: 0 takes a free one.
            secure: for TLS.
            resolve: whom a connection may speak for; nobody unless given.
            bounds: what clients may take.
            codes: how errors that the server itself makes are written.
            on_stop: told that it is about to end: answers that would go on for ever must come to theirs.
        """
        self._host = host
        self._port = port
        self._on_stop = on_stop
        self._secure = secure
        self._hall = Hall(app=app, bounds=bounds or Bounds(), codes=codes, resolve=resolve)
        self._server: asyncio.Server | None = None
        self._ticking: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        """The address as a client writes it."""
        return f"{'https' if self._secure else 'http'}://{self._host}:{self._port}"

    async def __aenter__(self) -> Self:
        """Serve; returns when connections are accepted.

        Raises:
            PortTaken: another program listens there, or the address is not this machine's.
        """
        loop = asyncio.get_running_loop()
        self._hall.tick()
        try:
            self._server = await loop.create_server(
                self._connection, self._host.strip("[]"), self._port, backlog=_BACKLOG
            )
        except OSError as error:
            raise PortTaken(f"{self.url}: {error.strerror}") from None
        self._port = self._server.sockets[0].getsockname()[1]
        self._ticking = asyncio.create_task(self._tick(), name="deadlines of the web server")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Finish what is being answered and stop; who has not sent a whole request by then is cut off."""
        if self._on_stop is not None:
            self._on_stop()
        if self._server is not None:
            self._server.close()
        await self._hall.close(_GRACE)
        if self._ticking is not None:
            self._ticking.cancel()
            await asyncio.gather(self._ticking, return_exceptions=True)
        # Transports say that they are closed when the loop has turned once more.
        await asyncio.sleep(0)

    def _connection(self) -> asyncio.Protocol:
        if self._secure is None:
            return Connection(self._hall)
        return _Greeting(self._hall, self._secure)

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(hall.TICK)
            self._hall.tick()


class _Greeting(asyncio.Protocol):
    """Counts a connection before it costs a handshake, then hands it over.

    The protocol under TLS is this one at first: what a client sends with the end of its handshake comes
    before the transport is known here.
    """

    def __init__(self, hall: Hall, secure: Secure) -> None:
        self._hall = hall
        self._secure = secure
        self._early = bytearray()
        self._lost = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        address = (transport.get_extra_info("peername") or ("",))[0]
        plain = cast("asyncio.Transport", transport)
        if not self._hall.enter(address):
            plain.abort()
            return
        # At once: what comes from now on is the handshake, and not for this protocol to read.
        greet = self._greet(plain, address)
        self._hall.start(asyncio.Task(greet, loop=asyncio.get_running_loop(), eager_start=True))

    def data_received(self, data: bytes) -> None:
        self._early += data

    def connection_lost(self, _: Exception | None) -> None:
        self._lost = True

    async def _greet(self, plain: asyncio.Transport, address: str) -> None:
        loop = asyncio.get_running_loop()
        inside = False
        try:
            transport = await loop.start_tls(
                plain,
                self,
                self._secure(),
                server_side=True,
                ssl_handshake_timeout=self._hall.bounds.head_seconds,
                ssl_shutdown_timeout=_GRACE,
            )
            # Nothing but a transport that is lost comes back as None.
            if transport is not None and not self._lost:
                inside = True
                self._hand_over(transport, address)
        except (OSError, TimeoutError) as error:
            # Also ssl.SSLError: a certificate that is not listed, a client that speaks something else.
            _log.info("no TLS with %s: %s", address, error)
            plain.abort()
        finally:
            if not inside:
                self._hall.leave(address)

    def _hand_over(self, transport: asyncio.Transport, address: str) -> None:
        connection = Connection(self._hall, admitted=address)
        transport.set_protocol(connection)
        connection.connection_made(transport)
        if self._early:
            connection.data_received(bytes(self._early))
