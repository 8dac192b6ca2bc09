"""The broadcast of the demo: who gets it, and which receipts count."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from lienthong.cli.demo import broadcast as module
from lienthong.cli.demo import site
from lienthong.cli.demo.broadcast import Receipts, ReceiptsMissing, broadcast
from lienthong.cli.demo.site import Clerk
from lienthong.cli.world_plan import OrganPlan, Plan
from lienthong.kernel.identifiers import OrganId
from lienthong.kernel.labels import Label, Level
from lienthong.trust.header import ReceiptState
from tests.support.carriers import eventually
from tests.support.gateways import CENTRE, COMMUNE, NEIGHBOUR, OTHER, World, world


def plan(*organs: tuple[OrganId, str]) -> Plan:
    """A country of these organs and their branches; the first one is the centre."""
    return Plan(
        instance="VN",
        profile="none",
        branches={},
        sites=[],
        organs=[
            OrganPlan(id=id_, token="", name="", branch=branch, site="", ceiling=Label(Level.SECRET))
            for id_, branch in organs
        ],
    )


COUNTRY = plan((CENTRE, "tw"), (NEIGHBOUR, "tw"), (COMMUNE, "01"))


@pytest.fixture
async def gateways(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[World]:
    """A centre and a province on a carrier in memory."""
    monkeypatch.setattr(site, "_QUIET", 0.01)
    async with world(tmp_path, "tw", "p1") as made:
        yield made


async def clerks(gateways: World) -> None:
    """Open and accept everything at both gateways, as far as it has arrived."""
    both = {"tw": Clerk(), "p1": Clerk()}
    tasks = [asyncio.create_task(clerk.work(gateways.running[code].mailbox)) for code, clerk in both.items()]
    seen = 0
    try:
        while True:
            for code, item in gateways.arrivals[seen:]:
                both[code].notice(item)
                seen += 1
            await asyncio.sleep(0.005)
    finally:
        for task in tasks:
            task.cancel()


async def test_everybody_gets_it_and_every_receipt_is_counted_by_branch(gateways: World) -> None:
    told: Counter[str] = Counter()
    receipts = Receipts(expected=2, on_progress=lambda what, count: told.update({what: count}))
    relay = asyncio.create_task(relayed(gateways, receipts))
    work = asyncio.create_task(clerks(gateways))
    result = await broadcast(gateways.running["tw"], COUNTRY, receipts, b"directive")
    for task in (work, relay):
        task.cancel()
    assert (result.bytes, result.published, result.refused) == (9, 2, 0)
    assert list(result.seconds) == ["sent", "delivered", "opened", "accepted"]
    assert list(result.seconds.values()) == sorted(result.seconds.values())
    every = {ReceiptState.DELIVERED: 1, ReceiptState.OPENED: 1, ReceiptState.ACCEPTED: 1}
    assert receipts.by_branch == {"tw": every, "01": every}
    assert receipts.delivered_to == {str(NEIGHBOUR), str(COMMUNE)}
    assert told == {"sent": 2, "delivered": 2, "opened": 2, "accepted": 2}


async def relayed(gateways: World, receipts: Receipts) -> None:
    """Pass on what the centre's gateway tells, as the demo has it do."""
    seen = 0
    while True:
        for _, item in gateways.receipts[seen:]:
            receipts.add(item)
            seen += 1
        await asyncio.sleep(0.005)


async def test_directive_is_confidential_and_sealed_by_the_centre(gateways: World) -> None:
    receipts = Receipts(expected=1)
    task = asyncio.create_task(broadcast(gateways.running["tw"], plan((CENTRE, "tw"), (COMMUNE, "01")), receipts, b"x"))
    await eventually(lambda: gateways.arrivals)
    ((_, item),) = gateways.arrivals
    letter = await gateways.running["p1"].mailbox.open(COMMUNE, item.message)
    assert (letter.header.sender, str(letter.header.label)) == (str(CENTRE), "confidential")
    assert letter.header.subject == f"Chỉ thị (minh họa) {module.NUMBER}"
    assert [(each.name, each.data) for each in letter.contents] == [("chi-thi.pdf", b"x")]
    task.cancel()


async def test_whom_it_may_not_reach_is_refused(gateways: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "STATES", ())
    country = plan((CENTRE, "tw"), (COMMUNE, "01"), (OTHER, "01"))
    result = await broadcast(gateways.running["tw"], country, Receipts(expected=2), b"x")
    # OTHER may handle what is internal, no more.
    assert (result.published, result.refused) == (1, 1)


async def test_receipts_that_do_not_come_are_counted(gateways: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_PATIENCE", 0.3)
    receipts = Receipts(expected=2)
    relay = asyncio.create_task(relayed(gateways, receipts))
    with pytest.raises(ReceiptsMissing, match="opened: 0 of 2"):
        await broadcast(gateways.running["tw"], COUNTRY, receipts, b"x")
    relay.cancel()
