"""Bundles over a real server, between gateways run from their configuration, and what is left when it breaks."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from lienthong.exchange import policy
from lienthong.exchange.errors import CarrierUnavailable
from lienthong.exchange.exchanged import Call
from lienthong.exchange.gateway import Gateway
from lienthong.exchange.http import HttpMessage
from lienthong.trust.journal import Entry
from tests.support.bundles import watched
from tests.support.carriers import eventually
from tests.support.nationwide import HSO, UNITS, Nation, nation


@pytest.fixture
async def country(tmp_path: Path) -> AsyncGenerator[Nation]:
    """A real server and what it takes to run two gateways."""
    async with nation(tmp_path) as made:
        yield made


def calls(count: int) -> list[Call]:
    return [
        Call(
            client=HSO,
            service=UNITS,
            method="GET",
            path=f"/open/{number}",
            message=HttpMessage(headers=(), body=b""),
            connection=policy.Connection(),
        )
        for number in range(count)
    ]


def entries(gateway: Gateway) -> list[Entry]:
    journal = gateway.node.journal
    return journal.entries(0, journal.size)


def evidence(gateway: Gateway) -> Counter[tuple[str, str]]:
    return Counter((entry.direction, entry.verdict) for entry in entries(gateway))


async def test_calls_of_one_turn_are_one_message(country: Nation, monkeypatch: pytest.MonkeyPatch) -> None:
    async with country.gateway("tw") as tw, country.gateway("p1") as p1:
        traffic = watched(tw.gateway, monkeypatch)
        for _ in range(2):
            answers = await asyncio.gather(*map(tw.gateway.caller.call, calls(40)))
            assert {answer.message.body for answer in answers} == {b"hi"}
        assert len(traffic.sent) == 4
        assert evidence(tw.gateway) == {("out", "ok"): 80}
        assert evidence(p1.gateway) == {("in", "ok"): 80, ("out", "ok"): 80}
        theirs = {entry.seals[0] for entry in entries(p1.gateway)}
        assert {seal for entry in entries(tw.gateway) for seal in entry.seals} == theirs


async def test_a_provider_records_what_it_carried_out_when_nobody_can_be_answered(country: Nation) -> None:
    async with country.gateway("tw") as tw, country.gateway("p1") as p1:
        country.service.free.clear()
        waiting = [asyncio.create_task(tw.gateway.caller.call(each)) for each in calls(5)]
        await eventually(lambda: len(country.service.asked) == 5)
        assert evidence(p1.gateway) == {("in", "ok"): 5}
        await country.kill_nats()
        outcomes = await asyncio.wait_for(asyncio.gather(*waiting, return_exceptions=True), 10)
        assert [type(each) for each in outcomes] == [CarrierUnavailable] * 5
        assert evidence(tw.gateway) == {("out", "carrier_unavailable"): 5}
        country.service.free.set()
        await eventually(lambda: evidence(p1.gateway) == {("in", "ok"): 5, ("out", "ok"): 5})
        await country.world.nats.start()
        await eventually(lambda: tw.carrier.connected and p1.carrier.connected)
        answers = await asyncio.gather(*map(tw.gateway.caller.call, calls(3)))
        assert [answer.status for answer in answers] == [200] * 3
        assert len(country.service.asked) == 8


async def test_a_gateway_that_ends_in_the_middle_answers_first(country: Nation) -> None:
    async with country.gateway("tw") as tw:
        async with country.gateway("p1"):
            country.service.free.clear()
            waiting = [asyncio.create_task(tw.gateway.caller.call(each)) for each in calls(4)]
            await eventually(lambda: len(country.service.asked) == 4)
            asyncio.get_running_loop().call_later(0.2, country.service.free.set)
        answers = await asyncio.gather(*waiting)
        assert [answer.status for answer in answers] == [200] * 4
        assert evidence(tw.gateway) == {("out", "ok"): 4}
