"""What holds for every carrier, whatever carries: calls, and what listens."""

import asyncio
import logging

import pytest

from lienthong.exchange.errors import CarrierTimeout, NoResponder, PayloadTooLarge
from lienthong.exchange.transport.errors import CarrierRefused
from lienthong.kernel.errors import BadInput
from tests.support.carriers import Harness, call, eventually


async def test_request_brings_back_the_answer_to_it(harness: Harness) -> None:
    branch = await harness.branch()
    one, two = await harness.carrier("one", branch), await harness.carrier("two", branch)
    seen: list[tuple[str, bytes]] = []

    async def answer(subject: str, data: bytes) -> bytes:
        seen.append((subject, data))
        await asyncio.sleep(0)
        return data[::-1]

    await two.serve(f"rpc.{branch}.two.>", answer)
    subject = call(branch, "two", branch, "one")
    answers = await asyncio.gather(*(one.request(subject, b"a%03d" % n, timeout=5) for n in range(200)))
    assert answers == [(b"a%03d" % n)[::-1] for n in range(200)]
    assert len(seen) == 200
    assert {subject for subject, _ in seen} == {subject}


async def test_nobody_listening_is_known_at_once(harness: Harness) -> None:
    branch = await harness.branch()
    one = await harness.carrier("one", branch)
    with pytest.raises(NoResponder, match="two"):
        async with asyncio.timeout(2):
            await one.request(call(branch, "two", branch, "one"), b"", timeout=30)


async def test_no_answer_in_time(harness: Harness) -> None:
    branch = await harness.branch()
    one, two = await harness.carrier("one", branch), await harness.carrier("two", branch)

    async def silent(subject: str, data: bytes) -> None:
        return None

    await two.serve(f"rpc.{branch}.two.>", silent)
    with pytest.raises(CarrierTimeout):
        await one.request(call(branch, "two", branch, "one"), b"", timeout=0.05)


async def test_slow_call_does_not_hold_up_others(harness: Harness) -> None:
    branch = await harness.branch()
    one, two = await harness.carrier("one", branch), await harness.carrier("two", branch)
    released = asyncio.Event()

    async def answer(subject: str, data: bytes) -> bytes:
        if data == b"slow":
            await released.wait()
        return data

    await two.serve(f"rpc.{branch}.two.>", answer)
    subject = call(branch, "two", branch, "one")
    slow = asyncio.create_task(one.request(subject, b"slow", timeout=10))
    assert await one.request(subject, b"quick", timeout=5) == b"quick"
    assert not slow.done()
    released.set()
    assert await slow == b"slow"


@pytest.mark.parametrize("error", [BadInput("expected"), ZeroDivisionError("defect")])
async def test_faulty_handler_answers_nothing_and_serves_on(
    harness: Harness, error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    branch = await harness.branch()
    one, two = await harness.carrier("one", branch), await harness.carrier("two", branch)

    async def answer(subject: str, data: bytes) -> bytes:
        if data == b"bad":
            raise error
        return data

    await two.serve(f"rpc.{branch}.two.>", answer)
    subject = call(branch, "two", branch, "one")
    with caplog.at_level(logging.ERROR), pytest.raises(CarrierTimeout):
        await one.request(subject, b"bad", timeout=0.1)
    assert str(error) in caplog.text
    assert await one.request(subject, b"good", timeout=5) == b"good"


async def test_closed_subscription_serves_no_more(harness: Harness) -> None:
    branch = await harness.branch()
    one, two = await harness.carrier("one", branch), await harness.carrier("two", branch)
    started, released = asyncio.Event(), asyncio.Event()

    async def answer(subject: str, data: bytes) -> bytes:
        started.set()
        await released.wait()
        return b"finished"

    subscription = await two.serve(f"rpc.{branch}.two.>", answer)
    waiting = asyncio.create_task(subscription.wait())
    subject = call(branch, "two", branch, "one")
    running = asyncio.create_task(one.request(subject, b"", timeout=5))
    await started.wait()
    asyncio.get_running_loop().call_later(0.05, released.set)
    await subscription.close()
    assert await running == b"finished"
    async with asyncio.timeout(1):
        await waiting
    with pytest.raises(NoResponder):
        await one.request(subject, b"", timeout=5)


async def test_group_shares_the_work(harness: Harness) -> None:
    branch = await harness.branch()
    one = await harness.carrier("one", branch)
    counts = [0, 0]

    async def first(subject: str, data: bytes) -> bytes:
        counts[0] += 1
        return b""

    async def second(subject: str, data: bytes) -> bytes:
        counts[1] += 1
        return b""

    for handler in (first, second):
        carrier = await harness.carrier("two", branch)
        await carrier.serve(f"rpc.{branch}.two.>", handler, group="gateways")
    for _ in range(60):
        await one.request(call(branch, "two", branch, "one"), b"", timeout=5)
    assert sum(counts) == 60
    assert min(counts) > 0


async def test_announcement_reaches_whoever_listens(harness: Harness) -> None:
    branch = await harness.branch()
    one, two, three = [await harness.carrier(site, branch) for site in ("one", "two", "three")]
    seen: list[tuple[str, bytes]] = []

    async def take(subject: str, data: bytes) -> None:
        seen.append((subject, data))

    await two.serve("witness.*", take)
    await three.serve("witness.one", take)
    await one.publish("witness.one", b"head")
    await eventually(lambda: len(seen) == 2)
    assert seen == [("witness.one", b"head")] * 2


async def test_call_sent_without_an_inbox_reaches_no_handler(harness: Harness) -> None:
    branch = await harness.branch()
    one, two = await harness.carrier("one", branch), await harness.carrier("two", branch)
    seen: list[bytes] = []

    async def answer(subject: str, data: bytes) -> bytes:
        seen.append(data)
        return b""

    await two.serve(f"rpc.{branch}.two.>", answer)
    await one.publish(call(branch, "two", branch, "one"), b"announced")
    await one.request(call(branch, "two", branch, "one"), b"asked", timeout=5)
    assert seen == [b"asked"]


async def test_too_large_is_refused_before_it_is_sent(harness: Harness) -> None:
    branch = await harness.branch()
    one = await harness.carrier("one", branch)
    too_large = bytes(one.max_payload + 1)
    with pytest.raises(PayloadTooLarge, match=str(one.max_payload)):
        await one.request(call(branch, "two", branch, "one"), too_large, timeout=5)
    with pytest.raises(PayloadTooLarge):
        await one.publish_durable(f"mail.{branch}.two.o.{branch}.one.o", too_large, msg_id="x")
    assert one.connected


async def test_full_payload_passes(harness: Harness) -> None:
    branch = await harness.branch()
    one, two = await harness.carrier("one", branch), await harness.carrier("two", branch)

    async def answer(subject: str, data: bytes) -> bytes:
        return data

    await two.serve(f"rpc.{branch}.two.>", answer)
    full = bytes(one.max_payload)
    assert await one.request(call(branch, "two", branch, "one"), full, timeout=10) == full


async def test_sites_keep_to_their_own_subjects(harness: Harness) -> None:
    branch, other = await harness.branch(), await harness.branch()
    one = await harness.carrier("one", branch)

    async def answer(subject: str, data: bytes) -> None:
        return None

    for subject in (call(branch, "two", branch, "two"), call(branch, "two", other, "one"), "witness.two"):
        with pytest.raises(CarrierRefused):
            await one.request(subject, b"", timeout=5)
    for subject in (f"rpc.{branch}.two.>", f"rpc.{other}.one.>", f"mail.{branch}.one.>", "_INBOX_two.>", ">"):
        with pytest.raises(CarrierRefused):
            await one.serve(subject, answer)


async def test_site_of_several_branches(harness: Harness) -> None:
    first, second = await harness.branch(), await harness.branch()
    one, two = await harness.carrier("one", first), await harness.carrier("two", first, second)

    async def answer(subject: str, data: bytes) -> bytes:
        return subject.encode()

    for branch in (first, second):
        await two.serve(f"rpc.{branch}.two.>", answer)
        await one.serve(f"rpc.{first}.one.*.{branch}.>", answer)
        for subject in (call(branch, "two", first, "one"),):
            assert await one.request(subject, b"", timeout=5) == subject.encode()
        assert await two.request(call(first, "one", branch, "two"), b"", timeout=5)


async def test_closing_ends_everything_and_again_is_harmless(harness: Harness) -> None:
    branch = await harness.branch()
    one = await harness.carrier("one", branch)
    states = [one.connected]
    assert one.site == "one"
    await one.close()
    await one.close()
    states.append(one.connected)
    assert states == [True, False]
