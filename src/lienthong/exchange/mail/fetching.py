"""Messages with contents too large to wait for: fetched beside the stream, taken when all of it is here."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final

from lienthong.directory.snapshot import Standing
from lienthong.exchange import policy
from lienthong.exchange.errors import DirectoryStale, Malformed, NoResponder, Refused
from lienthong.exchange.mail.contents import Contents
from lienthong.exchange.mail.harvest import Harvest, Line
from lienthong.exchange.mail.letter import Letter, open_letters
from lienthong.exchange.mail.waiting import ItemKey, Pending, Waiting
from lienthong.exchange.node import Node
from lienthong.exchange.transport.base import Message
from lienthong.exchange.transport.errors import NotStored
from lienthong.kernel.errors import BadInput, LienthongError
from lienthong.trust.errors import TrustError

_AT_ONCE: Final = 4
# Seconds until it is tried again.
_RETRY: Final = 5.0
# Recorded and, but for what may pass, said to the sender when the message is taken.
_FOR_GOOD: Final = (NotStored, NoResponder, Refused, Malformed, TrustError, BadInput)

_log = logging.getLogger(__name__)


class Fetcher:
    """Fetches contents a few messages at a time, the most urgent first; survives a restart."""

    def __init__(
        self,
        node: Node,
        waiting: Waiting,
        contents: Contents,
        take: Callable[[Message, Harvest], Awaitable[None]],
    ) -> None:
        """Go on with what is stored.

        Args:
            node: the gateway.
            waiting: where it is stored.
            contents: fetches and keeps.
            take: takes a message whose contents are here, or refuses it.
        """
        self._node = node
        self._waiting = waiting
        self._contents = contents
        self._take = take
        self._pending: dict[ItemKey, Pending] = {}
        self._tasks: dict[ItemKey, asyncio.Task[None]] = {}
        self._resting: dict[ItemKey, float] = {}
        self.reload()

    def reload(self) -> None:
        """Go back to what is stored: something was given up."""
        self._pending = {pending.key: pending for pending in self._waiting.pending()}

    def digest_of(self, key: ItemKey) -> bytes | None:
        """Return the digest of the seal of a message that waits, or None."""
        pending = self._pending.get(key)
        return None if pending is None else pending.digest

    def add(self, letter: Letter, harvest: Harvest) -> None:
        """Have the contents of a message fetched, as soon as the harvest is durable."""
        header = letter.opened.header
        receiver, message, sender = letter.key
        pending = Pending(
            receiver=receiver,
            message=message,
            sender=sender,
            digest=letter.opened.digest,
            urgency=header.urgency,
            at=self._node.clock.now(),
            subject=letter.subject,
            data=letter.data,
        )
        self._pending[pending.key] = pending
        harvest.statements.append(self._waiting.fetches(pending))
        harvest.lines.append(
            Line(
                header=header,
                organ=letter.receiver,
                direction="in",
                kind="state",
                seals=(letter.packet.sealed,),
                detail="its contents are being fetched",
            )
        )

    def go_on(self) -> None:
        """Fetch as much at a time as may be."""
        now = asyncio.get_running_loop().time()
        for pending in sorted(self._pending.values(), key=lambda each: (-each.urgency, each.at)):
            if len(self._tasks) >= _AT_ONCE:
                return
            if pending.key not in self._tasks and self._resting.get(pending.key, 0) <= now:
                self._tasks[pending.key] = asyncio.create_task(self._work(pending))

    async def close(self) -> None:
        """Stop; what is here stays, and it goes on from there."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _work(self, pending: Pending) -> None:
        try:
            await self._fetch(pending)
            self._resting.pop(pending.key, None)
        except LienthongError as error:
            # The row stays, and what was fetched so far.
            _log.warning("contents of %s: %s", pending.message, error)
            self._resting[pending.key] = asyncio.get_running_loop().time() + _RETRY
        finally:
            del self._tasks[pending.key]
        self.go_on()

    async def _fetch(self, pending: Pending) -> None:
        message = Message(pending.subject, pending.data, 0, pending.at)
        failed: LienthongError | None = None
        try:
            (letter,) = open_letters(self._node, message, [])
            verdict = self._node.decide(letter.opened.header, policy.Connection(site=letter.route.from_site))
            if verdict.error is None:
                await self._contents.fetch(letter)
        except _FOR_GOOD as error:
            failed = error
        if self._node.directory.standing() is Standing.STALE:
            raise DirectoryStale(f"version {self._node.snapshot.version}; {pending.message} waits")
        self._pending.pop(pending.key, None)
        await self._take(message, Harvest(statements=[self._waiting.fetched(pending.key)], failed=failed))
