"""Following one key of a bucket over NATS."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final

from nats.aio.subscription import Subscription as NatsSubscription

from lienthong.exchange.transport.nats_link import Link
from lienthong.kernel.errors import LienthongError

_log = logging.getLogger(__name__)
RETRY_SECONDS: Final = 1.0


class Watch:
    """Fetches the value at first, when it is told of a change, and on every new link.

    What it is told is only that something changed: the value is always fetched from the bucket, which
    nobody but its publisher can write, while a notice could be anybody's.
    """

    def __init__(
        self,
        subject: str,
        fetch: Callable[[], Awaitable[bytes | None]],
        changed: Callable[[bytes], Awaitable[None]],
        on_close: Callable[[object], None],
    ) -> None:
        """Describe it; ``attach`` makes it on a link.

        Args:
            subject: where notices come.
            fetch: gets the present value.
            changed: gets each value.
            on_close: called with it when it is closed.
        """
        self._subject = subject
        self._fetch = fetch
        self._changed = changed
        self._on_close = on_close
        self._made: tuple[Link, NatsSubscription] | None = None
        self._news = asyncio.Event()
        self._task = asyncio.create_task(self._run(), name=f"watch {subject}")

    async def attach(self, link: Link) -> None:
        """Listen for notices on a link.

        Raises:
            CarrierRefused, CarrierUnavailable: see ``Link.subscribe``.
        """
        self._made = link, await link.subscribe(self._subject, lambda *_: self._news.set())
        self._news.set()

    async def _run(self) -> None:
        while True:
            await self._news.wait()
            self._news.clear()
            try:
                value = await self._fetch()
                if value is not None:
                    await self._changed(value)
            except LienthongError as error:
                _log.warning("%s: %s", self._subject, error)
                await asyncio.sleep(RETRY_SECONDS)
                self._news.set()

    async def close(self) -> None:
        """Follow it no longer."""
        self._on_close(self)
        self._task.cancel()
        await asyncio.wait([self._task])
        if self._made is not None:
            link, subscription = self._made
            self._made = None
            await link.unsubscribe(subscription)

    async def wait(self) -> None:
        """Return when it was closed, or raise what its handler raised."""
        await asyncio.wait([self._task])
        if not self._task.cancelled():
            self._task.result()
