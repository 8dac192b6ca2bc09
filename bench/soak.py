"""A long run: calls at 64 connections without a pause; none may fail, and memory may not grow.

Everything runs on this machine at once. The first fifth of the time warms up: until calls are forgotten again a
minute after they were made, memory grows with them.
"""

import asyncio
import contextlib
import statistics
import tempfile
from pathlib import Path

import _nginx
from _gateways import HEADERS, Exchange, exchange
from _report import Row, at_most, main

_ANSWER = b"x" * 1024
_CONNECTIONS = 64
# The sealed ids of a minute's calls are remembered against replays; with --quick that minute never ends.
_GROWTH_PERCENT = 5


def measure(quick: bool) -> list[Row]:  # noqa: FBT001 - called by main() with what the command line says
    """Run for five minutes; with --quick for forty seconds, which says nothing about memory."""
    return asyncio.run(_measure(seconds=40 if quick else 300, quick=quick))


async def _measure(*, seconds: int, quick: bool) -> list[Row]:
    async with contextlib.AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        peers = stack.enter_context(_nginx.peers(folder, _ANSWER))
        gateways = await stack.enter_async_context(exchange(folder / "world", peers.backend))
        address = gateways.url + "/x"
        running = asyncio.create_task(
            asyncio.to_thread(_nginx.load, address, connections=_CONNECTIONS, seconds=seconds, headers=HEADERS)
        )
        samples = await _sampled(gateways, running)
        load = await running
    rows = [
        Row(name=f"calls in {seconds} s, {_CONNECTIONS} connections", value=load.per_second, unit="calls/s"),
        at_most("calls that failed", load.errors, "calls", 0),
    ]
    for side, series in zip(("caller's", "provider's"), zip(*samples, strict=True), strict=True):
        rows += _growth(side, series, judged=not quick)
    return rows


async def _sampled(gateways: Exchange, running: "asyncio.Task[_nginx.Load]") -> list[list[float]]:
    samples = []
    while not running.done():
        samples.append(gateways.memory())
        await asyncio.wait([running], timeout=1)
    return samples


def _growth(side: str, series: tuple[float, ...], *, judged: bool) -> list[Row]:
    """Compare the fifth of the time after the warm-up with the last."""
    fifth = len(series) // 5
    warm, end = statistics.median(series[fifth : 2 * fifth]), statistics.median(series[-fifth:])
    growth = (end / warm - 1) * 100
    name = f"memory of the {side} gateway at the end"
    grown = f"its growth from the second fifth to the last, {side} gateway"
    return [
        Row(name=name, value=end, unit="MB"),
        at_most(grown, growth, "%", _GROWTH_PERCENT) if judged else Row(name=grown, value=growth, unit="%"),
    ]


if __name__ == "__main__":
    main("A long run", measure)
