"""The listeners of a gateway's web face: plain, and with TLS."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Final

from starlette.types import ASGIApp

from lienthong.exchange.config import GatewayConfig
from lienthong.exchange.rest.access import Access
from lienthong.exchange.rest.server import WebServer

RENEW_EVERY: Final = 10.0
"""Seconds between looks whether certificates have been renewed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Faces:
    """Where a gateway listens; None where it does not."""

    plain: str | None
    secure: str | None


@contextlib.asynccontextmanager
async def faces(
    config: GatewayConfig, app: ASGIApp, access: Access, *, on_stop: Callable[[], None]
) -> AsyncIterator[Faces]:
    """Serve an application at all addresses of a configuration until the context ends.

    Args:
        config: addresses and bounds.
        app: answers HTTP requests.
        access: whom a connection may speak for.
        on_stop: told that a server is about to end.

    Raises:
        PortTaken: another program listens there, or the address is not this machine's.
    """
    async with contextlib.AsyncExitStack() as stack:
        plain = secure = None
        if config.listen is not None:
            host, port = config.listen
            server = WebServer(
                app,
                host=host,
                port=port,
                resolve=access.resolve,
                bounds=config.bounds,
                codes=config.codes,
                on_stop=on_stop,
            )
            plain = (await stack.enter_async_context(server)).url
        if config.tls is not None and config.tls.listen is not None:
            host, port = config.tls.listen
            server = WebServer(
                app,
                host=host,
                port=port,
                secure=access.context,
                resolve=access.resolve,
                bounds=config.bounds,
                codes=config.codes,
                on_stop=on_stop,
            )
            secure = (await stack.enter_async_context(server)).url
        yield Faces(plain=plain, secure=secure)


@contextlib.asynccontextmanager
async def renewing(*renew: Callable[[], None]) -> AsyncIterator[None]:
    """Have certificates looked at now and then until the context ends."""

    async def again_and_again() -> None:
        while True:
            await asyncio.sleep(RENEW_EVERY)
            for each in renew:
                each()

    task = asyncio.create_task(again_and_again(), name="renewal of certificates")
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
