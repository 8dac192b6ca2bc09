"""Sending: sealed for each receiver, durable before it is acknowledged, kept until it is receipted."""

from copy import replace
from typing import Any

import pytest

from lienthong.exchange import blobs
from lienthong.exchange.errors import (
    CallerUnknown,
    CarrierUnavailable,
    LabelAboveCeiling,
    PayloadTooLarge,
    ReceiverKeyMissing,
    ReceiverUnknown,
    RequestInvalid,
    TermTooLong,
)
from lienthong.exchange.mail.sender import SHARED_LIMIT, Attachment
from lienthong.exchange.packet import INLINE_LIMIT
from lienthong.kernel.clock import DAY
from lienthong.kernel.identifiers import OrganId
from lienthong.kernel.labels import Label, Level
from lienthong.trust.errors import KeyUnknown
from lienthong.trust.header import MAX_HEADER
from lienthong.trust.keys import Algorithm
from lienthong.trust.seal import header_of
from tests.support.carriers import eventually
from tests.support.gateways import CENTRE, COMMUNE, HSO, MALLORY, OTHER, World
from tests.support.mail import outgoing

CONFIDENTIAL = Label(Level.CONFIDENTIAL)


def attachment(size: int) -> Attachment:
    return Attachment(name="a.bin", media_type="application/octet-stream", data=b"x" * size)


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
