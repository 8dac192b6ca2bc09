"""Several replies to one request, whatever carries: in order, as they come, and no more than is permitted."""

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import aclosing

import pytest

from lienthong.exchange.errors import CarrierTimeout, CarrierUnavailable, NoResponder, PayloadTooLarge
from lienthong.exchange.transport.base import REPLIES, Carrier
from lienthong.exchange.transport.errors import CarrierRefused
from lienthong.exchange.transport.nats import NatsCarrier
from lienthong.kernel.errors import BadInput
from tests.support.carriers import Broker, Harness, NatsHarness, call, eventually


async def numbered(count: int, *, pause: float = 0) -> AsyncGenerator[bytes]:
    for number in range(count):
        yield b"%d" % number
        await asyncio.sleep(pause)


async def pair(harness: Harness) -> tuple[Carrier, Carrier, str, str]:
    """A caller, a provider, the caller's subject and the provider's."""
    branch = await harness.branch()
    one, two = await harness.carrier("one", branch), await harness.carrier("two", branch)
    return one, two, call(branch, "two", branch, "one"), f"rpc.{branch}.two.>"


async def taken(carrier: Carrier, subject: str, count: int, *, data: bytes = b"", timeout: float = 5) -> list[bytes]:  # noqa: ASYNC109 - the carrier's
    found: list[bytes] = []
    async with aclosing(carrier.request_many(subject, data, timeout=timeout)) as replies:
        async for reply in replies:
            found.append(reply)
            if len(found) == count:
                break
    return found


async def until_it_fails(carrier: Carrier, subject: str, found: list[bytes], *, timeout: float) -> None:  # noqa: ASYNC109 - as above
    """Note all replies that come before the error."""
    async with aclosing(carrier.request_many(subject, b"", timeout=timeout)) as replies:
        async for reply in replies:
            found.append(reply)  # noqa: PERF401 - they are looked at after an error, too


@pytest.mark.parametrize("pause", [0, 0.002])
async def test_all_replies_come_in_their_order(harness: Harness, pause: float) -> None:
    one, two, subject, served = await pair(harness)

    async def answer(_: str, data: bytes) -> AsyncGenerator[bytes]:
        return numbered(int(data), pause=pause)

    await two.serve(served, answer)
    for count in (1, 2, REPLIES):
        assert await taken(one, subject, count, data=b"%d" % count) == [b"%d" % number for number in range(count)]


async def test_replies_to_many_requests_are_kept_apart(harness: Harness) -> None:
    one, two, subject, served = await pair(harness)

    async def answer(_: str, data: bytes) -> AsyncGenerator[bytes]:
        async def each() -> AsyncGenerator[bytes]:
            async for number in numbered(5):
                yield data + b"/" + number

        return each()

    await two.serve(served, answer)
    found = await asyncio.gather(*(taken(one, subject, 5, data=b"%d" % n) for n in range(50)))
    assert found == [[b"%d/%d" % (n, number) for number in range(5)] for n in range(50)]


async def test_a_single_reply_will_do(harness: Harness) -> None:
    one, two, subject, served = await pair(harness)

    async def answer(_: str, data: bytes) -> bytes:
        return data

    await two.serve(served, answer)
    assert await taken(one, subject, 1, data=b"x") == [b"x"]


async def test_who_wants_one_reply_gets_the_first(harness: Harness) -> None:
    one, two, subject, served = await pair(harness)
    ended: list[str] = []

    async def answer(_: str, data: bytes) -> AsyncGenerator[bytes]:
        async def each() -> AsyncGenerator[bytes]:
            try:
                async for number in numbered(3):
                    yield number
            finally:
                ended.append("whole")

        return each()

    await two.serve(served, answer)
    for _ in range(3):
        assert await one.request(subject, b"", timeout=5) == b"0"
    await eventually(lambda: len(ended) == 3)


async def test_replies_are_there_as_soon_as_they_come(harness: Harness) -> None:
    one, two, subject, served = await pair(harness)
    released = asyncio.Event()

    async def answer(_: str, data: bytes) -> AsyncGenerator[bytes]:
        async def each() -> AsyncGenerator[bytes]:
            yield b"at once"
            await released.wait()
            yield b"later"

        return each()

    await two.serve(served, answer)
    async with aclosing(one.request_many(subject, b"", timeout=5)) as replies:
        assert await anext(replies) == b"at once"
        released.set()
        assert await anext(replies) == b"later"


async def test_time_counts_from_the_request_and_not_from_the_last_reply(harness: Harness) -> None:
    one, two, subject, served = await pair(harness)

    async def answer(_: str, data: bytes) -> AsyncGenerator[bytes]:
        return numbered(20, pause=0.05)

    await two.serve(served, answer)
    found: list[bytes] = []
    with pytest.raises(CarrierTimeout):
        await until_it_fails(one, subject, found, timeout=0.3)
    assert len(found) < 20


async def test_nobody_listening_is_known_at_once(harness: Harness) -> None:
    one, _, subject, _ = await pair(harness)
    with pytest.raises(NoResponder):
        async with asyncio.timeout(2):
            await taken(one, subject, 1, timeout=30)


async def test_what_is_not_permitted_or_too_large_is_not_sent(harness: Harness) -> None:
    one, _, subject, _ = await pair(harness)
    with pytest.raises(PayloadTooLarge):
        await taken(one, subject, 1, data=bytes(one.max_payload + 1))
    with pytest.raises(CarrierRefused):
        await taken(one, subject.replace(".one.", ".two."), 1)


async def test_no_more_replies_than_permitted_come_however_many_are_sent(harness: Harness) -> None:
    # A hostile site with a caller's inbox in its hands: the server cuts it off, not the caller's patience.
    one, two, subject, served = await pair(harness)

    async def answer(_: str, data: bytes) -> AsyncGenerator[bytes]:
        return numbered(10 * REPLIES)

    await two.serve(served, answer)
    found: list[bytes] = []
    with pytest.raises(CarrierTimeout):
        await until_it_fails(one, subject, found, timeout=1)
    assert found == [b"%d" % number for number in range(REPLIES)]
    # Its next request is answered as if nothing had been.
    assert await taken(one, subject, 3) == [b"0", b"1", b"2"]


async def test_a_reply_that_comes_too_late_reaches_nobody(harness: Harness) -> None:
    one, two, subject, served = await pair(harness)
    released = asyncio.Event()

    async def answer(_: str, data: bytes) -> AsyncGenerator[bytes]:
        async def each() -> AsyncGenerator[bytes]:
            yield data
            await released.wait()
            yield b"late"

        return each()

    await two.serve(served, answer)
    assert await taken(one, subject, 1, data=b"a") == [b"a"]
    released.set()
    assert await taken(one, subject, 2, data=b"b") == [b"b", b"late"]


@pytest.mark.parametrize("error", [BadInput("expected"), ZeroDivisionError("defect")])
async def test_a_handler_that_fails_in_the_middle_serves_on(
    harness: Harness, error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    one, two, subject, served = await pair(harness)

    async def answer(_: str, data: bytes) -> AsyncGenerator[bytes]:
        async def each() -> AsyncGenerator[bytes]:
            yield b"first"
            if data == b"bad":
                raise error
            yield b"second"

        return each()

    await two.serve(served, answer)
    with caplog.at_level(logging.ERROR), pytest.raises(CarrierTimeout):
        await taken(one, subject, 2, data=b"bad", timeout=0.2)
    assert str(error) in caplog.text
    assert await taken(one, subject, 2) == [b"first", b"second"]


async def test_who_is_cancelled_while_waiting_leaves_nothing_behind(harness: Harness) -> None:
    one, two, subject, served = await pair(harness)
    asked = asyncio.Event()

    async def answer(_: str, data: bytes) -> AsyncGenerator[bytes]:
        asked.set()
        return numbered(2, pause=0.05)

    await two.serve(served, answer)
    waiting = asyncio.create_task(taken(one, subject, 3))
    await asked.wait()
    await asyncio.sleep(0.02)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    if isinstance(one, NatsCarrier):
        assert not one._live("")._waiting
    assert await taken(one, subject, 2) == [b"0", b"1"]


async def test_a_broken_connection_ends_the_waiting_after_what_has_come(fragile: Harness) -> None:
    one, two, subject, served = await pair(fragile)
    released = asyncio.Event()
    ended = asyncio.Event()

    async def answer(_: str, data: bytes) -> AsyncGenerator[bytes]:
        async def each() -> AsyncGenerator[bytes]:
            try:
                yield b"0"
                yield b"1"
                await released.wait()
                yield b"2"
            finally:
                ended.set()

        return each()

    await two.serve(served, answer)
    found: list[bytes] = []
    waiting = asyncio.create_task(until_it_fails(one, subject, found, timeout=20))
    await eventually(lambda: len(found) == 2)
    await fragile.stop()
    with pytest.raises(CarrierUnavailable):
        await waiting
    assert found == [b"0", b"1"]
    # The handler comes to its end all the same.
    released.set()
    await asyncio.wait_for(ended.wait(), 5)
    await fragile.start()


async def test_a_reply_that_is_too_large_does_not_keep_the_others_back(broker: Broker) -> None:
    harness = NatsHarness(broker)
    one, two, subject, served = await pair(harness)

    async def answer(_: str, data: bytes) -> AsyncGenerator[bytes]:
        async def each() -> AsyncGenerator[bytes]:
            yield b"before"
            yield bytes(two.max_payload + 1)
            yield b"behind"

        return each()

    await two.serve(served, answer)
    assert await taken(one, subject, 2) == [b"before", b"behind"]
    await harness.close()
