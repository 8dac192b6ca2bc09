"""The exchange: calls beside two nginx in a row with mutual TLS, and the national broadcast.

Everything runs on this machine at once: load generator, both gateways, broker and backend.
"""

import asyncio
import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import _nginx
from _report import Row, at_most, compared, main

from lienthong.cli.world import World
from lienthong.cli.world_plan import OrganPlan, Plan, SitePlan
from lienthong.directory.entries import GrantEntry, ServiceEntry, SubsystemEntry
from lienthong.embedded.child import spawn, stop
from lienthong.exchange.config import GatewayConfig
from lienthong.kernel.files import write_atomically
from lienthong.kernel.identifiers import OrganId, ServiceId
from lienthong.kernel.labels import Label, Level

_ANSWER = b"x" * 1024
_SERVICE = ServiceId("VN", "STATE", "G22", "registry", "answer")
_CLIENT = "VN/PARTY/A01/office"


def measure(quick: bool) -> list[Row]:  # noqa: FBT001 - called by main() with what the command line says
    """Measure calls, then broadcasts."""
    return [*asyncio.run(_calls(quick=quick)), *_broadcasts(quick=quick)]


async def _calls(*, quick: bool) -> list[Row]:
    seconds, rounds = (3, 2) if quick else (10, 3)
    async with contextlib.AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        peers = stack.enter_context(_nginx.peers(folder, _ANSWER))
        url = await stack.enter_async_context(_exchange(folder / "world", peers.backend))
        ours, theirs, alone, peer_alone = [], [], [], []
        headers = (f"X-Road-Client: {_CLIENT}",)
        for _ in range(rounds):
            # Taken in turns, so that both see the same machine.
            theirs.append(await _load(peers.proxies + "/", 64, seconds))
            ours.append(await _load(url, 64, seconds, headers))
            peer_alone.append(await _load(peers.proxies + "/", 1, max(1, seconds // 3)))
            alone.append(await _load(url, 1, max(1, seconds // 3), headers))
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


@contextlib.asynccontextmanager
async def _exchange(folder: Path, backend: str) -> AsyncIterator[str]:
    """Run two gateways in processes of their own, and the broker; gives the address to call."""
    world = await asyncio.to_thread(World.create, folder, client_and_provider())
    async with contextlib.AsyncExitStack() as stack:
        await stack.enter_async_context(world.carried())
        port = _nginx.free_port()
        await stack.enter_async_context(gateway_process(world.config("b", services={_SERVICE: backend})))
        await stack.enter_async_context(gateway_process(world.config("a", port=port)))
        yield f"http://127.0.0.1:{port}/r1/{_SERVICE}/x"


def client_and_provider() -> Plan:
    """Return a plan of two organs, each with a site and a branch of its own: ``a`` calls, ``b`` has a service."""
    grant = GrantEntry(to=_CLIENT)
    return Plan(
        instance="VN",
        profile="none",
        branches={"a": "Consumers", "b": "Providers"},
        sites=[SitePlan(code="a", name="a", branch="a"), SitePlan(code="b", name="b", branch="b")],
        organs=[
            _organ("VN/PARTY/A01", "a", "office"),
            _organ(
                str(_SERVICE.organ),
                "b",
                _SERVICE.subsystem,
                ServiceEntry(subsystem=_SERVICE.subsystem, code=_SERVICE.service, grants=(grant,)),
            ),
        ],
    )


def _organ(name: str, place: str, subsystem: str, *services: ServiceEntry) -> OrganPlan:
    """Describe the only organ of a branch and site of the same name."""
    return OrganPlan(
        id=OrganId.parse(name),
        token=place,
        name=name,
        branch=place,
        site=place,
        ceiling=Label(Level.CONFIDENTIAL),
        subsystems=(SubsystemEntry(code=subsystem, name=subsystem, ceiling="confidential"),),
        services=services,
    )


@contextlib.asynccontextmanager
async def gateway_process(config: GatewayConfig) -> AsyncIterator[None]:
    """Run a gateway in a process of its own."""
    file, log = config.state / "gateway.toml", config.state / "gateway.log"
    write_atomically(file, config.to_toml().encode())
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT, 0o600)
    process = await spawn(
        [sys.executable, "-m", "lienthong", "gateway", "--config", str(file)], log=descriptor, keep=[]
    )
    os.close(descriptor)
    try:
        while "Ctrl-C" not in (text := await asyncio.to_thread(log.read_text)):
            if process.returncode is not None:
                raise SystemExit(text)
            await asyncio.sleep(0.05)
        yield
    finally:
        await stop(process, grace=10)


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
