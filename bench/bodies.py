"""Large bodies: calls of 10 MB beside two nginx in a row with mutual TLS, and 1 GB in constant memory.

Everything runs on this machine at once: load generator, both gateways, broker and backend. The backend is an nginx
that hands out files and reads requests to their end; the same client asks it through both.
"""

import asyncio
import contextlib
import http.client
import os
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

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

_TEN = 10_000_000
_GIGABYTE = 1_000_000_000
# With --quick.
_LESS = 250_000_000
_PIECE = 1 << 20
_SERVICE = ServiceId("VN", "STATE", "G22", "registry", "files")
_CLIENT = "VN/PARTY/A01/office"
_HEADERS = (f"X-Road-Client: {_CLIENT}",)
# Files, and a door that reads a request to its end (into memory) before it answers.
_BACKEND = """
  server {{ listen 127.0.0.1:{backend} backlog=1024; default_type application/octet-stream; root {folder}/../files;
    sendfile on; client_body_buffer_size 16m;
    location /take {{ proxy_pass http://127.0.0.1:{backend}/taken; proxy_set_header Content-Length 0;
      proxy_pass_request_body off; }}
    location /taken {{ return 200 "{answer}"; }} }}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Exchange:
    # Where calls of the service go.
    url: str
    # Process ids of the caller's and the provider's gateway.
    gateways: tuple[int, int]

    def peaks(self) -> list[float]:
        """The most memory each gateway has ever had, in MB."""
        return [_status(pid, "VmHWM") for pid in self.gateways]


def measure(quick: bool) -> list[Row]:  # noqa: FBT001 - called by main() with what the command line says
    """Measure 1 GB once in each direction, then 10 MB at some connections."""
    return asyncio.run(_measure(quick=quick))


async def _measure(*, quick: bool) -> list[Row]:
    seconds, rounds, size = (2, 2, _LESS) if quick else (8, 3, _GIGABYTE)
    async with contextlib.AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        _files(folder, size)
        peers = stack.enter_context(_nginx.peers(folder, b"taken", _BACKEND))
        exchange = await stack.enter_async_context(_exchange(folder / "world", peers.backend))
        idle = [await _probe(exchange.url) for _ in range(20)]
        rows = await _gigabytes(exchange, peers, idle, size)
        for name, path, script in (("answers", "/ten", None), ("requests", "/take", folder / "post.lua")):
            for connections in (4,) if quick else (1, 4, 8):
                ours, theirs = [], []
                for _ in range(rounds):
                    # Taken in turns, so that both see the same machine.
                    theirs.append(await _load(peers.proxies + path, connections, seconds, script))
                    ours.append(await _load(exchange.url + path, connections, seconds, script))
                rows += _compared(name, connections, ours, theirs)
        for side, peak in zip(("caller's", "provider's"), exchange.peaks(), strict=True):
            rows.append(Row(name=f"most memory after all of it, {side} gateway", value=peak, unit="MB"))
    return rows


def _compared(name: str, connections: int, ours: list[_nginx.Load], theirs: list[_nginx.Load]) -> list[Row]:
    def speed(loads: list[_nginx.Load]) -> float:
        return statistics.median(load.per_second for load in loads) * _TEN / 1e6

    peer, what = "2 × nginx, mutual TLS", f"10 MB {name}, connections: {connections}"
    row = compared(what, speed(ours), "MB/s", peer=peer, peer_value=speed(theirs), at_least=0.5)
    if connections == 1:
        # A body is sealed when all of it is there: alone it comes and goes one after the other.
        row = replace(row, goal="", holds=None)
    return [row, at_most(f"{what}: failed", sum(load.errors for load in ours), "calls", 0)]


async def _load(url: str, connections: int, seconds: int, script: Path | None) -> _nginx.Load:
    return await asyncio.to_thread(
        _nginx.load, url, connections=connections, seconds=seconds, headers=_HEADERS, script=script
    )


async def _gigabytes(exchange: _Exchange, peers: _nginx.Peers, idle: list[float], size: int) -> list[Row]:
    rows = []
    peer = "2 × nginx, mutual TLS"
    waits: list[float] = []
    for name, path, send in (("answer", "/giga", False), ("request", "/take", True)):
        theirs = await asyncio.to_thread(_transfer, peers.proxies + path, size, send=send)
        transfer = asyncio.create_task(asyncio.to_thread(_transfer, exchange.url + path, size, send=send))
        while not transfer.done():
            waits.append(await _probe(exchange.url))
            await asyncio.sleep(0.02)
        ours = await transfer
        rows.append(
            Row(
                name=f"{size / 1e9:g} GB {name}",
                value=ours,
                unit="MB/s",
                peer=peer,
                peer_value=theirs,
                ratio=ours / theirs,
            )
        )
    for side, peak in zip(("caller's", "provider's"), exchange.peaks(), strict=True):
        rows.append(at_most(f"most memory, {side} gateway", peak, "MB", 200))
    rows.append(Row(name="small call, nothing else, p50", value=statistics.median(idle), unit="ms"))
    rows.append(Row(name="small call beside a large one, p50", value=statistics.median(waits), unit="ms"))
    rows.append(Row(name="small call beside a large one, p95", value=statistics.quantiles(waits, n=20)[-1], unit="ms"))
    return rows


async def _probe(url: str) -> float:
    """Make one small call; returns the milliseconds it took."""
    begun = time.perf_counter()
    await asyncio.to_thread(_transfer, url + "/taken", 5, send=False)
    return (time.perf_counter() - begun) * 1000


def _transfer(url: str, size: int, *, send: bool) -> float:
    """Get or send a large body on a connection of its own; returns MB per second."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=600)
    headers = {"X-Road-Client": _CLIENT} | ({"Content-Length": str(size)} if send else {})
    begun = time.perf_counter()
    connection.request("POST" if send else "GET", parts.path, body=_pieces(size) if send else None, headers=headers)
    response = connection.getresponse()
    come = 0
    while piece := response.read(_PIECE):
        come += len(piece)
    if response.status != 200 or come != (5 if send else size):
        raise SystemExit(f"{response.status} and {come} bytes from {url}")
    connection.close()
    return size / (time.perf_counter() - begun) / 1e6


def _pieces(size: int) -> Iterator[bytes]:
    piece, left = os.urandom(_PIECE), size
    while left:
        yield piece[: min(left, _PIECE)]
        left -= min(left, _PIECE)


def _files(folder: Path, size: int) -> None:
    # nginx gives up root: its workers read the files as somebody else.
    folder.chmod(0o755)
    files = folder / "files"
    files.mkdir()
    (files / "ten").write_bytes(os.urandom(_TEN))
    with (files / "giga").open("wb") as giga:
        for piece in _pieces(size):
            giga.write(piece)
    (folder / "post.lua").write_text(f'wrk.method = "POST"\nwrk.body = string.rep("x", {_TEN})\n')


@contextlib.asynccontextmanager
async def _exchange(folder: Path, backend: str) -> AsyncIterator[_Exchange]:
    """Run two gateways in processes of their own, and the broker."""
    plan = Plan(
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
                ServiceEntry(subsystem=_SERVICE.subsystem, code=_SERVICE.service, grants=(GrantEntry(to=_CLIENT),)),
            ),
        ],
    )
    world = await asyncio.to_thread(World.create, folder, plan)
    async with contextlib.AsyncExitStack() as stack:
        await stack.enter_async_context(world.carried())
        port = _nginx.free_port()
        provider = await stack.enter_async_context(_gateway(world.config("b", services={_SERVICE: backend})))
        caller = await stack.enter_async_context(_gateway(world.config("a", port=port)))
        yield _Exchange(url=f"http://127.0.0.1:{port}/r1/{_SERVICE}", gateways=(caller, provider))


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
async def _gateway(config: GatewayConfig) -> AsyncIterator[int]:
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
        yield process.pid
    finally:
        await stop(process, grace=10)


def _status(pid: int, field: str) -> float:
    """Return a size from what the kernel says of a process, in MB."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        name, _, value = line.partition(":")
        if name == field:
            return int(value.split()[0]) * 1024 / 1e6
    raise SystemExit(f"no {field} of {pid}")


if __name__ == "__main__":
    main("Large bodies", measure)
