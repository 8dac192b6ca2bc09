"""Large bodies: calls of 10 MB beside two nginx in a row with mutual TLS, and 1 GB in constant memory.

Everything runs on this machine at once: load generator, both gateways, broker and backend. The backend is an nginx
that hands out files and reads requests to their end; the same client asks it through both.
"""

import asyncio
import contextlib
import http.client
import os
import statistics
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import _nginx
from _gateways import CLIENT, HEADERS, Exchange, exchange
from _report import Row, at_most, compared, main

_TEN = 10_000_000
_GIGABYTE = 1_000_000_000
# With --quick.
_LESS = 250_000_000
_PIECE = 1 << 20
# Files, and a door that reads a request to its end (into memory) before it answers.
_BACKEND = """
  server {{ listen 127.0.0.1:{backend} backlog=1024; default_type application/octet-stream; root {folder}/../files;
    sendfile on; client_body_buffer_size 16m;
    location /take {{ proxy_pass http://127.0.0.1:{backend}/taken; proxy_set_header Content-Length 0;
      proxy_pass_request_body off; }}
    location /taken {{ return 200 "{answer}"; }} }}
"""


def measure(quick: bool) -> list[Row]:  # noqa: FBT001 - called by main() with what the command line says
    """Measure 1 GB once in each direction, then 10 MB at some connections."""
    return asyncio.run(_measure(quick=quick))


async def _measure(*, quick: bool) -> list[Row]:
    seconds, rounds, size = (2, 2, _LESS) if quick else (8, 3, _GIGABYTE)
    async with contextlib.AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        _files(folder, size)
        peers = stack.enter_context(_nginx.peers(folder, b"taken", _BACKEND))
        gateways = await stack.enter_async_context(exchange(folder / "world", peers.backend))
        idle = [await _probe(gateways.url) for _ in range(20)]
        rows = await _gigabytes(gateways, peers, idle, size)
        for name, path, script in (("answers", "/ten", None), ("requests", "/take", folder / "post.lua")):
            for connections in (4,) if quick else (1, 4, 8):
                ours, theirs = [], []
                for _ in range(rounds):
                    # Taken in turns, so that both see the same machine.
                    theirs.append(await _load(peers.proxies + path, connections, seconds, script))
                    ours.append(await _load(gateways.url + path, connections, seconds, script))
                rows += _compared(name, connections, ours, theirs)
        for side, peak in zip(("caller's", "provider's"), gateways.memory("VmHWM"), strict=True):
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
        _nginx.load, url, connections=connections, seconds=seconds, headers=HEADERS, script=script
    )


async def _gigabytes(gateways: Exchange, peers: _nginx.Peers, idle: list[float], size: int) -> list[Row]:
    rows = []
    peer = "2 × nginx, mutual TLS"
    waits: list[float] = []
    for name, path, send in (("answer", "/giga", False), ("request", "/take", True)):
        theirs = await asyncio.to_thread(_transfer, peers.proxies + path, size, send=send)
        transfer = asyncio.create_task(asyncio.to_thread(_transfer, gateways.url + path, size, send=send))
        while not transfer.done():
            waits.append(await _probe(gateways.url))
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
    for side, peak in zip(("caller's", "provider's"), gateways.memory("VmHWM"), strict=True):
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
    headers = {"X-Road-Client": CLIENT} | ({"Content-Length": str(size)} if send else {})
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


if __name__ == "__main__":
    main("Large bodies", measure)
