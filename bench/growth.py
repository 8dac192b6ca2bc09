"""How cost grows with the number of organs: a broadcast to all of them, and what gateways and directory take.

The centre's gateway is this process; two sites with all other organs and the broker have processes of their own.
Every organ has keys of its own, post-quantum among them, and every receipt is checked.
"""

import asyncio
import contextlib
import os
import statistics
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import uvloop
from _gateways import gateway_process
from _report import Row, at_most, main

from lienthong.cli.demo import country
from lienthong.cli.world import World
from lienthong.cli.world_plan import Plan
from lienthong.exchange.mail.draft import Attachment, Draft
from lienthong.exchange.mail.items import ReceiptItem
from lienthong.exchange.mail.sender import Sender
from lienthong.exchange.run import running
from lienthong.kernel.labels import Label, Level
from lienthong.trust.header import ReceiptState

# All there are below the centre: 34 provinces and 3,321 communes.
_ALL: Final = 3355
_SIZES: Final = (10, 100, 1000, _ALL)
_HOSTS: Final = 2
_CONTENT: Final = Attachment(name="chi-thi.pdf", media_type="application/pdf", data=os.urandom(100_000))
_GOAL_SECONDS: Final = 5
_PATIENCE: Final = 120.0
_MIB: Final = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class _Measured:
    # Seconds until the last receipt of a broadcast is checked and recorded: the first on gateways that have just
    # started, and a second one at once, whose letters go under the content keys of the first.
    first: float
    second: float
    # Seconds a site's gateway needs to be ready.
    start: float
    # Memory of the centre's process, and of the larger site's, after the broadcasts.
    centre: int
    site: int
    # Bytes of all files of the directory.
    directory: int


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


def measure(quick: bool) -> list[Row]:  # noqa: FBT001 - called by main() with what the command line says
    """Measure one size after the other."""
    rows: list[Row] = []
    for organs in _SIZES:
        runs = [uvloop.run(_measured(organs)) for _ in range(1 if quick else 3)]
        found = sorted(runs, key=lambda each: each.first)[len(runs) // 2]
        name = f"{organs:,} organs"
        what = f"{name}: broadcast of 100 KB, receipts verified"
        rows += [
            at_most(what, found.first, "s", _GOAL_SECONDS)
            if organs == _ALL
            else Row(name=what, value=found.first, unit="s"),
            Row(name=f"{name}: for each organ", value=found.first / organs * 1000, unit="ms"),
            Row(name=f"{name}: another one at once", value=found.second, unit="s"),
            Row(name=f"{name}: a site's gateway starts", value=found.start, unit="s"),
            Row(name=f"{name}: memory of the centre's gateway", value=found.centre / _MIB, unit="MiB"),
            Row(name=f"{name}: memory of a site's gateway", value=found.site / _MIB, unit="MiB"),
            Row(name=f"{name}: the whole directory", value=found.directory / 1000, unit="KB"),
        ]
    return rows


async def _measured(organs: int) -> _Measured:
    plan = country.plan(organs, _HOSTS)
    async with contextlib.AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        world = await asyncio.to_thread(World.create, folder / "world", plan)
        await stack.enter_async_context(world.carried())
        starts, sites = [], []
        for site in plan.sites:
            if site.code != country.CENTRE_SITE:
                began = time.perf_counter()
                sites.append(await stack.enter_async_context(gateway_process(world.config(site.code))))
                starts.append(time.perf_counter() - began)
        receipts = _Receipts()
        config = world.config(country.CENTRE_SITE)
        centre = await stack.enter_async_context(running(config, on_receipt=receipts.add))
        first, second = [await _broadcast(centre.gateway.sender, plan, receipts) for _ in range(2)]
        return _Measured(
            first=first,
            second=second,
            start=statistics.median(starts),
            centre=_memory(os.getpid()),
            site=max(map(_memory, sites)),
            directory=sum(map(len, world.published.files().values())),
        )


async def _broadcast(sender: Sender, plan: Plan, receipts: _Receipts) -> float:
    first, *below = plan.organs
    draft = Draft(
        sender=first.id,
        receivers=[organ.id for organ in below],
        subject="Chỉ thị",
        label=Label(Level.CONFIDENTIAL),
        contents=(_CONTENT,),
    )
    receipts.expect(len(below))
    began = time.perf_counter()
    dispatch = await sender.send(draft, carried=False)
    if dispatch.refused:
        raise SystemExit(f"refused: {dispatch.refused}")
    await receipts.all()
    return time.perf_counter() - began


def _memory(process: int) -> int:
    """Return the bytes of memory that a process holds."""
    status = Path(f"/proc/{process}/statm").read_text(encoding="ascii")
    return int(status.split()[1]) * os.sysconf("SC_PAGE_SIZE")


if __name__ == "__main__":
    main("Growth", measure)
