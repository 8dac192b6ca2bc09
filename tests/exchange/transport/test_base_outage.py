"""The broker goes away in the middle of everything and comes back: nothing acknowledged is lost, nobody hangs."""

import asyncio
import os
from collections.abc import Sequence

import pytest

from lienthong.exchange.errors import CarrierUnavailable
from lienthong.exchange.transport.base import Message, Outgoing
from lienthong.exchange.transport.permissions import Role
from tests.support.carriers import Harness, call, eventually, mail


async def test_call_in_the_middle_fails_at_once_and_the_next_one_works(fragile: Harness) -> None:
    branch = await fragile.branch()
    states: list[bool] = []
    one = await fragile.carrier("one", branch, on_state=states.append)
    two = await fragile.carrier("two", branch)
    started = asyncio.Event()

    async def answer(subject: str, data: bytes) -> bytes:
        started.set()
        if data == b"slow":
            await asyncio.sleep(0.3)
        return data

    await two.serve(f"rpc.{branch}.two.>", answer)
    subject = call(branch, "two", branch, "one")
    running = asyncio.create_task(one.request(subject, b"slow", timeout=60))
    await started.wait()
    await fragile.stop()
    with pytest.raises(CarrierUnavailable):
        async with asyncio.timeout(2):
            await running
    await eventually(lambda: not one.connected and not two.connected)
    with pytest.raises(CarrierUnavailable):
        await one.request(subject, b"", timeout=60)
    with pytest.raises(CarrierUnavailable):
        await one.publish_durable(mail(branch, "two", branch, "one"), b"", msg_id="x")
    with pytest.raises(CarrierUnavailable):
        await one.serve(f"rpc.{branch}.one.>", answer)
    await fragile.start()
    await eventually(lambda: one.connected and two.connected)
    assert states == [False, True]
    assert await one.request(subject, b"quick", timeout=5) == b"quick"


async def test_acknowledged_mail_survives_and_is_read_once_more_at_most(fragile: Harness) -> None:
    branch = await fragile.branch()
    one, two = await fragile.carrier("one", branch), await fragile.carrier("two", branch)
    read: list[bytes] = []

    async def take(batch: Sequence[Message]) -> None:
        read.extend(message.data for message in batch)

    await two.consume(f"MAIL_{branch}", f"mail.{branch}.two.>", start_after=0, take=take)
    acknowledged: list[bytes] = []

    async def send() -> None:
        for number in range(100_000):
            messages = [
                Outgoing(
                    subject=mail(branch, "two", branch, "one"), data=b"%d-%d" % (number, n), id=os.urandom(16).hex()
                )
                for n in range(20)
            ]
            results = await one.publish_many(messages)
            acknowledged.extend(m.data for m, r in zip(messages, results, strict=True) if isinstance(r, int))
            await asyncio.sleep(0.001)

    sending = asyncio.create_task(send())
    await eventually(lambda: len(read) > 200)
    for _ in range(2):
        before = len(acknowledged)
        await fragile.stop()
        await asyncio.sleep(0.1)
        await fragile.start()
        await eventually(lambda before=before: len(acknowledged) > before + 200)  # type: ignore[misc]  # mypy reads no default into a lambda
    sending.cancel()
    await eventually(lambda: set(acknowledged) <= set(read))
    assert len(read) == len(set(read))


async def test_directory_is_fetched_again_after_the_outage(fragile: Harness) -> None:
    branch = await fragile.branch()
    centre = await fragile.carrier("centre", role=Role.PUBLISHER)
    one = await fragile.carrier("one", branch)
    await centre.kv_put("directory", "timestamp.json", b"v1")
    values: list[bytes] = []

    async def changed(value: bytes) -> None:
        values.append(value)

    await one.kv_watch("directory", "timestamp.json", changed)
    await eventually(lambda: values == [b"v1"])
    await fragile.stop()
    await eventually(lambda: not centre.connected and not one.connected)
    await fragile.start()
    await eventually(lambda: one.connected and centre.connected and len(values) >= 2)
    await centre.kv_put("directory", "timestamp.json", b"v2")
    await eventually(lambda: values[-1] == b"v2")
    # Once before the outage, and at least once after it although nothing had changed.
    assert values[:2] == [b"v1", b"v1"]


async def test_closing_while_the_broker_is_away(fragile: Harness) -> None:
    branch = await fragile.branch()
    one = await fragile.carrier("one", branch)

    async def take(batch: Sequence[Message]) -> None:
        raise AssertionError

    await one.consume(f"MAIL_{branch}", f"mail.{branch}.one.>", start_after=0, take=take)
    await one.serve(f"rpc.{branch}.one.>", take)  # type: ignore[arg-type]  # never called
    await fragile.stop()
    await eventually(lambda: not one.connected)
    async with asyncio.timeout(2):
        await one.close()
    await fragile.start()
    assert not one.connected
