"""The office of the demo: started beside the exchange, and asked for what its first visitor would see."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from lienthong.cli.office_run import Office, Options, running_office
from lienthong.exchange.http_client import fetch

_OK: Final = 200
# What the form for signing in cannot do without.
_FIELD: Final = b'name="password"'


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """An office that was asked whether it answers."""

    office: Office
    # Its probe and the page for signing in answered as they should.
    ready: bool
    # From the order to start until then.
    seconds: float


@contextlib.asynccontextmanager
async def office_beside(folder: Path) -> AsyncIterator[asyncio.Task[Started]]:
    """Start an office while something else is done, and stop it at the end.

    Args:
        folder: everything it keeps.

    Yields:
        What waits for it; raises ``OfficeFailed`` and what else keeps an office from starting.
    """
    async with contextlib.AsyncExitStack() as stack:
        starting = asyncio.create_task(_start(stack, folder))
        try:
            yield starting
        finally:
            starting.cancel()
            # Whatever came of it: why the demo ends is told already.
            await asyncio.wait([starting])


async def _start(stack: contextlib.AsyncExitStack, folder: Path) -> Started:
    begun = time.monotonic()
    office = await stack.enter_async_context(running_office(Options(), folder))
    ready = await answers(office.url)
    return Started(office=office, ready=ready, seconds=time.monotonic() - begun)


async def answers(url: str) -> bool:
    """Ask an office for its probe and for the page on which one signs in."""
    health = await fetch(f"{url}/health")
    page = await fetch(f"{url}/account/login/")
    return health.status == page.status == _OK and _FIELD in page.body
