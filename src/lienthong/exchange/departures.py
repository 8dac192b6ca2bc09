"""When calls leave: what waits for the same other organ gathers, and few bundles are under way at once.

What gathers during one turn of the event loop leaves together. While a few bundles have no answer yet, what comes
meanwhile gathers on and leaves when one is answered: a busy gateway sends fewer and larger bundles, and a bundle
costs as much as ten calls. A call that finds its way free never waits, and none waits longer than ``PATIENCE``.
"""

import asyncio
import sys
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from functools import partial
from itertools import chain
from typing import Final

from lienthong.exchange import bundle

AT_ONCE: Final = 3
"""Bundles of one lane under way before others gather: one at each end, and one between them."""
PATIENCE: Final = 0.01
"""Seconds until calls leave all the same: a service may take its time, and others must not wait for its answers."""


class Flight:
    """A bundle under way; ``land`` when the first answer is in, or none will come."""

    __slots__ = ("_landed",)

    def __init__(self, landed: Callable[[], None]) -> None:
        """Call back once when it lands."""
        self._landed: Callable[[], None] | None = landed

    def land(self) -> None:
        """Make room for the next; may be called again."""
        landed, self._landed = self._landed, None
        if landed is not None:
            landed()


@dataclass(slots=True, eq=False)
class _Lane[Key, Item]:
    """What waits for one other organ."""

    key: Key
    waiting: list[Item] = field(default_factory=list)
    # Bundles under way.
    flights: int = 0
    patience: asyncio.TimerHandle | None = None


class Departures[Key: Hashable, Item]:
    """Divides what is to be sent into bundles, and says when each leaves."""

    def __init__(
        self,
        start: Callable[[list[Item], Flight], None],
        *,
        size: Callable[[Item], int],
        alone: Callable[[Item], bool],
    ) -> None:
        """Hand each bundle to ``start``; ``size`` and ``alone`` as for ``bundle.groups``."""
        self._start = start
        self._size = size
        self._alone = alone
        self._lanes: dict[Key, _Lane[Key, Item]] = {}
        # Whose items leave at the next turn of the loop, in this order.
        self._due: dict[_Lane[Key, Item], None] = {}

    def add(self, key: Key, item: Item) -> None:
        """Have an item leave with others of the same key."""
        lane = self._lanes.get(key)
        if lane is None:
            lane = self._lanes[key] = _Lane(key)
        lane.waiting.append(item)
        self._call(lane)

    def _call(self, lane: _Lane[Key, Item]) -> None:
        """Have what waits leave at the next turn if there is room, else when its patience ends."""
        if lane.flights < AT_ONCE:
            if not self._due:
                asyncio.get_running_loop().call_soon(self._depart)
            self._due[lane] = None
        elif lane.patience is None:
            lane.patience = asyncio.get_running_loop().call_later(PATIENCE, self._leave, lane, sys.maxsize)

    def _depart(self) -> None:
        due, self._due = self._due, {}
        for lane in due:
            self._leave(lane, max(0, AT_ONCE - lane.flights))

    def _leave(self, lane: _Lane[Key, Item], room: int) -> None:
        """Let so many bundles leave."""
        if lane.patience is not None:
            lane.patience.cancel()
            lane.patience = None
        waiting, lane.waiting = lane.waiting, []
        groups = bundle.groups(waiting, size=self._size, alone=self._alone)
        for group in groups[:room]:
            lane.flights += 1
            self._start(group, Flight(partial(self._landed, lane)))
        lane.waiting += chain.from_iterable(groups[room:])
        if lane.waiting:
            self._call(lane)

    def _landed(self, lane: _Lane[Key, Item]) -> None:
        lane.flights -= 1
        if lane.waiting:
            self._call(lane)
        elif not lane.flights and self._lanes.get(lane.key) is lane:
            del self._lanes[lane.key]
