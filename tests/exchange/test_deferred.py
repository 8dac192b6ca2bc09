"""Answers that take a while: asked for until they are there, by their caller only."""

import asyncio

import pytest

from lienthong.exchange.asks import Asker, Await
from lienthong.exchange.deferred import Deferred
from lienthong.exchange.packet import notice

_ASKER = Asker("tw", "a01")


async def test_it_is_being_worked_on_until_it_is_there() -> None:
    deferred, ready = Deferred(patience=0.02), asyncio.Event()

    async def work() -> bytes:
        await ready.wait()
        return b"answer"

    question = Await(deferred.begin(_ASKER, work()))
    assert await deferred.asked(_ASKER, question) == notice("working")
    asyncio.get_running_loop().call_later(0.005, ready.set)
    assert await deferred.asked(_ASKER, question) == b"answer"
    # The first time it may have been lost on the way.
    assert await deferred.asked(_ASKER, question) == b"answer"
    await deferred.close()


@pytest.mark.parametrize("asker", [Asker("p2", "a01"), Asker("tw", "a02")])
async def test_others_hear_that_there_is_nothing(asker: Asker) -> None:
    deferred = Deferred(patience=0.02)

    async def work() -> bytes:
        return b"answer"

    question = Await(deferred.begin(_ASKER, work()))
    assert await deferred.asked(asker, question) == notice("not_held")
    assert await deferred.asked(_ASKER, Await(bytes(16))) == notice("not_held")
    await deferred.close()


async def test_an_answer_is_forgotten_in_a_while() -> None:
    deferred = Deferred(kept=0.02)

    async def work() -> bytes:
        return b"answer"

    question = Await(deferred.begin(_ASKER, work()))
    assert await deferred.asked(_ASKER, question) == b"answer"
    await asyncio.sleep(0.1)
    assert await deferred.asked(_ASKER, question) == notice("not_held")


async def test_what_is_given_up_is_said() -> None:
    deferred = Deferred()

    async def work() -> bytes:
        await asyncio.sleep(60)
        return b""

    waiting = asyncio.ensure_future(deferred.asked(_ASKER, Await(deferred.begin(_ASKER, work()))))
    await asyncio.sleep(0)
    await deferred.close()
    assert await waiting == notice("not_held")
