"""A gateway as a whole: it listens where the directory places it, works on in the background, and ends in order."""

import asyncio
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest

from lienthong.exchange import gateway as module
from lienthong.exchange.errors import NoResponder
from lienthong.exchange.gateway import IDLE_NOTED_EVERY
from lienthong.exchange.mail.harvest import Harvest
from lienthong.exchange.mail.receiver import Come
from lienthong.exchange.transport.base import Gap, Subscription
from lienthong.exchange.transport.errors import StreamMissing
from lienthong.kernel.clock import DAY, MINUTE
from lienthong.trust.errors import JournalError
from tests.support.asgi import ask_web, r1
from tests.support.calls import fill_disk, free_disk, raw_call, said
from tests.support.carriers import eventually
from tests.support.gateways import CENTRE, COMMUNE, HSO, NEIGHBOUR, OTHER, UNITS, Echo, World, turns
from tests.support.mail import position, taken


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let what a gateway does now and then be done at once."""
    monkeypatch.setattr(module, "RESEND_EVERY", 0.01)
    monkeypatch.setattr(module, "CHECKPOINT_EVERY", 0.01)


async def test_a_small_world_goes_round(country: World) -> None:
    dispatch = await country.running["tw"].sender.send(country.draft(COMMUNE, OTHER, data=b"x" * 10_000))
    await eventually(lambda: len(country.receipts) == 2)
    for organ in (COMMUNE, OTHER):
        await country.running["p1"].mailbox.open(organ, dispatch.message)
        await country.running["p1"].mailbox.accept(organ, dispatch.message)
    await eventually(lambda: len(country.receipts) == 6)
    reply = await ask_web(country.running["tw"], "GET", r1(UNITS, "/a"), headers={"x-road-client": str(HSO)})
    assert (reply.status, reply.body) == (200, b"hi")
    # Every exchange is on record on both sides, under one id.
    ours = {entry.id for entry in country.entries("tw")}
    assert {entry.id for entry in country.entries("p1")} <= ours


async def test_what_is_due_is_sent_again_by_itself(country: World, quick: None) -> None:
    country.broker.stop()
    await country.running["tw"].sender.send(country.draft(COMMUNE))
    country.broker.start()
    country.clock.advance(MINUTE)
    await country.restart("tw")
    await eventually(lambda: country.receipts)
    assert len(country.arrivals) == 1


async def test_the_head_is_signed_by_itself_and_only_when_something_is_new(country: World, quick: None) -> None:
    gateway = await country.restart("tw")
    await turns()
    await asyncio.sleep(0.05)
    assert gateway.node.journal.checkpoints() == []
    await gateway.sender.send(country.draft(COMMUNE))
    await eventually(gateway.node.journal.checkpoints)
    await eventually(lambda: country.receipts)
    await eventually(lambda: gateway.node.journal.checkpoints()[-1].size == gateway.node.journal.size)
    heads = len(gateway.node.journal.checkpoints())
    await asyncio.sleep(0.05)
    assert len(gateway.node.journal.checkpoints()) == heads


async def test_background_work_outlives_a_full_disk(country: World, quick: None) -> None:
    gateway = await country.restart("tw")
    await country.stop("p1")
    await gateway.sender.send(country.draft(COMMUNE, term=DAY))
    await fill_disk(gateway)
    country.clock.advance(DAY)
    await asyncio.sleep(0.1)
    assert gateway.store.waiting() == 1
    free_disk(gateway)
    await eventually(lambda: gateway.store.waiting() == 0)
    assert ("out", "failure", "expired") in country.evidence("tw")


async def test_an_end_signs_the_head_and_lets_go_of_everything(country: World, echo: Echo) -> None:
    await country.running["tw"].sender.send(country.draft(COMMUNE))
    await eventually(lambda: country.receipts)
    gateway = country.running["p1"]
    await country.stop("p1")
    assert echo.closed
    assert not any(task for task in gateway._tasks if not task.done())
    with pytest.raises(NoResponder):
        await country.running["tw"].node.carrier.request("rpc.01.p1.u1.tw.tw.a01", b"", timeout=1)
    again = await country.start("p1")
    (head,) = again.node.journal.checkpoints()
    assert head.size == again.node.journal.size == 1


async def test_an_end_without_room_or_key_is_an_end_all_the_same(country: World, echo: Echo) -> None:
    await said(country, raw_call(country))
    await fill_disk(country.running["p1"])
    await country.stop("p1")
    assert echo.closed
    country.running["tw"].signer = None
    await country.running["tw"].sender.send(country.draft(OTHER))
    journal = country.running["tw"].node.journal
    await country.running["tw"].checkpoint()
    assert journal.checkpoints() == []


async def test_branches_that_come_to_a_site_are_listened_to(country: World) -> None:
    # An organ of another branch moves to this site; its stream is not provisioned at first.
    gateway = country.running["p1"]
    stream = country.broker.streams.pop("MAIL_tw")
    country.change(NEIGHBOUR, site="p1")
    carrier = await country._carrier("p1")
    gateway.node.carrier = carrier
    for _ in range(2):
        with pytest.raises(StreamMissing):
            await gateway.directory_changed(country.directory.snapshot)
    assert country.broker.reached("rpc.tw.p1.a02.tw.tw.a01") == []
    country.broker.streams["MAIL_tw"] = stream
    for _ in range(2):
        await asyncio.gather(*(gateway.directory_changed(country.directory.snapshot) for _ in range(3)))
    assert len(country.broker.reached("rpc.tw.p1.a02.tw.tw.a01")) == 1
    country.stores["p1"].add(*country.stores["tw"]._keys.values())
    await country.running["tw"].sender.send(country.draft(NEIGHBOUR))
    await eventually(lambda: country.arrivals)
    assert country.arrivals[0][0] == "p1"
    await eventually(lambda: country.receipts)


async def test_a_defect_does_not_silence_a_mailbox(
    country: World, quick: None, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    gateway = country.running["p1"]
    true, failing = gateway._receiver._take, [1, 1]

    async def defect(slice_: Sequence[Come], harvest: Harvest) -> None:
        if failing:
            failing.pop()
            raise ZeroDivisionError
        await true(slice_, harvest)

    monkeypatch.setattr(gateway._receiver, "_take", defect)
    await country.running["tw"].sender.send(country.draft(COMMUNE))
    await eventually(lambda: country.receipts)
    assert caplog.text.count("a defect") == 2
    assert len(country.arrivals) == 1
    # Once more, and the carrier is away just then.
    failing.append(1)
    read, broken = gateway._read, [1]

    async def away(branch: str) -> Subscription:
        if broken:
            broken.pop()
            raise StreamMissing(branch)
        return await read(branch)

    monkeypatch.setattr(gateway, "_read", away)
    await country.running["tw"].sender.send(country.draft(COMMUNE))
    await eventually(lambda: len(country.receipts) == 2)
    assert caplog.text.count("a defect") == 4


# -- where the streams have been read to


async def test_missing_mail_is_an_alarm(country: World, caplog: pytest.LogCaptureFixture) -> None:
    await country.running["tw"].sender.send(country.draft(COMMUNE))
    await eventually(lambda: country.receipts)
    await country.stop("p1")
    for _ in range(3):
        country.post(CENTRE, COMMUNE, country.message(CENTRE, COMMUNE))
    country.broker.expire("MAIL_01", 3)
    await country.start("p1")
    await taken(country)
    alarms = [entry for entry in country.entries("p1") if entry.kind == "alarm"]
    assert [(entry.verdict, entry.peer, entry.detail) for entry in alarms] == [
        ("mail_missing", "MAIL_01", "after 1, resumed after 3")
    ]
    assert len(country.arrivals) == 2
    assert "mail is missing" in caplog.text


async def test_a_stream_that_begins_anew_is_read_from_its_beginning(country: World) -> None:
    for _ in range(3):
        await country.running["tw"].sender.send(country.draft(COMMUNE))
    await taken(country)
    country.broker.lose("MAIL_01")
    await eventually(lambda: position(country) == 0)
    # It stops before anything has come, and does not miss what comes meanwhile.
    await country.stop("p1")
    await country.running["tw"].sender.send(country.draft(COMMUNE))
    await country.start("p1")
    await eventually(lambda: len(country.arrivals) == 4)


async def test_a_gap_without_room_for_its_evidence_is_logged(country: World, caplog: pytest.LogCaptureFixture) -> None:
    gateway = country.running["p1"]
    await fill_disk(gateway)
    gateway._gap(Gap(stream="MAIL_01", after=5, resumed=9))
    await eventually(lambda: not gateway._notes)
    assert "MAIL_01 at 9" in caplog.text
    free_disk(gateway)


async def test_the_mail_of_others_that_expires_is_no_gap(country: World) -> None:
    # The stream of a branch is read by many sites: what was for them need not worry us.
    country.change(OTHER, site="p2")
    gateway = await country.restart("p1")
    for _ in range(3):
        country.post(CENTRE, OTHER, country.message(CENTRE, OTHER))
    await eventually(lambda: position(country) == 3)
    country.post(CENTRE, OTHER, country.message(CENTRE, OTHER))
    await asyncio.sleep(0.05)
    assert position(country) == 3
    country.clock.advance(IDLE_NOTED_EVERY)
    country.post(CENTRE, OTHER, country.message(CENTRE, OTHER))
    await eventually(lambda: position(country) == 5)
    await country.stop("p1")
    country.broker.expire("MAIL_01", 5)
    country.post(CENTRE, COMMUNE, country.message(CENTRE, COMMUNE))
    await country.start("p1")
    await taken(country)
    assert country.evidence("p1") == [("in", "message", "ok")]
    assert gateway is not country.running["p1"]


# -- what it keeps


async def damage(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path, autocommit=True)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM entries WHERE idx = (SELECT max(idx) FROM entries)",
        "DELETE FROM entries WHERE idx = 1",
        "UPDATE entries SET leaf = zeroblob(32) WHERE idx = 0",
    ],
)
async def test_a_gateway_does_not_go_on_with_a_truncated_journal(country: World, statement: str) -> None:
    for _ in range(3):
        await said(country, raw_call(country))
    await country.stop("p1")
    await damage(country.folder / "p1" / "journal.sqlite", statement)
    with pytest.raises(JournalError, match="lienthong evidence verify"):
        await country.start("p1")


async def test_two_gateways_do_not_share_a_journal(country: World) -> None:
    with pytest.raises(JournalError, match="Another process"):
        await country.start("p1")
