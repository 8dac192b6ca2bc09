"""Fetching a body: whatever a carrier or a holder does to the pieces, it comes whole or not at all."""

import asyncio
import os
import random
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field
from typing import cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lienthong.exchange.asks import Asker, Pull, ask_of
from lienthong.exchange.errors import (
    BodyGone,
    CarrierTimeout,
    CarrierUnavailable,
    ExchangeError,
    Malformed,
    NoResponder,
    RemoteError,
)
from lienthong.exchange.held import Held
from lienthong.exchange.packet import HeldRef, content_of, notice
from lienthong.exchange.pulling import Incoming, Pulls
from lienthong.exchange.spool import Spool
from lienthong.exchange.spool_store import NUMBER_SIZE, UNIT
from lienthong.exchange.transport.base import Carrier
from lienthong.kernel.errors import LienthongError
from lienthong.trust import chunks
from lienthong.trust.errors import DigestMismatch, EnvelopeInvalid
from tests.support.large import spooled
from tests.support.whole import whole

_ASKER = Asker("tw", "a01")
BODY = random.Random(7).randbytes(5 * UNIT + 1234)

type Spoil = Callable[[list[bytes]], list[bytes | ExchangeError]]


@dataclass(slots=True)
class Unreliable:
    """A carrier to a holder that does to replies what a test likes."""

    held: Held
    # Gets the replies of one window and returns what comes of them.
    spoil: Spoil = list
    asked: list[Pull] = field(default_factory=list)
    max_payload: int = 1 << 20
    # The most replies that one window was given.
    most: int = 0

    async def request_many(self, _: str, data: bytes, *, timeout: float) -> AsyncGenerator[bytes]:  # noqa: ASYNC109 - the carrier's
        question = ask_of(data)
        assert isinstance(question, Pull)
        self.asked.append(question)
        answer = self.held.asked(_ASKER, question, max_payload=self.max_payload)
        replies = [answer] if isinstance(answer, bytes) else [each async for each in answer]
        for number, each in enumerate(self.spoil(replies), 1):
            self.most = max(self.most, number)
            await asyncio.sleep(0)
            if isinstance(each, ExchangeError):
                raise each
            yield each
        await asyncio.sleep(timeout)
        raise CarrierTimeout

    async def request(self, _: str, data: bytes, *, timeout: float) -> bytes:  # noqa: ASYNC109 - the carrier's
        question = ask_of(data)
        assert isinstance(question, Pull)
        answer = self.held.asked(_ASKER, question, max_payload=self.max_payload)
        assert isinstance(answer, bytes)
        return answer


@dataclass(slots=True)
class Bench:
    """One held body, who fetches it, and what was told of failures."""

    carrier: Unreliable
    pulls: Pulls
    incoming: Incoming
    failures: list[LienthongError]

    async def end(self) -> None:
        await self.pulls.close()
        self.carrier.held.close()


async def bench(
    body: bytes = BODY,
    spoil: Spoil = list,
    *,
    change: Callable[[HeldRef], HeldRef] = lambda ref: ref,
    sealed: bytes | None = None,
    idle: float = 5.0,
) -> Bench:
    held = Held()
    lying = await spooled(Spool(), body)
    ref = change(held.hold(lying, _ASKER))
    carrier = Unreliable(held, spoil)
    pulls = Pulls(carrier=cast("Carrier", carrier), window_seconds=0.02, idle_seconds=idle)
    failures: list[LienthongError] = []

    async def failed(error: LienthongError) -> None:
        failures.append(error)

    content = content_of(body if sealed is None else sealed)
    return Bench(carrier, pulls, pulls.incoming(ref, content, subject="rpc", failed=failed), failures)


async def failing(made: Bench, error: type[Exception]) -> bytes:
    """Read a body that must not come whole; returns what came of it."""
    come: list[bytes] = []

    async def read() -> None:
        async for piece in made.incoming.pieces():
            come.append(piece)  # noqa: PERF401 - what has come counts

    with pytest.raises(error):
        await read()
    assert [type(failure) for failure in made.failures] == [error]
    await made.end()
    assert made.pulls.credit == 40
    return b"".join(come)


# -- as it should be


@pytest.mark.parametrize("size", [UNIT // 2, UNIT, UNIT + 1, 4 * UNIT, 8 * UNIT, 30 * UNIT + 5])
async def test_a_body_comes_whole(size: int) -> None:
    body = os.urandom(size)
    made = await bench(body)
    assert await whole(made.incoming) == body
    await made.end()
    assert made.failures == []
    assert made.pulls.credit == 40
    # Each chunk was asked for once.
    assert sum(pull.count for pull in made.carrier.asked) == chunks.count_of(size)


async def test_no_more_is_asked_for_than_is_used_up() -> None:
    made = await bench(os.urandom(60 * UNIT))
    pieces = made.incoming.pieces()
    for used in range(1, 20):
        await anext(pieces)
        await asyncio.sleep(0.01)
        asked = sum(pull.count for pull in made.carrier.asked)
        # Two windows of four units ahead of the one that is read.
        assert asked <= (used + 8) * 7
    await pieces.aclose()
    await made.end()
    assert made.pulls.credit == 40


async def test_many_at_once_share_the_credit_and_each_goes_on() -> None:
    made = await bench(os.urandom(20 * UNIT))
    made.pulls.credit = 3
    assert len(await whole(made.incoming)) == 20 * UNIT
    await made.end()
    assert made.pulls.credit == 3
    made = await bench(os.urandom(3 * UNIT))
    made.pulls.credit = 0
    assert len(await whole(made.incoming)) == 3 * UNIT
    await made.end()
    assert made.pulls.credit == 0


async def test_a_carrier_with_small_messages_gets_small_pieces() -> None:
    made = await bench()
    made.carrier.max_payload = 2 * chunks.ON_WIRE + NUMBER_SIZE
    assert await whole(made.incoming) == BODY
    await made.end()


# -- what a carrier does


def _lose(rng: random.Random) -> Spoil:
    def spoil(replies: list[bytes]) -> list[bytes | ExchangeError]:
        come: list[bytes | ExchangeError] = []
        for reply in replies:
            match rng.randrange(8):
                case 0:
                    continue
                case 1:
                    come += [reply, reply]
                case 2:
                    come.insert(rng.randrange(len(come) + 1), reply)
                case 3:
                    come += [reply, rng.choice([CarrierUnavailable(), CarrierTimeout(), NoResponder()])]
                    break
                case _:
                    come.append(reply)
        return come

    return spoil


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 1 << 32))
async def test_what_is_lost_repeated_or_out_of_order_comes_right_in_the_end(seed: int) -> None:
    made = await bench(spoil=_lose(random.Random(seed)))
    assert await whole(made.incoming) == BODY
    assert made.failures == []
    await made.end()
    assert made.pulls.credit == 40


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 1 << 32), bit=st.integers(0, 7))
async def test_one_changed_bit_is_noticed_and_nothing_wrong_comes_out(seed: int, bit: int) -> None:
    rng = random.Random(seed)
    which = rng.randrange(6)
    seen = 0

    def spoil(replies: list[bytes]) -> list[bytes | ExchangeError]:
        nonlocal seen
        come: list[bytes | ExchangeError] = []
        for reply in replies:
            changed = bytearray(reply)
            if seen == which:
                changed[rng.randrange(NUMBER_SIZE, len(changed))] ^= 1 << bit
            seen += 1
            come.append(bytes(changed))
        return come

    made = await bench(spoil=spoil)
    assert BODY.startswith(await failing(made, EnvelopeInvalid))


@pytest.mark.parametrize("number", [0, 1, 7, 1 << 40])
async def test_a_wrong_number_in_front_changes_nothing(number: int) -> None:
    # Numbers only order what comes; the place of a chunk is authenticated in itself.
    spoilt: list[bytes] = []

    def spoil(replies: list[bytes]) -> list[bytes | ExchangeError]:
        if not spoilt:
            spoilt.append(replies[1])
            return [replies[0], number.to_bytes(8) + replies[1][8:], *replies[2:]]
        return list(replies)

    made = await bench(spoil=spoil)
    assert await whole(made.incoming) == BODY
    await made.end()


async def test_two_chunks_that_changed_places_are_noticed() -> None:
    def spoil(replies: list[bytes]) -> list[bytes | ExchangeError]:
        first = replies[0]
        one, two = first[8 : 8 + chunks.ON_WIRE], first[8 + chunks.ON_WIRE : 8 + 2 * chunks.ON_WIRE]
        return [first[:8] + two + one + first[8 + 2 * chunks.ON_WIRE :], *replies[1:]]

    assert await failing(await bench(spoil=spoil), EnvelopeInvalid) == b""


async def test_silence_ends_it() -> None:
    def spoil(_: list[bytes]) -> list[bytes | ExchangeError]:
        return []

    assert await failing(await bench(spoil=spoil, idle=0.1), CarrierTimeout) == b""


async def test_a_piece_that_never_comes_ends_it() -> None:
    def spoil(replies: list[bytes]) -> list[bytes | ExchangeError]:
        return [reply for reply in replies if int.from_bytes(reply[:8]) != 14]

    assert BODY.startswith(await failing(await bench(spoil=spoil, idle=0.2), CarrierTimeout))


# -- what a holder does


@pytest.mark.parametrize("cut", [1, 15, chunks.ON_WIRE - 1])
async def test_a_piece_cut_short_is_noticed(cut: int) -> None:
    def spoil(replies: list[bytes]) -> list[bytes | ExchangeError]:
        return [reply[:-cut] for reply in replies]

    assert await failing(await bench(spoil=spoil), EnvelopeInvalid) == b""


@pytest.mark.parametrize("reply", [b"", b"\0" * 8, b"\0" * 23, b"\0" * (8 + 7 * chunks.ON_WIRE + 1)])
async def test_a_piece_of_another_form_is_refused(reply: bytes) -> None:
    assert await failing(await bench(spoil=lambda _: [reply]), Malformed) == b""


@pytest.mark.parametrize(
    ("code", "error"), [("not_held", BodyGone), ("malformed", RemoteError), ("storage_failed", RemoteError)]
)
async def test_what_the_holder_says_ends_it(code: str, error: type[Exception]) -> None:
    assert await failing(await bench(spoil=lambda _: [notice(code)]), error) == b""


async def test_too_many_at_once_is_waited_for() -> None:
    said: list[int] = []

    def spoil(replies: list[bytes]) -> list[bytes | ExchangeError]:
        said.append(1)
        return [notice("limit_exceeded")] if len(said) == 2 else list(replies)

    made = await bench(spoil=spoil)
    assert await whole(made.incoming) == BODY
    await made.end()


async def test_a_holder_that_repeats_itself_without_end_fills_no_memory() -> None:
    made = await bench(spoil=lambda replies: [replies[0]] * 500)
    assert await whole(made.incoming) == BODY
    # Twice of what was asked for, of seven chunks each, is listened to.
    assert made.carrier.most <= 9
    await made.end()


async def test_another_body_than_was_sealed_is_noticed_before_its_last_piece() -> None:
    lie = BODY[:-1] + bytes([BODY[-1] ^ 1])
    come = await failing(await bench(sealed=lie), DigestMismatch)
    assert come == BODY[: 5 * UNIT]


async def test_a_last_chunk_of_another_size_is_noticed() -> None:
    # As many chunks as were sealed, but the last is shorter.
    assert len(await failing(await bench(BODY[:-1], sealed=BODY), DigestMismatch)) == 5 * UNIT


@pytest.mark.parametrize("more", [-1, 1])
async def test_another_number_of_chunks_than_the_size_makes_is_refused_unasked(more: int) -> None:
    ref = HeldRef(name=bytes(16), key=bytes(32), chunks=chunks.count_of(len(BODY)) + more)
    pulls = Pulls(carrier=cast("Carrier", Unreliable(Held())))

    async def failed(_: LienthongError) -> None:
        raise AssertionError

    with pytest.raises(Malformed, match="chunks"):
        pulls.incoming(ref, content_of(BODY), subject="rpc", failed=failed)


async def test_what_has_come_is_let_go_of_by_its_holder() -> None:
    made = await bench()
    await whole(made.incoming)
    await made.pulls.close()
    name = made.carrier.asked[0].name
    answer = made.carrier.held.asked(_ASKER, Pull(name, 0, 1), max_payload=1 << 20)
    assert answer == notice("not_held")
