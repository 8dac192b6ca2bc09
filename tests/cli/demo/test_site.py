"""The clerk of the demo, and the gateway's process."""

import asyncio
from pathlib import Path

import pytest

from lienthong.cli.demo import site
from lienthong.cli.demo.site import Clerk
from tests.cli.demo.conftest import Ran
from tests.support.carriers import eventually
from tests.support.gateways import CENTRE, COMMUNE, HSO, NEIGHBOUR, world


async def test_clerk_opens_and_accepts_everything_once_it_is_quiet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(site, "_QUIET", 0.2)
    async with world(tmp_path, "tw", "p1") as made:
        clerk = Clerk()
        work = asyncio.create_task(clerk.work(made.running["p1"].mailbox))
        for _ in range(3):
            await made.running["tw"].sender.send(made.draft(COMMUNE))
        await eventually(lambda: len(made.arrivals) == 3)
        for _, item in made.arrivals:
            clerk.notice(item)
        await asyncio.sleep(0.1)
        assert made.states() == [(str(COMMUNE), "delivered")] * 3
        await eventually(lambda: len(made.receipts) == 9)
        assert sorted(state for _, state in made.states()) == ["accepted"] * 3 + ["delivered"] * 3 + ["opened"] * 3
        # And what comes later.
        await made.running["tw"].sender.send(made.draft(COMMUNE, sender=NEIGHBOUR))
        await eventually(lambda: len(made.arrivals) == 4)
        clerk.notice(made.arrivals[-1][1])
        await eventually(lambda: len(made.receipts) == 12)
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)


async def test_clerk_leaves_what_offices_send_to_the_receivers_office(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(site, "_QUIET", 0.05)
    monkeypatch.setattr(site, "OFFICE", HSO.subsystem)
    async with world(tmp_path, "tw", "p1") as made:
        clerk = Clerk()
        work = asyncio.create_task(clerk.work(made.running["p1"].mailbox))
        for sender in (HSO, CENTRE):
            await made.running["tw"].sender.send(made.draft(COMMUNE, sender=sender))
        await eventually(lambda: len(made.arrivals) == 2)
        for _, item in made.arrivals:
            clerk.notice(item)
        await eventually(lambda: "accepted" in [state for _, state in made.states()])
        senders = {item.sender: item.state.value for item in made.running["p1"].mailbox.list(COMMUNE)}
        assert senders == {str(HSO): "delivered", str(CENTRE): "accepted"}
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)


@pytest.mark.slow
def test_process_says_where_it_is_and_nothing_else(ran: Ran) -> None:
    for code in ("site-1", "site-2"):
        log = (ran.state(code) / "gateway.log").read_text()
        assert log.startswith("READY http://127.0.0.1:")
        assert log.count("\n") == 1
