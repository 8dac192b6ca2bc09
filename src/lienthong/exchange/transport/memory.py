"""The carrier inside one process: for tests, and for who embeds the exchange without a server.

It keeps the same rules as the server: permissions of the site's credential, payload limit, duplicates,
no responders, gaps. What it stores is gone with the process.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, AsyncIterable, Awaitable, Callable, Coroutine, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from lienthong.exchange.errors import (
    CarrierTimeout,
    CarrierUnavailable,
    ExchangeError,
    NoResponder,
    PayloadTooLarge,
)
from lienthong.exchange.transport.base import REPLIES, Answer, Gap, OnGap, OnIdle, OnState, Outgoing, Take
from lienthong.exchange.transport.errors import CarrierRefused, NotStored, StreamMissing
from lienthong.exchange.transport.memory_broker import Listener, MemoryBroker
from lienthong.exchange.transport.permissions import SLOTS, TEMPLATES, Role, tags_of
from lienthong.kernel.errors import LienthongError

_log = logging.getLogger(__name__)
_RETRY_SECONDS = 0.05


class MemorySubscription:
    """Something that listens until it is closed."""

    def __init__(self, work: Coroutine[Any, Any, None] | None, *, on_close: Callable[[], object]) -> None:
        """Run the work, if there is any, until it is closed."""
        self._task = asyncio.create_task(work) if work is not None else None
        self._closed = asyncio.Event()
        self._on_close = on_close

    async def close(self) -> None:
        """Listen no longer."""
        self._on_close()
        self._closed.set()
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    async def wait(self) -> None:
        """Return when it was closed, or raise what its handler raised."""
        if self._task is None:
            await self._closed.wait()
            return
        await asyncio.wait([self._task])
        if not self._task.cancelled():
            self._task.result()


class MemoryCarrier:
    """One site's connection to a ``MemoryBroker``; see ``Carrier`` for every method."""

    def __init__(
        self,
        broker: MemoryBroker,
        site: str,
        branches: Iterable[str] = (),
        *,
        role: Role = Role.SITE,
        on_state: OnState | None = None,
    ) -> None:
        """Connect.

        Args:
            broker: shared with the other sites.
            site: the gateway's code.
            branches: the branches of the organs it hosts.
            role: what for.
            on_state: told when the broker goes away and when it is back.

        Raises:
            CredentialInvalid: a malformed code.
        """
        self._broker = broker
        self._site = site
        self._allowed = TEMPLATES[role].filled(tags_of(site, branches))
        self._on_state = on_state
        self._subscriptions: list[MemorySubscription] = []
        self._slots: dict[str, int] = {}
        # What answers, and where its replies go.
        self._calls: dict[asyncio.Future[None], asyncio.Queue[bytes | None]] = {}
        self._changed = asyncio.Event()
        self._closed = False
        broker.watchers.append(self._on_broker)

    @property
    def site(self) -> str:
        """Whose connection it is."""
        return self._site

    @property
    def connected(self) -> bool:
        """Whether messages can be sent right now."""
        return self._broker.up and not self._closed

    @property
    def max_payload(self) -> int:
        """Bytes that one message may have."""
        return self._broker.max_payload

    async def request(self, subject: str, data: bytes, *, timeout: float) -> bytes:  # noqa: ASYNC109 - see Carrier
        """Send a request and return its reply."""
        async with contextlib.aclosing(self.request_many(subject, data, timeout=timeout)) as replies:
            return await anext(replies)

    async def request_many(self, subject: str, data: bytes, *, timeout: float) -> AsyncGenerator[bytes]:  # noqa: ASYNC109 - see Carrier
        """Send a request and return its replies as they come."""
        self._check(subject, data)
        reached = self._broker.reached(subject)
        if not reached:
            raise NoResponder(subject)
        until = asyncio.get_running_loop().time() + timeout
        come: asyncio.Queue[bytes | None] = asyncio.Queue()
        calls = [asyncio.ensure_future(_answered(listener, subject, data, come)) for listener in reached]
        self._calls.update(dict.fromkeys(calls, come))
        try:
            while True:
                try:
                    async with asyncio.timeout_at(until):
                        reply = await come.get()
                except TimeoutError:
                    raise CarrierTimeout(subject) from None
                if reply is None:
                    raise CarrierUnavailable(f"{subject}: the connection broke", hint="It may have arrived.")
                yield reply
        finally:
            for call in calls:
                del self._calls[call]

    async def serve(self, subject: str, answer: Answer, *, group: str = "") -> MemorySubscription:
        """Answer requests."""
        self._check_listen(subject)
        listener = Listener(subject, answer, group)
        self._broker.listen(listener)
        return self._keep(MemorySubscription(None, on_close=lambda: self._broker.unlisten(listener)))

    async def publish(self, subject: str, data: bytes) -> None:
        """Send to whoever listens now."""
        self._check(subject, data)
        # A call without an inbox to answer to reaches no handler; over NATS it does not either.
        if not subject.startswith("rpc."):
            unheard: asyncio.Queue[bytes | None] = asyncio.Queue()
            await asyncio.gather(*(_answered(each, subject, data, unheard) for each in self._broker.reached(subject)))

    async def publish_durable(self, subject: str, data: bytes, *, msg_id: str) -> int:
        """Store a message."""
        self._check(subject, data)
        return self._broker.store(subject, data, msg_id)

    async def publish_many(self, messages: Sequence[Outgoing]) -> list[int | ExchangeError]:
        """Store many messages."""
        results: list[int | ExchangeError] = []
        for message in messages:
            try:
                results.append(await self.publish_durable(message.subject, message.data, msg_id=message.id))
            except ExchangeError as error:
                results.append(error)
        return results

    async def consume(  # noqa: PLR0913 - by keyword
        self,
        stream: str,
        subject: str,
        *,
        start_after: int,
        take: Take,
        on_gap: OnGap | None = None,
        on_idle: OnIdle | None = None,
    ) -> MemorySubscription:
        """Read a stream from a position on."""
        self._check(f"$JS.API.CONSUMER.CREATE.{stream}.{self._site}_0.{subject}", b"")
        if stream not in self._broker.streams:
            raise StreamMissing(stream)
        if self._slots.get(stream, 0) == SLOTS:
            raise CarrierRefused(stream, hint=f"A site reads a stream {SLOTS} times at most: close one first.")
        self._slots[stream] = self._slots.get(stream, 0) + 1

        def free() -> None:
            self._slots[stream] -= 1

        told = _Told(take, on_gap, on_idle)
        return self._keep(MemorySubscription(self._read(stream, subject, start_after, told), on_close=free))

    async def _read(self, name: str, subject: str, position: int, told: "_Told") -> None:
        while True:
            await self._wait_up()
            stream = self._broker.streams[name]
            resumed = stream.resume(position)
            if resumed != position:
                _log.error("%s: gap: taken up to %d, resumed after %d", name, position, resumed)
                if told.on_gap is not None:
                    told.on_gap(Gap(stream=name, after=position, resumed=resumed))
                position = resumed
            grown = stream.grown
            batch, looked = stream.read(position, subject)
            try:
                if batch:
                    await told.take(batch)
                elif looked != position and told.on_idle is not None:
                    told.on_idle(looked)
                position = looked
            except LienthongError as error:
                _log.warning("%s from %d on: %s", name, position + 1, error)
                await asyncio.sleep(_RETRY_SECONDS)
                continue
            if not batch:
                await grown.wait()

    async def put_blob(
        self, prefix: str, chunks: AsyncIterable[bytes], *, first: int = 0, stored: Callable[[int], None] | None = None
    ) -> int:
        """Store a large content."""
        count = first
        async for chunk in chunks:
            self._check(f"{prefix}.{count}", chunk)
            self._broker.store_once(f"{prefix}.{count}", chunk)
            count += 1
            if stored is not None:
                stored(count)
        return count

    async def get_blob(self, stream: str, prefix: str, count: int, *, first: int = 0) -> AsyncGenerator[bytes]:
        """Fetch the chunks of a large content."""
        for number in range(first, count):
            yield self._fetch(stream, f"{prefix}.{number}")

    async def kv_get(self, bucket: str, key: str) -> bytes | None:
        """Return the value of a key."""
        with contextlib.suppress(NotStored):
            return self._fetch(f"KV_{bucket}", f"$KV.{bucket}.{key}")
        return None

    async def kv_put(self, bucket: str, key: str, value: bytes) -> int:
        """Set the value of a key."""
        self._check(f"$KV.{bucket}.{key}", value)
        return self._broker.store(f"$KV.{bucket}.{key}", value, None)

    async def kv_watch(self, bucket: str, key: str, changed: Callable[[bytes], Awaitable[None]]) -> MemorySubscription:
        """Call with the value of a key: now, at every change, and after each reconnection."""
        self._check_listen(f"$KV.{bucket}.{key}")
        await self.kv_get(bucket, key)
        return self._keep(MemorySubscription(self._watch(bucket, key, changed), on_close=lambda: None))

    async def _watch(self, bucket: str, key: str, changed: Callable[[bytes], Awaitable[None]]) -> None:
        told: bytes | None = None
        while True:
            await self._wait_up()
            grown, state = self._broker.streams[f"KV_{bucket}"].grown, self._changed
            value = await self.kv_get(bucket, key)
            try:
                if value is not None and value != told:
                    await changed(value)
                    told = value
            except LienthongError as error:
                _log.warning("%s in %s: %s", key, bucket, error)
                await asyncio.sleep(_RETRY_SECONDS)
                continue
            waits = [asyncio.ensure_future(event.wait()) for event in (grown, state)]
            try:
                await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for each in waits:
                    each.cancel()
            told = None if state.is_set() else told

    async def close(self) -> None:
        """End all subscriptions and the connection."""
        for subscription in self._subscriptions:
            await subscription.close()
        self._subscriptions.clear()
        if not self._closed:
            self._closed = True
            self._broker.watchers.remove(self._on_broker)
            self._break_calls()

    def _keep(self, subscription: MemorySubscription) -> MemorySubscription:
        self._subscriptions.append(subscription)
        return subscription

    def _fetch(self, stream: str, subject: str) -> bytes:
        self._check(f"$JS.API.DIRECT.GET.{stream}.{subject}", b"")
        return self._broker.fetch(stream, subject)

    def _check(self, subject: str, data: bytes) -> None:
        if len(data) > self.max_payload:
            raise PayloadTooLarge(f"{subject}: {len(data)} bytes where {self.max_payload} are allowed")
        if not self.connected:
            raise CarrierUnavailable(subject)
        if not self._allowed.may_publish(subject):
            raise CarrierRefused(subject)

    def _check_listen(self, subject: str) -> None:
        if not self.connected:
            raise CarrierUnavailable(subject)
        if not self._allowed.may_subscribe(subject):
            raise CarrierRefused(subject)

    async def _wait_up(self) -> None:
        while not self.connected:
            await self._changed.wait()

    def _on_broker(self, up: bool) -> None:  # noqa: FBT001 - the signature of OnState
        self._changed.set()
        self._changed = asyncio.Event()
        if not up:
            self._break_calls()
        if self._on_state is not None:
            self._on_state(up)

    def _break_calls(self) -> None:
        for call, come in list(self._calls.items()):
            # At once: who answers may take its time to end.
            come.put_nowait(None)
            call.cancel()


@dataclass(frozen=True, slots=True)
class _Told:
    """Whom a reader tells."""

    take: Take
    on_gap: OnGap | None
    on_idle: OnIdle | None


async def _answered(listener: Listener, subject: str, data: bytes, come: asyncio.Queue[bytes | None]) -> None:
    """Put a listener's replies where they are waited for."""
    try:
        answer = await listener.answer(subject, data)
        if isinstance(answer, bytes):
            come.put_nowait(answer)
        elif answer is not None:
            left = REPLIES
            async with contextlib.aclosing(answer) as replies:
                async for each in replies:
                    if left:
                        come.put_nowait(each)
                        left -= 1
    except LienthongError:
        _log.exception("no answer for %s", subject)
    except Exception:  # noqa: BLE001 - one faulty request must not end the serving of all others
        _log.exception("no answer for %s: a defect", subject)
