"""Mailboxes: what is there, opened with its seal checked as of its arrival, and what is said about it once."""

import asyncio
import shutil
import uuid
from copy import replace
from pathlib import Path

import pytest

from lienthong.exchange.errors import (
    CallerUnknown,
    MessageUnknown,
    PayloadTooLarge,
    RangeInvalid,
    RequestInvalid,
    StorageFailed,
)
from lienthong.exchange.mail import mailbox as reading
from lienthong.kernel.clock import DAY
from lienthong.trust.errors import EnvelopeInvalid, JournalError, KeyNotValid, KeyUnknown
from lienthong.trust.header import ReceiptState
from tests.support.calls import fill_disk, free_disk
from tests.support.carriers import eventually
from tests.support.gateways import CENTRE, COMMUNE, MALLORY, OTHER, World, turns
from tests.support.mail import resend, taken


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


# -- concluding once


async def test_the_first_conclusion_stands_whoever_asks_again(country: World) -> None:
    message = await delivered(country)
    mailbox = country.running["p1"].mailbox
    first = await mailbox.accept(COMMUNE, message, note="Case 17", key="17")
    assert (first.state, first.at, first.note, first.key, first.stands) == (
        ReceiptState.ACCEPTED,
        country.clock.now(),
        "Case 17",
        "17",
        True,
    )
    country.clock.advance(5)
    await country.restart("p1")
    mailbox = country.running["p1"].mailbox
    # The same words again: the same answer. Other words, or another's key: it is told that they do not stand.
    assert await mailbox.accept(COMMUNE, message, note="whatever", key="17") == first
    assert await mailbox.accept(COMMUNE, message, key="18") == replace(first, stands=False)
    assert await mailbox.accept(COMMUNE, message) == replace(first, stands=False)
    assert await mailbox.refuse(COMMUNE, message, reason="no", key="17") == replace(first, stands=False)
    (item,) = mailbox.list(COMMUNE)
    assert (item.state, item.concluded, item.key, item.note) == (first.state, first.at, "17", "Case 17")
    assert [entry.detail for entry in country.entries("p1")] == ["", "accepted"]


async def test_of_many_who_accept_at_once_one_learns_that_it_is_his(country: World) -> None:
    message = await delivered(country)
    mailbox = country.running["p1"].mailbox
    done = await asyncio.gather(*(mailbox.accept(COMMUNE, message, key=str(number)) for number in range(8)))
    assert sum(each.stands for each in done) == 1
    assert len({each.key for each in done}) == 1


async def test_a_key_is_bounded(country: World) -> None:
    message = await delivered(country)
    with pytest.raises(RequestInvalid, match="201 characters"):
        await country.running["p1"].mailbox.accept(COMMUNE, message, key="x" * 201)


async def test_who_is_killed_between_accepting_and_the_receipt_has_accepted(country: World, tmp_path: Path) -> None:
    message = await delivered(country)
    gateway = country.running["p1"]
    country.broker.stop()
    await gateway.mailbox.accept(COMMUNE, message, key="17")
    # As kill -9 leaves it: the files as they are at this moment, without any orderly end.
    killed = tmp_path / "killed"
    killed.mkdir()
    for path in (country.folder / "p1").glob("journal.sqlite*"):
        shutil.copy(path, killed / path.name)
    await country.stop("p1")
    shutil.rmtree(country.folder / "p1")
    killed.rename(country.folder / "p1")
    country.broker.start()
    gateway = await country.start("p1")
    conclusion = await gateway.mailbox.accept(COMMUNE, message, key="17")
    assert (conclusion.stands, conclusion.key) == (True, "17")
    assert await resend(country, "p1") == 1
    await eventually(lambda: len(country.receipts) == 2)
    assert [state for _, state in country.states()] == ["delivered", "accepted"]


async def test_who_is_killed_before_it_is_durable_has_not(country: World, monkeypatch: pytest.MonkeyPatch) -> None:
    message = await delivered(country)
    gateway = country.running["p1"]

    async def killed(entries: object, also: object = ()) -> list[int]:
        raise asyncio.CancelledError

    monkeypatch.setattr(gateway.node.journal, "commit", killed)
    with pytest.raises(asyncio.CancelledError):
        await gateway.mailbox.accept(COMMUNE, message, key="17")
    monkeypatch.undo()
    await country.restart("p1")
    assert country.running["p1"].mailbox.list(COMMUNE)[0].state is ReceiptState.DELIVERED
    assert (await country.running["p1"].mailbox.accept(COMMUNE, message, key="18")).stands


# -- reading


@pytest.mark.parametrize("size", [0, 10, 300_000], ids=["empty", "inside", "apart"])
async def test_contents_are_read_in_ranges_and_again(country: World, size: int) -> None:
    data = bytes(number % 251 for number in range(size))
    message = await delivered(country, data=data)
    mailbox = country.running["p1"].mailbox
    view = await mailbox.view(COMMUNE, message)
    assert (view.item.state, view.header.contents[0].size) == (ReceiptState.OPENED, size)

    async def read(start: int = 0, stop: int | None = None) -> bytes:
        return b"".join([piece async for piece in mailbox.read(COMMUNE, message, 0, start=start, stop=stop)])

    for _ in range(2):
        assert await read() == data
        for start, stop in ((0, 0), (0, 1), (5, size), (size, size), (65_535, 65_537), (65_536, 131_072), (1, 299_999)):
            if start <= stop <= size:
                assert await read(start, stop) == data[start:stop]
    for start, stop in ((-1, 0), (0, size + 1), (1, 0)):
        with pytest.raises(RangeInvalid, match="bytes"):
            await read(start, stop)
    for number in (-1, 1):
        with pytest.raises(RangeInvalid, match="of 1"):
            await anext(mailbox.read(COMMUNE, message, number))
    await eventually(lambda: len(country.states()) > 1)
    assert [state for _, state in country.states()] == ["delivered", "opened"]


async def test_what_is_too_large_for_memory_is_not_opened_in_it(
    country: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "MAX_OPEN", 1000)
    message = await delivered(country, data=b"x" * 1001)
    mailbox = country.running["p1"].mailbox
    with pytest.raises(PayloadTooLarge, match="piece by piece"):
        await mailbox.open(COMMUNE, message)
    assert mailbox.list(COMMUNE)[0].state is ReceiptState.DELIVERED
    pieces = [piece async for piece in mailbox.read(COMMUNE, message, 0)]
    assert b"".join(pieces) == b"x" * 1001


async def test_a_content_that_is_lost_on_disk_is_said(country: World) -> None:
    message = await delivered(country, data=b"x" * 300_000)
    (path,) = (country.folder / "p1" / "blobs").iterdir()
    kept = path.read_bytes()
    path.write_bytes(kept[: 2 * 65_552])
    mailbox = country.running["p1"].mailbox
    with pytest.raises(EnvelopeInvalid, match="2 of 5 chunks"):
        async for _ in mailbox.read(COMMUNE, message, 0):
            pass
    path.write_bytes(kept[:-1] + bytes([kept[-1] ^ 1]))
    with pytest.raises(EnvelopeInvalid, match="altered"):
        async for _ in mailbox.read(COMMUNE, message, 0):
            pass
    path.unlink()
    with pytest.raises(StorageFailed):
        await anext(mailbox.read(COMMUNE, message, 0))
