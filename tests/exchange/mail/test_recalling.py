"""Taking back: whoever has not accepted lets go of it, whichever comes first, and its sender learns the outcome."""

import asyncio
import uuid
from copy import replace

import pytest

from lienthong.exchange.errors import CallerUnknown, MessageRecalled, MessageUnknown, RequestInvalid
from lienthong.exchange.mail.draft import TERM
from lienthong.exchange.mail.status import RecallState, Standing
from lienthong.kernel.clock import DAY, HOUR, MINUTE
from lienthong.trust.header import MAX_HEADER, Kind, ReceiptState
from lienthong.trust.seal import digest_of, header_of
from tests.support.carriers import eventually
from tests.support.gateways import CENTRE, COMMUNE, HSO, MALLORY, NEIGHBOUR, OTHER, World
from tests.support.mail import outgoing, resend, taken


async def sent(world: World, *receivers: object, **fields: object) -> uuid.UUID:
    """Send a message and wait until all its receivers have it."""
    dispatch = await world.running["tw"].sender.send(world.draft(*(receivers or (COMMUNE,)), **fields))  # type: ignore[arg-type]  # by name
    wanted = len(receivers) or 1
    # Receipts of the message before may come as late.
    await eventually(lambda: [item.message for _site, item in world.receipts].count(dispatch.message) == wanted)
    return dispatch.message


async def answered(world: World, message: uuid.UUID, state: RecallState) -> None:
    sender = world.running["tw"].sender
    await eventually(lambda: {each.recall for each in sender.status(message).receivers} == {state})


async def concluded(world: World, message: uuid.UUID) -> None:
    sender = world.running["tw"].sender
    done = {RecallState.DONE, RecallState.TOO_LATE}
    await eventually(lambda: sender.status(message).receivers[0].recall in done)


async def test_what_is_unread_is_taken_back(country: World) -> None:
    message = await sent(country, COMMUNE, OTHER)
    gateway = country.running["tw"]
    recall = await gateway.sender.recall(message, reason="Wrong annex")
    assert (recall.asked, recall.concluded) == ((str(COMMUNE), str(OTHER)), ())
    await answered(country, message, RecallState.DONE)
    status = gateway.sender.status(message)
    assert status.counts() == {Standing.RECALLED: 2}
    assert outgoing(country) == 0
    # It is seen that something was taken back, and no more than that.
    mailbox = country.running["p1"].mailbox
    assert [item.state for item in mailbox.list(COMMUNE)] == [ReceiptState.RECALLED]
    assert mailbox.list(COMMUNE, state=ReceiptState.DELIVERED) == []
    for work in (
        mailbox.open(COMMUNE, message),
        mailbox.view(COMMUNE, message),
        mailbox.accept(COMMUNE, message),
        mailbox.refuse(COMMUNE, message, reason=""),
        anext(mailbox.read(COMMUNE, message, 0)),
    ):
        with pytest.raises(MessageRecalled, match=str(message)):
            await work
    # Both sides have it on record, with the reason and both seals.
    ours = next(entry for entry in country.entries("tw") if entry.kind == "recall")
    theirs = next(entry for entry in country.entries("p1") if entry.kind == "recall")
    assert (ours.direction, ours.detail, header_of(ours.seals[0]).note) == ("out", "Wrong annex", "Wrong annex")
    assert (theirs.direction, theirs.detail, len(theirs.seals)) == ("in", "recalled: Wrong annex", 2)


async def test_what_is_opened_can_be_taken_back_and_what_is_concluded_cannot(country: World) -> None:
    message = await sent(country, COMMUNE, OTHER)
    mailbox = country.running["p1"].mailbox
    await mailbox.open(COMMUNE, message)
    await mailbox.accept(OTHER, message)
    await eventually(lambda: len(country.receipts) == 4)
    sender = country.running["tw"].sender
    recall = await sender.recall(message, reason="")
    assert (recall.asked, recall.concluded) == ((str(COMMUNE),), (str(OTHER),))
    await eventually(lambda: sender.status(message).counts() == {Standing.RECALLED: 1, Standing.ACCEPTED: 1})


@pytest.mark.parametrize("refuse", [False, True])
async def test_too_late_is_said(country: World, refuse: bool) -> None:  # noqa: FBT001 - a column of the table
    message = await sent(country)
    # The sender does not know yet: the receipt is on its way.
    country.broker.stop()
    mailbox = country.running["p1"].mailbox
    work = mailbox.refuse(COMMUNE, message, reason="no") if refuse else mailbox.accept(COMMUNE, message)
    await work
    await country.running["tw"].sender.recall(message, reason="")
    country.broker.start()
    country.clock.advance(MINUTE)
    await resend(country)
    await answered(country, message, RecallState.TOO_LATE)
    state = ReceiptState.REFUSED if refuse else ReceiptState.ACCEPTED
    assert mailbox.list(COMMUNE)[0].state is state
    # Told after it is on record.
    await eventually(lambda: (str(COMMUNE), "kept") in country.states())
    kept = next(item for _, item in country.receipts if item.state is ReceiptState.KEPT)
    assert (kept.message, kept.note) == (message, state.value)
    await resend(country, "p1")
    await eventually(lambda: country.running["tw"].sender.status(message).receivers[0].standing.value == state.value)
    assert outgoing(country) == 0


async def test_a_recall_that_overtakes_its_message_wins(country: World) -> None:
    # The message hangs at the carrier; its recall is quicker.
    stream = country.broker.streams["MAIL_01"]
    await country.stop("p1")
    gateway = country.running["tw"]
    dispatch = await gateway.sender.send(country.draft(COMMUNE))
    held = stream.messages.pop()
    await gateway.sender.recall(dispatch.message, reason="")
    await country.start("p1")
    await answered(country, dispatch.message, RecallState.DONE)
    # Also after a restart.
    await country.restart("p1")
    country.post(CENTRE, COMMUNE, held.data)
    await taken(country)
    assert country.arrivals == []
    assert [item.state for item in country.running["p1"].mailbox.list(COMMUNE)] == [ReceiptState.RECALLED]
    assert country.entries("p1")[-1].detail == "taken back before it came"
    assert outgoing(country) == 0


async def test_both_in_one_batch(country: World) -> None:
    await country.stop("p1")
    gateway = country.running["tw"]
    dispatch = await gateway.sender.send(country.draft(COMMUNE))
    await gateway.sender.recall(dispatch.message, reason="")
    await country.start("p1")
    await answered(country, dispatch.message, RecallState.DONE)
    assert [item.state for item in country.running["p1"].mailbox.list(COMMUNE)] == [ReceiptState.RECALLED]


async def test_recalls_of_what_never_came_are_forgotten_with_it(country: World) -> None:
    stream = country.broker.streams["MAIL_01"]
    await country.stop("p1")
    dispatch = await country.running["tw"].sender.send(country.draft(COMMUNE, term=DAY))
    stream.messages.clear()
    await country.running["tw"].sender.recall(dispatch.message, reason="")
    gateway = await country.start("p1")
    await answered(country, dispatch.message, RecallState.DONE)
    for advance, remembered in ((TERM - 1, 1), (1, 0)):
        country.clock.advance(advance)
        await gateway._receiver.tend()
        assert len(gateway.node.journal.read("SELECT * FROM recalled")) == remembered


async def test_a_recall_is_sent_again_until_it_is_answered(country: World) -> None:
    message = await sent(country)
    await country.stop("p1")
    await country.running["tw"].sender.recall(message, reason="")
    country.clock.advance(HOUR)
    assert await resend(country) == 1
    assert country.running["tw"].sender.status(message).receivers[0].recall is RecallState.ASKED
    await country.start("p1")
    await answered(country, message, RecallState.DONE)
    # Both were answered, and it was taken back once.
    await eventually(lambda: [entry.detail for entry in country.entries("p1")] == ["", "recalled: ", "came again"])
    assert len(country.running["p1"].mailbox.list(COMMUNE)) == 1


async def test_an_unanswered_recall_is_given_up_on_record(country: World) -> None:
    message = await sent(country, term=DAY)
    await country.stop("p1")
    await country.running["tw"].sender.recall(message, reason="")
    country.clock.advance(TERM)
    assert await resend(country) == 0
    entry = country.entries("tw")[-1]
    assert (entry.kind, entry.verdict, entry.id) == ("failure", "expired", str(message))
    assert entry.detail == "its recall was not answered in time"
    assert country.running["tw"].sender.dead_letters(CENTRE) == []


async def test_some_receivers_can_be_left_out(country: World) -> None:
    message = await sent(country, COMMUNE, OTHER)
    sender = country.running["tw"].sender
    assert (await sender.recall(message, reason="", receivers=[OTHER])).asked == (str(OTHER),)
    await eventually(lambda: sender.status(message).counts() == {Standing.RECALLED: 1, Standing.DELIVERED: 1})
    with pytest.raises(MessageUnknown, match="VN/STATE/M1"):
        await sender.recall(message, reason="", receivers=[OTHER, MALLORY])


async def test_nobody_takes_back_what_others_sent(country: World) -> None:
    message = await sent(country)
    sender = country.running["tw"].sender
    for id_, organ in ((message, NEIGHBOUR), (uuid.uuid4(), CENTRE), (uuid.uuid4(), None)):
        with pytest.raises(MessageUnknown):
            await sender.recall(id_, reason="", organ=organ)
    with pytest.raises(RequestInvalid):
        await sender.recall(message, reason="x" * MAX_HEADER, organ=CENTRE)
    country.change(CENTRE, site="p1")
    with pytest.raises(CallerUnknown):
        await sender.recall(message, reason="")


async def test_a_system_takes_back_its_own(country: World) -> None:
    message = await sent(country, sender=HSO)
    await country.running["tw"].sender.recall(message, reason="", organ=CENTRE)
    await answered(country, message, RecallState.DONE)


async def test_a_recall_by_another_takes_nothing_back(attacked: World) -> None:
    message = await sent(attacked)
    seal = next(entry.seals[0] for entry in attacked.entries("tw") if entry.kind == "message")
    header = attacked.header(MALLORY, COMMUNE, Kind.RECALL, conversation=message, answers=digest_of(seal))
    attacked.post(MALLORY, COMMUNE, attacked.wrap(attacked.seal(header, MALLORY), COMMUNE))
    await taken(attacked)
    # It is remembered for a message of the attacker's own, and for nobody else's.
    assert attacked.running["p1"].mailbox.list(COMMUNE)[0].state is ReceiptState.DELIVERED
    for changed, verdict in (
        (replace(header, id=uuid.uuid4(), sender=str(CENTRE)), "key_unknown"),
        (replace(header, id=uuid.uuid4(), conversation=None), "malformed"),
    ):
        attacked.post(MALLORY, COMMUNE, attacked.wrap(attacked.seal(changed, MALLORY), COMMUNE))
        await taken(attacked)
        assert attacked.entries("p1")[-1].verdict == verdict


async def test_a_recall_of_another_seal_is_an_alarm(country: World) -> None:
    message = await sent(country)
    header = country.header(CENTRE, COMMUNE, Kind.RECALL, conversation=message, answers=bytes(32))
    country.post(CENTRE, COMMUNE, country.wrap(country.seal(header, CENTRE), COMMUNE))
    await taken(country)
    entry = country.entries("p1")[-1]
    assert (entry.kind, entry.verdict) == ("alarm", "misdirected")
    assert country.running["p1"].mailbox.list(COMMUNE)[0].state is ReceiptState.DELIVERED


async def test_what_is_held_back_is_taken_back_silently(country: World) -> None:
    talk = uuid.uuid4()
    gateway = country.running["tw"]
    stream = country.broker.streams["MAIL_01"]
    await country.stop("p1")
    first = await gateway.sender.send(country.draft(COMMUNE, conversation=talk))
    second = await gateway.sender.send(country.draft(COMMUNE, conversation=talk))
    third = await gateway.sender.send(country.draft(COMMUNE, conversation=talk))
    late = stream.messages.pop(0)
    await country.start("p1")
    await eventually(lambda: len(country.receipts) == 2)
    await gateway.sender.recall(second.message, reason="")
    await answered(country, second.message, RecallState.DONE)
    country.post(CENTRE, COMMUNE, late.data)
    await taken(country)
    assert [item.message for _, item in country.arrivals] == [first.message, third.message]


async def test_accepting_and_taking_back_at_once_have_one_outcome(country: World) -> None:
    for _ in range(5):
        message = await sent(country)
        mailbox, sender = country.running["p1"].mailbox, country.running["tw"].sender
        done = await asyncio.gather(
            sender.recall(message, reason=""), mailbox.accept(COMMUNE, message), return_exceptions=True
        )
        await concluded(country, message)
        item = next(item for item in mailbox.list(COMMUNE) if item.message == message)
        outcome = sender.status(message).receivers[0].recall
        assert (item.state is ReceiptState.RECALLED) == (outcome is RecallState.DONE)
        assert isinstance(done[1], MessageRecalled) == (outcome is RecallState.DONE)
