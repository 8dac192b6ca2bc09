"""When something fails on our side, mail waits or comes again; nothing acknowledged is lost, nothing comes twice."""

import asyncio
from collections.abc import Sequence

import pytest

from lienthong.exchange.errors import CarrierTimeout, ExchangeError
from lienthong.exchange.mail.sender import publish_due
from lienthong.exchange.transport.base import Outgoing
from lienthong.kernel.clock import MINUTE
from lienthong.trust.errors import KeyStoreError
from tests.support.calls import fill_disk, free_disk
from tests.support.carriers import eventually
from tests.support.gateways import CENTRE, COMMUNE, MALLORY, OTHER, World
from tests.support.mail import position, taken

# -- who cannot be answered, or not by us


async def test_a_sender_who_cannot_be_answered_holds_up_nobody(attacked: World) -> None:
    # One organ that publishes no wrapping key must not stop the mail of a whole province.
    data = attacked.message(MALLORY, COMMUNE)
    refused_data = attacked.message(MALLORY, COMMUNE, expires=attacked.clock.now())
    sealing = attacked.source.branches["02"].organs[0].keys[:1]
    attacked.change(MALLORY, keys=sealing)
    attacked.post(MALLORY, COMMUNE, data)
    attacked.post(MALLORY, COMMUNE, refused_data)
    attacked.post(CENTRE, COMMUNE, attacked.message(CENTRE, COMMUNE))
    await taken(attacked)
    assert [entry.verdict for entry in attacked.entries("p1")] == ["key_unknown", "expired", "ok"]
    assert len(attacked.arrivals) == 1
    # Without a receipt it was not taken: with a key it is.
    attacked.change(MALLORY, keys=attacked.source.branches["02"].organs[0].keys)


async def test_what_could_not_be_receipted_is_taken_when_it_can(country: World) -> None:
    data = country.message(CENTRE, COMMUNE)
    keys = country.source.branches["01"].organs[0].keys
    country.change(COMMUNE, keys=keys[1:])
    country.post(CENTRE, COMMUNE, data)
    await taken(country)
    assert country.evidence("p1") == [("in", "alarm", "key_unknown")]
    assert country.arrivals == []
    country.change(COMMUNE, keys=keys)
    country.post(CENTRE, COMMUNE, data)
    await taken(country)
    assert len(country.arrivals) == 1


@pytest.mark.parametrize("what", ["unwrap", "sign"])
async def test_a_key_store_that_refuses_holds_up_nobody(
    country: World, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    store = country.stores["p1"]
    true = getattr(store, what)
    failing = [1]

    def sometimes(*arguments: object) -> bytes:
        if failing:
            failing.pop()
            raise KeyStoreError("the device is away")
        return bytes(true(*arguments))

    monkeypatch.setattr(store, what, sometimes)
    data = country.message(CENTRE, COMMUNE)
    country.post(CENTRE, COMMUNE, data)
    await taken(country)
    assert country.evidence("p1") == [("in", "failure", "key_store")]
    country.post(CENTRE, COMMUNE, data)
    await taken(country)
    assert len(country.arrivals) == 1


async def test_a_key_that_does_not_seal_keeps_back_the_receipts_of_its_organ_only(
    country: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Receipts of a batch are sealed together; one organ's broken key must not hold up a whole province.
    store = country.stores["p1"]
    sign = store.sign
    broken = country.directory.snapshot.sealing_key(OTHER, country.clock.now()).kid

    def refusing(kid: bytes, data: bytes) -> bytes:
        if kid == broken:
            raise KeyStoreError("the device is away")
        return bytes(sign(kid, data))

    monkeypatch.setattr(store, "sign", refusing)
    await asyncio.gather(
        *(country.running["tw"].sender.send(country.draft(organ)) for organ in (COMMUNE, OTHER, COMMUNE, OTHER))
    )
    await taken(country)
    assert sorted(country.evidence("p1")) == [("in", "failure", "key_store")] * 2 + [("in", "message", "ok")] * 2
    await eventually(lambda: len(country.receipts) == 2)
    assert {item.receiver for _, item in country.arrivals} == {str(COMMUNE)}
    assert country.running["tw"].store.waiting() == 2
    # When it is back they come again, and count once.
    monkeypatch.undo()
    country.clock.advance(MINUTE)
    gateway = country.running["tw"]
    await publish_due(gateway.node, gateway.store)
    await eventually(lambda: gateway.store.waiting() == 0)
    assert len(country.arrivals) == 4


# -- a full disk, an end in the middle


async def test_without_room_mail_waits_and_comes_once(country: World) -> None:
    gateway = country.running["p1"]
    await fill_disk(gateway)
    before = gateway.node.journal.size
    for data in (country.message(CENTRE, COMMUNE), country.message(CENTRE, COMMUNE, by=MALLORY)):
        country.post(CENTRE, COMMUNE, data)
    await country.running["tw"].sender.send(country.draft(COMMUNE, OTHER))
    await asyncio.sleep(0.2)
    assert (position(country), gateway.node.journal.size) == (0, before)
    assert country.arrivals == []
    assert country.receipts == []
    free_disk(gateway)
    await taken(country)
    await eventually(lambda: len(country.receipts) == 2)
    assert len(country.arrivals) == 3
    assert sorted(country.states()) == [(str(COMMUNE), "delivered"), (str(OTHER), "delivered")]
    assert sorted(verdict for _, _, verdict in country.evidence("p1")[before:]) == ["key_unknown", "ok", "ok", "ok"]


async def test_an_end_between_record_and_receipt_loses_no_receipt(
    country: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    gateway = country.running["p1"]

    async def killed(_: Sequence[Outgoing]) -> list[int | ExchangeError]:
        raise asyncio.CancelledError

    monkeypatch.setattr(gateway.node.carrier, "publish_many", killed)
    await country.running["tw"].sender.send(country.draft(COMMUNE))
    await eventually(lambda: country.arrivals)
    monkeypatch.undo()
    await country.restart("p1")
    # What was recorded and never published goes out at once.
    await eventually(lambda: country.receipts)
    assert country.states() == [(str(COMMUNE), "delivered")]
    assert len(country.arrivals) == 1


async def test_an_end_before_the_record_loses_no_message(country: World, monkeypatch: pytest.MonkeyPatch) -> None:
    gateway = country.running["p1"]
    commit = gateway.node.journal.commit
    ended = asyncio.Event()

    async def killed(*_: object) -> list[int]:
        ended.set()
        raise asyncio.CancelledError

    monkeypatch.setattr(gateway.node.journal, "commit", killed)
    await country.running["tw"].sender.send(country.draft(COMMUNE))
    await ended.wait()
    monkeypatch.setattr(gateway.node.journal, "commit", commit)
    await country.restart("p1")
    await eventually(lambda: country.receipts)
    assert len(country.arrivals) == 1


async def test_an_end_while_it_is_recorded_is_no_replay(country: World, monkeypatch: pytest.MonkeyPatch) -> None:
    # Who waited is gone, the record is there: the same process reads the batch again.
    gateway = country.running["p1"]
    commit = gateway.node.journal.commit

    async def interrupted(*arguments: object) -> list[int]:
        # Given back at once: whoever sees the record commits something himself.
        monkeypatch.setattr(gateway.node.journal, "commit", commit)
        await commit(*arguments)  # type: ignore[arg-type]  # by name
        raise CarrierTimeout("as if the batch had failed")

    monkeypatch.setattr(gateway.node.journal, "commit", interrupted)
    country.post(CENTRE, COMMUNE, country.message(CENTRE, COMMUNE))
    await taken(country)
    await eventually(lambda: len(country.entries("p1")) == 2)
    assert country.evidence("p1") == [("in", "message", "ok"), ("out", "receipt", "ok")]
    assert len(gateway.mailbox.list(COMMUNE)) == 1
