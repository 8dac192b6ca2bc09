"""Gathering what becomes ready at about the same time."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Final

# Turns of the event loop for which what is ready waits for more, at most.
_TURNS: Final = 4


class Lingering:
    """Whether to wait another turn of the event loop: as long as each brings more, a few times.

    What is under way to a busy gateway comes in within a few turns. Taken together it costs one signature, one
    transaction and one message; an idle gateway loses one empty turn.
    """

    def __init__(self) -> None:
        """Begin to wait."""
        self._turns = _TURNS
        self._count = 0

    def for_more_than(self, count: int) -> bool:
        """Say whether more may come, now that so many are there."""
        grown, self._count = count > self._count, count
        self._turns -= 1
        return grown and self._turns >= 0


class Gathering[Item]:
    """A known number of items, handed on in the batches in which they come."""

    def __init__(self, count: int) -> None:
        """Wait for so many."""
        self._missing = count
        self._come: list[Item] = []
        self._news = asyncio.Event()

    def add(self, item: Item) -> None:
        """Add one that is ready."""
        self._come.append(item)
        self._news.set()

    def give_up(self) -> None:
        """Wait for one less: it will not come."""
        self._missing -= 1
        self._news.set()

    async def batches(self) -> AsyncGenerator[list[Item]]:
        """Return what has come since the last batch, until all have."""
        while self._missing:
            await self._news.wait()
            lingering = Lingering()
            while len(self._come) < self._missing and lingering.for_more_than(len(self._come)):  # noqa: ASYNC110 - a turn
                await asyncio.sleep(0)
            self._news.clear()
            batch, self._come = self._come, []
            self._missing -= len(batch)
            if batch:
                yield batch
