"""Doing several things at once and handing out their results in order."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable


async def in_order[T](works: AsyncIterator[Awaitable[T]], *, ahead: int) -> AsyncGenerator[T]:
    """Yield the result of each work in turn while up to ``ahead`` of them run.

    Whoever stops early closes the iterator (``contextlib.aclosing``); what runs then is cancelled.
    """
    running: deque[asyncio.Future[T]] = deque()
    try:
        async for work in works:
            running.append(asyncio.ensure_future(work))
            if len(running) >= ahead:
                yield await running.popleft()
        while running:
            yield await running.popleft()
    finally:
        for each in running:
            each.cancel()
        await asyncio.gather(*running, return_exceptions=True)
