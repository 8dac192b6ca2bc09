"""What the exchange needs of a carrier, whatever carries.

A carrier moves sealed bytes: it is trusted with delivery and nothing else. Two implementations:
``nats.NatsCarrier`` and ``memory.MemoryCarrier``; the tests hold both to the same behaviour.
"""

from collections.abc import AsyncGenerator, AsyncIterable, Awaitable, Callable, Sequence
from typing import Final, Protocol

import msgspec

from lienthong.exchange.errors import ExchangeError
from lienthong.kernel.clock import Millis

# How many messages a consumer hands over at once, at most.
BATCH: Final = 500
# How many replies a request may get.
REPLIES: Final = 64
# The size of chunk that suits ``put_blob``, in bytes.
CHUNK: Final = 512 * 1024


class Message(msgspec.Struct, frozen=True, gc=False):
    """A stored message."""

    subject: str
    data: bytes
    # Its place in the stream, from 1.
    sequence: int
    # When the carrier stored it.
    at: Millis


class Outgoing(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A message to be stored."""

    subject: str
    data: bytes
    # Unguessable, and the same when it is sent again: the stream keeps one message per id for ten minutes.
    id: str


class Gap(msgspec.Struct, frozen=True, kw_only=True):
    """A stream no longer holds what should come next.

    ``resumed > after``: what lay between has expired, and mail for us may have been among it.
    ``resumed < after``: the stream is shorter than what was read. Its storage was lost or restored; it is read
    from its beginning, so that some messages may come again.
    """

    stream: str
    after: int  # the sequence up to which everything was taken
    resumed: int  # the sequence after which reading goes on


type Replies = bytes | AsyncGenerator[bytes] | None
"""What a request is answered with: one reply, several as they come, or none."""
type Answer = Callable[[str, bytes], Awaitable[Replies]]
"""Gets subject and data of a request, returns the reply or the replies."""
type Take = Callable[[Sequence[Message]], Awaitable[None]]
"""Gets a batch; when it returns, the batch is taken. A LienthongError makes the same batch come again."""
type OnIdle = Callable[[int], None]
"""Gets the sequence up to which the stream holds nothing more for this reader."""
type OnGap = Callable[[Gap], None]
type OnState = Callable[[bool], None]
"""Gets True on connection, False on its loss."""


class Subscription(Protocol):
    """Something that listens until it is closed. It survives reconnection."""

    async def close(self) -> None:
        """Listen no longer; waits for the handler where it is in the middle of something."""
        ...

    async def wait(self) -> None:
        """Return when it was closed.

        Raises:
            Exception: what its handler raised, if that ended it.
        """
        ...


class Carrier(Protocol):
    """One site's connection to the others."""

    @property
    def site(self) -> str:
        """Whose connection it is."""
        ...

    @property
    def connected(self) -> bool:
        """Whether messages can be sent right now."""
        ...

    @property
    def max_payload(self) -> int:
        """Bytes that one message may have."""
        ...

    async def request(self, subject: str, data: bytes, *, timeout: float) -> bytes:  # noqa: ASYNC109 - travels on
        """Send a request and return its reply.

        Args:
            subject: where to.
            data: at most ``max_payload`` bytes.
            timeout: seconds.

        Raises:
            NoResponder: nobody listens; known at once.
            CarrierTimeout: no reply in time.
            CarrierUnavailable: not connected, or the connection broke while waiting.
            CarrierRefused: not permitted to this site.
            PayloadTooLarge: more than ``max_payload`` bytes.
        """
        ...

    def request_many(self, subject: str, data: bytes, *, timeout: float) -> AsyncGenerator[bytes]:
        """Send a request and return its replies as they come, up to ``REPLIES``; close it when the last is in.

        Args:
            subject: where to.
            data: at most ``max_payload`` bytes.
            timeout: seconds from the start until the last reply must be there.

        Raises:
            NoResponder, CarrierTimeout, CarrierUnavailable, CarrierRefused, PayloadTooLarge: as for ``request``.
        """
        ...

    async def serve(self, subject: str, answer: Answer, *, group: str = "") -> Subscription:
        """Answer requests, each in its own time; also takes what was sent with ``publish``.

        Calls (``rpc.…``) reach the handler only with an inbox of the site named in the subject to answer to.

        Args:
            subject: with wildcards.
            answer: what an exception of it answers is nothing; the exception is logged.
            group: of several with the same group one gets each request.

        Raises:
            CarrierUnavailable: not connected.
            CarrierRefused: not permitted to this site.
        """
        ...

    async def publish(self, subject: str, data: bytes) -> None:
        """Send to whoever listens now, without knowing whether anybody does.

        Raises:
            CarrierUnavailable, PayloadTooLarge: as for ``request``.
        """
        ...

    async def publish_durable(self, subject: str, data: bytes, *, msg_id: str) -> int:
        """Store a message in the stream of its subject and return its sequence; stored when it returns.

        Raises:
            DuplicateMessage: the id is known; the stream holds that message.
            NoResponder: no stream takes the subject.
            CarrierUnavailable, CarrierTimeout, CarrierRefused, PayloadTooLarge: as for ``request``; after
                the first two it may be stored all the same.
        """
        ...

    async def publish_many(self, messages: Sequence[Outgoing]) -> list[int | ExchangeError]:
        """Store many messages at full speed; returns each one's sequence, or the error as above."""
        ...

    async def consume(  # noqa: PLR0913 - by keyword
        self,
        stream: str,
        subject: str,
        *,
        start_after: int,
        take: Take,
        on_gap: OnGap | None = None,
        on_idle: OnIdle | None = None,
    ) -> Subscription:
        """Read a stream from a position on, in order, in batches of up to ``BATCH``, and go on for ever.

        The position belongs to the caller, who stores it with what it did with the batch. Nothing is
        skipped without ``on_gap``; after a broken connection some messages may come again.

        Args:
            stream: its name.
            subject: which of its messages (a filter with wildcards).
            start_after: the last sequence taken; 0 reads from the beginning.
            take: gets the batches, one at a time.
            on_gap: told when messages are gone for good. Whether any was for this reader cannot be known.
            on_idle: told from time to time how far the stream holds nothing more for this reader. Who stores
                that position is not told of gaps among other readers' expired messages later.

        Raises:
            StreamMissing: no such stream.
            CarrierUnavailable, CarrierTimeout, CarrierRefused: as for ``request``; later ones are retried.
        """
        ...

    async def put_blob(
        self, prefix: str, chunks: AsyncIterable[bytes], *, first: int = 0, stored: Callable[[int], None] | None = None
    ) -> int:
        """Store a large content under ``<prefix>.0``, ``.1`` … and return the number of chunks there are then.

        Doing it again is harmless as long as the content is the same: name it by its digest.

        Args:
            prefix: of the chunks' subjects.
            chunks: the chunks, in order.
            first: the number of the first of them, where those before are stored already.
            stored: told how many chunks are stored, one by one.

        Raises:
            CarrierFull: there is no room for more; what is stored stays.
            NoResponder, CarrierUnavailable, CarrierTimeout, CarrierRefused, PayloadTooLarge: as for
                ``publish_durable``.
        """
        ...

    def get_blob(self, stream: str, prefix: str, count: int, *, first: int = 0) -> AsyncGenerator[bytes]:
        """Fetch the chunks of a large content in order, a few ahead.

        Args:
            stream: where it is.
            prefix: of the chunks' subjects.
            count: how many chunks it has.
            first: the number of the first one that is wanted.

        Raises:
            NotStored: a chunk is not (or no longer) there.
            NoResponder, CarrierUnavailable, CarrierTimeout, CarrierRefused: as for ``request``.
        """
        ...

    async def kv_get(self, bucket: str, key: str) -> bytes | None:
        """Return the value of a key, None if it has none.

        Raises:
            NoResponder, CarrierUnavailable, CarrierTimeout, CarrierRefused: as for ``request``.
        """
        ...

    async def kv_put(self, bucket: str, key: str, value: bytes) -> int:
        """Set the value of a key and return its revision.

        Raises:
            NoResponder, CarrierUnavailable, CarrierTimeout, CarrierRefused, PayloadTooLarge: as for
                ``publish_durable``.
        """
        ...

    async def kv_watch(self, bucket: str, key: str, changed: Callable[[bytes], Awaitable[None]]) -> Subscription:
        """Call with the value of a key: now if it has one, at every change, and after each reconnection.

        The same value may come again. A LienthongError of the handler makes it come again after a while.

        Raises:
            CarrierUnavailable, CarrierRefused: as for ``serve``.
            NoResponder: no such bucket, where that is known at once.
        """
        ...

    async def close(self) -> None:
        """End all subscriptions and the connection."""
        ...
