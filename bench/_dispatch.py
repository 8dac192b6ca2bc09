"""A national dispatch: what an office adds to the broadcast of the exchange, both in the same run on the same gateways.

The centre's gateway is this process, two sites with all other organs, the broker and the office have their own, as in
the demo. A broadcast is timed from the first seal to the last verified receipt, a dispatch from the click to the moment
at which the sender's page shows the last one, and on until every arrival is entered with its file.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from _gateways import gateway_process
from _nginx import free_port
from _pages import run_beside

from lienthong.cli.demo import country
from lienthong.cli.office_run import GATEWAYS, Office
from lienthong.cli.world import World
from lienthong.cli.world_plan import Plan
from lienthong.exchange.mail.draft import Attachment, Draft
from lienthong.exchange.mail.items import ReceiptItem
from lienthong.exchange.run import Running, running
from lienthong.kernel.files import write_atomically
from lienthong.kernel.labels import Label, Level
from lienthong.trust.header import ReceiptState

SIZE: Final = 90_000
"""Bytes of the file: a real PDF of an office, as the demo's directive."""
_HOSTS: Final = 2
_PATIENCE: Final = 120.0
_PROGRAM: Final = "_dispatch_office.py"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispatched:
    """Seconds since the click."""

    # The gateway has sealed, recorded and made durable all letters.
    sent: float
    # The sender's page shows the last receipt of delivery.
    delivered: float
    # Every receiver has the document in its register, with its file.
    entered: float
    # The sender's page shows the last receipt of opening.
    opened: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Country:
    """An exchange that runs."""

    plan: Plan
    centre: Running
    urls: Mapping[str, str]
    receipts: "_Receipts"

    @property
    def organs(self) -> int:
        """How many there are below the centre."""
        return len(self.plan.organs) - 1

    async def broadcast(self, body: bytes) -> float:
        """Broadcast a body without any office, and return the seconds until the last receipt of delivery."""
        first, *below = self.plan.organs
        draft = Draft(
            sender=first.id,
            receivers=[organ.id for organ in below],
            subject="",
            label=Label(Level.CONFIDENTIAL),
            contents=(Attachment(name="1", media_type="application/pdf", data=body),),
        )
        self.receipts.expect(len(below))
        began = time.perf_counter()
        dispatch = await self.centre.gateway.sender.send(draft, carried=False)
        if dispatch.refused:
            raise SystemExit(f"refused: {dispatch.refused}")
        await self.receipts.all()
        return time.perf_counter() - began


class _Receipts:
    """Counts receipts of delivery."""

    def __init__(self) -> None:
        self._missing = 0
        self._done = asyncio.Event()

    def add(self, item: ReceiptItem) -> None:
        if item.state is ReceiptState.DELIVERED:
            self._missing -= 1
            if not self._missing:
                self._done.set()

    def expect(self, count: int) -> None:
        self._missing = count
        self._done.clear()

    async def all(self) -> None:
        async with asyncio.timeout(_PATIENCE):
            await self._done.wait()


@contextlib.asynccontextmanager
async def running_country(folder: Path, organs: int | None = None) -> AsyncIterator[Country]:
    """Run an exchange of the centre and so many organs below it; of all, unless told."""
    plan, receipts = country.plan(organs, _HOSTS), _Receipts()
    world = await asyncio.to_thread(World.create, folder, plan)
    async with contextlib.AsyncExitStack() as stack:
        await stack.enter_async_context(world.carried())
        urls = {}
        for site in plan.sites:
            if site.code != country.CENTRE_SITE:
                port = free_port()
                await stack.enter_async_context(gateway_process(world.config(site.code, port=port)))
                urls[site.code] = f"http://127.0.0.1:{port}"
        config = world.config(country.CENTRE_SITE, port=0)
        centre = await stack.enter_async_context(running(config, on_receipt=receipts.add))
        urls[country.CENTRE_SITE] = str(centre.url)
        yield Country(plan=plan, centre=centre, urls=urls, receipts=receipts)


async def connect(office: Office, folder: Path, found: Country) -> None:
    """Tell an office of its gateways, and wait until it has looked into every mailbox once.

    Args:
        office: runs in the folder.
        folder: the same.
        found: the exchange.
    """
    write_atomically(folder / GATEWAYS, country.gateways(found.plan, found.urls).encode())
    await asyncio.to_thread(run_beside, office, folder, _PROGRAM, "settle", str(found.organs + 1))


async def dispatch(office: Office, folder: Path, found: Country) -> Dispatched:
    """Send a document of the centre's office to the whole country, and follow it to its end.

    Args:
        office: connected, in the folder.
        folder: the same.
        found: the exchange.
    """
    told = await asyncio.to_thread(run_beside, office, folder, _PROGRAM, "send", str(found.organs), str(SIZE))
    return Dispatched(**told)
