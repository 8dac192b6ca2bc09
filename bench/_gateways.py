"""Two gateways in processes of their own, for whatever is to be measured between them."""

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import _nginx

from lienthong.cli.world import World
from lienthong.cli.world_plan import OrganPlan, Plan, SitePlan
from lienthong.directory.entries import GrantEntry, ServiceEntry, SubsystemEntry
from lienthong.embedded.child import spawn, stop
from lienthong.exchange.config import GatewayConfig
from lienthong.kernel.files import write_atomically
from lienthong.kernel.identifiers import OrganId, ServiceId
from lienthong.kernel.labels import Label, Level

SERVICE = ServiceId("VN", "STATE", "G22", "registry", "answer")
CLIENT = "VN/PARTY/A01/office"
HEADERS = (f"X-Road-Client: {CLIENT}",)
"""What wrk sends along."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """What runs."""

    # Where calls of the service go.
    url: str
    # Process ids of the caller's and the provider's gateway.
    gateways: tuple[int, int]

    def memory(self, field: str = "VmRSS") -> list[float]:
        """Return the memory of each gateway in MB: now, or with ``VmHWM`` the most it has ever had."""
        return [_status(pid, field) for pid in self.gateways]


@contextlib.asynccontextmanager
async def exchange(folder: Path, backend: str) -> AsyncIterator[Exchange]:
    """Run two gateways and the broker; calls go to a backend."""
    world = await asyncio.to_thread(World.create, folder, client_and_provider())
    async with contextlib.AsyncExitStack() as stack:
        await stack.enter_async_context(world.carried())
        port = _nginx.free_port()
        provider = await stack.enter_async_context(gateway_process(world.config("b", services={SERVICE: backend})))
        caller = await stack.enter_async_context(gateway_process(world.config("a", port=port)))
        yield Exchange(url=f"http://127.0.0.1:{port}/r1/{SERVICE}", gateways=(caller, provider))


def client_and_provider() -> Plan:
    """Return a plan of two organs, each with a site and a branch of its own: ``a`` calls, ``b`` has a service."""
    grant = GrantEntry(to=CLIENT)
    return Plan(
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
                ServiceEntry(subsystem=SERVICE.subsystem, code=SERVICE.service, grants=(grant,)),
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
async def gateway_process(config: GatewayConfig) -> AsyncIterator[int]:
    """Run a gateway in a process of its own; gives its id."""
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
