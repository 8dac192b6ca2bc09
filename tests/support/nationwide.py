"""Gateways over a real NATS server, with everything on disk as in operation."""

import asyncio
import os
import signal
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from lienthong.cli.world import World
from lienthong.cli.world_plan import OrganPlan, Plan, SitePlan
from lienthong.directory.entries import GrantEntry, ServiceEntry, SubsystemEntry
from lienthong.exchange.mail.items import MailItem, ReceiptItem
from lienthong.exchange.run import Running, running
from lienthong.kernel.clock import Millis, SystemClock
from lienthong.kernel.identifiers import OrganId, ServiceId, SubsystemId
from lienthong.kernel.labels import Label, Level

CENTRE: Final = OrganId("VN", "PARTY", "A01")
HSO: Final = SubsystemId("VN", "PARTY", "A01", "hso")
UNITS: Final = ServiceId("VN", "PARTY", "U0", "reg", "units")


@dataclass(slots=True)
class ShiftedClock:
    """The machine's clock, some milliseconds ahead: real servers see real time, and tests need not wait."""

    by: Millis = 0

    def now(self) -> Millis:
        return SystemClock().now() + self.by


@dataclass(slots=True)
class Service:
    """A real HTTP service that answers everything alike, when it may."""

    free: asyncio.Event = field(default_factory=asyncio.Event)
    asked: list[bytes] = field(default_factory=list)
    url: str = ""

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.asked.append((await reader.readuntil(b"\r\n\r\n")).partition(b"\r\n")[0])
        await self.free.wait()
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 2\r\nconnection: close\r\n\r\nhi")
        await writer.drain()
        writer.close()


@asynccontextmanager
async def serving() -> AsyncGenerator[Service]:
    """A service that runs and may answer."""
    service = Service()
    service.free.set()
    server = await asyncio.start_server(service.answer, "127.0.0.1", 0)
    service.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield service
    finally:
        service.free.set()
        server.close()


def communes(number: int) -> list[OrganId]:
    """The organs of the province."""
    return [OrganId("VN", "PARTY", f"U{index}") for index in range(number)]


def plan(number: int) -> Plan:
    """A centre at one site, so many communes at another."""
    ceiling = Label(Level.SECRET)
    hso = SubsystemEntry(code="hso", name="Records", ceiling="secret")
    registry = SubsystemEntry(code="reg", name="Registry", ceiling="secret")
    units = ServiceEntry(subsystem="reg", code="units", grants=(GrantEntry(to=str(HSO), path="/open/**"),))
    organs = [
        OrganPlan(id=CENTRE, token="a01", name="Centre", branch="tw", site="tw", ceiling=ceiling, subsystems=(hso,))
    ]
    for index, id_ in enumerate(communes(number)):
        organs.append(
            OrganPlan(
                id=id_,
                token=f"u{index}",
                name=str(id_),
                branch="01",
                site="p1",
                ceiling=ceiling,
                subsystems=() if index else (registry,),
                services=() if index else (units,),
            )
        )
    return Plan(
        instance="VN",
        profile="none",
        branches={"tw": "Centre", "01": "Province"},
        sites=[SitePlan(code="tw", name="tw", branch="tw"), SitePlan(code="p1", name="p1", branch="01")],
        organs=organs,
    )


@dataclass(slots=True, kw_only=True)
class Nation:
    """A world that runs: its folder, its carrier, and what its gateways tell."""

    world: World
    clock: ShiftedClock
    service: Service
    receipts: list[ReceiptItem] = field(default_factory=list)
    arrivals: list[MailItem] = field(default_factory=list)

    @asynccontextmanager
    async def gateway(self, site: str) -> AsyncGenerator[Running]:
        """The gateway of a site."""
        config = self.world.config(site, port=0 if site == "tw" else None, services={UNITS: self.service.url})
        async with running(
            config, clock=self.clock, on_receipt=self.receipts.append, on_arrival=self.arrivals.append
        ) as gateway:
            yield gateway

    async def kill_nats(self) -> None:
        """End the server as a failing machine would."""
        pid = self.world.nats.pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        await self.world.nats.wait()


@asynccontextmanager
async def nation(folder: Path, number: int = 3) -> AsyncGenerator[Nation]:
    """A world over a real server, whose gateways a test starts."""
    async with serving() as service:
        world = World.create(folder / "world", plan(number))
        async with world.carried():
            yield Nation(world=world, clock=ShiftedClock(), service=service)
