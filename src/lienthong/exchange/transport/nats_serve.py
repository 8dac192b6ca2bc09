"""Answering what comes in over NATS."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing

from nats.aio.subscription import Subscription as NatsSubscription

from lienthong.exchange.errors import CarrierUnavailable, PayloadTooLarge
from lienthong.exchange.transport.base import Answer
from lienthong.exchange.transport.nats_link import Link, inbox_of
from lienthong.kernel.errors import LienthongError

_log = logging.getLogger(__name__)


class Serving:
    """A subscription that is made again on every new link."""

    def __init__(self, subject: str, answer: Answer, group: str, on_close: Callable[[object], None]) -> None:
        """Describe it; ``attach`` makes it on a link. It calls back when closed."""
        self._subject = subject
        self._answer = answer
        self._group = group
        self._on_close = on_close
        self._loop = asyncio.get_running_loop()
        self._running: set[asyncio.Task[None]] = set()
        self._made: tuple[Link, NatsSubscription] | None = None
        self._closed: asyncio.Future[None] = self._loop.create_future()

    async def attach(self, link: Link) -> None:
        """Listen on a link.

        Raises:
            CarrierRefused, CarrierUnavailable: see ``Link.subscribe``.
        """

        def sink(subject: str, reply: str, data: bytes, _: bytes | None) -> None:
            # Eager: a handler that never waits answers right here, without a turn of the loop.
            task = asyncio.Task(
                self._handle(link, subject, reply, data), loop=self._loop, eager_start=True, name=subject
            )
            if not task.done():
                self._running.add(task)
                task.add_done_callback(self._running.discard)

        self._made = link, await link.subscribe(self._subject, sink, group=self._group)

    async def _handle(self, link: Link, subject: str, reply: str, data: bytes) -> None:
        try:
            if not may_answer(subject, reply):
                _log.warning("%s: a call with a reply subject that is not its sender's inbox", subject)
                return
            answer = await self._answer(subject, data)
            if isinstance(answer, bytes):
                if reply:
                    await link.send(reply, answer)
            elif answer is not None:
                await self._send_all(link, subject, reply, answer)
        except CarrierUnavailable as error:
            # The caller has been told already: its side broke too.
            _log.info("no answer for %s: %s", subject, error)
        except LienthongError:
            _log.exception("no answer for %s", subject)
        except Exception:  # noqa: BLE001 - see the comment
            # One faulty request must not end the serving of all others; the log has the whole of it.
            _log.exception("no answer for %s: a defect", subject)

    async def _send_all(self, link: Link, subject: str, reply: str, answers: AsyncGenerator[bytes]) -> None:
        async with aclosing(answers):
            async for each in answers:
                try:
                    await link.send(reply, each)
                except (CarrierUnavailable, PayloadTooLarge) as error:
                    # What is under way is finished and recorded all the same; a reply that is too large is only one.
                    _log.info("no answer for %s: %s", subject, error)

    async def close(self) -> None:
        """Listen no longer, finish what is being answered."""
        self._on_close(self)
        if self._made is not None:
            link, subscription = self._made
            self._made = None
            await link.unsubscribe(subscription)
        if self._running:
            await asyncio.wait(self._running)
        if not self._closed.done():
            self._closed.set_result(None)

    async def wait(self) -> None:
        """Return when it was closed."""
        await asyncio.shield(self._closed)


def may_answer(subject: str, reply: str) -> bool:
    """Tell whether a reply subject is one that the sender named in the subject could listen to.

    The server lets anybody name any reply subject, so whoever answers blindly would publish, under its
    own permissions, wherever a stranger likes. The server's own reports about stored messages also come
    as if they were sent to that subject: they have no reply subject, or none of ours.
    """
    if subject.startswith("rpc."):
        return reply.startswith(f"{inbox_of(subject.split('.', 6)[5])}.") if subject.count(".") == 6 else False  # noqa: PLR2004 - rpc and three parts for each end
    return not reply or reply.startswith("_INBOX_")
