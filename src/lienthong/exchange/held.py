"""Large bodies that wait here for the other side to fetch them, and nobody else."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from typing import Final

from lienthong.exchange.asks import Asker, Pull, new_name
from lienthong.exchange.errors import BodyGone
from lienthong.exchange.packet import HeldRef, notice
from lienthong.exchange.spool import Spooled
from lienthong.exchange.spool_store import NUMBER_SIZE, UNIT_CHUNKS
from lienthong.trust import chunks

KEPT_SECONDS: Final = 300.0
"""How long a body waits for its next piece to be asked for: a client that reads 2 KB a second is waited for."""
RELEASED: Final = "released"


@dataclass(slots=True, eq=False, kw_only=True)
class _Entry:
    body: Spooled
    asker: Asker
    # When a piece of it was last asked for, by the event loop's clock.
    touched: float
    timer: asyncio.TimerHandle


@dataclass(kw_only=True)
class Held:
    """The bodies one gateway holds."""

    kept: float = KEPT_SECONDS
    _entries: dict[bytes, _Entry] = field(init=False, default_factory=dict)

    def hold(self, body: Spooled, asker: Asker) -> HeldRef:
        """Hold a body for who may fetch it, until it is let go of or nobody asks for it any more."""
        loop = asyncio.get_running_loop()
        name = new_name()
        timer = loop.call_later(self.kept, self._look, name)
        self._entries[name] = _Entry(body=body, asker=asker, touched=loop.time(), timer=timer)
        return HeldRef(name=name, key=body.key, chunks=body.chunks)

    def drop(self, name: bytes) -> None:
        """Let go of a body, if it is still there."""
        entry = self._entries.pop(name, None)
        if entry is not None:
            entry.timer.cancel()
            entry.body.release()

    def close(self) -> None:
        """Let go of all."""
        for name in list(self._entries):
            self.drop(name)

    def asked(self, asker: Asker, pull: Pull, *, max_payload: int) -> bytes | AsyncGenerator[bytes]:
        """Answer who asks for pieces.

        Args:
            asker: who asks.
            pull: for what.
            max_payload: bytes that one reply may have.

        Returns:
            The pieces; or a notice: it is not held for them, which sounds the same as that it is not held at all.
        """
        entry = self._entries.get(pull.name)
        if entry is None or entry.asker != asker or pull.first >= entry.body.chunks:
            return notice(BodyGone.code)
        if not pull.count:
            self.drop(pull.name)
            return notice(RELEASED)
        return self._pieces(entry, pull, min(UNIT_CHUNKS, max(1, (max_payload - NUMBER_SIZE) // chunks.ON_WIRE)))

    async def _pieces(self, entry: _Entry, pull: Pull, most: int) -> AsyncGenerator[bytes]:
        loop = asyncio.get_running_loop()
        first, end = pull.first, min(pull.first + pull.count, entry.body.chunks)
        while first < end:
            entry.touched = loop.time()
            # Up to the next unit, so that what lies in memory travels as it is.
            count = min(most, end - first, UNIT_CHUNKS - first % UNIT_CHUNKS)
            try:
                piece = await entry.body.read(first, count)
            except BodyGone as error:
                piece, end = notice(error.code), first
            yield piece
            first += count

    def _look(self, name: bytes) -> None:
        entry = self._entries[name]
        loop = asyncio.get_running_loop()
        left = entry.touched + self.kept - loop.time()
        if left <= 0:
            self.drop(name)
        else:
            entry.timer = loop.call_later(left, self._look, name)
