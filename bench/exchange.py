"""The exchange: calls beside two nginx in a row with mutual TLS, and the national broadcast.

Everything runs on this machine at once: load generator, both gateways, broker and backend.
"""

import asyncio
import contextlib
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import _nginx
from _gateways import HEADERS, exchange
from _report import Row, at_most, compared, main

_ANSWER = b"x" * 1024


def measure(quick: bool) -> list[Row]:  # noqa: FBT001 - called by main() with what the command line says
    """Measure calls, then broadcasts."""
    return [*asyncio.run(_calls(quick=quick)), *_broadcasts(quick=quick)]


async def _calls(*, quick: bool) -> list[Row]:
    seconds, rounds = (3, 2) if quick else (10, 3)
    async with contextlib.AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        peers = stack.enter_context(_nginx.peers(folder, _ANSWER))
        url = (await stack.enter_async_context(exchange(folder / "world", peers.backend))).url + "/x"
        ours, theirs, alone, peer_alone = [], [], [], []
        for _ in range(rounds):
            # Taken in turns, so that both see the same machine.
            theirs.append(await _load(peers.proxies + "/", 64, seconds))
            ours.append(await _load(url, 64, seconds, HEADERS))
            peer_alone.append(await _load(peers.proxies + "/", 1, max(1, seconds // 3)))
            alone.append(await _load(url, 1, max(1, seconds // 3), HEADERS))
    peer = "2 × nginx, mutual TLS"
    return [
        compared(
            "calls, 64 connections, 1 KB",
            statistics.median(load.per_second for load in ours),
            "calls/s",
            peer=peer,
            peer_value=statistics.median(load.per_second for load in theirs),
            at_least=0.15,
        ),
        _plain("call, 64 connections, p50", [load.p50 for load in ours], peer, [load.p50 for load in theirs]),
        _plain("call, 64 connections, p99", [load.p99 for load in ours], peer, [load.p99 for load in theirs]),
        _plain("call, 1 connection, p50", [load.p50 for load in alone], peer, [load.p50 for load in peer_alone]),
        at_most("calls that failed", sum(load.errors for load in [*ours, *alone]), "calls", 0),
    ]


def _plain(name: str, values: list[float], peer: str, peers: list[float]) -> Row:
    value, other = statistics.median(values), statistics.median(peers)
    return Row(name=name, value=value, unit="ms", peer=peer, peer_value=other, ratio=value / other)


async def _load(url: str, connections: int, seconds: int, headers: tuple[str, ...] = ()) -> _nginx.Load:
    return await asyncio.to_thread(_nginx.load, url, connections=connections, seconds=seconds, headers=headers)


def _broadcasts(*, quick: bool) -> list[Row]:
    """Run the demo as a user does, and read what it says of itself."""
    rows = []
    for organs in (1000, 3355) if quick else (10, 100, 1000, 3355):
        results = []
        for _ in range(1 if quick else 3):
            command = [sys.executable, "-m", "lienthong", "demo", "--headless", "--json", "--organs", str(organs)]
            results.append(json.loads(subprocess.run(command, capture_output=True, check=True).stdout))
        seconds = statistics.median(result["seconds"] for result in results)
        name = f"broadcast of {results[0]['bytes'] // 1000} KB to {organs} organs, receipts verified"
        rows.append(at_most(name, seconds, "s", 12) if organs == 3355 else Row(name=name, value=seconds, unit="s"))
    return rows


if __name__ == "__main__":
    main("Exchange", measure)
