"""A real exchange beside the tests of documents: two sites with gateways, in a thread of their own."""

import asyncio
import contextlib
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path

from lienthong.cli.world import World
from lienthong.cli.world_plan import OrganPlan, Plan, SitePlan
from lienthong.directory.entries import SubsystemEntry
from lienthong.exchange.run import running
from lienthong.kernel.identifiers import OrganId
from lienthong.kernel.labels import Label, Level

# The organs of the house, and the site of each.
SITES = {"centre": "tw", "province": "tw", "elsewhere": "tw", "commune": "p1", "neighbour": "p1"}


def organ(key: str) -> OrganId:
    return OrganId("VN", "PARTY", f"T.{key}")


def plan() -> Plan:
    """Centre and provinces at one site, the communes of one at another; what is secret goes nowhere."""
    ceilings = {key: Label(Level.INTERNAL if key == "neighbour" else Level.CONFIDENTIAL) for key in SITES}
    organs = [
        OrganPlan(
            id=organ(key),
            token=key,
            name=key,
            branch="tw",
            site=site,
            ceiling=ceilings[key],
            parent=None if key == "centre" else organ("province" if site == "p1" else "centre"),
            subsystems=(SubsystemEntry(code="office", name="Office", ceiling=str(ceilings[key])),),
        )
        for key, site in SITES.items()
    ]
    sites = [SitePlan(code=code, name=code, branch="tw") for code in ("tw", "p1")]
    return Plan(instance="VN", profile="none", branches={"tw": "Centre"}, sites=sites, organs=organs)


@dataclass(frozen=True, slots=True, kw_only=True)
class Country:
    """An exchange that runs."""

    # Tells an office of its gateways.
    file: Path
    # Has both gateways sign the heads of their journals now, not only at the next minute.
    checkpoint: Callable[[], object]


@contextlib.contextmanager
def country(folder: Path) -> Iterator[Country]:
    """Run it."""
    ready: Future[tuple[dict[str, str], Callable[[], object], Callable[[], object]]] = Future()

    async def run() -> None:
        world = World.create(folder / "world", plan())
        async with contextlib.AsyncExitStack() as stack:
            await stack.enter_async_context(world.carried())
            urls: dict[str, str] = {}
            gateways = []
            for site in ("tw", "p1"):
                gateway = await stack.enter_async_context(running(world.config(site, port=0)))
                urls[site] = str(gateway.url)
                gateways.append(gateway.gateway)
            ending = asyncio.Event()
            loop = asyncio.get_running_loop()

            async def signed() -> None:
                await asyncio.gather(*(gateway.checkpoint() for gateway in gateways))

            ready.set_result(
                (
                    urls,
                    lambda: loop.call_soon_threadsafe(ending.set),
                    lambda: asyncio.run_coroutine_threadsafe(signed(), loop).result(30),
                )
            )
            await ending.wait()

    def work() -> None:
        try:
            asyncio.run(run())
        except BaseException as error:
            if ready.done():
                raise
            ready.set_exception(error)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        urls, end, checkpoint = ready.result(60)
        file = folder / "exchange.toml"
        file.write_text(
            "".join(
                f'[[gateway]]\nurl = "{url}"\norgans = {[str(organ(key)) for key in SITES if SITES[key] == site]}\n'
                for site, url in urls.items()
            )
        )
        try:
            yield Country(file=file, checkpoint=checkpoint)
        finally:
            end()
    finally:
        thread.join(30)
