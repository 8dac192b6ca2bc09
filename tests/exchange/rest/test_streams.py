"""Large bodies between an information system and its gateway."""

import asyncio
import os
from collections.abc import AsyncGenerator

import pytest
from starlette.types import Message

from lienthong.exchange.errors import (
    BodyTooLarge,
    CarrierTimeout,
    ExchangeError,
    LimitExceeded,
    RequestInvalid,
    SpoolFull,
)
from lienthong.exchange.http import LargeBody
from lienthong.exchange.limits import Limit, Limiter
from lienthong.exchange.packet import INLINE_LIMIT
from lienthong.exchange.rest.streams import check_announced, send_body, take_body
from lienthong.exchange.spool import Spool, Spooled
from lienthong.kernel.clock import ManualClock
from tests.support.large import spooled
from tests.support.whole import whole

_PIECE = 100_000


def request(body: bytes, *, whole: bool = True) -> list[Message]:
    """A request's body as a server brings it."""
    events: list[Message] = [
        {"type": "http.request", "body": body[at : at + _PIECE], "more_body": True}
        for at in range(0, len(body), _PIECE)
    ]
    return [
        *events,
        {"type": "http.request", "body": b"", "more_body": False} if whole else {"type": "http.disconnect"},
    ]


async def take(
    spool: Spool, events: list[Message], *, announced: str | None = None, limit: Limit | None = None
) -> bytes | Spooled:
    waiting = iter(events)

    async def receive() -> Message:
        return next(waiting)

    with Limiter(limit=limit or Limit(), clock=ManualClock(0)).enter("system") as ticket:
        ticket.add(len(events[0].get("body", b"")))
        return await take_body(spool, next(waiting), receive, peer="system", announced=announced, ticket=ticket)


# -- requests


@pytest.mark.parametrize("size", [0, 1, INLINE_LIMIT, INLINE_LIMIT + 1, 3_000_000])
async def test_small_ones_stay_as_they_are_and_large_ones_lie_in_the_spool(size: int) -> None:
    body, spool = os.urandom(size), Spool()
    taken = await take(spool, request(body) if size else [{"type": "http.request"}], announced=str(size))
    assert isinstance(taken, bytes) is (size <= INLINE_LIMIT)
    assert await whole(taken) == body
    assert spool.used == (size if size > INLINE_LIMIT else 0)


@pytest.mark.parametrize("size", [1000, 2_000_000])
async def test_what_breaks_off_is_no_request_and_leaves_nothing(size: int) -> None:
    spool = Spool()
    with pytest.raises(RequestInvalid, match="in the middle"):
        await take(spool, request(bytes(size), whole=False))
    assert (spool.used, spool.in_memory) == (0, 0)


@pytest.mark.parametrize("announced", ["1999999", "2000001", "0"])
async def test_another_length_than_announced_is_refused(announced: str) -> None:
    spool = Spool()
    with pytest.raises(RequestInvalid, match="announced"):
        await take(spool, request(bytes(2_000_000)), announced=announced)
    assert spool.used == 0


@pytest.mark.parametrize("announced", ["", "-1", "x", "1" * 19, "1_0", "+1"])
async def test_a_length_that_is_none_is_refused(announced: str) -> None:
    with pytest.raises(RequestInvalid, match="content-length"):
        await take(Spool(), request(bytes(2_000_000)), announced=announced)


async def test_leading_zeros_are_the_same_length() -> None:
    assert len(await whole(await take(Spool(), request(bytes(2_000_000)), announced="0002000000"))) == 2_000_000


def test_over_the_limit_nothing_is_read() -> None:
    check_announced(Spool(largest=1_000_000), "1000000")
    with pytest.raises(BodyTooLarge, match="1000000"):
        check_announced(Spool(largest=1_000_000), "1000001")


@pytest.mark.parametrize(
    ("spool", "error"), [(Spool(largest=1_000_000), BodyTooLarge), (Spool(room_per_peer=1_000_000), SpoolFull)]
)
async def test_a_body_without_end_is_cut_off(spool: Spool, error: type[ExchangeError]) -> None:
    events = request(bytes(1_300_000))
    with pytest.raises(error):
        await take(spool, events)
    assert (spool.used, spool.in_memory) == (0, 0)


async def test_what_is_held_in_memory_counts_for_its_system() -> None:
    with pytest.raises(LimitExceeded):
        await take(Spool(), request(bytes(2_000_000)), limit=Limit(bytes_in_flight=250_000))
    # What lies in the spool is counted there.
    limit = Limit(bytes_in_flight=INLINE_LIMIT + _PIECE)
    assert len(await whole(await take(Spool(), request(bytes(2_000_000)), limit=limit))) == 2_000_000


# -- answers


class Body(LargeBody):
    def __init__(self, *pieces: bytes | Exception) -> None:
        self._pieces = pieces
        self.taken = 0

    @property
    def size(self) -> int:
        return 3

    async def pieces(self) -> AsyncGenerator[bytes]:
        for piece in self._pieces:
            if isinstance(piece, Exception):
                raise piece
            self.taken += 1
            yield piece


async def sent(body: LargeBody, *events: Message) -> list[Message]:
    """Send a body to a client, who does that after the request."""
    messages: list[Message] = []
    waiting = list(events)

    async def receive() -> Message:
        return waiting.pop(0) if waiting else await asyncio.Future()

    async def send(message: Message) -> None:
        messages.append(message)
        await asyncio.sleep(0)

    await send_body(body, receive, send)
    return messages


async def test_an_answer_is_sent_piece_by_piece() -> None:
    messages = await sent(Body(b"a", b"b", b"c"), {"type": "http.request", "body": b"", "more_body": False})
    assert [(message["body"], message.get("more_body", False)) for message in messages] == [
        (b"a", True),
        (b"b", True),
        (b"c", True),
        (b"", False),
    ]


async def test_an_answer_that_breaks_off_is_left_unfinished() -> None:
    messages = await sent(Body(b"a", CarrierTimeout("gone")))
    assert [message["more_body"] for message in messages] == [True]


async def test_when_the_client_is_gone_no_more_is_fetched() -> None:
    body = Body(*[b"x"] * 1000)
    assert len(await sent(body, {"type": "http.disconnect"})) < 5
    assert body.taken < 5


async def test_a_spooled_body_can_be_sent() -> None:
    body = os.urandom(1_000_000)
    messages = await sent(await spooled(Spool(), body))
    assert b"".join(message["body"] for message in messages) == body
