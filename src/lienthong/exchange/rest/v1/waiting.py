"""Waiting for something new on behalf of a client, for as long as the client waits too."""

import asyncio
import contextlib
from collections.abc import Coroutine, Iterator
from typing import Final

from starlette.types import Receive

from lienthong.exchange.rest.v1.errors import Interrupted, TooMany

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

    def check(self, organ: str) -> None:
        """Check that one more of an organ may wait.

        Raises:
            TooMany: enough of them wait.
        """
        if self.inside(organ) >= MAX_WAITING:
            raise TooMany(f"{MAX_WAITING} of {organ}")

    @contextlib.contextmanager
    def admitted(self, organ: str) -> Iterator[None]:
        """Let one more of an organ wait.

        Raises:
            TooMany: enough of them wait.
        """
        self.check(organ)
        self._inside[organ] = self.inside(organ) + 1
        try:
            yield
        finally:
            self._inside[organ] -= 1
            if not self._inside[organ]:
                del self._inside[organ]


async def while_there[T](receive: Receive, work: Coroutine[None, None, T]) -> T:
    """Do something for as long as the client is there; its request must have been read to the end.

    Raises:
        Interrupted: the client has gone; the work was cancelled.
    """
    gone = asyncio.ensure_future(_disconnected(receive))
    working = asyncio.ensure_future(work)
    try:
        await asyncio.wait({gone, working}, return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise Interrupted
        return working.result()
    finally:
        for task in (gone, working):
            task.cancel()
        await asyncio.gather(gone, working, return_exceptions=True)


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
