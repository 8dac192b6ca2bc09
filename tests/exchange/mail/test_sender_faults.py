"""Sending when something is away, lost or full: nothing acknowledged is lost, nothing is given up unrecorded."""

import uuid
from collections.abc import Sequence
from copy import replace

import pytest
from msgspec.structs import replace as changed

from lienthong.exchange.errors import (
    CarrierTimeout,
    DuplicateMessage,
    ExchangeError,
    NoResponder,
)
from lienthong.exchange.mail.sender import TERM
from lienthong.exchange.transport.base import Outgoing
from lienthong.kernel.clock import DAY, HOUR, MINUTE, SECOND
from lienthong.kernel.identifiers import OrganId
from lienthong.trust.errors import JournalError
from lienthong.trust.seal import header_of
from tests.support.calls import fill_disk, free_disk
from tests.support.carriers import eventually
from tests.support.gateways import CENTRE, COMMUNE, OTHER, World
from tests.support.mail import outgoing, resend

# -- until it is receipted


async def test_what_the_carrier_cannot_take_waits_and_is_sent(country: World) -> None:
    country.broker.stop()
    dispatch = await country.running["tw"].sender.send(country.draft(COMMUNE, OTHER))
    assert (dispatch.published, dispatch.queued) == (0, 2)
    assert country.running["tw"].store.waiting() == 2
    country.broker.start()
    assert await resend(country) == 0
    country.clock.advance(MINUTE)
    assert await resend(country) == 2
    await eventually(lambda: len(country.receipts) == 2)
    assert outgoing(country) == 0


async def test_a_restarted_sender_goes_on(country: World) -> None:
    country.broker.stop()
    dispatch = await country.running["tw"].sender.send(country.draft(COMMUNE))
    await country.stop("tw")
    country.broker.start()
    country.clock.advance(MINUTE)
    gateway = await country.start("tw")
    assert await resend(country) == 1
    await eventually(lambda: country.receipts)
    assert [item.state.value for item in gateway.store.receipts(dispatch.message)] == ["delivered"]
    assert len(country.arrivals) == 1


async def test_a_message_is_sent_again_with_growing_patience(country: World) -> None:
    # Nobody receipts: the province is away.
    await country.stop("p1")
    stream = country.broker.streams["MAIL_01"]
    await country.running["tw"].sender.send(country.draft(COMMUNE))
    for number, wait in enumerate((30 * SECOND, 2 * MINUTE, 10 * MINUTE, HOUR, HOUR), start=1):
        country.clock.advance(wait - 1)
        assert await resend(country) == 0
        country.clock.advance(1)
        assert await resend(country) == 1
        assert len(stream.messages) == number + 1
    # All of them are one message to its receiver.
    await country.start("p1")
    await eventually(lambda: len(country.receipts) == 6)
    assert len(country.arrivals) == 1
    assert outgoing(country) == 0


async def test_what_is_never_receipted_is_given_up_on_record(country: World) -> None:
    await country.stop("p1")
    dispatch = await country.running["tw"].sender.send(country.draft(COMMUNE, OTHER, term=DAY))
    country.clock.advance(DAY)
    assert await resend(country) == 0
    assert outgoing(country) == 0
    given_up = [entry for entry in country.entries("tw") if entry.kind == "failure"]
    assert {(entry.peer, entry.verdict, entry.id) for entry in given_up} == {
        (str(COMMUNE), "expired", str(dispatch.message)),
        (str(OTHER), "expired", str(dispatch.message)),
    }
    assert {entry.organ for entry in given_up} == {str(CENTRE)}
    # Who takes it off the carrier too late says so.
    await country.start("p1")
    await eventually(lambda: len(country.receipts) == 2)
    assert {item.note.partition(":")[0] for _, item in country.receipts} == {"expired"}
    assert country.arrivals == []


async def test_receipts_that_have_expired_are_dropped(country: World) -> None:
    await country.running["tw"].sender.send(country.draft(COMMUNE))
    await eventually(lambda: country.arrivals)
    await eventually(lambda: country.receipts)
    country.broker.stop()
    await country.running["p1"].mailbox.accept(COMMUNE, country.arrivals[0][1].message)
    assert outgoing(country, "p1") == 1
    country.clock.advance(TERM)
    assert await resend(country, "p1") == 0
    assert outgoing(country, "p1") == 0
    assert [kind for _, kind, _ in country.evidence("p1")] == ["message", "receipt"]


async def test_an_acknowledgement_that_was_lost_is_no_second_message(
    country: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    gateway = country.running["tw"]
    publish_many = gateway.node.carrier.publish_many

    async def lost(messages: Sequence[Outgoing]) -> list[int | ExchangeError]:
        await publish_many(messages)
        return [CarrierTimeout("lost") for _ in messages]

    monkeypatch.setattr(gateway.node.carrier, "publish_many", lost)
    await country.stop("p1")
    assert (await gateway.sender.send(country.draft(COMMUNE))).queued == 1
    monkeypatch.undo()
    country.clock.advance(MINUTE)
    # The carrier says that it has it: our own attempt, for nobody else knows the token.
    assert await resend(country) == 1
    assert len(country.broker.streams["MAIL_01"].messages) == 1
    country.clock.advance(29 * SECOND)
    assert await resend(country) == 0


async def test_the_answer_duplicate_counts_as_taken(country: World, monkeypatch: pytest.MonkeyPatch) -> None:
    gateway = country.running["tw"]

    async def known(messages: Sequence[Outgoing]) -> list[int | ExchangeError]:
        return [DuplicateMessage("known") for _ in messages]

    monkeypatch.setattr(gateway.node.carrier, "publish_many", known)
    assert (await gateway.sender.send(country.draft(COMMUNE))).published == 1


async def test_what_cannot_be_published_does_not_stand_in_the_way(
    country: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A branch whose stream is missing: everything to it fails, again and again.
    gateway = country.running["tw"]
    publish_many = gateway.node.carrier.publish_many

    async def no_stream(messages: Sequence[Outgoing]) -> list[int | ExchangeError]:
        results: list[int | ExchangeError] = [NoResponder("no stream") for _ in messages]
        return results

    monkeypatch.setattr(gateway.node.carrier, "publish_many", no_stream)
    assert (await gateway.sender.send(country.draft(COMMUNE))).queued == 1
    ((due,),) = gateway.node.journal.read("SELECT due FROM outgoing")
    assert due == country.clock.now() + 30 * SECOND
    monkeypatch.setattr(gateway.node.carrier, "publish_many", publish_many)
    country.clock.advance(30 * SECOND)
    assert await resend(country) == 1


async def test_a_carrier_that_is_away_costs_no_time(country: World) -> None:
    gateway = country.running["tw"]
    country.broker.stop()
    await gateway.sender.send(country.draft(COMMUNE))
    ((due,),) = gateway.node.journal.read("SELECT due FROM outgoing")
    country.clock.advance(MINUTE)
    await resend(country)
    assert gateway.node.journal.read("SELECT due FROM outgoing") == [(due,)]


# -- a full disk


async def test_without_room_nothing_is_sent(country: World) -> None:
    gateway = country.running["tw"]
    await fill_disk(gateway)
    with pytest.raises(JournalError):
        await gateway.sender.send(country.draft(COMMUNE))
    with pytest.raises(JournalError):
        await gateway.sender.send(country.draft(OrganId("VN", "PARTY", "none")))
    assert country.broker.streams["MAIL_01"].messages == []
    free_disk(gateway)
    assert (await gateway.sender.send(country.draft(COMMUNE))).published == 1


async def test_room_that_runs_out_after_publishing_loses_nothing(
    country: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    gateway = country.running["tw"]
    publish_many = gateway.node.carrier.publish_many

    async def full(*_: object) -> list[int]:
        raise JournalError("database or disk is full")

    async def and_fill(messages: Sequence[Outgoing]) -> list[int | ExchangeError]:
        results = await publish_many(messages)
        monkeypatch.setattr(gateway.node.journal, "commit", full)
        return results

    monkeypatch.setattr(gateway.node.carrier, "publish_many", and_fill)
    await country.stop("p1")
    # It is durable and on its way: an error would make its sender send it twice.
    assert (await gateway.sender.send(country.draft(COMMUNE))).published == 1
    monkeypatch.undo()
    country.clock.advance(MINUTE)
    await resend(country)
    await country.start("p1")
    await eventually(lambda: gateway.store.waiting() == 0)
    assert len(country.arrivals) == 1


async def test_nothing_is_given_up_without_room_for_its_evidence(country: World) -> None:
    gateway = country.running["tw"]
    await country.stop("p1")
    await gateway.sender.send(country.draft(COMMUNE, term=DAY))
    country.clock.advance(DAY)
    await fill_disk(gateway)
    with pytest.raises(JournalError):
        await resend(country)
    assert outgoing(country) == 1
    free_disk(gateway)
    await resend(country)
    assert outgoing(country) == 0


# -- many


async def test_a_broadcast_in_several_batches(country: World) -> None:
    branch = country.source.branches["01"]
    (like,) = (organ for organ in branch.organs if organ.id == str(OTHER))
    many = tuple(
        changed(like, id=f"VN/PARTY/V{number}", token=f"v{number}", keys=(), site="p2", ceiling="secret")
        for number in range(300)
    )
    country.publish(
        replace(
            country.source, branches={**country.source.branches, "01": changed(branch, organs=(*branch.organs, *many))}
        )
    )
    snapshot = country.directory.snapshot
    keys = country.organ(OTHER).keys
    organs = {
        id_: replace(organ, keys=keys) if id_.member.startswith("V") else organ
        for id_, organ in snapshot.indexes.organs.items()
    }
    country.directory.snapshot = replace(snapshot, indexes=replace(snapshot.indexes, organs=organs))
    told: list[int] = []
    receivers = [OrganId("VN", "PARTY", f"V{number}") for number in range(300)]
    dispatch = await country.running["tw"].sender.send(country.draft(*receivers), progress=told.append)
    assert (dispatch.published, told) == (300, [256, 44])
    assert country.running["tw"].store.waiting() == 300
    seals = [entry.seals[0] for entry in country.entries("tw")]
    assert len({header_of(sealed).receiver for sealed in seals}) == 300
    opened = [country.running["tw"].node.open_seal(sealed).header for sealed in seals]
    assert {header.id for header in opened} == {uuid.UUID(str(dispatch.message))}
