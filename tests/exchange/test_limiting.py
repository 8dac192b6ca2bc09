"""Limits at work in a gateway: on other sites, on its own information systems, and what becomes evidence."""

import asyncio
import json
from collections.abc import AsyncGenerator

import pytest

from lienthong.exchange.errors import RemoteError
from lienthong.exchange.limiting import Limiting
from lienthong.exchange.limits import OTHERS, Limit
from lienthong.exchange.packet import notice_of
from lienthong.exchange.policy import Connection
from lienthong.exchange.rest.peers import CONNECTION, account_of
from lienthong.kernel.clock import SECOND
from tests.support.asgi import Reply, ask_web, r1
from tests.support.calls import call, raw_call, said
from tests.support.gateways import HSO, SPY, UNITS, Echo, World, turns

SUBJECT = "rpc.01.p1.u1.tw.tw.a01"


def limit(country: World, site: str, **values: float) -> Limiting:
    """Let a gateway have these limits for both kinds of peers."""
    limiting = country.running[site].limiting
    limiting.sites.limit = limiting.subsystems.limit = Limit(**values)  # type: ignore[arg-type]  # numbers of either kind
    return limiting


async def test_a_site_that_calls_too_often_is_told_so_and_nothing_is_opened(country: World, echo: Echo) -> None:
    limit(country, "p1", burst=1, calls_per_second=1)
    assert await said(country, raw_call(country)) == "ok"
    before = country.running["p1"].node.journal.size
    for _ in range(50):
        assert await said(country, raw_call(country)) == "notice: limit_exceeded"
    # Another site is served meanwhile, as far as it may be.
    assert await said(country, raw_call(country, sender=SPY)) == "access_denied"
    assert len(echo.calls) == 1
    assert country.running["p1"].node.journal.size == before + 1
    country.clock.advance(SECOND)
    assert await said(country, raw_call(country)) == "ok"


async def test_what_was_refused_is_one_entry_for_each_peer(country: World) -> None:
    limiting = limit(country, "p1", burst=1, calls_per_second=0.001)
    for _ in range(51):
        await said(country, raw_call(country))
        country.clock.advance(1)
    before = country.running["p1"].node.journal.size
    await limiting.record()
    await limiting.record()
    (entry,) = country.entries("p1")[before:]
    assert (entry.organ, entry.direction, entry.kind) == ("site:p1", "in", "refusal")
    assert (entry.peer, entry.verdict) == ("tw", "limit_exceeded")
    assert entry.detail.startswith("50 calls, ")


async def test_what_was_refused_last_is_recorded_at_the_end(country: World) -> None:
    limit(country, "p1", burst=1, calls_per_second=0.001)
    for _ in range(2):
        await said(country, raw_call(country))
    await country.restart("p1")
    assert country.evidence("p1")[-1] == ("in", "refusal", "limit_exceeded")


async def test_a_site_s_bytes_at_once_are_limited(country: World) -> None:
    limit(country, "p1", bytes_in_flight=2000)
    assert await said(country, raw_call(country)) == "ok"
    assert await said(country, raw_call(country, body=b"x" * 2000)) == "notice: limit_exceeded"
    assert await said(country, raw_call(country)) == "ok"


async def test_the_caller_s_system_learns_that_the_other_side_refused(country: World) -> None:
    limit(country, "p1", burst=1, calls_per_second=0.001)
    caller = country.running["tw"].caller
    await caller.call(call())
    with pytest.raises(RemoteError, match="limit_exceeded"):
        await caller.call(call())


async def test_whatever_a_handler_does_its_place_is_given_back(country: World) -> None:
    limiting = limit(country, "p1", concurrent=1)

    async def fails(_: str, __: bytes) -> bytes:
        raise ZeroDivisionError

    for _ in range(3):
        with pytest.raises(ZeroDivisionError):
            await limiting.guarded(fails)(SUBJECT, b"")


async def test_several_answers_hold_the_place_until_the_last(country: World) -> None:
    limiting = limit(country, "p1", concurrent=1)

    async def numbers() -> AsyncGenerator[bytes]:
        for number in range(3):
            yield b"%d" % number

    async def several(_: str, __: bytes) -> AsyncGenerator[bytes]:
        return numbers()

    handle = limiting.guarded(several)
    first = await handle(SUBJECT, b"")
    refused = await handle(SUBJECT, b"")
    assert isinstance(refused, bytes)
    assert notice_of(refused) == "limit_exceeded"
    assert isinstance(first, AsyncGenerator)
    assert [each async for each in first] == [b"0", b"1", b"2"]
    assert isinstance(await handle(SUBJECT, b""), AsyncGenerator)


async def test_who_breaks_off_keeps_the_place_until_all_is_carried_out(country: World) -> None:
    limiting = limit(country, "p1", concurrent=1)
    carried_out = asyncio.Event()

    async def numbers() -> AsyncGenerator[bytes]:
        try:
            yield b"0"
            yield b"1"
        finally:
            await carried_out.wait()

    async def several(_: str, __: bytes) -> AsyncGenerator[bytes]:
        return numbers()

    handle = limiting.guarded(several)
    first = await handle(SUBJECT, b"")
    assert isinstance(first, AsyncGenerator)
    assert await anext(first) == b"0"
    closing = asyncio.ensure_future(first.aclose())
    await turns()
    assert not closing.done()
    assert isinstance(await handle(SUBJECT, b""), bytes)
    carried_out.set()
    await closing
    assert isinstance(await handle(SUBJECT, b""), AsyncGenerator)


async def test_a_subject_that_is_none_has_an_account_too(country: World) -> None:
    limiting = limit(country, "p1", burst=1, calls_per_second=0.001)

    async def answer(_: str, __: bytes) -> bytes:
        return b"x"

    handle = limiting.guarded(answer)
    assert await handle("rpc.x", b"") == b"x"
    assert notice_of(await handle("rpc.y", b"")) == "limit_exceeded"


# -- information systems


async def _ask(country: World, body: bytes = b"", length: str = "") -> Reply:
    given = {"x-road-client": str(HSO), "content-length": length or str(len(body))}
    return await ask_web(country.running["tw"], "POST", r1(UNITS, "/a"), headers=given, body=body)


def _error(reply: Reply) -> tuple[int, str]:
    said = json.loads(reply.body)
    assert said["type"] == reply.headers["x-road-error"]
    return reply.status, said["type"]


async def test_an_information_system_that_calls_too_often_is_refused_and_counted(country: World, echo: Echo) -> None:
    limiting = limit(country, "tw", burst=1, calls_per_second=1)
    assert (await _ask(country)).status == 200
    before = country.running["tw"].node.journal.size
    for _ in range(20):
        assert _error(await _ask(country)) == (500, "Server.ClientProxy.LimitExceeded")
    assert (len(echo.calls), country.running["tw"].node.journal.size) == (1, before)
    await limiting.record()
    (entry,) = country.entries("tw")[before:]
    assert (entry.direction, entry.peer, entry.verdict) == ("out", str(HSO), "limit_exceeded")
    country.clock.advance(SECOND)
    assert (await _ask(country)).status == 200


async def test_bodies_beyond_the_limit_are_refused(country: World, echo: Echo) -> None:
    limit(country, "tw", bytes_in_flight=1000)
    assert (await _ask(country, body=b"x" * 1000)).status == 200
    assert _error(await _ask(country, body=b"x" * 1001)) == (500, "Server.ClientProxy.LimitExceeded")
    assert len(echo.calls) == 1


async def test_a_body_that_is_announced_too_large_is_not_read(country: World) -> None:
    reply = await _ask(country, length="99999999999")
    assert _error(reply) == (400, "Client.BadRequest")
    assert "a body of over" in json.loads(reply.body)["message"]


@pytest.mark.parametrize(
    ("clients", "named", "account"),
    [
        (None, "VN/A/B/c", "VN/A/B/c"),
        ({"VN/A/B/c"}, "VN/A/B/c", "VN/A/B/c"),
        # One name, however it is written.
        ({"VN/A/B/c"}, "VN/A/B/%63", "VN/A/B/c"),
        # Nobody uses up another's account by naming it.
        ({"VN/A/B/c"}, "VN/A/B/d", OTHERS),
        (set(), "VN/A/B/c", OTHERS),
        (None, "nonsense", OTHERS),
        (None, "", OTHERS),
    ],
)
def test_whose_account_it_is(clients: set[str] | None, named: str, account: str) -> None:
    connection = Connection(clients=None if clients is None else frozenset(clients))
    assert account_of({CONNECTION: connection}, named) == account
