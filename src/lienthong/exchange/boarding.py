"""Gathering what goes the same way until nothing more comes, or enough is there."""

import asyncio
from collections.abc import Callable, Hashable

from lienthong.exchange.gathering import Lingering


class Boarding[Item]:
    """What waits, by the way it goes; each is let go with what came for the same way meanwhile."""

    def __init__(self, depart: Callable[[list[Item]], None], *, full: int) -> None:
        """Let items go with ``depart``, at once where so many wait for one way."""
        self._depart = depart
        self._full = full
        self._waiting: dict[Hashable, list[Item]] = {}
        # How many have come, and whether those that wait will be let go.
        self._come = 0
        self._closing = False

    def add(self, way: Hashable, item: Item) -> None:
        """Let an item go soon: after this turn of the event loop, or when none of its next turns brings more."""
        group = self._waiting.setdefault(way, [])
        group.append(item)
        self._come += 1
        if len(group) >= self._full:
            self._depart(self._waiting.pop(way))
        elif not self._closing:
            self._closing = True
            asyncio.get_running_loop().call_soon(self._close, Lingering())

    def _close(self, lingering: Lingering) -> None:
        if lingering.for_more_than(self._come):
            asyncio.get_running_loop().call_soon(self._close, lingering)
            return
        self._closing = False
        waiting, self._waiting = self._waiting, {}
        for group in waiting.values():
            self._depart(group)
