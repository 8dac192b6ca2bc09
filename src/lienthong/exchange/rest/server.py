"""The web server inside a gateway's own event loop."""

import asyncio
import contextlib
import socket
from types import TracebackType
from typing import Final, Self

from granian.constants import Interfaces
from granian.server.embed import Server
from starlette.types import ASGIApp

_BACKLOG: Final = 1024
_POLL: Final = 0.01
_PATIENCE: Final = 10.0
_GRACE: Final = 5.0
"""Seconds for what is being answered when the server ends."""


class WebServer:
    """Serves one ASGI application until the context ends."""

    def __init__(self, app: ASGIApp, *, host: str, port: int) -> None:
        """Serve an application at an address; port 0 takes a free one."""
        self._host = host
        self._port = port or _free_port(host)
        self._server = Server(
            app,
            address=host,
            port=self._port,
            interface=Interfaces.ASGINL,
            backlog=_BACKLOG,
            log_enabled=False,
            websockets=False,
        )
        self._task: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        """The address as a client writes it."""
        return f"http://{self._host}:{self._port}"

    async def __aenter__(self) -> Self:
        """Serve; returns when connections are accepted.

        Raises:
            OSError: the address is taken, or the server does not come up within ten seconds.
        """
        self._task = asyncio.create_task(self._server.serve())
        try:
            async with asyncio.timeout(_PATIENCE):
                while not await self._answers():
                    if self._task.done():
                        raise OSError(f"{self.url} cannot be served: is another program listening there?")
                    await asyncio.sleep(_POLL)
        except TimeoutError:
            raise OSError(f"{self.url} cannot be served: it did not come up in {_PATIENCE:g} s") from None
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Finish what is being answered and stop; who has not sent a whole request by then is cut off."""
        self._server.stop()  # type: ignore[no-untyped-call]  # granian leaves it without annotations
        if self._task is not None:
            finished, _ = await asyncio.wait({self._task}, timeout=_GRACE)
            if not finished:
                self._task.cancel()
                await asyncio.wait({self._task})

    async def _answers(self) -> bool:
        with contextlib.suppress(OSError):
            _, writer = await asyncio.open_connection(self._host, self._port)
            writer.close()
            return True
        return False


def _free_port(host: str) -> int:
    with socket.create_server((host, 0)) as probe:
        return int(probe.getsockname()[1])
