"""Gathering what becomes ready at about the same time."""

import asyncio
from collections.abc import AsyncGenerator


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
            self._news.clear()
            batch, self._come = self._come, []
            self._missing -= len(batch)
            if batch:
                yield batch
