"""The limits of one gateway at work: on its information systems, on other sites, and what becomes evidence of it."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from typing import Final, cast

from lienthong.exchange.errors import LimitExceeded, Malformed
from lienthong.exchange.limits import Limiter, Limits, Refusals, Ticket
from lienthong.exchange.node import Node
from lienthong.exchange.packet import notice
from lienthong.exchange.subjects import Route
from lienthong.kernel.clock import iso
from lienthong.trust.journal import Entry

RECORD_EVERY: Final = 60.0
"""Seconds between two entries about what one peer was refused: nobody fills the journal by being refused."""

type Handler[R] = Callable[[str, bytes], Awaitable[R]]


class Limiting:
    """Holds the limiters of one gateway."""

    def __init__(self, node: Node, limits: Limits) -> None:
        """Begin with empty accounts."""
        self._node = node
        # Of information systems that call through this gateway, by their identifiers.
        self.subsystems = Limiter(limit=limits.subsystem, clock=node.clock)
        # Of sites that call services here: the broker's word for who sent it, the only one before anything is opened.
        self.sites = Limiter(limit=limits.site, clock=node.clock)

    def guarded[R](self, handler: Handler[R]) -> Handler[R | bytes]:
        """Return a handler of calls from the carrier that refuses, unopened, what a site sends beyond its limit.

        Args:
            handler: answers with bytes, or with several answers as they become ready.
        """

        async def handle(subject: str, data: bytes) -> R | bytes:
            try:
                ticket = self.sites.enter(_site(subject))
            except LimitExceeded as error:
                return notice(error.code)
            try:
                ticket.add(len(data))
                answer = await handler(subject, data)
            except LimitExceeded as error:
                ticket.close()
                return notice(error.code)
            except BaseException:
                ticket.close()
                raise
            if isinstance(answer, AsyncGenerator):
                return cast("R", _held(answer, ticket))
            ticket.close()
            return answer

        return handle

    async def record(self) -> None:
        """Write down what was refused since the last time, one entry for each peer.

        Raises:
            JournalError: it cannot be written.
        """
        entries = [self._entry(each, "out") for each in self.subsystems.told()]
        entries += [self._entry(each, "in") for each in self.sites.told()]
        if entries:
            await self._node.journal.commit(entries)

    def _entry(self, refusals: Refusals, direction: str) -> Entry:
        return Entry(
            at=self._node.clock.now(),
            organ=f"site:{self._node.site}",
            direction=direction,
            kind="refusal",
            id="",
            peer=refusals.peer,
            label="",
            purpose="",
            verdict=refusals.code,
            detail=f"{refusals.count} calls, {iso(refusals.first)} to {iso(refusals.last)}",
        )


async def _held(answers: AsyncGenerator[bytes], ticket: Ticket) -> AsyncGenerator[bytes]:
    """Hold the place until the last answer is given."""
    with ticket:
        # Whoever gives up waits until what is under way has been carried out.
        async with aclosing(answers):
            async for answer in answers:
                yield answer


def _site(subject: str) -> str:
    try:
        return Route.parse(subject).from_site
    except Malformed:
        # Whoever handles it says what is wrong with it.
        return ""
