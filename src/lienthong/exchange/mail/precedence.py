"""Who goes first: a message to everybody makes room for a more urgent one between two of its batches."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager


class Precedence:
    """What is being sent, by urgency. The most urgent never waits."""

    def __init__(self) -> None:
        """Begin with nothing under way."""
        self._under_way: Counter[int] = Counter()
        self._changed = asyncio.Event()

    @contextmanager
    def sending(self, urgency: int) -> Iterator[None]:
        """Count as under way until the context ends."""
        self._under_way[urgency] += 1
        try:
            yield
        finally:
            self._under_way[urgency] -= 1
            self._changed.set()
            self._changed = asyncio.Event()

    async def give_way(self, urgency: int) -> None:
        """Wait as long as something more urgent is under way."""
        while any(count for each, count in self._under_way.items() if each > urgency):
            await self._changed.wait()
