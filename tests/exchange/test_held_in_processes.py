"""Large bodies through two gateways in processes of their own, over a real server: in constant memory."""

import asyncio
import base64
import hashlib
import os
import sys
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pytest
import pytest_asyncio

from lienthong.cli.world import World
from lienthong.cli.world_plan import OrganPlan, Plan, SitePlan
from lienthong.directory.entries import GrantEntry, ServiceEntry, SubsystemEntry
from lienthong.embedded.child import spawn, stop
from lienthong.exchange.config import GatewayConfig
from lienthong.kernel.files import write_atomically
from lienthong.kernel.identifiers import OrganId, ServiceId
from lienthong.kernel.labels import Label, Level

CLIENT: Final = "VN/PARTY/A01/office"
SERVICE: Final = ServiceId("VN", "STATE", "G22", "registry", "files")
SIZE: Final = 150_000_000
PIECE: Final = bytes(range(256)) * 1024
# What a gateway with nothing to do takes, and what large bodies may add.
MOST: Final = 200_000_000

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]


@dataclass(slots=True)
class Service:
    """Gives as many bytes as its path says, and counts what it is given."""

    taken: list[tuple[int, str]] = field(default_factory=list)
    # Requests that broke off.
    broken: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            if head.startswith("POST"):
                await self._take(head, reader)
                writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\nconnection: close\r\n\r\ntaken")
            else:
                size = int(head.split(" ")[1].rpartition("/")[2])
                writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\nconnection: close\r\n\r\n" % size)
                for piece in pieces(size):
                    writer.write(piece)
                    await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            self.broken += 1
        finally:
            writer.close()

    async def _take(self, head: str, reader: asyncio.StreamReader) -> None:
        size = next(int(line.split(":")[1]) for line in head.split("\r\n") if line.startswith("content-length:"))
        digest, left = hashlib.sha512(), size
        while left:
            piece = await reader.read(min(left, len(PIECE)))
            if not piece:
                raise asyncio.IncompleteReadError(b"", left)
            digest.update(piece)
            left -= len(piece)
        self.taken.append((size, digest.hexdigest()))


def pieces(size: int) -> list[bytes]:
    """Bytes that are not the same everywhere, in pieces."""
    return [PIECE] * (size // len(PIECE)) + [PIECE[: size % len(PIECE)]]


@dataclass(slots=True, kw_only=True)
class Exchange:
    """What runs."""

    port: int
    # Caller's and provider's gateway.
    processes: tuple[asyncio.subprocess.Process, asyncio.subprocess.Process]
    logs: tuple[Path, Path]

    def peaks(self) -> list[int]:
        """The most memory each gateway has ever had, in bytes."""
        return [_status(process.pid, "VmHWM") for process in self.processes]

    async def ask(self, method: str, path: str, size: int = 0) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Begin a call, its body sent as far as the gateway takes it in the background."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port, limit=1 << 20)
        head = f"{method} /r1/{SERVICE}{path} HTTP/1.1\r\nhost: x\r\nx-road-client: {CLIENT}\r\n"
        writer.write((head + (f"content-length: {size}\r\n\r\n" if size else "\r\n")).encode())
        for piece in pieces(size) if size else ():
            writer.write(piece)
            await writer.drain()
        return reader, writer

    async def got(self, path: str) -> int:
        """Get an answer to its end; returns its size."""
        reader, writer = await self.ask("GET", path)
        _, size = await head_of(reader)
        come = 0
        while come < size and (piece := await reader.read(1 << 20)):
            come += len(piece)
        writer.close()
        return come


async def head_of(reader: asyncio.StreamReader) -> tuple[dict[str, str], int]:
    """Read the head of an answer that is one; returns its headers and the length of its body."""
    lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
    assert " 200 " in lines[0] + " ", lines
    headers = dict(line.split(": ", 1) for line in lines[1:] if line)
    return headers, int(headers["content-length"])


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def service() -> AsyncGenerator[tuple[Service, str]]:
    made = Service()
    listener = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    host, port = listener.sockets[0].getsockname()
    yield made, f"http://{host}:{port}"
    listener.close()
    listener.close_clients()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def exchange(tmp_path_factory: pytest.TempPathFactory, service: tuple[Service, str]) -> AsyncGenerator[Exchange]:
    plan = Plan(
        instance="VN",
        profile="none",
        branches={"a": "Consumers", "b": "Providers"},
        sites=[SitePlan(code="a", name="a", branch="a"), SitePlan(code="b", name="b", branch="b")],
        organs=[
            _organ("VN/PARTY/A01", "a", "office"),
            _organ(
                str(SERVICE.organ),
                "b",
                SERVICE.subsystem,
                ServiceEntry(subsystem=SERVICE.subsystem, code=SERVICE.service, grants=(GrantEntry(to=CLIENT),)),
            ),
        ],
    )
    world = await asyncio.to_thread(World.create, tmp_path_factory.mktemp("large") / "world", plan)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(world.carried())
        provider = await stack.enter_async_context(_gateway(world.config("b", services={SERVICE: service[1]})))
        probe = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
        port = probe.sockets[0].getsockname()[1]
        probe.close()
        caller = await stack.enter_async_context(_gateway(world.config("a", port=port)))
        yield Exchange(port=port, processes=(caller[0], provider[0]), logs=(caller[1], provider[1]))


def _organ(name: str, place: str, subsystem: str, *services: ServiceEntry) -> OrganPlan:
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


@asynccontextmanager
async def _gateway(config: GatewayConfig) -> AsyncGenerator[tuple[asyncio.subprocess.Process, Path]]:
    file, log = config.state / "gateway.toml", config.state / "gateway.log"
    write_atomically(file, config.to_toml().encode())
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT, 0o600)
    command = [sys.executable, "-m", "lienthong", "gateway", "--config", str(file)]
    process = await spawn(command, log=descriptor, keep=[])
    os.close(descriptor)
    try:
        async with asyncio.timeout(60):
            while "Ctrl-C" not in await asyncio.to_thread(log.read_text):
                assert process.returncode is None, log.read_text()
                await asyncio.sleep(0.05)
        yield process, log
    finally:
        await stop(process, grace=10)


def _status(pid: int, name: str) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{name}:"))


async def test_memory_is_constant_in_both_directions(exchange: Exchange, service: tuple[Service, str]) -> None:
    assert await exchange.got(f"/{SIZE}") == SIZE
    reader, writer = await exchange.ask("POST", "/take", SIZE)
    headers, size = await head_of(reader)
    assert await reader.readexactly(size) == b"taken"
    writer.close()
    of_body = hashlib.sha512(b"".join(pieces(SIZE)))
    assert service[0].taken == [(SIZE, of_body.hexdigest())]
    # X-Road's hash covers a body that no gateway has ever held.
    assert len(base64.b64decode(headers["x-road-request-hash"])) == 64
    assert max(exchange.peaks()) < MOST


async def test_small_calls_pass_beside_large_ones(exchange: Exchange) -> None:
    large = asyncio.ensure_future(exchange.got(f"/{SIZE}"))
    waited: list[float] = []
    loop = asyncio.get_running_loop()
    while not large.done():
        begun = loop.time()
        assert await exchange.got("/5") == 5
        waited.append(loop.time() - begun)
    assert await large == SIZE
    assert len(waited) > 10
    assert sorted(waited)[len(waited) // 2] < 1


async def test_a_slow_reader_holds_no_memory(exchange: Exchange) -> None:
    readers = []
    for _ in range(4):
        reader, writer = await exchange.ask("GET", f"/{SIZE}")
        await head_of(reader)
        readers.append((reader, writer))
    # Nobody reads on: everything between rests.
    await asyncio.sleep(1)
    assert max(exchange.peaks()) < MOST
    for _, writer in readers:
        writer.close()
    assert await exchange.got("/5") == 5


async def test_a_client_that_goes_away_in_the_middle_ends_it_everywhere(exchange: Exchange) -> None:
    reader, writer = await exchange.ask("GET", f"/{SIZE}")
    await head_of(reader)
    await reader.readexactly(1_000_000)
    writer.close()
    reader, writer = await asyncio.open_connection("127.0.0.1", exchange.port)
    head = f"POST /r1/{SERVICE}/take HTTP/1.1\r\nhost: x\r\nx-road-client: {CLIENT}\r\ncontent-length: {SIZE}\r\n\r\n"
    writer.write(head.encode() + bytes(20_000_000))
    await writer.drain()
    writer.close()
    async with asyncio.timeout(20):
        while any("/spool/" in name for name in _open_files(exchange)):  # noqa: ASYNC110 - other processes' files
            await asyncio.sleep(0.05)
    assert await exchange.got("/5") == 5


async def test_a_gateway_that_is_killed_in_the_middle_breaks_the_answer_off(exchange: Exchange) -> None:
    reader, writer = await exchange.ask("GET", f"/{SIZE}")
    _, size = await head_of(reader)
    await reader.readexactly(1_000_000)
    exchange.processes[1].kill()
    come = 1_000_000
    async with asyncio.timeout(60):
        while piece := await reader.read(1 << 20):
            come += len(piece)
    # Visibly cut: fewer bytes than announced.
    assert come < size
    writer.close()


def _open_files(exchange: Exchange) -> list[str]:
    links = [link for process in exchange.processes for link in Path(f"/proc/{process.pid}/fd").iterdir()]
    return [os.readlink(link) for link in links if link.is_symlink()]  # noqa: PTH115 - as the kernel writes them
