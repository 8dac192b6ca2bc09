"""The carrier over NATS: core messages for calls, JetStream for mail, large contents and the directory."""

import asyncio
import logging
import random
import ssl
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Final, Self

import msgspec

from lienthong.exchange.errors import CarrierTimeout, CarrierUnavailable, DuplicateMessage, ExchangeError
from lienthong.exchange.transport.ahead import in_order
from lienthong.exchange.transport.base import Answer, OnGap, OnIdle, OnState, Outgoing, Take
from lienthong.exchange.transport.credentials import Credential
from lienthong.exchange.transport.errors import CarrierFull, CarrierRefused, NotStored
from lienthong.exchange.transport.nats_link import Link, Reply
from lienthong.exchange.transport.nats_pull import Pull
from lienthong.exchange.transport.nats_serve import Serving
from lienthong.exchange.transport.nats_watch import Watch
from lienthong.exchange.transport.permissions import SLOTS

_log = logging.getLogger(__name__)

_CONNECT_SECONDS: Final = 5.0
# How long a stream may take to acknowledge.
STORE_SECONDS: Final = 10.0
_FIRST_PAUSE: Final = 0.05
_LONGEST_PAUSE: Final = 2.0
# How many messages may wait for their acknowledgement at once.
_WINDOW: Final = 1000
# How many chunks of a large content travel at once.
_AHEAD: Final = 6


class NatsCarrier:
    """One site's connection, renewed by itself when it breaks. Made by ``connect``."""

    def __init__(
        self,
        servers: Sequence[str],
        credential: Credential | Path,
        *,
        on_state: OnState | None,
        tls: ssl.SSLContext | None,
    ) -> None:
        """Prepare; use ``connect``."""
        self._servers = servers
        self._source = credential
        self._site = self._credential().site
        self._on_state = on_state
        self._tls = tls
        self._link: Link | None = None
        self._linked = asyncio.Event()
        self._keeper: asyncio.Task[None] | None = None
        # Everything to be made again on a new link.
        self._attached: list[Serving | Watch] = []
        self._pulls: dict[tuple[str, int], Pull] = {}
        self._max_payload = 0

    @classmethod
    async def connect(
        cls,
        servers: Sequence[str],
        credential: Credential | Path,
        *,
        on_state: OnState | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> Self:
        """Connect.

        Args:
            servers: addresses such as ``nats://127.0.0.1:4222``; any of them will do.
            credential: or the path of its file, which is read again for every connection, so that a
                renewed one counts without a restart.
            on_state: told when the connection breaks and when it is back.
            tls: for servers that ask for it.

        Raises:
            CarrierUnavailable: none of the servers answers.
            CarrierRefused: the credential was refused.
            CredentialInvalid: its file cannot be used.
        """
        carrier = cls(servers, credential, on_state=on_state, tls=tls)
        await carrier._open()
        carrier._keeper = asyncio.create_task(carrier._keep(), name=f"carrier of {carrier.site}")
        return carrier

    @property
    def site(self) -> str:
        """Whose connection it is."""
        return self._site

    @property
    def connected(self) -> bool:
        """Whether messages can be sent right now."""
        return self._link is not None

    @property
    def max_payload(self) -> int:
        """Bytes that one message may have."""
        return self._max_payload

    async def request(self, subject: str, data: bytes, *, timeout: float) -> bytes:  # noqa: ASYNC109 - one timer, not two
        """Send a request and return its reply; see ``Carrier``."""
        return (await self._live(subject).call(subject, data, seconds=timeout)).data

    async def request_many(self, subject: str, data: bytes, *, timeout: float) -> AsyncGenerator[bytes]:  # noqa: ASYNC109 - as above
        """Send a request and return its replies as they come; see ``Carrier``."""
        async with aclosing(self._live(subject).call_many(subject, data, seconds=timeout)) as replies:
            async for reply in replies:
                yield reply.data

    async def serve(self, subject: str, answer: Answer, *, group: str = "") -> Serving:
        """Answer requests; see ``Carrier``."""
        serving = Serving(subject, answer, group, self._detach)
        await serving.attach(self._live(subject))
        self._attached.append(serving)
        return serving

    async def publish(self, subject: str, data: bytes) -> None:
        """Send to whoever listens now; see ``Carrier``."""
        await self._live(subject).send(subject, data)

    async def publish_durable(self, subject: str, data: bytes, *, msg_id: str) -> int:
        """Store a message; see ``Carrier``."""
        return await self._store(subject, data, {"Nats-Msg-Id": msg_id})

    async def publish_many(self, messages: Sequence[Outgoing]) -> list[int | ExchangeError]:
        """Store many messages at full speed; see ``Carrier``."""
        sent: list[asyncio.Future[Reply] | ExchangeError] = []
        for index, message in enumerate(messages):
            if index >= _WINDOW and not await _settled([sent[index - _WINDOW]]):
                # The server stopped acknowledging: sending on would only fill its buffers.
                break
            try:
                link = self._live(message.subject)
                sent.append(await link.post(message.subject, message.data, headers={"Nats-Msg-Id": message.id}))
            except ExchangeError as error:
                sent.append(error)
        await _settled(sent)
        outcomes: list[int | ExchangeError] = [
            _outcome(message.subject, each) for message, each in zip(messages, sent, strict=False)
        ]
        return outcomes + [CarrierUnavailable(message.subject) for message in messages[len(sent) :]]

    async def consume(  # noqa: PLR0913 - by keyword
        self,
        stream: str,
        subject: str,
        *,
        start_after: int,
        take: Take,
        on_gap: OnGap | None = None,
        on_idle: OnIdle | None = None,
    ) -> Pull:
        """Read a stream from a position on; see ``Carrier``.

        Raises:
            CarrierRefused: besides, when the site reads this stream as often as it may already.
        """
        slot = next((slot for slot in range(SLOTS) if (stream, slot) not in self._pulls), None)
        if slot is None:
            raise CarrierRefused(stream, hint=f"A site reads a stream {SLOTS} times at most: close one first.")
        pull = Pull(
            site=self.site,
            slot=f"{self.site}_{slot}",
            stream=stream,
            subject=subject,
            start_after=start_after,
            take=take,
            on_gap=on_gap,
            on_idle=on_idle,
            on_close=lambda: self._pulls.pop((stream, slot), None),
        )
        self._pulls[stream, slot] = pull
        try:
            await pull.start(self._live(stream), self._wait_linked)
        except ExchangeError:
            del self._pulls[stream, slot]
            raise
        return pull

    async def put_blob(
        self, prefix: str, chunks: AsyncIterable[bytes], *, first: int = 0, stored: Callable[[int], None] | None = None
    ) -> int:
        """Store a large content; see ``Carrier``."""
        count = first

        async def stores() -> AsyncIterator[Awaitable[int]]:
            nonlocal count
            async for chunk in chunks:
                # No message id: whoever knows the digest could use it up first.
                yield self._store_once(f"{prefix}.{count}", chunk)
                count += 1

        done = first
        async with aclosing(in_order(stores(), ahead=_AHEAD)) as results:
            async for _ in results:
                done += 1
                if stored is not None:
                    stored(done)
        return count

    async def get_blob(self, stream: str, prefix: str, count: int, *, first: int = 0) -> AsyncGenerator[bytes]:
        """Fetch the chunks of a large content; see ``Carrier``."""

        async def fetches() -> AsyncIterator[Awaitable[bytes]]:
            for number in range(first, count):
                yield self._fetch(stream, f"{prefix}.{number}")

        async with aclosing(in_order(fetches(), ahead=_AHEAD)) as results:
            async for chunk in results:
                yield chunk

    async def kv_get(self, bucket: str, key: str) -> bytes | None:
        """Return the value of a key; see ``Carrier``."""
        try:
            return await self._fetch(f"KV_{bucket}", f"$KV.{bucket}.{key}")
        except NotStored:
            return None

    async def kv_put(self, bucket: str, key: str, value: bytes) -> int:
        """Set the value of a key; see ``Carrier``."""
        return await self._store(f"$KV.{bucket}.{key}", value, None)

    async def kv_watch(self, bucket: str, key: str, changed: Callable[[bytes], Awaitable[None]]) -> Watch:
        """Call with the value of a key at every change; see ``Carrier``."""

        async def fetch() -> bytes | None:
            await self._wait_linked()
            return await self.kv_get(bucket, key)

        watch = Watch(f"$KV.{bucket}.{key}", fetch, changed, self._detach)
        try:
            await watch.attach(self._live(key))
        except ExchangeError:
            await watch.close()
            raise
        self._attached.append(watch)
        return watch

    async def ask(self, subject: str, body: bytes) -> bytes:
        """Ask the server's own interface (``$JS.API.…``), as provisioning does.

        Raises:
            NoResponder, CarrierTimeout, CarrierUnavailable, CarrierRefused: as for ``request``.
        """
        return (await self._live(subject).call(subject, body, seconds=STORE_SECONDS)).data

    async def close(self) -> None:
        """End all subscriptions and the connection."""
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.wait([self._keeper])
        for subscription in [*self._attached, *self._pulls.values()]:
            await subscription.close()
        link, self._link = self._link, None
        self._linked.clear()
        if link is not None:
            await link.close()

    async def _store(self, subject: str, data: bytes, headers: Mapping[str, str] | None) -> int:
        reply = await self._live(subject).call(subject, data, seconds=STORE_SECONDS, headers=headers)
        return _sequence(subject, reply)

    async def _store_once(self, subject: str, data: bytes) -> int:
        reply = await self._live(subject).call(subject, data, seconds=STORE_SECONDS)
        # The first to be stored stays: nobody replaces a chunk, and repeating it changes nothing.
        return 0 if _TAKEN in reply.data else _sequence(subject, reply)

    async def _fetch(self, stream: str, subject: str) -> bytes:
        reply = await self._live(subject).call(f"$JS.API.DIRECT.GET.{stream}.{subject}", b"", seconds=STORE_SECONDS)
        if reply.status:
            raise NotStored(subject)
        return reply.data

    def _credential(self) -> Credential:
        return Credential.read(self._source) if isinstance(self._source, Path) else self._source

    def _detach(self, attached: object) -> None:
        self._attached = [each for each in self._attached if each is not attached]

    def _live(self, subject: str) -> Link:
        if self._link is None:
            raise CarrierUnavailable(subject)
        return self._link

    async def _wait_linked(self) -> Link:
        while self._link is None:
            await self._linked.wait()
        return self._link

    async def _open(self) -> None:
        link = Link(self._credential())
        await link.open(self._servers, tls=self._tls, seconds=_CONNECT_SECONDS)
        for each in self._attached:
            try:
                await each.attach(link)
            except CarrierRefused:
                # A renewed credential may cover less than the one before; the rest goes on.
                _log.exception("site %s may no longer listen", self.site)
            except ExchangeError:
                await link.close()
                raise
        self._max_payload = link.max_payload
        self._link = link
        self._linked.set()

    async def _keep(self) -> None:
        """Wait for the connection to break and renew it, for ever."""
        while True:
            link = await self._wait_linked()
            await asyncio.shield(link.lost)
            self._link = None
            self._linked.clear()
            _log.warning("site %s lost its connection to %s", self.site, ", ".join(self._servers))
            self._tell(state=False)
            await self._reopen()
            _log.info("site %s is connected again", self.site)
            self._tell(state=True)

    async def _reopen(self) -> None:
        pause = _FIRST_PAUSE
        while True:
            try:
                return await self._open()
            except ExchangeError as error:
                _log.info("site %s: %s", self.site, error)
            # Thousands of sites must not come back in the same instant.
            await asyncio.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311 - spreads load, guards nothing
            pause = min(2 * pause, _LONGEST_PAUSE)

    def _tell(self, *, state: bool) -> None:
        if self._on_state is not None:
            self._on_state(state)


class _Problem(msgspec.Struct):
    description: str = ""


class _Stored(msgspec.Struct):
    """JetStream's acknowledgement."""

    seq: int = 0
    duplicate: bool = False
    error: _Problem | None = None


_FULL: Final = frozenset({"maximum bytes exceeded", "maximum messages exceeded"})
_TAKEN: Final = b"maximum messages per subject exceeded"
_STORED: Final = msgspec.json.Decoder(_Stored)


def _sequence(subject: str, reply: Reply) -> int:
    try:
        stored = _STORED.decode(reply.data)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise CarrierUnavailable(subject, hint="Something else than a stream answered; check the streams.") from None
    if stored.error is not None:
        kind = CarrierFull if stored.error.description in _FULL else CarrierUnavailable
        raise kind(f"{subject}: {stored.error.description}")
    if stored.duplicate:
        raise DuplicateMessage(f"{subject}: sequence {stored.seq}")
    return stored.seq


async def _settled(sent: Sequence[asyncio.Future[Reply] | ExchangeError]) -> bool:
    """Wait for acknowledgements; tells whether all came."""
    waiting = [each for each in sent if isinstance(each, asyncio.Future) and not each.done()]
    if not waiting:
        return True
    _, late = await asyncio.wait(waiting, timeout=STORE_SECONDS)
    return not late


def _outcome(subject: str, sent: asyncio.Future[Reply] | ExchangeError) -> int | ExchangeError:
    if isinstance(sent, ExchangeError):
        return sent
    if not sent.done():
        sent.cancel()
        return CarrierTimeout(subject)
    try:
        return _sequence(subject, sent.result())
    except ExchangeError as error:
        return error
