"""Lanes when nothing comes, nobody waits, or nothing can be recorded: each call ends once, with its evidence."""

import asyncio

import pytest

from lienthong.exchange.caller import Caller
from lienthong.exchange.errors import (
    CarrierTimeout,
    CarrierUnavailable,
    NoResponder,
)
from lienthong.exchange.packet import INLINE_LIMIT
from lienthong.trust.errors import JournalError, KeyUnknown
from tests.support.bundles import ANSWERED, ASKED, Told, calls, ended, made, recorded
from tests.support.calls import fill_disk, free_disk
from tests.support.gateways import World, turns


@pytest.fixture
def echo() -> Told:
    """A service that answers with the path."""
    return Told()


async def test_who_is_cancelled_is_recorded_all_the_same(country: World, echo: Told) -> None:
    echo.held["/1"] = asyncio.Event()
    wanted = calls(3)
    caller = country.running["tw"].caller
    tasks = [asyncio.ensure_future(caller.call(one)) for one in wanted]
    await asyncio.wait([tasks[0], tasks[2]], timeout=5)
    tasks[1].cancel()
    with pytest.raises(asyncio.CancelledError):
        await tasks[1]
    echo.held["/1"].set()
    async with asyncio.timeout(5):
        while not recorded(country, "tw", wanted[1]):  # noqa: ASYNC110 - the journal knows nothing of events
            await asyncio.sleep(0.01)
    assert recorded(country, "tw", wanted[1]) == ASKED
    assert recorded(country, "p1", wanted[1]) == ANSWERED


async def test_who_is_cancelled_before_it_left_is_recorded_all_the_same(country: World) -> None:
    wanted = calls(3)
    caller = country.running["tw"].caller
    tasks = [asyncio.ensure_future(caller.call(one)) for one in wanted]
    await asyncio.sleep(0)
    tasks[0].cancel()
    assert await ended(*tasks[1:]) == [b"/1", b"/2"]
    for one in wanted:
        assert recorded(country, "tw", one) in ([], ASKED)
        assert len(recorded(country, "p1", one)) == 2 * len(recorded(country, "tw", one))


async def test_no_answer_in_time_ends_only_who_waits(country: World, echo: Told) -> None:
    node = country.running["tw"].node
    caller = Caller(node, timeout=1500)
    echo.held["/1"] = asyncio.Event()
    wanted = calls(3)
    outcomes = await ended(*map(caller.call, wanted))
    assert outcomes[::2] == [b"/0", b"/2"]
    assert isinstance(outcomes[1], CarrierTimeout)
    assert recorded(country, "tw", wanted[1]) == [("out", "failure", "timeout")]
    echo.held["/1"].set()
    await turns()


async def test_nobody_there_is_said_to_each(country: World) -> None:
    await country.stop("p1")
    wanted = calls(3)
    outcomes = await made(country, wanted)
    assert [type(each) for each in outcomes] == [NoResponder] * 3
    # One error for each: tracebacks of several tasks do not mix.
    assert len({id(each) for each in outcomes}) == 3
    for one in wanted:
        assert recorded(country, "tw", one) == [("out", "failure", "no_responder")]


async def test_a_carrier_that_breaks_in_the_middle_ends_who_waits(country: World, echo: Told) -> None:
    echo.held["/1"] = asyncio.Event()
    wanted = calls(3)
    caller = country.running["tw"].caller
    tasks = [asyncio.ensure_future(caller.call(one)) for one in wanted]
    await asyncio.wait([tasks[0], tasks[2]], timeout=5)
    country.broker.stop()
    (outcome,) = await ended(tasks[1])
    assert isinstance(outcome, CarrierUnavailable)
    assert [recorded(country, "tw", one) for one in wanted] == [
        ASKED,
        [("out", "failure", "carrier_unavailable")],
        ASKED,
    ]
    echo.held["/1"].set()
    country.broker.start()
    assert await made(country, calls(2)) == [b"/0", b"/1"]


async def test_our_key_that_is_gone_fails_all_and_is_recorded(country: World) -> None:
    country.stores["tw"]._keys.clear()
    wanted = calls(3)
    outcomes = await made(country, wanted)
    assert [type(each) for each in outcomes] == [KeyUnknown] * 3
    for one in wanted:
        assert recorded(country, "tw", one) == [("out", "alarm", "key_unknown")]


@pytest.mark.parametrize("count", [1, 3])
async def test_without_room_for_evidence_here_no_answer_counts(country: World, echo: Told, count: int) -> None:
    gateway = country.running["tw"]
    await fill_disk(gateway)
    outcomes = await made(country, calls(count))
    assert [type(each) for each in outcomes] == [JournalError] * count
    assert len({id(each) for each in outcomes}) == count
    free_disk(gateway)
    assert await made(country, calls(count)) == [b"/%d" % number for number in range(count)]


async def test_a_large_answer_without_room_for_evidence_ends_too(country: World, echo: Told) -> None:
    echo.bodies["/1"] = b"x" * (2 * INLINE_LIMIT)
    gateway = country.running["tw"]
    await fill_disk(gateway)
    outcomes = await made(country, calls(2))
    assert [type(each) for each in outcomes] == [JournalError] * 2
    free_disk(gateway)


async def test_a_full_disk_does_not_end_those_whose_answer_is_still_to_come(country: World, echo: Told) -> None:
    gateway = country.running["tw"]
    echo.held["/1"] = asyncio.Event()
    await fill_disk(gateway)
    tasks = [asyncio.ensure_future(gateway.caller.call(one)) for one in calls(2)]
    await asyncio.wait(tasks[:1], timeout=5)
    assert isinstance(tasks[0].exception(), JournalError)
    free_disk(gateway)
    echo.held["/1"].set()
    assert await ended(tasks[1]) == [b"/1"]


async def test_without_room_for_evidence_there_nothing_is_carried_out(country: World, echo: Told) -> None:
    await fill_disk(country.running["p1"])
    wanted = calls(3)
    outcomes = await made(country, wanted)
    assert [getattr(each, "remote_code", None) for each in outcomes] == ["journal_unavailable"] * 3
    assert echo.calls == []
    for one in wanted:
        assert recorded(country, "tw", one) == [("out", "refusal", "journal_unavailable")]
    free_disk(country.running["p1"])
