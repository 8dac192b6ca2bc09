"""Fetching a large body from the other side's gateway: some windows ahead, no more than is used up."""

import asyncio
import hashlib
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Final

from lienthong.exchange.asks import Pull
from lienthong.exchange.errors import (
    BodyGone,
    CarrierTimeout,
    CarrierUnavailable,
    ExchangeError,
    LimitExceeded,
    Malformed,
    NoResponder,
    RemoteError,
)
from lienthong.exchange.http import LargeBody
from lienthong.exchange.packet import HeldRef, notice_of
from lienthong.exchange.spool_store import NUMBER_SIZE, UNIT, UNIT_CHUNKS
from lienthong.exchange.transport.base import Carrier
from lienthong.trust import chunks
from lienthong.trust.errors import DigestMismatch, TrustError
from lienthong.trust.header import Content

WINDOW: Final = 4
"""Units that are asked for at once."""
_AHEAD: Final = 2
_CREDIT: Final = 40
_FIRST_PAUSE: Final = 0.05
_LONGEST_PAUSE: Final = 1.0
_RELEASE_SECONDS: Final = 5.0

type Failed = Callable[[ExchangeError | TrustError], Awaitable[None]]
"""Told why a body could not be fetched as a whole."""


@dataclass(kw_only=True)
class Pulls:
    """All fetching of one gateway."""

    carrier: Carrier
    # Seconds in which what was asked for at once must be there, and after which nothing new is given up.
    window_seconds: float = 10.0
    idle_seconds: float = 30.0
    # Units that may be under way or waiting to be used up, of all bodies together; each may have one beyond that.
    credit: int = _CREDIT
    _releasing: set[asyncio.Task[None]] = field(init=False, default_factory=set)

    def incoming(self, ref: HeldRef, content: Content, *, subject: str, failed: Failed) -> "Incoming":
        """Return a body to be fetched.

        Args:
            ref: where its holder has it.
            content: what was sealed of it.
            subject: where its holder listens to us.
            failed: told when it cannot be fetched as a whole.

        Raises:
            Malformed: in another number of chunks than its size makes.
        """
        if ref.chunks != chunks.count_of(content.size):
            raise Malformed(f"a content of {content.size} bytes in {ref.chunks} chunks")
        return Incoming(self, ref, content, subject=subject, failed=failed)

    def release(self, subject: str, name: bytes) -> None:
        """Tell a body's holder, in the background, that it is no longer needed."""
        task = asyncio.ensure_future(self._release(subject, name))
        self._releasing.add(task)
        task.add_done_callback(self._releasing.discard)

    async def close(self) -> None:
        """Finish what goes on in the background."""
        await asyncio.gather(*self._releasing)

    async def _release(self, subject: str, name: bytes) -> None:
        try:
            await self.carrier.request(subject, Pull(name, 0, 0).to_bytes(), timeout=_RELEASE_SECONDS)
        except ExchangeError:
            # Its holder lets go of it by itself in a while.
            return

    def take(self, units: int, *, at_least: int) -> int:
        """Take credit for up to so many units; returns for how many."""
        taken = max(min(units, self.credit), at_least)
        self.credit -= taken
        return taken


class Incoming(LargeBody):
    """A body that its sender's gateway holds: fetched, decrypted and checked as it is read."""

    def __init__(self, pulls: Pulls, ref: HeldRef, content: Content, *, subject: str, failed: Failed) -> None:
        """See ``Pulls.incoming``."""
        self._pulls = pulls
        self._ref = ref
        self._content = content
        self._subject = subject
        self._failed = failed
        self._cipher = chunks.Cipher(ref.key, count=ref.chunks)
        self._digest = hashlib.sha256()
        self._come = 0

    @property
    def size(self) -> int:
        """Its bytes."""
        return self._content.size

    def release(self) -> None:
        """Tell its holder that it is no longer needed."""
        self._pulls.release(self._subject, self._ref.name)

    async def pieces(self) -> AsyncGenerator[bytes]:
        """Return the body as it comes; the last piece only when the whole of it is what was sealed.

        Raises:
            DigestMismatch, EnvelopeInvalid, Malformed: it is not what was sealed.
            BodyGone, RemoteError, CarrierTimeout, CarrierUnavailable, NoResponder: it cannot be fetched.
        """
        # Gone with this generator, whoever still holds the body.
        first, plain = 0, memoryview(bytearray(UNIT))
        try:
            async with aclosing(self._fetched()) as fetched:
                async for data in fetched:
                    piece = self._opened(data, first, plain)
                    first += _count_in(data)
                    yield piece
        except (ExchangeError, TrustError) as error:
            await self._failed(error)
            raise
        finally:
            self.release()

    def _opened(self, data: bytes, first: int, plain: memoryview) -> bytes:
        """Decrypt chunks and check the whole with the last of them.

        Half a millisecond for a unit: a thread would take longer to be told, and get in everybody's way meanwhile.
        """
        size = self._cipher.decrypt_into(first, memoryview(data)[NUMBER_SIZE:], plain)
        self._digest.update(plain[:size])
        self._come += size
        complete = first + _count_in(data) == self._ref.chunks
        if complete and (self._come, self._digest.digest()) != (self._content.size, self._content.digest):
            raise DigestMismatch(f"a body of {self._content.size} bytes")
        return bytes(plain[:size])

    async def _fetched(self) -> AsyncGenerator[bytes]:
        """Return all chunks in their order, begun again where it broke off until nothing more comes."""
        loop, done, window, pause = asyncio.get_running_loop(), 0, WINDOW, _FIRST_PAUSE
        last = loop.time()
        while done < self._ref.chunks:
            try:
                async with aclosing(self._run(done, window)) as run:
                    async for data in run:
                        done += _count_in(data)
                        yield data
                        last, pause = loop.time(), _FIRST_PAUSE
            except (CarrierTimeout, CarrierUnavailable, NoResponder, _Lost) as error:
                if loop.time() - last > self._pulls.idle_seconds:
                    raise error if isinstance(error, ExchangeError) else CarrierTimeout(self._subject) from None
                await asyncio.sleep(pause)
                # Slow links get through less in the same time.
                window, pause = 1, min(2 * pause, _LONGEST_PAUSE)

    async def _run(self, first: int, window: int) -> AsyncGenerator[bytes]:
        """Return chunks in their order from one on."""
        windows: deque[_Window] = deque()
        asked = first
        try:
            while first < self._ref.chunks:
                while asked < self._ref.chunks and len(windows) < _AHEAD:
                    units = self._pulls.take(window, at_least=0 if windows else 1)
                    if not units:
                        break
                    # The first may begin in the middle of a unit, after something was lost.
                    end = min((asked // UNIT_CHUNKS + units) * UNIT_CHUNKS, self._ref.chunks)
                    windows.append(_Window(self._pulls, self._subject, Pull(self._ref.name, asked, end - asked), units))
                    asked = end
                data = await windows[0].next()
                number, count = int.from_bytes(data[:NUMBER_SIZE]), _count_in(data)
                if number < first:
                    # Once more what has come.
                    continue
                if number != first or first + count > asked:
                    raise _Lost
                first += count
                if first == windows[0].end:
                    windows.popleft().close()
                yield data
        finally:
            for each in windows:
                each.close()


class _Window:
    """Chunks that were asked for at once."""

    def __init__(self, pulls: Pulls, subject: str, pull: Pull, units: int) -> None:
        self.end = pull.first + pull.count
        self._pulls = pulls
        self._units = units
        self._come: deque[bytes] = deque()
        self._news = asyncio.Event()
        self._task = asyncio.ensure_future(self._collect(subject, pull))
        self._task.add_done_callback(self._ended)

    async def next(self) -> bytes:
        """Return what has come, in its order.

        Raises:
            CarrierTimeout, CarrierUnavailable, NoResponder, _Lost: nothing more comes.
            BodyGone, RemoteError, Malformed: nothing ever will.
        """
        while not self._come:
            if self._task.done():
                self._task.result()
                raise _Lost
            self._news.clear()
            await self._news.wait()
        return self._come.popleft()

    def close(self) -> None:
        """Ask no longer."""
        self._task.cancel()
        self._pulls.credit += self._units
        self._units = 0

    async def _collect(self, subject: str, pull: Pull) -> None:
        carrier, seconds = self._pulls.carrier, self._pulls.window_seconds
        # A holder that repeats itself without end must not fill our memory.
        left = 2 * pull.count
        async with aclosing(carrier.request_many(subject, pull.to_bytes(), timeout=seconds)) as replies:
            async for reply in replies:
                _check(reply)
                left -= _count_in(reply)
                if left < 0:
                    raise _Lost
                self._come.append(reply)
                self._news.set()
                if int.from_bytes(reply[:NUMBER_SIZE]) + _count_in(reply) >= self.end:
                    return

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._news.set()
        if not task.cancelled():
            # Seen here: it may be closed before somebody looks.
            task.exception()


class _Lost(Exception):
    """Something that was asked for did not come, or came in another place."""


def _check(reply: bytes) -> None:
    code = notice_of(reply)
    if code == BodyGone.code:
        raise BodyGone
    if code == LimitExceeded.code:
        # Too many at once: it goes on in a while.
        raise _Lost
    if code is not None:
        raise RemoteError(code, f"the other side's gateway said: {code}")
    if not NUMBER_SIZE + chunks.TAG_SIZE <= len(reply) <= NUMBER_SIZE + UNIT_CHUNKS * chunks.ON_WIRE:
        raise Malformed(f"a piece of {len(reply)} bytes")


def _count_in(data: bytes) -> int:
    return -(-(len(data) - NUMBER_SIZE) // chunks.ON_WIRE)
