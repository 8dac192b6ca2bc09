"""Answers that take a while: asked for until they are there, by their caller only."""

import asyncio

import pytest

from lienthong.exchange.asks import Asker, Await
from lienthong.exchange.deferred import Deferred
from lienthong.exchange.errors import LimitExceeded, RemoteError
from lienthong.exchange.packet import INLINE_LIMIT, notice
from tests.support.calls import call
from tests.support.carriers import eventually
from tests.support.gateways import Echo, World

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


async def test_a_site_has_so_many_worked_on_and_no_more() -> None:
    deferred, ready = Deferred(most=2), asyncio.Event()

    async def work() -> bytes:
        await ready.wait()
        return b"answer"

    for _ in range(2):
        deferred.check(_ASKER)
        deferred.begin(_ASKER, work())
    # It is the site that counts: whoever has its credential names what organ it likes.
    for asker in (_ASKER, Asker("tw", "a02")):
        with pytest.raises(LimitExceeded, match="2 answers are being worked on for site tw"):
            deferred.check(asker)
    deferred.check(Asker("p2", "a01"))
    ready.set()
    await eventually(lambda: not deferred._working["tw"])
    deferred.check(_ASKER)
    await deferred.close()


async def test_answers_that_wait_are_bounded_and_the_oldest_go_first() -> None:
    deferred = Deferred(most_bytes=250, kept=0.2)

    async def work() -> bytes:
        return bytes(100)

    other = Await(deferred.begin(Asker("p2", "m1"), work()))
    questions = []
    for _ in range(5):
        questions.append(Await(deferred.begin(_ASKER, work())))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    told = [await deferred.asked(_ASKER, each) for each in questions]
    assert told == [notice("not_held")] * 3 + [bytes(100)] * 2
    assert await deferred.asked(Asker("p2", "m1"), other) == bytes(100)
    await eventually(lambda: not deferred._answers)
    assert not deferred._waiting
    assert not deferred._working


async def test_a_defect_is_in_the_log_whoever_asks(caplog: pytest.LogCaptureFixture) -> None:
    deferred = Deferred()

    async def work() -> bytes:
        raise RuntimeError("x")

    deferred.begin(_ASKER, work())
    await eventually(lambda: "a defect" in caplog.text)
    await deferred.close()


async def test_a_site_cannot_have_calls_without_number_waited_for(country: World, echo: Echo) -> None:
    # The place of such a call is free again when its caller is told to ask later; the work still counts.
    country.running["p1"]._provider._deferred.most = 0
    with pytest.raises(RemoteError) as told:
        await country.running["tw"].caller.call(call(body=bytes(INLINE_LIMIT + 1)))
    assert told.value.remote_code == "limit_exceeded"
    assert country.evidence("p1") == [("in", "refusal", "limit_exceeded")]
    assert not echo.calls
