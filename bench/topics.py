"""Topics: one publisher, a hundred subscribers, everything on this machine and everything on.

The publisher's gateway runs in a process of its own, the subscribers' gateways in another, the broker in a third.
An event counts as delivered when its subscriber has it decoded and has acknowledged it durably.
"""

import asyncio
import contextlib
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import uvloop
from _report import Row, main

from lienthong.cli.world import World
from lienthong.cli.world_plan import OrganPlan, Plan, SitePlan
from lienthong.directory.entries import SubsystemEntry, TopicEntry, TopicGrantEntry
from lienthong.exchange.config import GatewayConfig
from lienthong.exchange.run import running
from lienthong.exchange.topics.event import Event
from lienthong.exchange.topics.subscription import Subscription
from lienthong.kernel.files import write_atomically
from lienthong.kernel.identifiers import OrganId, SubsystemId, TopicId
from lienthong.kernel.labels import Label, Level

_TOPIC = TopicId("VN", "STATE", "G22", "registry", "changes")
_SUBSCRIBERS = 100
_BATCH = 504
_SIZE = 2048
_ROLE = "--publisher"


def measure(quick: bool) -> list[Row]:  # noqa: FBT001 - called by main() with what the command line says
    """Measure deliveries with the subscribers at one gateway and at ten, then how long one event takes."""
    events = 4_000 if quick else 20_000
    rows: list[Row] = []
    for sites in (1, 10):
        rows += uvloop.run(_measured(sites, events))
    return rows


async def _measured(sites: int, events: int) -> list[Row]:
    async with contextlib.AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        world = await asyncio.to_thread(World.create, folder / "world", _plan(sites))
        await stack.enter_async_context(world.carried())
        publisher = await stack.enter_async_context(_publisher(world.config("owner")))
        gateways = [
            (await stack.enter_async_context(running(world.config(f"s{site}")))).gateway for site in range(sites)
        ]
        subscriptions = [
            await gateways[number % sites].topics.subscribe(_reader(number % sites, number), _TOPIC)
            for number in range(_SUBSCRIBERS)
        ]
        # A first event, so that keys are there and everything is warm.
        await publisher.publish(1)
        await asyncio.gather(*(_read(each, 1) for each in subscriptions))
        began = time.perf_counter()
        told = asyncio.create_task(publisher.publish(events))
        await asyncio.gather(*(_read(each, events + 1) for each in subscriptions))
        seconds = time.perf_counter() - began
        published = await told
        delays = await _delays(publisher, subscriptions[0], events + 1)
    where = "1 gateway" if sites == 1 else f"{sites} gateways"
    per_second = events * _SUBSCRIBERS / seconds
    goal = 20_000
    return [
        Row(
            name=f"deliveries, {_SUBSCRIBERS} subscribers at {where}, 2 KB",
            value=per_second,
            unit="events/s",
            goal=f"≥ {goal:,}",
            holds=per_second >= goal,
        ),
        Row(name=f"published durably meanwhile, {where}", value=events / published, unit="events/s"),
        Row(name=f"from publishing to reading, one event, p50, {where}", value=statistics.median(delays), unit="ms"),
    ]


async def _read(subscription: Subscription, upto: int) -> None:
    """Read as an information system does: wait, read a batch, acknowledge it; check that nothing is left out."""
    last = subscription.reader.sequence or 0
    while last < upto:
        await subscription.wait(timeout=60)
        batch = subscription.read(limit=_BATCH)
        for delivery in batch.deliveries:
            if delivery.sequence != last + 1:
                raise SystemExit(f"event {delivery.sequence} after {last}")
            last = delivery.sequence
        if batch.deliveries:
            await subscription.ack(last)
        # The others want to read, too.
        await asyncio.sleep(0)


async def _delays(publisher: "_Publisher", subscription: Subscription, last: int) -> list[float]:
    delays = []
    for number in range(1, 31):
        await publisher.publish(1)
        await subscription.wait(after=last + number - 1, timeout=10)
        (delivery,) = subscription.read(after=last + number - 1).deliveries
        delays.append(time.time() * 1000 - float(delivery.event.data[:20]))
        await asyncio.sleep(0.02)
    return delays


def _plan(sites: int) -> Plan:
    topic = TopicEntry(
        subsystem=_TOPIC.subsystem, code=_TOPIC.topic, label="internal", grants=(TopicGrantEntry(to="*"),)
    )
    owner = _organ(_TOPIC.organ, "owner", (_TOPIC.subsystem,), (topic,))
    readers = [_organ(_member(site), f"s{site}", _systems(site, sites), ()) for site in range(sites)]
    codes = [organ.site for organ in (owner, *readers)]
    return Plan(
        instance="VN",
        profile="none",
        branches={"a": "Owner", "b": "Readers"},
        sites=[SitePlan(code=code, name=code, branch="a" if code == "owner" else "b") for code in codes],
        organs=[owner, *readers],
    )


def _organ(id_: OrganId, site: str, subsystems: Sequence[str], topics: tuple[TopicEntry, ...]) -> OrganPlan:
    return OrganPlan(
        id=id_,
        token=site,
        name=site,
        branch="a" if site == "owner" else "b",
        site=site,
        ceiling=Label(Level.CONFIDENTIAL),
        subsystems=tuple(SubsystemEntry(code=code, name=code, ceiling="confidential") for code in subsystems),
        topics=topics,
    )


def _member(site: int) -> OrganId:
    return OrganId("VN", "PARTY", f"S{site}")


def _systems(site: int, sites: int) -> list[str]:
    return [f"reader{number}" for number in range(_SUBSCRIBERS) if number % sites == site]


def _reader(site: int, number: int) -> SubsystemId:
    organ = _member(site)
    return SubsystemId(organ.instance, organ.member_class, organ.member, f"reader{number}")


class _Publisher:
    """The publisher's process: told how many events to publish, it says how long that took."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        """Speak with it through its standard input and output."""
        self._process = process

    async def publish(self, count: int) -> float:
        """Have so many events published; returns the seconds until all were durable."""
        if self._process.stdin is None or self._process.stdout is None:
            raise SystemExit("the publisher has no pipes")
        self._process.stdin.write(f"{count}\n".encode())
        line = await self._process.stdout.readline()
        if not line:
            raise SystemExit("the publisher has ended")
        return float(line)


@contextlib.asynccontextmanager
async def _publisher(config: GatewayConfig) -> AsyncIterator[_Publisher]:
    file = config.state / "gateway.toml"
    write_atomically(file, config.to_toml().encode())
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(sys.executable, __file__, _ROLE, str(file), stdin=pipe, stdout=pipe)
    try:
        yield _Publisher(process)
    finally:
        # It ends with its input.
        process.stdin.close() if process.stdin is not None else None
        await process.wait()


async def _publish(file: Path) -> None:
    """Be the publisher: publish as many events as each line of the input says."""
    async with running(GatewayConfig.load(file)) as run:
        while line := await asyncio.to_thread(sys.stdin.readline):
            left, began = int(line), time.perf_counter()
            while left:
                batch = min(left, _BATCH)
                # The time of publishing, and padding up to 2 KB that does not compress to nothing.
                data = f"{time.time() * 1000:020.3f}".encode().ljust(_SIZE, b"x")
                await run.gateway.topics.publish(_TOPIC, [Event(schema="change/1", data=data)] * batch)
                left -= batch
            sys.stdout.write(f"{time.perf_counter() - began}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    if sys.argv[1:2] == [_ROLE]:
        uvloop.run(_publish(Path(sys.argv[2])))
    else:
        main("Topics", measure)
