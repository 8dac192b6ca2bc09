"""What all connections of a web server share: who is here, who may come in, and what time it is."""

import asyncio
import contextlib
import email.utils
import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Protocol

from starlette.types import ASGIApp

from lienthong.exchange import policy
from lienthong.exchange.errors import ExchangeError, RequestInvalid
from lienthong.exchange.rest.bounds import Bounds
from lienthong.exchange.rest.faults import Codes, fault
from lienthong.exchange.rest.peers import NOBODY, Peer

TICK: Final = 1.0
"""Seconds between two looks at who is late."""

type Resolve = Callable[[Peer], policy.Connection]

_log = logging.getLogger(__name__)


def nobody(_: Peer) -> policy.Connection:
    """Let no connection speak for anybody."""
    return NOBODY


class Guest(Protocol):
    """A connection, as the hall sees it."""

    def tick(self, seconds: float) -> None:
        """Look at the deadlines; so many seconds have passed since the last time."""
        ...

    def finish(self) -> None:
        """Answer what has been asked, and end."""
        ...

    def abort(self) -> None:
        """End now."""
        ...


@dataclass(kw_only=True)
class Hall:
    """Shared by the connections of one server."""

    app: ASGIApp
    bounds: Bounds
    codes: Codes = Codes.CLASSIC
    resolve: Resolve = nobody
    guests: set[Guest] = field(default_factory=set)
    tasks: set[asyncio.Task[None]] = field(default_factory=set)
    # No more requests are taken.
    closing: bool = False
    # Of the event loop, at the last tick: exact enough for deadlines, and costs nothing per request.
    now: float = 0.0
    date: bytes = b""
    # Set whenever nobody is inside.
    empty: asyncio.Event = field(default_factory=asyncio.Event)
    _addresses: Counter[str] = field(default_factory=Counter)
    _inside: int = 0
    # Turned away since the last look.
    _refused: int = 0

    def enter(self, address: str) -> bool:
        """Let a connection in unless there are too many, from its address or in all."""
        here, everywhere = self.bounds.connections_per_address, self.bounds.connections
        if self.closing or self._inside >= everywhere or self._addresses[address] >= here:
            self._refused += 1
            return False
        self._addresses[address] += 1
        self._inside += 1
        self.empty.clear()
        return True

    def leave(self, address: str) -> None:
        """Make room again."""
        self._inside -= 1
        self._addresses[address] -= 1
        if not self._addresses[address]:
            del self._addresses[address]
        if not self._inside:
            self.empty.set()

    def tick(self) -> None:
        """Look at everybody's deadlines."""
        before, self.now = self.now, asyncio.get_running_loop().time()
        self.date = email.utils.formatdate(usegmt=True).encode()
        for guest in list(self.guests):
            guest.tick(self.now - before)
        if self._refused:
            # One line, however many came: the log is not to be filled either.
            _log.warning("%d connections too many were refused", self._refused)
            self._refused = 0

    async def close(self, patience: float) -> None:
        """End all connections; what is being answered has so many seconds."""
        self.closing = True
        for guest in list(self.guests):
            guest.finish()
        if self._inside:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.empty.wait(), patience)
        for guest in list(self.guests):
            guest.abort()
        for task in list(self.tasks):
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)

    def start(self, work: "asyncio.Task[None]") -> None:
        """Keep hold of what runs until it is done."""
        if not work.done():
            self.tasks.add(work)
            work.add_done_callback(self.tasks.discard)

    def refusal(self, status: bytes, text: str) -> bytes:
        """Return the whole answer to what cannot be taken as a request.

        Args:
            status: HTTP's own status and its words.
            text: what is wrong, for a person; nothing of what was sent.
        """
        return self._answer(status, RequestInvalid(text))

    def failure(self) -> bytes:
        """Return the whole answer where the application has none."""
        return self._answer(b"500 Internal Server Error", ExchangeError("the web face has no answer"))

    def _answer(self, status: bytes, error: ExchangeError) -> bytes:
        made = fault(error, accept="", codes=self.codes)
        _log.info("%s %s", made.detail, error)
        head = (
            f"content-type: {made.content_type}\r\nx-road-error: {made.type}\r\n"
            f"content-length: {len(made.body)}\r\nconnection: close\r\n\r\n"
        )
        return b"HTTP/1.1 %b\r\ndate: %b\r\n%b%b" % (status, self.date, head.encode(), made.body)
