"""Reading a stream through a disposable pull consumer whose position is kept by the caller.

The consumer lives in the server's memory, under one of the site's fixed names. It is made anew from the
position whenever it is lost: by reconnection, a missing heartbeat, a deletion, a hole in its numbering.
"""

import asyncio
import contextlib
import json
import logging
import secrets
from collections.abc import Awaitable, Callable
from typing import Final

import msgspec
from nats.aio.subscription import Subscription as NatsSubscription

from lienthong.exchange.errors import CarrierTimeout, CarrierUnavailable, ExchangeError, NoResponder
from lienthong.exchange.transport.base import BATCH, Gap, Message, OnGap, OnIdle, Take
from lienthong.exchange.transport.errors import StreamMissing
from lienthong.exchange.transport.nats_link import Link, header, inbox_of, status_of
from lienthong.kernel.errors import LienthongError

_log = logging.getLogger(__name__)

_NANO: Final = 10**9
_MILLI_IN_NANO: Final = 10**6
EXPIRES: Final = 30  # seconds a pull request stays with the server
HEARTBEAT: Final = 5  # seconds between signs of life while there is nothing
# What one pull request may bring. More of it would lie before a call on the one connection; it holds any message.
MAX_BYTES: Final = 2 * 1024 * 1024
_IDLE: Final = 300  # seconds after which the server forgets a consumer nobody pulls from
_API_SECONDS: Final = 5.0
_RETRY: Final = (0.1, 5.0)  # seconds: the first pause, and the longest
# What ends a pull request but not the consumer.
_PULL_OVER: Final = (b"MaxBytes", b"Batch Completed")
_STREAM_NOT_FOUND: Final = 10059
_ACK_PARTS: Final = 9  # $JS.ACK.<stream>.<consumer>.<delivered>.<stream seq>.<consumer seq>.<time>.<pending>


class Pull:
    """Reads on until closed."""

    def __init__(  # noqa: PLR0913 - by keyword
        self,
        *,
        site: str,
        slot: str,
        stream: str,
        subject: str,
        start_after: int,
        take: Take,
        on_gap: OnGap | None,
        on_idle: OnIdle | None,
        on_close: Callable[[], object],
    ) -> None:
        """Describe it; ``start`` runs it.

        Args:
            site: whose inbox to use.
            slot: the consumer's name.
            stream: the stream's name.
            subject: the filter.
            start_after: the last sequence taken.
            take: gets the batches.
            on_gap: told what is gone for good.
            on_idle: told how far the stream was looked through.
            on_close: called when it is closed.
        """
        self._site = site
        self._slot = slot
        self._stream = stream
        self._subject = subject
        self._position = start_after
        self._take = take
        self._on_gap = on_gap
        self._on_idle = on_idle
        self._on_close = on_close
        self._task: asyncio.Task[None] | None = None

    async def start(self, link: Link, linked: Callable[[], Awaitable[Link]]) -> None:
        """Make the first consumer on a link and read on in the background, on later links where needed.

        Raises:
            StreamMissing, CarrierUnavailable, CarrierTimeout, CarrierRefused: see ``Carrier.consume``.
        """
        session = await self._session(link)
        self._task = asyncio.create_task(self._run(session, linked), name=f"{self._stream} {self._subject}")

    async def close(self) -> None:
        """Stop reading; a batch in the middle of being taken is cancelled."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
        self._on_close()

    async def wait(self) -> None:
        """Return when it was closed, or raise what ended it."""
        if self._task is not None:
            await asyncio.wait([self._task])
            if not self._task.cancelled():
                self._task.result()

    async def _run(self, session: "_Session | None", linked: Callable[[], Awaitable[Link]]) -> None:
        pause, longest = _RETRY
        while True:
            before = self._position
            try:
                if session is None:
                    session = await self._session(await linked())
                await self._read(session)
            except LienthongError as error:
                _log.warning("%s from %d on: %s", self._stream, self._position + 1, error)
                pause = _RETRY[0] if self._position != before else min(2 * pause, longest)
                await asyncio.sleep(pause)
            finally:
                if session is not None:
                    await session.close()
            session = None

    async def _session(self, link: Link) -> "_Session":
        session = _Session(link, self._slot, self._stream, self._subject)
        resumed = await session.open(self._site, self._position)
        if resumed != self._position:
            _log.error("%s: gap: taken up to %d, resumed after %d", self._stream, self._position, resumed)
            if self._on_gap is not None:
                self._on_gap(Gap(stream=self._stream, after=self._position, resumed=resumed))
            self._position = resumed
        return session

    async def _read(self, session: "_Session") -> None:
        async for batch in session:
            if batch:
                await self._take(batch)
                self._position = batch[-1].sequence
            elif session.looked > self._position:
                self._position = session.looked
                if self._on_idle is not None:
                    self._on_idle(self._position)


class _Problem(msgspec.Struct):
    err_code: int = 0
    description: str = ""


class _Delivered(msgspec.Struct):
    stream_seq: int = 0


class _Created(msgspec.Struct):
    """What the server says to a request for a consumer."""

    error: _Problem | None = None
    delivered: _Delivered = msgspec.field(default_factory=_Delivered)


class _Session:
    """One life of the consumer."""

    def __init__(self, link: Link, slot: str, stream: str, subject: str) -> None:
        self._link = link
        self._slot = slot
        self._stream = stream
        self._subject = subject
        self._next = f"$JS.API.CONSUMER.MSG.NEXT.{stream}.{slot}"
        self._inbox = ""
        self._buffer: list[Message] = []
        self._arrived = asyncio.Event()
        # How many messages the server may still send for what was asked.
        self._asked = 0
        self._numbered = 0
        # How far the server has looked through the stream, known only while nothing waits to be taken.
        self.looked = 0
        self._over = ""
        self._subscription: NatsSubscription | None = None

    async def open(self, site: str, position: int) -> int:
        """Make the consumer; returns the position from which it really goes on."""
        self._inbox = f"{inbox_of(site)}.{secrets.token_hex(12)}"
        await self._delete()
        # A consumer for new messages only tells where the stream ends; nothing else a site may ask does.
        last = await self._create({"deliver_policy": "new"})
        await self._delete()
        # Beyond the end: another stream under the same name, and all of it is new.
        start = position if position <= last else 0
        resumed = await self._create({"deliver_policy": "by_start_sequence", "opt_start_seq": start + 1})
        self._subscription = await self._link.subscribe(self._inbox, self._sink)
        self._link.lost.add_done_callback(self._on_lost)
        return resumed

    async def _delete(self) -> None:
        with contextlib.suppress(NoResponder):
            await self._link.call(f"$JS.API.CONSUMER.DELETE.{self._stream}.{self._slot}", b"", seconds=_API_SECONDS)

    async def _create(self, begin: dict[str, object]) -> int:
        config = begin | {
            "name": self._slot,
            "ack_policy": "none",
            "filter_subject": self._subject,
            "inactive_threshold": _IDLE * _NANO,
            "num_replicas": 1,
            "mem_storage": True,
        }
        try:
            reply = await self._link.call(
                f"$JS.API.CONSUMER.CREATE.{self._stream}.{self._slot}.{self._subject}",
                json.dumps({"stream_name": self._stream, "config": config}).encode(),
                seconds=_API_SECONDS,
            )
        except NoResponder as error:
            raise CarrierUnavailable(str(error), hint="JetStream is switched off or has no leader.") from None
        try:
            made = msgspec.json.decode(reply.data, type=_Created)
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise CarrierUnavailable(
                self._stream, hint="Something else than a stream answered; check the streams."
            ) from None
        if made.error is not None:
            kind = StreamMissing if made.error.err_code == _STREAM_NOT_FOUND else CarrierUnavailable
            raise kind(f"{self._stream}: {made.error.description}")
        return made.delivered.stream_seq

    def _on_lost(self, _: object) -> None:
        self._end("the connection broke")

    def _end(self, why: str) -> None:
        self._over = self._over or why
        self._arrived.set()

    def _sink(self, subject: str, reply: str, data: bytes, headers: bytes | None) -> None:
        self._arrived.set()
        if not reply.startswith("$JS.ACK."):
            self._on_status(status_of(headers), headers)
            return
        if self._over:
            return
        parts = reply.split(".")
        first = 5 if len(parts) == _ACK_PARTS else 7
        self._asked -= 1
        self._numbered += 1
        if int(parts[first + 1]) != self._numbered:
            self._end(f"message {self._numbered} of this consumer is missing")
            return
        at = int(parts[first + 2]) // _MILLI_IN_NANO
        self._buffer.append(Message(subject, data, int(parts[first]), at))

    def _on_heartbeat(self, headers: bytes | None) -> None:
        if int(header(headers, "Nats-Last-Consumer") or self._numbered) != self._numbered:
            self._end(f"message {self._numbered + 1} of this consumer is missing")
        elif not self._buffer:
            self.looked = int(header(headers, "Nats-Last-Stream") or 0)

    def _on_status(self, status: str, headers: bytes | None) -> None:
        match status:
            case "100":
                self._on_heartbeat(headers)
            case "404" | "408":
                self._on_pull_over(headers)
            case "409" if any(word in (headers or b"") for word in _PULL_OVER):
                self._on_pull_over(headers)
            case _:
                text = (headers or b"").partition(b"\r\n")[0].decode(errors="replace")
                self._end(f"the server ended it: {text}")

    def _on_pull_over(self, headers: bytes | None) -> None:
        self._asked -= int(header(headers, "Nats-Pending-Messages") or self._asked)

    def __aiter__(self) -> "_Session":
        return self

    async def __anext__(self) -> list[Message]:
        """Wait for a sign of life and return what has arrived; nothing with a heartbeat."""
        if not self._buffer:
            if self._over:
                raise CarrierUnavailable(f"{self._stream}: {self._over}", hint="It is read again from where it was.")
            await self._ask()
            self._arrived.clear()
            try:
                async with asyncio.timeout(2 * HEARTBEAT + 1):
                    await self._arrived.wait()
            except TimeoutError:
                raise CarrierTimeout(f"{self._stream}: no sign of life") from None
        batch, self._buffer = self._buffer[:BATCH], self._buffer[BATCH:]
        if not self._over:
            await self._ask()
        return batch

    async def _ask(self) -> None:
        """Ask for more in time, so that the server always has something to fill."""
        if self._asked > BATCH // 2 or len(self._buffer) >= BATCH:
            return
        request = {
            "batch": BATCH,
            "max_bytes": MAX_BYTES,
            "expires": EXPIRES * _NANO,
            "idle_heartbeat": HEARTBEAT * _NANO,
        }
        self._asked += BATCH
        await self._link.send(self._next, json.dumps(request).encode(), reply=self._inbox)

    async def close(self) -> None:
        """Take the consumer away; the server would after a while."""
        self._end("closed")
        self._link.lost.remove_done_callback(self._on_lost)
        if self._subscription is None or self._link.lost.done():
            return
        with contextlib.suppress(ExchangeError):
            await self._link.unsubscribe(self._subscription)
            await self._link.send(f"$JS.API.CONSUMER.DELETE.{self._stream}.{self._slot}", b"")
