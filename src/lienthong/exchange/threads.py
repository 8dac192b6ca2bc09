"""Blocking work in threads, without leaving one behind."""

import asyncio
from collections.abc import Callable


async def in_thread[**P, T](work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run blocking work in a thread; who is cancelled meanwhile still waits for its end.

    A thread cannot be stopped: whoever went on at once would close, or write to, the file it is writing to.

    Raises:
        Exception: what the work raised.
    """
    running = asyncio.ensure_future(asyncio.to_thread(work, *args, **kwargs))
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        await asyncio.wait([running])
        raise
