"""Mailboxes: what is there, opened with its seal checked as of its arrival, and what is said about it once."""

import asyncio
import uuid
from copy import replace

import pytest

from lienthong.exchange.errors import CallerUnknown, MessageUnknown, StorageFailed
from lienthong.kernel.clock import DAY
from lienthong.trust.errors import EnvelopeInvalid, JournalError, KeyNotValid, KeyUnknown
from lienthong.trust.header import ReceiptState
from tests.support.calls import fill_disk, free_disk
from tests.support.carriers import eventually
from tests.support.gateways import CENTRE, COMMUNE, MALLORY, OTHER, World, turns
from tests.support.mail import taken


async def delivered(world: World, **fields: object) -> uuid.UUID:
    """Send a message from the centre to the commune; returns its id once it is receipted."""
    known = len(world.receipts)
    dispatch = await world.running["tw"].sender.send(world.draft(COMMUNE, **fields))  # type: ignore[arg-type]  # by name
    await eventually(lambda: len(world.receipts) > known)
    return dispatch.message


async def test_a_message_is_opened_with_all_that_was_sealed(country: World) -> None:
    message = await delivered(country, data=b"text", purpose="audit")
    letter = await country.running["p1"].mailbox.open(COMMUNE, message)
    (content,) = letter.contents
    assert (content.name, content.media_type, content.data) == ("a.txt", "text/plain", b"text")
    assert (letter.header.subject, letter.header.purpose, letter.header.sender) == ("Subject", "audit", str(CENTRE))
    assert letter.header.expires - letter.header.created == 30 * DAY


async def test_every_step_is_receipted_once_and_in_order(country: World) -> None:
    message = await delivered(country)
    mailbox = country.running["p1"].mailbox
    for _ in range(2):
        await mailbox.open(COMMUNE, message)
        await mailbox.accept(COMMUNE, message, note="Case 17")
    await mailbox.refuse(COMMUNE, message, reason="too late")
    await mailbox.open(COMMUNE, message)
    await eventually(lambda: len(country.receipts) == 3)
    await turns(50)
    assert [state for _, state in country.states()] == ["delivered", "opened", "accepted"]
    receipts = country.running["tw"].store.receipts(message)
    assert {item.state: item.note for item in receipts} == {
        ReceiptState.DELIVERED: "",
        ReceiptState.OPENED: "",
        ReceiptState.ACCEPTED: "Case 17",
    }
    assert mailbox.list(COMMUNE)[0].state is ReceiptState.ACCEPTED
    steps = [(entry.kind, entry.detail) for entry in country.entries("p1")]
    assert steps == [("message", ""), ("receipt", "opened"), ("receipt", "accepted")]


async def test_a_refusal_says_why(country: World) -> None:
    message = await delivered(country)
    await country.running["p1"].mailbox.refuse(COMMUNE, message, reason="not ours")
    await eventually(lambda: len(country.receipts) == 2)
    assert country.receipts[1][1].note == "not ours"
    await country.running["p1"].mailbox.accept(COMMUNE, message)
    assert country.running["p1"].mailbox.list(COMMUNE)[0].state is ReceiptState.REFUSED


async def test_nobody_accepts_what_somebody_is_just_refusing(country: World) -> None:
    message = await delivered(country)
    mailbox = country.running["p1"].mailbox
    await asyncio.gather(
        mailbox.accept(COMMUNE, message), mailbox.refuse(COMMUNE, message, reason="no"), mailbox.open(COMMUNE, message)
    )
    await turns(50)
    assert mailbox.list(COMMUNE)[0].state is ReceiptState.ACCEPTED
    assert len(country.entries("p1")) == 2


async def test_a_mailbox_is_sorted_by_urgency_and_arrival(country: World) -> None:
    slow = await delivered(country)
    country.clock.advance(1)
    urgent = await delivered(country, urgency=3)
    country.clock.advance(1)
    last = await delivered(country)
    mailbox = country.running["p1"].mailbox
    assert [item.message for item in mailbox.list(COMMUNE)] == [urgent, slow, last]
    assert [item.message for item in mailbox.list(COMMUNE, limit=1)] == [urgent]
    assert mailbox.list(OTHER) == []
    # What is read does not stand in the way of what is new.
    await mailbox.open(COMMUNE, urgent)
    assert [item.message for item in mailbox.list(COMMUNE, state=ReceiptState.DELIVERED, limit=1)] == [slow]
    assert [item.message for item in mailbox.list(COMMUNE, state=ReceiptState.OPENED)] == [urgent]
    assert mailbox.list(COMMUNE, state=ReceiptState.REFUSED) == []


async def test_only_mailboxes_of_this_gateway_are_read(country: World) -> None:
    message = await delivered(country)
    mailbox = country.running["p1"].mailbox
    for organ in (CENTRE, replace(COMMUNE, member="none")):
        with pytest.raises(CallerUnknown):
            mailbox.list(organ)
        with pytest.raises(CallerUnknown):
            await mailbox.open(organ, message)
    for organ, id_ in ((OTHER, message), (COMMUNE, uuid.uuid4())):
        with pytest.raises(MessageUnknown):
            await mailbox.open(organ, id_)
        with pytest.raises(MessageUnknown):
            await mailbox.accept(organ, id_)
        with pytest.raises(MessageUnknown):
            await mailbox.refuse(organ, id_, reason="")


async def test_two_senders_with_one_id_are_told_apart(attacked: World) -> None:
    id_ = uuid.uuid4()
    for sender in (MALLORY, CENTRE):
        attacked.post(sender, COMMUNE, attacked.message(sender, COMMUNE, id=id_))
    await taken(attacked)
    mailbox = attacked.running["p1"].mailbox
    with pytest.raises(MessageUnknown, match="Name the sender"):
        await mailbox.open(COMMUNE, id_)
    letter = await mailbox.open(COMMUNE, id_, sender=str(CENTRE))
    assert letter.header.sender == str(CENTRE)
    await mailbox.accept(COMMUNE, id_, sender=str(CENTRE))
    await mailbox.refuse(COMMUNE, id_, reason="spam", sender=str(MALLORY))
    assert {item.sender: item.state for item in mailbox.list(COMMUNE)} == {
        str(CENTRE): ReceiptState.ACCEPTED,
        str(MALLORY): ReceiptState.REFUSED,
    }
    with pytest.raises(MessageUnknown):
        await mailbox.open(COMMUNE, id_, sender=str(OTHER))


async def test_what_was_received_stays_readable_when_keys_end(country: World) -> None:
    message = await delivered(country)
    country.clock.advance(DAY)
    country.publish(country.source.revoke(country.organ(CENTRE).keys[0].kid, country.clock.now()))
    country.clock.advance(800 * DAY)
    # Our own key has ended as well: it can be read, but no further step can be sealed.
    mailbox = country.running["p1"].mailbox
    assert (await mailbox.open(COMMUNE, message)).contents[0].data == b"content"
    with pytest.raises(KeyUnknown):
        await mailbox.accept(COMMUNE, message)
    assert mailbox.list(COMMUNE)[0].state is ReceiptState.DELIVERED


async def test_a_key_that_was_revoked_before_the_arrival_is_not_believed(country: World) -> None:
    message = await delivered(country)
    country.clock.advance(DAY)
    arrived = country.arrivals[0][1].arrived
    country.publish(country.source.revoke(country.organ(CENTRE).keys[0].kid, arrived))
    with pytest.raises(KeyNotValid):
        await country.running["p1"].mailbox.open(COMMUNE, message)


async def test_what_was_altered_on_disk_is_noticed(country: World) -> None:
    message = await delivered(country)
    gateway = country.running["p1"]
    await gateway.node.journal.commit([], [("UPDATE mailbox SET envelope = CAST(envelope || x'00' AS BLOB)", ())])
    with pytest.raises(EnvelopeInvalid):
        await gateway.mailbox.open(COMMUNE, message)
    large = await delivered(country, data=b"x" * 300_000)
    (path,) = (country.folder / "p1" / "blobs").iterdir()
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(EnvelopeInvalid):
        await gateway.mailbox.open(COMMUNE, large)
    path.unlink()
    with pytest.raises(StorageFailed, match="No such file"):
        await gateway.mailbox.open(COMMUNE, large)


async def test_without_room_no_step_counts(country: World) -> None:
    message = await delivered(country)
    gateway = country.running["p1"]
    await fill_disk(gateway)
    with pytest.raises(JournalError):
        await gateway.mailbox.accept(COMMUNE, message)
    assert gateway.mailbox.list(COMMUNE)[0].state is ReceiptState.DELIVERED
    free_disk(gateway)
    await gateway.mailbox.accept(COMMUNE, message)
    await eventually(lambda: len(country.receipts) == 2)
    assert [state for _, state in country.states()] == ["delivered", "accepted"]


async def test_a_step_without_a_carrier_is_told_later(country: World) -> None:
    message = await delivered(country)
    country.broker.stop()
    gateway = country.running["p1"]
    await gateway.mailbox.accept(COMMUNE, message)
    assert gateway.mailbox.list(COMMUNE)[0].state is ReceiptState.ACCEPTED
    country.broker.start()
    await gateway._resend()
    await eventually(lambda: len(country.receipts) == 2)
