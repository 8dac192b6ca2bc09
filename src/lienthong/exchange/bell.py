"""A bell for those who wait for something new of an organ: long polls and streams of events."""

import asyncio
import contextlib
from collections import defaultdict


class Bell:
    """Wakes who waits. It carries nothing: who is woken looks for himself what is new, and loses nothing."""

    def __init__(self) -> None:
        """Nobody waits yet."""
        self.closed = False
        self._waiting: defaultdict[str, set[asyncio.Future[None]]] = defaultdict(set)

    @property
    def waited_for(self) -> bool:
        """Whether anyone waits for anything."""
        return bool(self._waiting)

    def waiting(self, organ: str) -> int:
        """Return how many wait for something of an organ."""
        return len(self._waiting.get(organ, ()))

    def ring(self, organ: str) -> None:
        """Wake all who wait for something of an organ (identifier text)."""
        for future in self._waiting.get(organ, ()):
            if not future.done():
                future.set_result(None)

    def close(self) -> None:
        """Wake everybody, and let nobody wait any more: the gateway ends."""
        self.closed = True
        for organ in list(self._waiting):
            self.ring(organ)

    async def wait(self, organ: str, *, seconds: float) -> None:
        """Wait until it rings for an organ, or so long.

        Whoever looks for news and then calls this, without awaiting anything in between, misses none.
        """
        if self.closed:
            return
        future = asyncio.get_running_loop().create_future()
        self._waiting[organ].add(future)
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await future
        finally:
            self._waiting[organ].discard(future)
            if not self._waiting[organ]:
                del self._waiting[organ]
