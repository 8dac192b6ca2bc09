"""Being told to stop, by real signals."""

import asyncio
import os
import signal
from collections.abc import AsyncGenerator

import pytest

from lienthong.cli.stopping import interruptible


@pytest.fixture(autouse=True)
async def handlers() -> AsyncGenerator[None]:
    """Leave no handler to other tests."""
    yield
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().remove_signal_handler(number)


async def tell(*numbers: signal.Signals) -> None:
    """Send signals to this process, each when the one before has been handled."""
    for number in numbers:
        os.kill(os.getpid(), number)
        await asyncio.sleep(0.02)


async def test_work_that_ends_by_itself_gives_its_result() -> None:
    async def work() -> int:
        return 7

    assert await interruptible(work()) == 7


async def test_error_of_the_work_is_its_own() -> None:
    async def work() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await interruptible(work())


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_order_cancels_it_and_is_told_once(number: signal.Signals) -> None:
    told: list[str] = []

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            # The second order must not cut this off.
            await asyncio.sleep(0.1)
            told.append("cleaned up")

    orders = asyncio.create_task(tell(number, signal.SIGINT, signal.SIGTERM))
    with pytest.raises(asyncio.CancelledError):
        await interruptible(work(), told=lambda: told.append("told"))
    await orders
    assert told == ["told", "cleaned up"]


async def test_work_may_take_the_order_as_its_end() -> None:
    async def work() -> str:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            return "done"
        raise AssertionError

    orders = asyncio.create_task(tell(signal.SIGTERM))
    assert await interruptible(work()) == "done"
    await orders
