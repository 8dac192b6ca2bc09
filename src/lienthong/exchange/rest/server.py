"""The web server inside a gateway's own event loop."""

import asyncio
import contextlib
import socket
from collections.abc import Callable
from types import TracebackType
from typing import Final, Self

from granian.constants import Interfaces
from granian.server.embed import Server
from starlette.types import ASGIApp

from lienthong.embedded.errors import PortTaken
from lienthong.kernel.errors import LienthongError

_BACKLOG: Final = 1024
_POLL: Final = 0.01
_PATIENCE: Final = 10.0
_GRACE: Final = 5.0
"""Seconds for what is being answered when the server ends."""


class ServerFailed(LienthongError):
    """The web server does not come up."""

    code = "web_server_failed"
    hint = "Look at the load of this machine, and report this message."


class WebServer:
    """Serves one ASGI application until the context ends."""

    def __init__(self, app: ASGIApp, *, host: str, port: int, on_stop: Callable[[], None] | None = None) -> None:
        """Serve an application at an address.

        Args:
            app: answers HTTP requests.
            host: an address of this machine.
            port: 0 takes a free one.
            on_stop: told that it is about to end: answers that would go on for ever must come to theirs.
        """
        self._host = host
        self._on_stop = on_stop
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
            PortTaken: another program listens there, or the address is not this machine's.
            ServerFailed: it does not come up within ten seconds.
        """
        self._task = asyncio.create_task(self._server.serve())
        try:
            async with asyncio.timeout(_PATIENCE):
                await self._up(self._task)
        except TimeoutError:
            await self._down(self._task)
            raise ServerFailed(f"{self.url}: not up after {_PATIENCE:g} s") from None
        except BaseException:
            # Its threads must not outlive the interpreter: they would abort the process.
            await self._down(self._task)
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Finish what is being answered and stop; who has not sent a whole request by then is cut off."""
        if self._on_stop is not None:
            self._on_stop()
        if self._task is not None:
            await self._down(self._task)

    async def _up(self, task: asyncio.Task[None]) -> None:
        while True:
            # It binds when it first runs; whoever answers without that is somebody else.
            await asyncio.sleep(0)
            if task.done() and (error := task.exception()) is not None:
                raise PortTaken(f"{self.url}: {str(error).partition('\n')[0]}") from None
            if await self._answers():
                return
            await asyncio.sleep(_POLL)

    async def _down(self, task: asyncio.Task[None]) -> None:
        self._server.stop()  # type: ignore[no-untyped-call]  # granian leaves it without annotations
        finished, _ = await asyncio.wait({task}, timeout=_GRACE)
        if not finished:
            task.cancel()
            await asyncio.wait({task})

    async def _answers(self) -> bool:
        with contextlib.suppress(OSError):
            _, writer = await asyncio.open_connection(self._host, self._port)
            writer.close()
            return True
        return False


def _free_port(host: str) -> int:
    with socket.create_server((host, 0)) as probe:
        return int(probe.getsockname()[1])
