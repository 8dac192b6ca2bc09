"""Messages that are sent at the same time: together on their way, each by itself for whoever sends or receives it."""

import asyncio
import sqlite3
import uuid
from collections.abc import Sequence

import pytest

from lienthong.exchange.errors import ExchangeError
from lienthong.exchange.mail.draft import Dispatch
from lienthong.exchange.mail.sender import publish_due
from lienthong.exchange.transport.base import Outgoing
from lienthong.kernel.clock import HOUR, MINUTE
from lienthong.kernel.identifiers import OrganId
from lienthong.kernel.labels import Label, Level
from lienthong.trust.errors import JournalError, KeyStoreError
from lienthong.trust.header import ReceiptState
from lienthong.trust.seal import header_of
from tests.support.calls import fill_disk, free_disk
from tests.support.carriers import eventually
from tests.support.gateways import CENTRE, COMMUNE, NEIGHBOUR, OTHER, World

AT_ONCE = 10


async def sent(world: World, *receivers: OrganId, conversation: uuid.UUID | None = None) -> list[Dispatch]:
    """Send one message to each, all at the same time."""
    sender = world.running["tw"].sender
    return await asyncio.gather(
        *(sender.send(world.draft(receiver, conversation=conversation)) for receiver in receivers)
    )


# -- together


async def test_messages_of_a_turn_go_in_one_message_and_each_is_kept_by_itself(country: World) -> None:
    dispatched = await sent(country, *[COMMUNE] * AT_ONCE)
    await eventually(lambda: len(country.receipts) == AT_ONCE)
    assert [len(country.broker.streams[name].messages) for name in ("MAIL_01", "MAIL_tw")] == [1, 1]
    # One signature, and a seal for each that holds alone.
    seals = [entry.seals[0] for entry in country.entries("tw") if entry.direction == "out"]
    node = country.running["p1"].node
    assert {node.open_seal(sealed).header.id for sealed in seals} == {each.message for each in dispatched}
    mailbox = country.running["p1"].mailbox
    assert [item.message for item in mailbox.list(COMMUNE)] == [each.message for each in dispatched]
    for each in dispatched:
        assert (await mailbox.open(COMMUNE, each.message)).contents[0].data == b"content"
    assert {len(entry.seals) for entry in country.entries("p1") if entry.direction == "in"} == {2}
    assert country.running["tw"].store.waiting() == 0


async def test_messages_to_several_organs_of_a_site_go_in_one_bag(country: World) -> None:
    await sent(country, COMMUNE, OTHER, COMMUNE, OTHER)
    await eventually(lambda: len(country.receipts) == 4)
    assert len(country.broker.streams["MAIL_01"].messages) == 1
    assert sorted(item.receiver for _, item in country.arrivals) == sorted([str(COMMUNE), str(OTHER)] * 2)


async def test_a_message_to_many_shares_no_bundle(country: World) -> None:
    # Its header differs by the receiver's name only: a bundle's tree would let others try names (``seal_many``).
    sender = country.running["tw"].sender
    await asyncio.gather(*(sender.send(country.draft(COMMUNE, OTHER)) for _ in range(3)))
    await eventually(lambda: len(country.receipts) == 6)
    for entry in country.entries("tw"):
        if entry.direction == "out":
            country.running["tw"].node.open_seal(entry.seals[0])
    sizes = {header_of(entry.seals[0]).receiver for entry in country.entries("tw")}
    assert sizes >= {str(COMMUNE), str(OTHER)}


async def test_secret_and_public_messages_share_no_content_key(country: World) -> None:
    sender = country.running["tw"].sender
    await asyncio.gather(
        sender.send(country.draft(COMMUNE)),
        sender.send(country.draft(COMMUNE, label=Label(Level.CONFIDENTIAL))),
        sender.send(country.draft(COMMUNE, label=Label(Level.CONFIDENTIAL))),
    )
    await eventually(lambda: len(country.receipts) == 3)
    assert {verdict for _, _, verdict in country.evidence("p1")} == {"ok"}


async def test_messages_of_a_conversation_keep_their_order(country: World) -> None:
    conversation = uuid.uuid4()
    dispatched = await sent(country, *[COMMUNE] * AT_ONCE, conversation=conversation)
    await eventually(lambda: len(country.arrivals) == AT_ONCE)
    assert [item.sequence for _, item in country.arrivals] == list(range(1, AT_ONCE + 1))
    assert [item.message for _, item in country.arrivals] == [each.message for each in dispatched]
    assert {item.gap for _, item in country.arrivals} == {0}


# -- one of them fails


async def test_one_that_is_refused_takes_nobody_with_it(country: World) -> None:
    nobody = OrganId("VN", "PARTY", "none")
    dispatched = await sent(country, COMMUNE, nobody, COMMUNE)
    assert [list(each.refused) for each in dispatched] == [[], [nobody], []]
    await eventually(lambda: len(country.receipts) == 2)
    assert [verdict for _, _, verdict in country.evidence("tw")].count("receiver_unknown") == 1


async def test_one_whose_receiver_has_no_key_takes_nobody_with_it(country: World) -> None:
    country.change(OTHER, keys=country.source.branches["01"].organs[1].keys[:1])
    dispatched = await sent(country, COMMUNE, OTHER, COMMUNE)
    assert [(len(each.refused), each.published) for each in dispatched] == [(0, 1), (1, 0), (0, 1)]
    (error,) = dispatched[1].refused.values()
    assert error.code == "receiver_key_missing"
    await eventually(lambda: len(country.receipts) == 2)


async def test_one_that_was_sent_before_is_told_so_and_takes_nobody_with_it(country: World) -> None:
    sender = country.running["tw"].sender
    id_ = uuid.uuid4()
    # As two requests with one key that pass each other.
    results = await asyncio.gather(
        sender.send(country.draft(COMMUNE)),
        sender.send(country.draft(COMMUNE, id=id_)),
        sender.send(country.draft(COMMUNE, id=id_)),
        return_exceptions=True,
    )
    assert [type(each) for each in results] == [Dispatch, Dispatch, sqlite3.IntegrityError]
    await eventually(lambda: len(country.receipts) == 2)
    assert len(country.arrivals) == 2


async def test_one_id_to_two_organs_at_once_goes_to_each(country: World) -> None:
    # The copy that is kept is the envelope to one of them: the other must not get that.
    sender = country.running["tw"].sender
    id_ = uuid.uuid4()
    await country.stop("p1")
    country.broker.stop()
    await asyncio.gather(sender.send(country.draft(COMMUNE, id=id_)), sender.send(country.draft(OTHER, id=id_)))
    country.broker.start()
    await country.start("p1")
    country.clock.advance(MINUTE)
    assert await publish_due(country.running["tw"].node, country.running["tw"].store) == 2
    await eventually(lambda: len(country.receipts) == 2)
    assert sorted(country.states()) == [(str(COMMUNE), "delivered"), (str(OTHER), "delivered")]


async def test_a_key_that_does_not_seal_is_the_trouble_of_its_own_organ(
    country: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    gateway = country.running["tw"]
    broken = country.directory.snapshot.sealing_key(NEIGHBOUR, country.clock.now()).kid
    sign = gateway.node.store.sign

    def refusing(kid: bytes, data: bytes) -> bytes:
        if kid == broken:
            raise KeyStoreError("the device is away")
        return sign(kid, data)

    monkeypatch.setattr(gateway.node.store, "sign", refusing)
    results = await asyncio.gather(
        *(
            gateway.sender.send(country.draft(COMMUNE, sender=sender))
            for sender in (CENTRE, NEIGHBOUR, CENTRE, NEIGHBOUR)
        ),
        return_exceptions=True,
    )
    assert [type(each) for each in results] == [Dispatch, KeyStoreError, Dispatch, KeyStoreError]
    assert results[1] is not results[3]
    await eventually(lambda: len(country.receipts) == 2)


async def test_without_room_all_are_told_and_none_is_sent(country: World) -> None:
    gateway = country.running["tw"]
    await fill_disk(gateway)
    results = await asyncio.gather(
        *(gateway.sender.send(country.draft(COMMUNE)) for _ in range(3)), return_exceptions=True
    )
    assert [type(each) for each in results] == [JournalError] * 3
    assert country.broker.streams["MAIL_01"].messages == []
    free_disk(gateway)
    assert (await gateway.sender.send(country.draft(COMMUNE))).published == 1


async def test_who_gives_up_waiting_has_sent_all_the_same(country: World) -> None:
    sender = country.running["tw"].sender
    task = asyncio.create_task(sender.send(country.draft(COMMUNE)))
    other = asyncio.create_task(sender.send(country.draft(COMMUNE)))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert (await other).published == 1
    country.clock.advance(MINUTE)
    await publish_due(country.running["tw"].node, country.running["tw"].store)
    await eventually(lambda: len(country.arrivals) == 2)


# -- ends in the middle


async def test_an_end_between_record_and_publication_loses_nothing(
    country: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    gateway = country.running["tw"]

    async def killed(_: Sequence[Outgoing]) -> list[int | ExchangeError]:
        raise asyncio.CancelledError

    with monkeypatch.context() as patched:
        patched.setattr(gateway.node.carrier, "publish_many", killed)
        dispatched = await sent(country, COMMUNE, COMMUNE, OTHER)
        assert [(each.published, each.queued) for each in dispatched] == [(0, 1)] * 3
    assert country.broker.streams["MAIL_01"].messages == []
    again = await country.restart("tw")
    # What no carrier has had is due at once, not after the patience for a second attempt.
    assert await publish_due(again.node, again.store) == 3
    await eventually(lambda: len(country.receipts) == 3)
    assert len(country.arrivals) == 3


async def test_what_is_sent_again_goes_alone_and_counts_once(country: World) -> None:
    await country.stop("p1")
    dispatched = await sent(country, COMMUNE, COMMUNE, COMMUNE)
    gateway = country.running["tw"]
    country.clock.advance(MINUTE)
    assert await publish_due(gateway.node, gateway.store) == 3
    await country.start("p1")
    await eventually(lambda: gateway.store.waiting() == 0)
    await eventually(lambda: len(country.receipts) == 6)
    assert [item.message for _, item in country.arrivals] == [each.message for each in dispatched]
    assert {verdict for _, _, verdict in country.evidence("p1")} == {"ok"}


async def test_the_first_attempt_and_a_later_one_have_the_same_seals(country: World) -> None:
    # In a bundle the seals do not travel: both sides make them, and must make the same.
    await sent(country, COMMUNE, COMMUNE)
    await eventually(lambda: len(country.receipts) == 2)
    ours = {entry.seals[0] for entry in country.entries("tw") if entry.direction == "out"}
    theirs = {entry.seals[0] for entry in country.entries("p1") if entry.direction == "in"}
    assert ours == theirs
    back = {entry.seals[1] for entry in country.entries("p1") if entry.direction == "in"}
    assert back == {entry.seals[0] for entry in country.entries("tw") if entry.direction == "in"}


async def test_acknowledged_as_soon_as_it_is_durable(country: World, monkeypatch: pytest.MonkeyPatch) -> None:
    gateway = country.running["tw"]
    publish_many = gateway.node.carrier.publish_many
    hung = asyncio.Event()

    async def slow(messages: Sequence[Outgoing]) -> list[int | ExchangeError]:
        await hung.wait()
        return await publish_many(messages)

    monkeypatch.setattr(gateway.node.carrier, "publish_many", slow)
    dispatch = await gateway.sender.send(country.draft(COMMUNE), carried=False)
    assert (dispatch.published, dispatch.queued, gateway.store.waiting()) == (0, 1, 1)
    assert gateway.sender.status(dispatch.message).receivers
    hung.set()
    await eventually(lambda: country.receipts)


# -- afterwards


async def test_a_message_of_a_bundle_can_be_sent_anew(country: World) -> None:
    gateway = country.running["tw"]
    first, _ = await sent(country, COMMUNE, COMMUNE)
    await eventually(lambda: len(country.receipts) == 2)
    await country.running["p1"].mailbox.refuse(COMMUNE, first.message, reason="not ours")
    await eventually(lambda: gateway.sender.dead_letters(CENTRE))
    anew = await gateway.sender.redrive(first.message)
    await eventually(lambda: len(country.receipts) == 5)
    # The receiver has it already, and says what it had said.
    assert {item.state for _, item in country.receipts if item.message == anew.message} == {
        ReceiptState.DELIVERED,
        ReceiptState.REFUSED,
    }
    country.clock.advance(HOUR)
