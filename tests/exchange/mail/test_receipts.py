"""Receipts: believed only from the organ, for the message, and about the seal that was really sent."""

import uuid
from copy import replace

import pytest

from lienthong.exchange.errors import Misdirected
from lienthong.exchange.mail import receipts
from lienthong.exchange.mail.wraps import Wraps
from lienthong.kernel.identifiers import OrganId
from lienthong.kernel.labels import INTERNAL, Label, Level
from lienthong.trust.header import Header, Kind, ReceiptState
from lienthong.trust.keys import Algorithm
from lienthong.trust.seal import digest_of
from tests.support.carriers import eventually
from tests.support.gateways import CENTRE, COMMUNE, MALLORY, NEIGHBOUR, OTHER, World


@pytest.fixture
async def waiting(country: World) -> World:
    """The centre has sent one message to the commune, whose gateway is away: whatever comes is made by hand."""
    await country.stop("p1")
    await country.running["tw"].sender.send(country.draft(COMMUNE))
    return country


def sent(world: World) -> tuple[uuid.UUID, bytes]:
    """Id and digest of the message that waits."""
    ((message, digest),) = world.running["tw"].node.journal.read("SELECT message, digest FROM sent")
    return uuid.UUID(bytes=message), digest


def receipt(world: World, **fields: object) -> Header:
    """The receipt that the commune would make."""
    message, digest = sent(world)
    base: dict[str, object] = {"conversation": message, "answers": digest, "status": "delivered"}
    return world.header(COMMUNE, CENTRE, Kind.RECEIPT, **base | fields)


async def come(world: World, header: Header, by: OrganId = COMMUNE, *, sender: OrganId | None = None) -> str:
    """Bring a receipt to the centre; returns the verdict on it."""
    gateway = world.running["tw"]
    before = gateway.node.journal.size
    world.post(sender or by, CENTRE, world.wrap(world.seal(header, by), CENTRE))
    stream = world.broker.streams["MAIL_tw"]
    await eventually(lambda: gateway.store.position("MAIL_tw") == stream.last)
    await gateway.node.journal.commit([])
    return ",".join(entry.verdict for entry in world.entries("tw")[before:])


async def test_a_receipt_that_holds_ends_the_waiting(waiting: World) -> None:
    gateway = waiting.running["tw"]
    header = receipt(waiting)
    assert gateway.store.waiting() == 1
    assert await come(waiting, header) == "ok"
    assert gateway.store.waiting() == 0
    ((_, item),) = waiting.receipts
    assert (item.message, item.receiver, item.state) == (sent(waiting)[0], str(COMMUNE), ReceiptState.DELIVERED)
    (stored,) = gateway.store.receipts(item.message)
    assert stored == item
    assert gateway.node.open_seal(stored.sealed).header == header
    entry = waiting.entries("tw")[-1]
    assert (entry.direction, entry.kind, entry.detail, entry.seals) == ("in", "receipt", "delivered", (item.sealed,))


@pytest.mark.parametrize(
    ("by", "fields", "verdict"),
    [
        # Not sealed by whom it names.
        (OTHER, {}, "key_unknown"),
        (CENTRE, {}, "key_unknown"),
        (MALLORY, {}, "key_unknown"),
        # By an organ to which the message was not sent.
        (OTHER, {"sender": str(OTHER)}, "misdirected"),
        (MALLORY, {"sender": str(MALLORY)}, "misdirected"),
        # About another message, or another seal, or none.
        (COMMUNE, {"conversation": uuid.UUID(int=1)}, "misdirected"),
        (COMMUNE, {"conversation": None}, "misdirected"),
        (COMMUNE, {"answers": bytes(32)}, "misdirected"),
        (COMMUNE, {"answers": b""}, "misdirected"),
        (COMMUNE, {"answers": b"short"}, "misdirected"),
        # For somebody else's message.
        (COMMUNE, {"receiver": str(NEIGHBOUR)}, "misdirected"),
        # With a state that nobody knows.
        (COMMUNE, {"status": "burnt"}, "seal_invalid"),
        (COMMUNE, {"status": ""}, "seal_invalid"),
        (COMMUNE, {"expires": 1, "created": 0}, "expired"),
    ],
    ids=repr,
)
async def test_a_receipt_that_does_not_match_changes_nothing(
    waiting: World, by: OrganId, fields: dict[str, object], verdict: str
) -> None:
    names = {name: value for name, value in fields.items() if name in {"sender", "receiver"}}
    rest = {name: value for name, value in fields.items() if name not in names}
    header = replace(receipt(waiting, **rest), **names)  # type: ignore[arg-type]  # by name
    assert await come(waiting, header, by) == verdict
    gateway = waiting.running["tw"]
    assert gateway.store.waiting() == 1
    assert waiting.receipts == []
    assert gateway.store.receipts(sent(waiting)[0]) == []
    assert waiting.entries("tw")[-1].kind == ("refusal" if verdict == "expired" else "alarm")


async def test_a_receipt_from_another_site_changes_nothing(waiting: World) -> None:
    assert await come(waiting, receipt(waiting), sender=MALLORY) == "connection_mismatch"
    assert waiting.running["tw"].store.waiting() == 1


async def test_the_same_receipt_again_is_no_alarm_and_counts_once(waiting: World) -> None:
    # The carrier may have it twice when an acknowledgement was lost.
    header = receipt(waiting)
    sealed = waiting.wrap(waiting.seal(header, COMMUNE), CENTRE)
    for _ in range(2):
        waiting.post(COMMUNE, CENTRE, sealed)
    gateway = waiting.running["tw"]
    await eventually(lambda: gateway.store.position("MAIL_tw") == 2)
    await gateway.node.journal.commit([])
    assert len(waiting.receipts) == 1
    assert [entry.verdict for entry in waiting.entries("tw")] == ["ok", "ok"]


async def test_another_receipt_under_a_used_id_is_an_alarm_and_is_not_told(waiting: World) -> None:
    header = receipt(waiting)
    assert await come(waiting, header) == "ok"
    assert await come(waiting, replace(header, status="refused", note="no")) == "replayed"
    assert [item.state.value for _, item in waiting.receipts] == ["delivered"]
    assert len(waiting.running["tw"].store.receipts(sent(waiting)[0])) == 1


async def test_a_second_receipt_of_one_state_keeps_the_first(waiting: World) -> None:
    assert await come(waiting, receipt(waiting, note="first")) == "ok"
    assert await come(waiting, receipt(waiting, note="second")) == "ok"
    (stored,) = waiting.running["tw"].store.receipts(sent(waiting)[0])
    assert stored.note == "first"


async def test_a_receipt_is_as_secret_as_its_message(country: World) -> None:
    node = country.running["p1"].node
    for label, algorithm in (
        (INTERNAL, Algorithm.HPKE_4_KE),
        (Label(Level.CONFIDENTIAL), Algorithm.HPKE_MLKEM768_X25519_KE),
    ):
        sealed = country.seal(country.header(CENTRE, COMMUNE, label=label), CENTRE)
        made = receipts.Receipts(node, Wraps(node.clock)).prepare(
            node.open_seal(sealed), receiver=country.organ(COMMUNE), state=ReceiptState.REFUSED, note="why"
        )
        (item,) = receipts.Receipts(node, Wraps(node.clock)).seal([made])
        assert (made.header.label, made.header.status, made.header.note) == (label, "refused", "why")
        assert made.header.answers == digest_of(sealed)
        unwrapped = country.running["tw"].node.unwrap(item.data, "a01")
        key = country.directory.snapshot.key(unwrapped.kid)
        assert key is not None
        assert key.key.algorithm is algorithm


async def test_checking_alone_refuses_what_was_not_sent(country: World) -> None:
    gateway = country.running["tw"]
    header = country.header(COMMUNE, CENTRE, Kind.RECEIPT, conversation=uuid.uuid4(), status="opened")
    sealed = country.seal(header, COMMUNE)
    with pytest.raises(Misdirected):
        receipts.check(gateway.node, gateway.node.open_seal(sealed), sealed, sent=None)
