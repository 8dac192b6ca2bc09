"""Sending: sealed for each receiver, durable before it is acknowledged, kept until it is receipted."""

import uuid
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from msgspec.structs import replace as changed

from lienthong.exchange import blobs
from lienthong.exchange.errors import (
    CallerUnknown,
    CarrierTimeout,
    CarrierUnavailable,
    DuplicateMessage,
    ExchangeError,
    LabelAboveCeiling,
    NoResponder,
    PayloadTooLarge,
    ReceiverKeyMissing,
    ReceiverUnknown,
    RequestInvalid,
    TermTooLong,
)
from lienthong.exchange.mail.sender import SHARED_LIMIT, TERM, Attachment, publish_due
from lienthong.exchange.packet import INLINE_LIMIT
from lienthong.exchange.transport.base import Outgoing
from lienthong.kernel.clock import DAY, HOUR, MINUTE, SECOND
from lienthong.kernel.identifiers import OrganId
from lienthong.kernel.labels import Label, Level
from lienthong.trust.errors import JournalError, KeyUnknown
from lienthong.trust.header import MAX_HEADER
from lienthong.trust.keys import Algorithm
from lienthong.trust.seal import header_of
from tests.support.calls import fill_disk, free_disk
from tests.support.carriers import eventually
from tests.support.gateways import CENTRE, COMMUNE, HSO, MALLORY, OTHER, World

CONFIDENTIAL = Label(Level.CONFIDENTIAL)


def attachment(size: int) -> Attachment:
    return Attachment(name="a.bin", media_type="application/octet-stream", data=b"x" * size)


async def resend(world: World, site: str = "tw") -> int:
    """Do what the gateway does now and then."""
    gateway = world.running[site]
    return await publish_due(gateway.node, gateway.store)


def outgoing(world: World, site: str = "tw") -> int:
    ((count,),) = world.running[site].node.journal.read("SELECT count(*) FROM outgoing")
    return int(count)


async def test_a_message_reaches_every_receiver_and_comes_back_as_receipts(country: World) -> None:
    dispatch = await country.running["tw"].sender.send(country.draft(COMMUNE, OTHER, COMMUNE))
    assert (dispatch.published, dispatch.queued, dispatch.refused) == (2, 0, {})
    await eventually(lambda: len(country.receipts) == 2)
    assert sorted(country.states()) == [(str(COMMUNE), "delivered"), (str(OTHER), "delivered")]
    gateway = country.running["tw"]
    assert [item.receiver for item in gateway.store.receipts(dispatch.message)] == [str(COMMUNE), str(OTHER)]
    assert gateway.store.waiting() == outgoing(country) == 0
    sent = [entry for entry in country.entries("tw") if entry.kind == "message"]
    assert {(entry.peer, entry.id) for entry in sent} == {(str(o), str(dispatch.message)) for o in (COMMUNE, OTHER)}
    # One signature for all, and a seal of its own for each.
    headers = [header_of(entry.seals[0]) for entry in sent]
    assert {header.receiver for header in headers} == {str(COMMUNE), str(OTHER)}
    assert headers[0].contents == headers[1].contents


async def test_progress_is_told(country: World) -> None:
    told: list[int] = []
    await country.running["tw"].sender.send(country.draft(COMMUNE, OTHER), progress=told.append)
    assert told == [2]
    await country.running["tw"].sender.send(country.draft(OrganId("VN", "PARTY", "none")), progress=told.append)
    assert told == [2]


async def test_a_message_from_a_system_to_an_organ_of_the_same_gateway(country: World) -> None:
    await country.running["tw"].sender.send(country.draft(CENTRE, sender=HSO))
    await eventually(lambda: country.receipts)
    assert country.states() == [(str(CENTRE), "delivered")]
    assert country.running["tw"].mailbox.list(CENTRE)[0].sender == str(HSO)


async def test_only_organs_of_this_gateway_send(country: World) -> None:
    with pytest.raises(CallerUnknown):
        await country.running["tw"].sender.send(country.draft(COMMUNE, sender=MALLORY))


async def test_refused_receivers_do_not_hold_up_the_others(country: World) -> None:
    none = OrganId("VN", "PARTY", "none")
    draft = country.draft(COMMUNE, OTHER, none, label=CONFIDENTIAL)
    dispatch = await country.running["tw"].sender.send(draft)
    assert dispatch.published == 1
    assert {receiver: type(error) for receiver, error in dispatch.refused.items()} == {
        OTHER: LabelAboveCeiling,
        none: ReceiverUnknown,
    }
    refusals = {entry.peer: entry.verdict for entry in country.entries("tw") if entry.kind == "refusal"}
    assert refusals == {str(OTHER): "label_above_ceiling", str(none): "receiver_unknown"}
    await eventually(lambda: country.receipts)
    assert country.arrivals[0][1].label == "confidential"


async def test_one_organ_without_a_usable_key_does_not_stop_a_broadcast(country: World) -> None:
    keys = country.source.branches["01"].organs[1].keys
    weak = tuple(key for key in keys if key.algorithm != "HPKE_MLKEM768_X25519_KE")
    country.change(OTHER, keys=weak, ceiling="confidential")
    dispatch = await country.running["tw"].sender.send(country.draft(OTHER, COMMUNE, label=CONFIDENTIAL))
    assert (dispatch.published, dispatch.queued) == (1, 0)
    assert isinstance(dispatch.refused[OTHER], ReceiverKeyMissing)
    assert ("out", "refusal", "receiver_key_missing") in country.evidence("tw")
    assert country.running["tw"].store.receipts(dispatch.message) == []


async def test_one_organ_with_a_malformed_key_does_not_stop_a_broadcast(country: World) -> None:
    # A branch signs its own organs; length is all that a follower can check of a key.
    organ = country.organ(OTHER)
    broken = tuple(
        replace(key, public=b"\xff" * len(key.public)) if key.algorithm is Algorithm.HPKE_MLKEM768_X25519_KE else key
        for key in organ.keys
    )
    snapshot = country.directory.snapshot
    organs = {**snapshot.indexes.organs, OTHER: replace(organ, keys=broken, ceiling=CONFIDENTIAL)}
    country.directory.snapshot = replace(snapshot, indexes=replace(snapshot.indexes, organs=organs))
    dispatch = await country.running["tw"].sender.send(country.draft(OTHER, COMMUNE, label=CONFIDENTIAL))
    assert dispatch.published == 1
    assert isinstance(dispatch.refused[OTHER], ReceiverKeyMissing)


async def test_without_a_sealing_key_nothing_is_sent(country: World) -> None:
    country.change(CENTRE, keys=())
    with pytest.raises(KeyUnknown):
        await country.running["tw"].sender.send(country.draft(COMMUNE))
    assert outgoing(country) == 0


@pytest.mark.parametrize(
    "fields",
    [
        {"subject": "x" * MAX_HEADER},
        {"contents": (attachment(1),) * 65},
        {"urgency": -1},
        {"urgency": 1 << 60},
    ],
    ids=lambda fields: next(iter(fields)),
)
async def test_what_no_receiver_would_take_is_refused_at_once(country: World, fields: dict[str, Any]) -> None:
    with pytest.raises(RequestInvalid):
        await country.running["tw"].sender.send(country.draft(COMMUNE, **fields))
    assert country.entries("tw") == []


async def test_a_term_has_an_end(country: World) -> None:
    dispatch = await country.running["tw"].sender.send(country.draft(COMMUNE, term=90 * DAY + 1))
    assert isinstance(dispatch.refused[COMMUNE], TermTooLong)
    assert (await country.running["tw"].sender.send(country.draft(COMMUNE, term=90 * DAY))).published == 1


# -- where contents travel


@pytest.mark.parametrize(
    ("receivers", "sizes", "stored"),
    [
        ((COMMUNE,), (INLINE_LIMIT,), 0),
        ((COMMUNE,), (INLINE_LIMIT + 1,), 1),
        # Together they would make an envelope that the carrier does not take.
        ((COMMUNE,), (INLINE_LIMIT // 2,) * 5, 3),
        ((COMMUNE, OTHER), (SHARED_LIMIT,), 0),
        ((COMMUNE, OTHER), (SHARED_LIMIT, 1, 1), 2),
        ((COMMUNE, OTHER), (0, 0), 0),
    ],
)
async def test_large_contents_are_stored_once(
    country: World, receivers: tuple[OrganId, ...], sizes: tuple[int, ...], stored: int
) -> None:
    draft = country.draft(*receivers, contents=tuple(map(attachment, sizes)))
    dispatch = await country.running["tw"].sender.send(draft)
    assert dispatch.published == len(receivers)
    prefixes = {message.subject.rpartition(".")[0] for message in country.broker.streams["BLOB_tw"].messages}
    assert len(prefixes) == stored
    await eventually(lambda: len(country.receipts) == len(receivers))
    for receiver in receivers:
        letter = await country.running["p1"].mailbox.open(receiver, dispatch.message)
        assert [len(content.data) for content in letter.contents] == list(sizes)


async def test_large_contents_need_the_carrier(country: World, monkeypatch: pytest.MonkeyPatch) -> None:
    country.broker.stop()
    with pytest.raises(CarrierUnavailable):
        await country.running["tw"].sender.send(country.draft(COMMUNE, contents=(attachment(INLINE_LIMIT + 1),)))
    assert country.entries("tw") == []
    monkeypatch.setattr(blobs, "MAX_CONTENT", INLINE_LIMIT)
    country.broker.start()
    with pytest.raises(PayloadTooLarge):
        await country.running["tw"].sender.send(country.draft(COMMUNE, contents=(attachment(INLINE_LIMIT + 1),)))


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
