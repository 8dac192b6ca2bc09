"""The bell: wakes who waits for an organ, and nobody else; nobody waits for ever."""

import asyncio

from lienthong.exchange.bell import Bell
from tests.support.gateways import turns


async def test_it_wakes_all_who_wait_for_an_organ_and_nobody_else() -> None:
    bell = Bell()
    ours = [asyncio.create_task(bell.wait("a", seconds=60)) for _ in range(2)]
    theirs = asyncio.create_task(bell.wait("b", seconds=60))
    await turns()
    assert (bell.waiting("a"), bell.waiting("b"), bell.waited_for) == (2, 1, True)
    bell.ring("a")
    bell.ring("a")
    await asyncio.gather(*ours)
    assert not theirs.done()
    bell.close()
    await theirs
    assert (bell.waiting("a"), bell.waited_for) == (0, False)


async def test_a_ring_that_nobody_hears_is_no_harm() -> None:
    bell = Bell()
    bell.ring("a")
    async with asyncio.timeout(5):
        await bell.wait("a", seconds=0.01)
    assert not bell.waited_for


async def test_who_is_cancelled_waits_no_longer() -> None:
    bell = Bell()
    waiting = asyncio.create_task(bell.wait("a", seconds=60))
    await turns()
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    assert not bell.waited_for


async def test_nobody_waits_at_a_gateway_that_ends() -> None:
    bell = Bell()
    bell.close()
    async with asyncio.timeout(5):
        await bell.wait("a", seconds=60)
    assert bell.closed
