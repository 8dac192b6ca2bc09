"""Being told to stop: SIGTERM and Ctrl-C are orders to end properly, not to fall over."""

import asyncio
import signal
from collections.abc import Callable, Coroutine
from typing import Any


async def interruptible[T](work: Coroutine[Any, Any, T], *, told: Callable[[], object] | None = None) -> T:
    """Do something to its end; SIGTERM or Ctrl-C cancels it, wherever it is.

    Only the first one counts: a second must not cut off the cleaning up, which leaves no process behind.

    Args:
        work: what to do.
        told: called when the order comes.

    Raises:
        asyncio.CancelledError: it was told to stop and let itself be cancelled.
    """
    task = asyncio.create_task(work)
    ordered = False

    def stop() -> None:
        nonlocal ordered
        if not ordered:
            ordered = True
            task.cancel()
            if told is not None:
                told()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    return await task
