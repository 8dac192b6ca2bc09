"""Receiving: what holds is kept and receipted once, what does not is an alarm, and nobody stands in another's way."""

import asyncio
import secrets
import uuid
from copy import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lienthong.directory.snapshot import Standing
from lienthong.exchange.mail import receiver as receiving
from lienthong.exchange.packet import content_of
from lienthong.exchange.policy import LONGEST
from lienthong.exchange.subjects import mail_subject
from lienthong.kernel import cbor
from lienthong.kernel.clock import DAY, MINUTE
from lienthong.kernel.identifiers import OrganId
from lienthong.kernel.labels import Label, Level
from lienthong.trust import seal
from lienthong.trust.header import Kind
from lienthong.trust.keys import Algorithm
from lienthong.trust.seal import digest_of, header_of
from tests.support.carriers import eventually
from tests.support.gateways import CENTRE, COMMUNE, MALLORY, NEIGHBOUR, OTHER, UNITS, World
from tests.support.mail import position, receipted, refused, taken

CONFIDENTIAL = Label(Level.CONFIDENTIAL)
_BAGS = {bytes((first,)) for first in (*range(0x90, 0xA0), 0xDC, 0xDD)}


# -- what holds


async def test_what_arrives_is_kept_as_it_came_and_receipted(country: World) -> None:
    dispatch = await country.running["tw"].sender.send(country.draft(COMMUNE, urgency=2))
    await eventually(lambda: country.receipts)
    ((_, item),) = country.arrivals
    assert (item.message, item.receiver, item.sender, item.urgency) == (
        dispatch.message,
        str(COMMUNE),
        str(CENTRE),
        2,
    )
    (entry,) = country.entries("p1")
    assert (entry.direction, entry.kind, entry.verdict) == ("in", "message", "ok")
    message, receipt = map(header_of, entry.seals)
    assert receipt.answers == digest_of(entry.seals[0])
    assert (receipt.sender, receipt.receiver, receipt.conversation) == (message.receiver, message.sender, message.id)
    ((_, envelope_),) = country.running["p1"].store.letters(str(COMMUNE), dispatch.message)
    assert envelope_ == country.broker.streams["MAIL_01"].messages[0].data


async def test_the_cursor_moves_with_the_mail(country: World) -> None:
    assert position(country) == 0
    for number in (1, 2):
        await country.running["tw"].sender.send(country.draft(COMMUNE))
        await taken(country)
        assert position(country) == number
    await country.restart("p1")
    await country.running["tw"].sender.send(country.draft(OTHER))
    await taken(country)
    assert len(country.arrivals) == 3


async def test_calls_are_not_held_up_by_a_large_batch(country: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receiving, "_BREATH", 2)
    await country.stop("p1")
    for _ in range(5):
        country.post(CENTRE, COMMUNE, country.message(CENTRE, COMMUNE))
    await country.start("p1")
    await taken(country)
    assert len(country.arrivals) == 5


# -- again


async def test_the_same_message_again_is_receipted_again_and_kept_once(country: World) -> None:
    data = country.message(CENTRE, COMMUNE)
    for restart in (False, False, True):
        if restart:
            await country.restart("p1")
        country.post(CENTRE, COMMUNE, data)
        await taken(country)
    assert len(country.arrivals) == 1
    assert len(country.running["p1"].mailbox.list(COMMUNE)) == 1
    assert country.evidence("p1") == [("in", "message", "ok"), ("out", "receipt", "ok"), ("out", "receipt", "ok")]


async def test_the_same_message_again_after_its_end_does_not_become_a_refusal(country: World) -> None:
    # Its sender would read of a message that was accepted long ago that it was refused.
    data = country.message(CENTRE, COMMUNE)
    country.post(CENTRE, COMMUNE, data)
    await taken(country)
    country.clock.advance(2 * MINUTE)
    await country.restart("p1")
    country.post(CENTRE, COMMUNE, data)
    await taken(country)
    assert country.evidence("p1") == [("in", "message", "ok"), ("out", "receipt", "ok")]
    assert len(country.arrivals) == 1


async def test_an_id_does_not_count_twice_for_its_sender(country: World) -> None:
    id_ = uuid.uuid4()
    country.post(CENTRE, COMMUNE, country.message(CENTRE, COMMUNE, id=id_))
    await taken(country)
    country.post(CENTRE, COMMUNE, country.message(CENTRE, COMMUNE, id=id_, subject="another"))
    await taken(country)
    assert country.evidence("p1")[-1] == ("in", "alarm", "replayed")
    # Nor when its time is over and the guard against replays has forgotten it: the mailbox has not.
    country.clock.advance(2 * MINUTE)
    await country.restart("p1")
    country.post(CENTRE, COMMUNE, country.message(CENTRE, COMMUNE, id=id_, subject="a third"))
    await taken(country)
    assert country.evidence("p1")[-1] == ("in", "alarm", "replayed")
    assert len(country.running["p1"].mailbox.list(COMMUNE)) == 1
    # And mail goes on.
    country.post(CENTRE, COMMUNE, country.message(CENTRE, COMMUNE))
    await taken(country)
    assert len(country.arrivals) == 2


async def test_nobody_shuts_out_a_message_by_using_its_id_first(attacked: World) -> None:
    # Whoever receives a broadcast knows its id, and may be quicker than the carrier to a weak link.
    id_ = uuid.uuid4()
    attacked.post(MALLORY, COMMUNE, attacked.message(MALLORY, COMMUNE, id=id_))
    attacked.post(CENTRE, COMMUNE, attacked.message(CENTRE, COMMUNE, id=id_))
    await taken(attacked)
    assert {item.sender for _, item in attacked.arrivals} == {str(CENTRE), str(MALLORY)}
    assert {entry.verdict for entry in attacked.entries("p1")} == {"ok"}


# -- not from whom it says


@pytest.mark.parametrize("by", [NEIGHBOUR, COMMUNE, MALLORY])
async def test_a_seal_of_another_organ_is_an_alarm(country: World, by: OrganId) -> None:
    await refused(country, country.message(CENTRE, COMMUNE, by=by), "key_unknown")
    (entry,) = country.entries("p1")
    assert (entry.kind, entry.organ, entry.id) == ("alarm", "site:p1", "")
    assert entry.peer == mail_subject(country.organ(CENTRE), country.organ(COMMUNE))
    # The forged seal is evidence, and nobody is told: who is named did not send it.
    assert header_of(entry.seals[0]).sender == str(CENTRE)
    assert await receipted(country) == []


async def test_a_key_of_another_branch_is_not_taken_even_where_it_lists_ours(attacked: World) -> None:
    # The attacker's branch signs that the centre's key is one of its own organ's: it gains nothing by it,
    # and the centre's own seals hold as before.
    stolen = attacked.source.branches["tw"].organs[0].keys
    own = attacked.source.branches["02"].organs[0].keys
    snapshot = attacked.directory.snapshot
    kid = stolen[0].value().kid
    owners = {**snapshot.indexes.owners}
    (owner,) = owners[kid]
    owners[kid] = (replace(owner, organ=MALLORY), owner)
    for entry in attacked.source.branches["01"].organs[0].keys:
        (true,) = owners[entry.value().kid]
        owners[entry.value().kid] = (replace(true, organ=MALLORY), true)
    attacked.directory.snapshot = replace(snapshot, indexes=replace(snapshot.indexes, owners=owners))
    assert own
    attacked.post(CENTRE, COMMUNE, attacked.message(CENTRE, COMMUNE))
    await taken(attacked)
    assert len(attacked.arrivals) == 1
    attacked.arrivals.clear()
    await refused(attacked, attacked.message(CENTRE, COMMUNE, by=MALLORY), "key_unknown", sender=MALLORY)


async def test_revoked_and_ended_keys_are_alarms(country: World) -> None:
    data = country.message(CENTRE, COMMUNE)
    before = country.source
    country.publish(country.source.revoke(country.organ(CENTRE).keys[0].kid, country.clock.now()))
    await refused(country, data, "key_not_valid")
    country.publish(before)
    country.clock.advance(800 * DAY)
    country.directory.forced = Standing.FRESH
    await refused(country, data, "key_not_valid")


async def test_a_changed_seal_is_an_alarm(country: World) -> None:
    header = country.header(CENTRE, COMMUNE, contents=(content_of(b"text"),))
    sealed = bytearray(country.seal(header, CENTRE))
    sealed[-1] ^= 1
    await refused(country, country.wrap(bytes(sealed), COMMUNE, b"text"), "seal_invalid")


async def test_seals_of_one_batch_do_not_stand_for_each_other(country: World) -> None:
    key = country.directory.snapshot.sealing_key(CENTRE, country.clock.now())
    headers = [country.header(CENTRE, COMMUNE, contents=(content_of(b"text"),)) for _ in range(3)]
    sealed = seal.seal_many([h.to_bytes() for h in headers], key=key, store=country.stores["tw"])
    other = country.header(CENTRE, COMMUNE, contents=(content_of(b"text"),))
    split = [seal._split(each) for each in sealed]
    # The proof of one with the header of another, and with one that was never in the batch.
    country.post(CENTRE, COMMUNE, country.wrap(sealed[0], COMMUNE, b"text"))
    await taken(country)
    assert len(country.arrivals) == 1
    country.arrivals.clear()
    for header, signature in ((headers[1].to_bytes(), split[2][1]), (other.to_bytes(), split[1][1])):
        mixed = cbor.encode([header, signature])
        await refused(country, country.wrap(mixed, COMMUNE, b"text"), "seal_invalid")


async def test_another_sites_connection_is_an_alarm_and_tells_nobody(attacked: World) -> None:
    data = attacked.message(CENTRE, COMMUNE)
    await refused(attacked, data, "connection_mismatch", sender=MALLORY)
    assert await receipted(attacked) == []
    assert await receipted(attacked, "p2") == []
    # The true one is not hurt by it, before or afterwards.
    attacked.post(CENTRE, COMMUNE, data)
    await taken(attacked)
    assert len(attacked.arrivals) == 1
    attacked.post(MALLORY, COMMUNE, data)
    await taken(attacked)
    assert attacked.evidence("p1")[-1] == ("in", "alarm", "connection_mismatch")


# -- not for whom it is


async def test_what_a_receiver_passes_on_is_an_alarm(country: World) -> None:
    # Decrypted by one organ and encrypted anew for another: the receiver is inside the seal.
    header = country.header(CENTRE, OTHER, contents=(content_of(b"text"),))
    await refused(country, country.wrap(country.seal(header, CENTRE), COMMUNE, b"text"), "misdirected")


async def test_what_is_delivered_to_the_wrong_organ_is_an_alarm(country: World) -> None:
    await refused(country, country.message(CENTRE, COMMUNE), "key_unknown", to=OTHER)
    header = country.header(CENTRE, COMMUNE, contents=(content_of(b"text"),))
    await refused(country, country.wrap(country.seal(header, CENTRE), OTHER, b"text"), "misdirected", to=OTHER)


async def test_what_is_for_an_organ_of_another_gateway_is_an_alarm(country: World) -> None:
    header = country.header(CENTRE, MALLORY)
    await refused(country, country.wrap(country.seal(header, CENTRE), COMMUNE), "misdirected")


@pytest.mark.parametrize("receiver", ["", "VN", "VN/PARTY/U1/reg/units", "VN/PARTY/U1/%zz"])
async def test_a_malformed_receiver_is_an_alarm(country: World, receiver: str) -> None:
    header = country.header(CENTRE, receiver)
    await refused(country, country.wrap(country.seal(header, CENTRE), COMMUNE), "identifier_invalid")


async def test_another_way_to_write_a_name_is_refused(country: World) -> None:
    header = country.header(CENTRE, "VN/PARTY/%551")
    await refused(country, country.wrap(country.seal(header, CENTRE), COMMUNE), "address_invalid")


async def test_mail_to_a_system_is_in_its_organs_mailbox(country: World) -> None:
    header = country.header(CENTRE, UNITS.provider, contents=(content_of(b"text"),))
    country.post(CENTRE, COMMUNE, country.wrap(country.seal(header, CENTRE), COMMUNE, b"text"))
    await taken(country)
    (item,) = country.running["p1"].mailbox.list(COMMUNE)
    assert (await country.running["p1"].mailbox.open(COMMUNE, item.message)).contents[0].data == b"text"


# -- not now, not so


@pytest.mark.parametrize(
    ("fields", "code", "kind"),
    [
        ({"expires": 0}, "expired", "refusal"),
        ({"created": MINUTE + 1, "expires": 2 * MINUTE}, "from_the_future", "refusal"),
        ({"expires": LONGEST[Kind.MESSAGE] + 1}, "term_too_long", "alarm"),
        ({"label": Label(Level.SECRET)}, "label_above_ceiling", "refusal"),
        ({"label": Label(Level.INTERNAL, frozenset({"personnel"}))}, "label_above_ceiling", "refusal"),
        ({"label": CONFIDENTIAL}, "key_too_weak", "refusal"),
        ({"contents": (content_of(b"other"),)}, "digest_mismatch", "alarm"),
        ({"contents": (replace(content_of(b"text"), size=5),)}, "digest_mismatch", "alarm"),
        ({"contents": ()}, "malformed", "alarm"),
        ({"contents": (content_of(b"text"), content_of(b"text"))}, "malformed", "alarm"),
    ],
    ids=repr,
)
async def test_what_its_sender_should_not_have_sent_is_refused_and_said(
    country: World, fields: dict[str, Any], code: str, kind: str
) -> None:
    now = country.clock.now()
    fields = {name: now + value if name in {"created", "expires"} else value for name, value in fields.items()}
    dispatch = await country.running["tw"].sender.send(country.draft(OTHER))
    await eventually(lambda: country.receipts)
    country.receipts.clear()
    country.arrivals.clear()
    # As a cheating gateway would: known at the sender's, so that the receipt is taken there.
    header = country.header(CENTRE, COMMUNE, **{"contents": (content_of(b"text"),)} | fields)
    sealed = country.seal(header, CENTRE)
    gateway = country.running["tw"]
    statements = gateway.store.sent(
        [(header.id.bytes, str(COMMUNE), str(CENTRE), digest_of(sealed), now, header.expires)]
    )
    await gateway.node.journal.commit([], statements)
    await refused(country, country.wrap(sealed, COMMUNE, b"text"), code)
    entry = country.entries("p1")[-1]
    assert (entry.kind, entry.id, len(entry.seals)) == (kind, str(header.id), 2)
    await eventually(lambda: country.receipts)
    ((_, receipt),) = country.receipts
    assert (receipt.state.value, receipt.note.partition(":")[0]) == ("refused", code)
    assert dispatch.message != header.id


async def test_an_unknown_sender_is_refused(country: World) -> None:
    country.change(CENTRE, active=False)
    await refused(country, country.message(CENTRE, COMMUNE), "sender_unknown")


@pytest.mark.parametrize("kind", [Kind.REQUEST, Kind.RESPONSE])
async def test_calls_and_answers_do_not_come_by_mail(country: World, kind: Kind) -> None:
    if kind is Kind.REQUEST:
        header = country.header(CENTRE, UNITS, kind, method="GET", path="/a")
        header = replace(header, sender="VN/PARTY/A01/hso")
    else:
        header = country.header("VN/PARTY/A01/hso/x", COMMUNE, kind, status="200")
    await refused(country, country.wrap(country.seal(header, CENTRE), COMMUNE), "malformed")
    assert await receipted(country) == []


async def test_mail_waits_while_the_directory_is_stale(country: World) -> None:
    # A refusal would be final, and the fault is not the sender's.
    dispatch = await country.running["tw"].sender.send(country.draft(COMMUNE))
    await eventually(lambda: country.receipts)
    country.directory.forced = Standing.STALE
    country.post(CENTRE, COMMUNE, country.message(CENTRE, COMMUNE))
    await asyncio.sleep(0.2)
    assert (position(country), len(country.arrivals)) == (1, 1)
    assert country.evidence("p1") == [("in", "message", "ok")]
    country.directory.forced = Standing.GRACE
    await taken(country)
    assert len(country.arrivals) == 2
    assert dispatch.published == 1


# -- bytes


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=100), subject=st.sampled_from(["", ".x"]))
async def test_whatever_comes_is_an_alarm_and_mail_goes_on(country: World, data: bytes, subject: str) -> None:
    before = country.running["p1"].node.journal.size
    to = mail_subject(country.organ(MALLORY), country.organ(COMMUNE)) + subject
    country.broker.store(to, data, secrets.token_hex(16))
    await taken(country)
    (entry,) = country.entries("p1")[before:]
    assert (entry.kind, entry.peer) == ("alarm", to)
    # What begins as a bag is read as one.
    assert entry.verdict == ("malformed" if subject or data[:1] in _BAGS else "envelope_invalid")


async def test_an_envelope_to_a_key_that_our_store_lacks_is_an_alarm(country: World) -> None:
    data = country.message(CENTRE, COMMUNE)
    kid = next(key.kid for key in country.organ(COMMUNE).keys if key.algorithm is Algorithm.HPKE_4_KE)
    private = country.stores["p1"]._keys[kid]
    country.stores["p1"].remove(kid)
    try:
        await refused(country, data, "key_unknown")
    finally:
        country.stores["p1"].add(private)
