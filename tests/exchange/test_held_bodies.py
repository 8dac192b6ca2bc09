"""Large bodies through two gateways: whole or not at all, only for whom they are, and evidence of what went wrong."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from copy import replace

import pytest

from lienthong.exchange.asks import Await, Later, Pull
from lienthong.exchange.errors import (
    AccessDenied,
    BackendUnavailable,
    BodyGone,
    BodyTooLarge,
    CarrierUnavailable,
    ExchangeError,
    RemoteError,
    SpoolFull,
)
from lienthong.exchange.http import HttpMessage, LargeBody
from lienthong.exchange.packet import INLINE_LIMIT, HeldRef, content_of, notice, notice_of
from lienthong.exchange.spool_store import IN_MEMORY, UNIT
from lienthong.trust import chunks
from lienthong.trust.envelope import Session
from lienthong.trust.errors import DigestMismatch, EnvelopeInvalid
from lienthong.trust.header import Content, Header
from lienthong.trust.seal import header_of
from tests.support.calls import HEAD, FakeProvider, call, raw_call, refused, said
from tests.support.gateways import CENTRE, COMMUNE, LOW, MALLORY, NEIGHBOUR, OTHER, Echo, World, turns
from tests.support.large import held, pulled
from tests.support.whole import whole

BODY = bytes(range(256)) * 4000
"""A megabyte that is not the same everywhere."""
ANSWER = bytes(reversed(range(256))) * 4100


class Coming(LargeBody):
    """An answer as it comes from a service: pieces, or an error in the middle."""

    def __init__(self, *pieces: bytes | Exception) -> None:
        self._pieces = pieces

    @property
    def size(self) -> None:
        return

    async def pieces(self) -> AsyncGenerator[bytes]:
        for piece in self._pieces:
            if isinstance(piece, Exception):
                raise piece
            await asyncio.sleep(0)
            yield piece


async def nothing_left(world: World) -> None:
    """Check that nothing of a body stays at any gateway."""
    for _ in range(200):
        if not any(gateway.node.spool.used for gateway in world.running.values()):
            break
        await asyncio.sleep(0.01)
    for gateway in world.running.values():
        assert (gateway.node.spool.used, gateway.node.spool.in_memory) == (0, 0)


# -- both ways


@pytest.mark.parametrize(
    "size", [INLINE_LIMIT + 1, UNIT, UNIT + 1, 3 * UNIT - 1, IN_MEMORY + 1], ids=lambda size: f"{size} bytes"
)
async def test_a_large_body_passes_both_ways(country: World, echo: Echo, size: int) -> None:
    body = (b"0123456789" * (size // 10 + 1))[:size]
    echo.answer = HttpMessage(headers=(), body=Coming(*[body[at : at + 70_000] for at in range(0, size, 70_000)]))
    answer = await country.running["tw"].caller.call(call(body=body))
    assert echo.calls[0][3].body == body
    assert await whole(answer.message.body) == body
    assert answer.message.body.size == size  # type: ignore[union-attr]  # a large one
    await nothing_left(country)
    assert country.evidence("tw") == [("out", "request", "ok")]
    assert country.evidence("p1") == [("in", "request", "ok"), ("out", "response", "ok")]
    assert country.entries("tw")[0].digests == (content_of(HEAD_OF_CALL).digest, content_of(body).digest)


HEAD_OF_CALL = b"x-road-client: VN/PARTY/A01/hso\r\n"


async def test_large_and_small_calls_at_the_same_time_get_their_own_answers(country: World, echo: Echo) -> None:
    caller = country.running["tw"].caller
    echo.answer = HttpMessage(headers=(), body=BODY)

    async def made(number: int) -> None:
        body = BODY if number % 3 == 0 else b"small"
        answer = await caller.call(call(path=f"/{number}", body=body))
        assert await whole(answer.message.body) == BODY

    await asyncio.gather(*[made(number) for number in range(12)])
    assert len(echo.calls) == 12
    await nothing_left(country)


async def test_the_caller_can_leave_a_large_answer_unread(country: World, echo: Echo) -> None:
    echo.answer = HttpMessage(headers=(), body=BODY)
    answer = await country.running["tw"].caller.call(call())
    assert isinstance(answer.message.body, LargeBody)
    pieces = answer.message.body.pieces()
    assert BODY.startswith(await anext(pieces))
    await pieces.aclose()
    await nothing_left(country)


# -- what is not the sealed body


async def test_a_body_that_is_not_the_sealed_one_never_reaches_the_service_whole(country: World, echo: Echo) -> None:
    # The service has seen a beginning by then, but never all of it: what it got is no request.
    ref, _ = await held(country, BODY)
    raw = raw_call(country, parts=(HEAD, ref), contents=(content_of(HEAD), content_of(b"y" * len(BODY))))
    assert await said(country, raw) == "digest_mismatch"
    assert not echo.calls
    assert country.evidence("p1") == [("in", "request", "ok"), ("in", "alarm", "digest_mismatch")]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda ref: replace(ref, key=bytes(32)), "envelope_invalid"),
        (lambda ref: replace(ref, chunks=ref.chunks - 1), "malformed"),
        (lambda ref: replace(ref, chunks=ref.chunks + 1), "malformed"),
        (lambda ref: replace(ref, name=bytes(16)), "not_held"),
    ],
)
async def test_a_reference_that_does_not_hold_is_refused(
    country: World, echo: Echo, change: Callable[[HeldRef], HeldRef], code: str
) -> None:
    ref, content = await held(country, BODY)
    raw = raw_call(country, parts=(HEAD, change(ref)), contents=(content_of(HEAD), content))
    assert await said(country, raw) == code
    assert not echo.calls
    assert country.evidence("p1")[-1][2] == code


@pytest.mark.parametrize(
    "contents", [(), (content_of(HEAD),), (content_of(HEAD), Content(digest=bytes(32), size=1 << 30))], ids=repr
)
async def test_contents_that_do_not_fit_the_reference_are_refused_unread(
    country: World, contents: tuple[Content, ...]
) -> None:
    ref, _ = await held(country, BODY)
    await refused(country, raw_call(country, parts=(HEAD, ref), contents=contents), "malformed")


async def test_a_body_over_the_provider_s_limit_is_refused_unread(country: World) -> None:
    country.running["p1"].node.spool.largest = len(BODY) - 1
    ref, content = await held(country, BODY)
    raw = raw_call(country, parts=(HEAD, ref), contents=(content_of(HEAD), content))
    await refused(country, raw, "content_too_large", kind="failure")


async def test_an_answer_that_is_not_the_sealed_one_breaks_off_and_is_an_alarm(country: World, echo: Echo) -> None:
    echo.answer = HttpMessage(headers=(), body=ANSWER)
    answer = await country.running["tw"].caller.call(call())
    body = answer.message.body
    assert isinstance(body, LargeBody)
    body._content = replace(body._content, digest=bytes(32))  # type: ignore[attr-defined]  # what a sealed lie is
    come: list[bytes] = []

    async def read() -> None:
        async for piece in body.pieces():
            come.append(piece)  # noqa: PERF401 - what has come counts, also when it breaks off

    with pytest.raises(DigestMismatch):
        await read()
    # The last piece is held back: nobody takes it for the whole.
    assert ANSWER.startswith(b"".join(come))
    assert len(b"".join(come)) < len(ANSWER)
    assert country.evidence("tw") == [("out", "request", "ok"), ("out", "alarm", "digest_mismatch")]


# -- what breaks off


async def test_a_service_that_goes_away_in_its_answer_is_said_under_seal(country: World, echo: Echo) -> None:
    echo.answer = HttpMessage(headers=(), body=Coming(BODY, BackendUnavailable("gone")))
    with pytest.raises(RemoteError, match="gone") as failure:
        await country.running["tw"].caller.call(call())
    assert failure.value.remote_code == "service_failed"
    await nothing_left(country)
    assert country.evidence("p1") == [("in", "request", "ok"), ("in", "failure", "service_failed")]


async def test_a_defect_of_a_service_s_answer_frees_its_room(country: World, echo: Echo) -> None:
    echo.answer = HttpMessage(headers=(("content-type", "x" * 40_000),), body=BODY)
    with pytest.raises(RemoteError) as failure:
        await country.running["tw"].caller.call(call())
    assert failure.value.remote_code == "bad_request"
    await nothing_left(country)


async def test_an_answer_goes_on_where_the_carrier_broke(country: World, echo: Echo) -> None:
    echo.answer = HttpMessage(headers=(), body=BODY * 4)
    answer = await country.running["tw"].caller.call(call())
    assert isinstance(answer.message.body, LargeBody)
    come: list[bytes] = []
    async for piece in answer.message.body.pieces():
        come.append(piece)
        if len(come) == 2:
            country.broker.stop()
            asyncio.get_running_loop().call_later(0.1, country.broker.start)
    assert b"".join(come) == BODY * 4


async def test_an_answer_is_asked_for_again_when_the_carrier_breaks(country: World, echo: Echo) -> None:
    async def lose() -> None:
        if not lost:
            lost.append(True)
            asyncio.get_running_loop().call_later(0.05, country.broker.stop)
            asyncio.get_running_loop().call_later(0.2, country.broker.start)
            await asyncio.sleep(0.1)

    lost: list[bool] = []
    echo.before = lose
    answer = await country.running["tw"].caller.call(call(body=BODY))
    assert answer.message.body == b"hi"


async def test_an_answer_whose_gateway_restarts_breaks_off(country: World, echo: Echo) -> None:
    echo.answer = HttpMessage(headers=(), body=BODY * 4)
    answer = await country.running["tw"].caller.call(call())
    await country.restart("p1")
    with pytest.raises(BodyGone):
        await whole(answer.message.body)
    assert country.evidence("tw")[-1] == ("out", "failure", "not_held")


async def test_a_call_whose_gateway_restarts_while_it_is_answered_fails(country: World, echo: Echo) -> None:
    async def restart() -> None:
        echo.before = None
        restarted.append(asyncio.ensure_future(country.restart("p1")))
        await asyncio.sleep(10)

    restarted: list[asyncio.Future[object]] = []
    echo.before = restart
    with pytest.raises((BodyGone, RemoteError, CarrierUnavailable)):
        await country.running["tw"].caller.call(call(body=BODY))
    await asyncio.gather(*restarted)
    await nothing_left(country)


async def test_a_body_whose_caller_gives_up_is_let_go_of(country: World, echo: Echo) -> None:
    async def stay() -> None:
        await asyncio.sleep(10)

    echo.before = stay
    waiting = asyncio.ensure_future(country.running["tw"].caller.call(call(body=BODY)))
    await asyncio.sleep(0.2)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert country.running["tw"].node.spool.used == 0


async def test_a_refused_call_leaves_nothing_behind(country: World) -> None:
    with pytest.raises(AccessDenied):
        await country.running["tw"].caller.call(call(client=LOW, path="/private", body=BODY))
    await nothing_left(country)


async def test_without_room_a_body_is_refused(country: World, echo: Echo) -> None:
    country.running["tw"].node.spool.room = len(BODY) - 1
    with pytest.raises(SpoolFull):
        await country.running["tw"].caller.call(call(body=BODY))
    country.running["p1"].node.spool.room_per_peer = len(BODY) - 1
    echo.answer = HttpMessage(headers=(), body=BODY)
    with pytest.raises(RemoteError) as failure:
        await country.running["tw"].caller.call(call())
    assert failure.value.remote_code == "spool_full"
    await nothing_left(country)


async def test_an_answer_without_end_is_cut_off_at_the_limit(country: World, echo: Echo) -> None:
    country.running["p1"].node.spool.largest = 3_000_000
    taken = 0

    class Endless(Coming):
        async def pieces(self) -> AsyncGenerator[bytes]:
            nonlocal taken
            while True:
                taken += 100_000
                await asyncio.sleep(0)
                yield bytes(100_000)

    echo.answer = HttpMessage(headers=(), body=Endless())
    with pytest.raises(RemoteError) as failure:
        await country.running["tw"].caller.call(call())
    assert failure.value.remote_code == "content_too_large"
    assert taken <= 3_200_000
    await nothing_left(country)


# -- who may ask


async def test_only_the_other_side_may_pull(attacked: World) -> None:
    ref, _ = await held(attacked, BODY)
    question = Pull(ref.name, 0, 2)
    for stranger in (MALLORY, NEIGHBOUR, OTHER):
        # A stranger hears the same as if there were nothing.
        assert await pulled(attacked, stranger, CENTRE, question) == [notice("not_held")]
        assert await pulled(attacked, stranger, CENTRE, Pull(ref.name, 0, 0)) == [notice("not_held")]
    assert await pulled(attacked, COMMUNE, CENTRE, Pull(bytes(16), 0, 2)) == [notice("not_held")]
    (piece,) = await pulled(attacked, COMMUNE, CENTRE, question)
    assert piece[:8] == bytes(8)
    assert len(piece) == 8 + 2 * chunks.ON_WIRE
    assert await pulled(attacked, COMMUNE, CENTRE, Pull(ref.name, ref.chunks, 1)) == [notice("not_held")]
    assert await pulled(attacked, COMMUNE, CENTRE, Pull(ref.name, 0, 0)) == [notice("released")]
    assert await pulled(attacked, COMMUNE, CENTRE, question) == [notice("not_held")]


async def test_only_the_caller_may_ask_for_an_answer(attacked: World, echo: Echo) -> None:
    ref, content = await held(attacked, BODY)
    raw = raw_call(attacked, parts=(HEAD, ref), contents=(content_of(HEAD), content))
    later = raw.later(await attacked.ask(CENTRE, COMMUNE, raw.data))
    assert later is not None
    question = Await(later.name).to_bytes()
    for stranger in (MALLORY, NEIGHBOUR):
        assert notice_of(await attacked.ask(stranger, COMMUNE, question)) == "not_held"
    # As often as it likes: an answer may have been lost on the way.
    for _ in range(2):
        assert header_of(raw.opened(await attacked.ask(CENTRE, COMMUNE, question)).sealed).status == "200"
    assert echo.calls[0][3].body == BODY


@pytest.mark.parametrize(
    "question",
    [
        b"\x84\x64pull",
        b"\x84\x64pull\x50" + bytes(16) + b"\x20\x01",
        b"\x84\x64pull\x50" + bytes(16) + b"\x00\x20",
        b"\x84\x64pull\x50" + bytes(16) + b"\x00\x19\x01\xc1",
        b"\x84\x64pull\x50" + bytes(16) + b"\x1b\x00\x00\x00\x01\x00\x00\x00\x00\x01",
        b"\x84\x64pull\x4f" + bytes(15) + b"\x00\x01",
        b"\x84\x64pull\x50" + bytes(16) + b"\x00\xf5",
        b"\x82\x65await\x4f" + bytes(15),
        b"\x82\x65await\x50" + bytes(16) + b"\x00",
    ],
)
async def test_a_question_of_another_form_is_an_alarm(country: World, question: bytes) -> None:
    assert await pulled(country, COMMUNE, CENTRE, question) == [notice("malformed")]
    assert country.evidence("tw") == [("in", "alarm", "malformed")]


# -- a provider that cheats


@pytest.mark.parametrize("error", [EnvelopeInvalid, DigestMismatch])
async def test_pieces_of_another_body_are_noticed(country: World, error: type[Exception]) -> None:
    await country.stop("p1")
    gateway = await country.start("p2")
    ref, content = await held(country, ANSWER, by=MALLORY, asker=CENTRE)
    other, _ = await held(country, BODY + ANSWER[len(BODY) :], by=MALLORY, asker=CENTRE)
    # The key of one body with the pieces of another; or another body than was sealed.
    named = replace(other, key=ref.key) if error is EnvelopeInvalid else other
    incoming = country.running["tw"].node.pulls.incoming(
        named, content, subject="rpc.02.p2.m1.tw.tw.a01", failed=_unheard
    )
    with pytest.raises(error):
        await whole(incoming)
    await turns(50)
    assert gateway.node.spool.used in {0, content.size}


async def _unheard(_: object) -> None:
    return


async def test_a_word_for_another_call_is_thrown_away(country: World) -> None:
    await country.stop("p1")

    def make(_: Header, digest: bytes, session: Session) -> bytes:
        return session.encrypt_response(Later(bytes(32), bytes(16)).to_bytes(), aad=digest)

    FakeProvider(country, make).listen()
    with pytest.raises(ExchangeError) as failure:
        await country.running["tw"].caller.call(call())
    assert failure.value.code == "answer_invalid"
    assert country.evidence("tw") == [("out", "alarm", "answer_invalid")]


async def test_a_body_over_the_caller_s_own_limit_is_refused(country: World) -> None:
    country.running["tw"].node.spool.largest = INLINE_LIMIT
    with pytest.raises(BodyTooLarge):
        await country.running["tw"].caller.call(call(body=BODY))
