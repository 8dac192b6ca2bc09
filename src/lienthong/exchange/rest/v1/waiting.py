"""Waiting for something new on behalf of a client, for as long as the client waits too."""

import asyncio
import contextlib
from collections.abc import Iterator
from typing import Final

from starlette.requests import Request

from lienthong.exchange.bell import Bell
from lienthong.exchange.rest.v1.errors import TooMany

MAX_WAITING: Final = 64
"""Long polls and streams of one organ at a time."""
LOOK_EVERY: Final = 2.0
"""Seconds after which one looks without having been woken: not everything that happens rings."""


class Crowd:
    """Counts who waits, organ by organ."""

    def __init__(self) -> None:
        """Nobody waits yet."""
        self._inside: dict[str, int] = {}

    def inside(self, organ: str) -> int:
        """Return how many of an organ wait."""
        return self._inside.get(organ, 0)

    @contextlib.contextmanager
    def admitted(self, organ: str) -> Iterator[None]:
        """Let one more of an organ wait.

        Raises:
            TooMany: enough of them wait.
        """
        if self.inside(organ) >= MAX_WAITING:
            raise TooMany(f"{MAX_WAITING} of {organ}")
        self._inside[organ] = self.inside(organ) + 1
        try:
            yield
        finally:
            self._inside[organ] -= 1
            if not self._inside[organ]:
                del self._inside[organ]


async def news(bell: Bell, organ: str, request: Request, *, seconds: float) -> bool:
    """Wait until the bell rings for an organ, or for a while.

    Returns:
        Whether the client is still there.
    """
    gone = asyncio.ensure_future(_disconnected(request))
    rung = asyncio.ensure_future(bell.wait(organ, seconds=min(seconds, LOOK_EVERY)))
    try:
        await asyncio.wait({gone, rung}, return_when=asyncio.FIRST_COMPLETED)
        return not gone.done()
    finally:
        for task in (gone, rung):
            task.cancel()
        await asyncio.gather(gone, rung, return_exceptions=True)


async def _disconnected(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
