"""What a sender sees: where a message stands, what will not arrive by itself, and how it is sent anew."""

import uuid

import pytest

from lienthong.exchange.errors import CallerUnknown, CarrierUnavailable, MessageUnknown, StorageFailed
from lienthong.exchange.mail.ledger import DEAD_KEPT
from lienthong.exchange.mail.sender import RETAINED
from lienthong.exchange.mail.status import Standing
from lienthong.exchange.packet import content_of
from lienthong.kernel.clock import DAY, MINUTE
from lienthong.kernel.identifiers import OrganId
from lienthong.kernel.labels import Label, Level
from lienthong.trust.header import ReceiptState
from lienthong.trust.seal import header_of
from tests.support.carriers import eventually
from tests.support.gateways import CENTRE, COMMUNE, NEIGHBOUR, OTHER, World
from tests.support.mail import resend

CONFIDENTIAL = Label(Level.CONFIDENTIAL)
NONE = OrganId("VN", "PARTY", "none")


async def expired(world: World, *receivers: OrganId, **fields: object) -> uuid.UUID:
    """A message that nobody has taken in time."""
    await world.stop("p1")
    dispatch = await world.running["tw"].sender.send(world.draft(*receivers, term=DAY, **fields))  # type: ignore[arg-type]  # by name
    world.clock.advance(DAY)
    await resend(world)
    for stream in ("MAIL_01", "BLOB_tw"):
        world.broker.lose(stream)
    return dispatch.message


# -- standing


async def test_where_it_stands_is_said_step_by_step(country: World) -> None:
    gateway = country.running["tw"]
    country.broker.stop()
    dispatch = await gateway.sender.send(country.draft(COMMUNE, OTHER, NONE, sender=CENTRE, label=CONFIDENTIAL))
    at = country.clock.now()

    def standings() -> list[tuple[str, Standing]]:
        return [(each.receiver[-2:], each.standing) for each in gateway.sender.status(dispatch.message).receivers]

    assert standings() == [("U1", Standing.QUEUED), ("U2", Standing.REFUSED), ("ne", Standing.REFUSED)]
    first, second, third = gateway.sender.status(dispatch.message).receivers
    assert (first.sent, first.expires, first.refusal) == (at, at + 30 * DAY, "")
    assert (second.refusal, third.refusal) == ("label_above_ceiling", "receiver_unknown")
    assert "VN/PARTY/U2" in second.note
    await country.stop("p1")
    country.broker.start()
    country.clock.advance(MINUTE)
    await resend(country)
    assert standings()[0] == ("U1", Standing.SENT)
    province = await country.start("p1")
    await eventually(lambda: standings()[0] == ("U1", Standing.DELIVERED))
    await province.mailbox.view(COMMUNE, dispatch.message)
    await eventually(lambda: standings()[0] == ("U1", Standing.OPENED))
    country.clock.advance(7)
    await province.mailbox.refuse(COMMUNE, dispatch.message, reason="not ours")
    await eventually(lambda: standings()[0] == ("U1", Standing.REFUSED))
    progress = gateway.sender.status(dispatch.message).receivers[0]
    assert progress.receipts == {
        ReceiptState.DELIVERED: at + MINUTE,
        ReceiptState.OPENED: at + MINUTE,
        ReceiptState.REFUSED: at + MINUTE + 7,
    }
    assert (progress.note, progress.refusal) == ("not ours", "refused")


async def test_only_its_sender_sees_it(country: World) -> None:
    sender = country.running["tw"].sender
    dispatch = await sender.send(country.draft(COMMUNE))
    assert sender.status(dispatch.message, organ=CENTRE).sender == str(CENTRE)
    for message, organ in ((dispatch.message, NEIGHBOUR), (uuid.uuid4(), CENTRE), (uuid.uuid4(), None)):
        with pytest.raises(MessageUnknown):
            sender.status(message, organ=organ)
    with pytest.raises(CallerUnknown):
        sender.dead_letters(COMMUNE)


# -- dead letters


async def test_what_has_expired_is_a_dead_letter_of_its_sender(country: World) -> None:
    message = await expired(country, COMMUNE, OTHER)
    sender = country.running["tw"].sender
    dead = sender.dead_letters(CENTRE)
    assert {(each.message, each.receiver, each.reason) for each in dead} == {
        (message, str(COMMUNE), "expired"),
        (message, str(OTHER), "expired"),
    }
    assert dead[0].at == country.clock.now()
    assert sender.dead_letters(NEIGHBOUR) == []
    assert len(sender.dead_letters(CENTRE, limit=1)) == 1
    assert sender.status(message).counts() == {Standing.EXPIRED: 2}


async def test_what_a_receiver_refused_is_one_too(country: World) -> None:
    sender = country.running["tw"].sender
    dispatch = await sender.send(country.draft(COMMUNE, OTHER, NONE))
    await eventually(lambda: len(country.receipts) == 2)
    await country.running["p1"].mailbox.refuse(COMMUNE, dispatch.message, reason="illegible")
    await eventually(lambda: len(country.receipts) == 3)
    dead = {each.receiver: (each.reason, each.detail) for each in sender.dead_letters(CENTRE)}
    assert dead[str(COMMUNE)] == ("refused", "illegible")
    assert dead[str(NONE)][0] == "receiver_unknown"
    assert len(dead) == 2


async def test_what_goes_to_nobody_leaves_no_dead_letter(country: World) -> None:
    # Whoever sends it is told at once, and still has it.
    sender = country.running["tw"].sender
    dispatch = await sender.send(country.draft(NONE))
    assert list(dispatch.refused) == [NONE]
    assert sender.dead_letters(CENTRE) == []


async def test_a_receipt_that_came_after_all_ends_a_dead_letter(country: World) -> None:
    country.broker.stop()
    await country.stop("p1")
    country.broker.start()
    sender = country.running["tw"].sender
    dispatch = await sender.send(country.draft(COMMUNE, term=DAY))
    await country.start("p1")
    await eventually(lambda: country.arrivals)
    # As if the receipt had hung somewhere until the message was given up.
    journal = country.running["tw"].node.journal
    await eventually(lambda: country.receipts)
    died = ("INSERT INTO dead VALUES (?, ?, ?, ?, ?, 'expired', '', NULL)",
            (dispatch.message.bytes, str(COMMUNE), str(CENTRE), str(CENTRE), country.clock.now()))  # fmt: skip
    await journal.commit([], [died])
    assert sender.dead_letters(CENTRE) == []
    assert sender.status(dispatch.message).counts() == {Standing.DELIVERED: 1}


# -- anew


@pytest.mark.parametrize("size", [10, 300_000], ids=["inside", "apart"])
async def test_dead_letters_are_sent_anew(country: World, size: int) -> None:
    data = b"x" * size
    message = await expired(country, COMMUNE, OTHER, data=data, urgency=2)
    sender = country.running["tw"].sender
    dispatch = await sender.redrive(message, organ=CENTRE)
    assert (dispatch.published, dispatch.refused) == (2, {})
    await country.start("p1")
    await eventually(lambda: len(country.arrivals) == 2)
    letter = await country.running["p1"].mailbox.open(COMMUNE, dispatch.message)
    assert letter.contents[0].data == data
    assert (letter.header.repeats, letter.header.subject, letter.header.urgency) == (message, "Subject", 2)
    # The dead letters say what was sent in their place; it is on record, and not done twice.
    assert {each.redriven for each in sender.dead_letters(CENTRE)} == {dispatch.message}
    assert {each.redriven for each in sender.status(message).receivers} == {dispatch.message}
    sent = [entry for entry in country.entries("tw") if entry.id == str(dispatch.message) and entry.kind == "message"]
    assert {header_of(entry.seals[0]).repeats for entry in sent} == {message}
    with pytest.raises(MessageUnknown, match="no such dead letter"):
        await sender.redrive(message)


async def test_only_the_dead_are_sent_anew(country: World) -> None:
    sender = country.running["tw"].sender
    dispatch = await sender.send(country.draft(COMMUNE, NONE))
    await eventually(lambda: country.receipts)
    for receivers in ([COMMUNE], [COMMUNE, NONE], [OTHER]):
        with pytest.raises(MessageUnknown):
            await sender.redrive(dispatch.message, receivers=receivers)
    with pytest.raises(MessageUnknown):
        await sender.redrive(dispatch.message, organ=NEIGHBOUR)
    with pytest.raises(MessageUnknown):
        await sender.redrive(uuid.uuid4())
    # Who is unknown still is: nothing is sent, and it stays as it is.
    anew = await sender.redrive(dispatch.message, receivers=[NONE])
    assert list(anew.refused) == [NONE]
    assert [each.redriven for each in sender.dead_letters(CENTRE)] == [None]


async def test_a_receiver_who_has_it_after_all_does_not_get_it_twice(country: World) -> None:
    sender = country.running["tw"].sender
    await country.stop("p1")
    dispatch = await sender.send(country.draft(COMMUNE, term=DAY))
    province = await country.start("p1")
    await eventually(lambda: country.arrivals)
    await province.mailbox.accept(COMMUNE, dispatch.message, note="Case 17")
    # The receipts are lost for ever, and the message is given up.
    await country.stop("tw")
    country.broker.lose("MAIL_tw")
    gateway = await country.start("tw")
    journal = gateway.node.journal
    await journal.commit([], [("DELETE FROM receipt", ())])
    kept = province.node.journal.read("SELECT 1 FROM outgoing")
    assert kept == []
    died = ("INSERT INTO dead VALUES (?, ?, ?, ?, ?, 'expired', '', NULL)",
            (dispatch.message.bytes, str(COMMUNE), str(CENTRE), str(CENTRE), country.clock.now()))  # fmt: skip
    await journal.commit([], [died])
    anew = await gateway.sender.redrive(dispatch.message)
    await eventually(lambda: gateway.sender.status(anew.message).counts() == {Standing.ACCEPTED: 1})
    assert gateway.sender.status(anew.message).receivers[0].note == "Case 17"
    assert len(country.arrivals) == len(province.mailbox.list(COMMUNE)) == 1
    assert country.entries("p1")[-1].detail == f"here already as {dispatch.message}"
    # And whatever repeats that one is recognised as well.
    died = ("INSERT INTO dead VALUES (?, ?, ?, ?, ?, 'refused', '', NULL)",
            (anew.message.bytes, str(COMMUNE), str(CENTRE), str(CENTRE), country.clock.now()))  # fmt: skip
    await journal.commit([], [died])
    third = await gateway.sender.redrive(anew.message)
    await eventually(lambda: gateway.sender.status(third.message).counts() == {Standing.ACCEPTED: 1})
    assert len(country.arrivals) == 1


async def test_contents_that_are_gone_are_not_sent_as_if_they_were_there(country: World) -> None:
    message = await expired(country, COMMUNE, data=b"x" * 300_000)
    sender = country.running["tw"].sender
    country.broker.stop()
    with pytest.raises(CarrierUnavailable):
        await sender.redrive(message)
    country.broker.start()
    country.clock.advance(RETAINED)
    country.publish(country.source)
    await sender.sweep()
    assert list((country.folder / "tw" / "outbox").iterdir()) == []
    with pytest.raises(StorageFailed, match="not kept any more"):
        await sender.redrive(message)
    assert [each.redriven for each in sender.dead_letters(CENTRE)] == [None]


async def test_copies_are_kept_as_long_as_somebody_may_need_them(country: World) -> None:
    sender = country.running["tw"].sender
    journal = country.running["tw"].node.journal
    done = await sender.send(country.draft(COMMUNE, term=DAY))
    await eventually(lambda: country.receipts)
    dead = await expired(country, COMMUNE)
    await sender.sweep()
    assert journal.read("SELECT message FROM kept") == [(dead.bytes,)]
    assert sender.status(done.message).counts() == {Standing.DELIVERED: 1}
    country.clock.advance(DEAD_KEPT)
    await sender.sweep()
    assert journal.read("SELECT message FROM kept") == []
    assert sender.dead_letters(CENTRE) == []
    with pytest.raises(MessageUnknown):
        await sender.redrive(dead)


async def test_nothing_of_a_copy_is_in_the_clear(country: World) -> None:
    marker = b"only for the receiver"
    await country.running["tw"].sender.send(country.draft(COMMUNE, data=marker + b"x" * 300_000))
    await country.running["tw"].sender.send(country.draft(COMMUNE, data=marker))
    await country.stop("tw")
    files = [path for path in (country.folder / "tw").rglob("*") if path.is_file()]
    assert any(path.parent.name == "outbox" for path in files)
    assert not any(marker in path.read_bytes() for path in files)


async def test_an_organ_without_a_wrapping_key_sends_once_only(country: World) -> None:
    # There is nothing a copy could be locked with; its message goes out all the same.
    keys = tuple(key for key in country.source.branches["tw"].organs[0].keys if "HPKE" not in key.algorithm)
    country.change(CENTRE, keys=keys)
    dispatch = await country.running["tw"].sender.send(country.draft(COMMUNE, NONE))
    assert dispatch.published == 1
    with pytest.raises(MessageUnknown):
        await country.running["tw"].sender.redrive(dispatch.message)


async def test_a_copy_opens_after_a_restart_and_after_a_new_key(country: World) -> None:
    message = await expired(country, COMMUNE)
    await country.restart("tw")
    country.clock.advance(DAY)
    sender = country.running["tw"].sender
    other = await sender.send(country.draft(COMMUNE, NONE))
    assert (await sender.redrive(message)).published == 1
    (content,) = header_of(country.entries("tw")[-1].seals[0]).contents
    assert content.digest == content_of(b"content").digest
    assert sender.status(other.message).counts() == {Standing.SENT: 1, Standing.REFUSED: 1}
