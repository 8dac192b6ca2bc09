"""Bundles from peers that cheat: what does not hold is taken by nobody, and harms only who made it."""

import secrets
import uuid
from copy import replace
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lienthong.exchange.errors import Malformed
from lienthong.exchange.mail import bundle
from lienthong.exchange.mail.bag import pack
from lienthong.exchange.mail.bundle import MAX_LETTERS, Bundle, groups, is_bundle
from lienthong.exchange.packet import content_of
from lienthong.exchange.subjects import mail_subject
from lienthong.kernel.identifiers import OrganId
from lienthong.kernel.labels import Label, Level
from lienthong.trust import envelope, seal
from lienthong.trust.header import Header, Kind
from lienthong.trust.keys import Algorithm
from lienthong.trust.seal import digest_of
from tests.support.carriers import eventually
from tests.support.gateways import CENTRE, COMMUNE, MALLORY, OTHER, World
from tests.support.mail import taken

TEXT = content_of(b"text")


def messages(world: World, *subjects: str, id_: uuid.UUID | None = None) -> list[Header]:
    """Messages from the centre to the commune."""
    return [world.header(CENTRE, COMMUNE, subject=each, contents=(TEXT,), id=id_ or uuid.uuid4()) for each in subjects]


def sealed(world: World, headers: list[Header], by: OrganId) -> seal.Bundled:
    organ = world.organ(by)
    key = world.directory.snapshot.sealing_key(by, world.clock.now())
    return seal.seal_bundle([header.to_bytes() for header in headers], key=key, store=world.stores[organ.site])


def bundled(
    world: World, headers: list[Header], by: OrganId = CENTRE, *, parts: tuple[bytes, ...] = (b"text",)
) -> Bundle:
    return Bundle.of(sealed(world, headers, by), [(header, parts) for header in headers])


def wrapped(world: World, made: Bundle | bytes, to: OrganId = COMMUNE) -> bytes:
    key = next(key for key in world.organ(to).keys if key.algorithm is Algorithm.HPKE_4_KE)
    return envelope.encrypt(made if isinstance(made, bytes) else made.to_bytes(), to=key)


async def verdicts(world: World, data: bytes, *, sender: OrganId = CENTRE, to: OrganId = COMMUNE) -> list[str]:
    """Bring an envelope to the province; returns what is recorded of it."""
    before = world.running["p1"].node.journal.size
    world.post(sender, to, data)
    await taken(world)
    return [entry.verdict for entry in world.entries("p1")[before:]]


async def test_a_bundle_that_holds_is_taken(country: World) -> None:
    made = bundled(country, messages(country, "a", "b", "c"))
    assert is_bundle(made.to_bytes())
    assert await verdicts(country, wrapped(country, made)) == ["ok"] * 3
    assert len(country.arrivals) == 3
    # And again: each is known, each is receipted again, and none is kept twice.
    assert await verdicts(country, wrapped(country, made)) == ["ok"] * 3
    assert len(country.arrivals) == 3
    assert len(country.running["p1"].mailbox.list(COMMUNE)) == 3


async def test_a_forged_member_spoils_the_bundle_and_nothing_else(country: World) -> None:
    first, second = messages(country, "a", "b")
    honest = bundled(country, [first, second])
    forged = Bundle.of(
        sealed(country, [first, second], CENTRE), [(first, (b"text",)), (replace(second, subject="x"), (b"text",))]
    )
    assert await verdicts(country, wrapped(country, forged)) == ["seal_invalid"]
    assert country.arrivals == []
    assert await verdicts(country, wrapped(country, honest)) == ["ok", "ok"]


@pytest.mark.parametrize("kind", ["added", "left out", "turned round"])
async def test_a_bundle_holds_as_a_whole_and_in_its_order(country: World, kind: str) -> None:
    headers = messages(country, "a", "b", "c")
    signed = sealed(country, headers, CENTRE)
    others = {"added": [*headers, headers[0]], "left out": headers[:2], "turned round": headers[::-1]}
    forged = Bundle.of(signed, [(header, (b"text",)) for header in others[kind]])
    assert await verdicts(country, wrapped(country, forged)) == ["seal_invalid"]
    assert country.arrivals == []


async def test_nobody_puts_anothers_message_into_his_bundle(attacked: World) -> None:
    own = attacked.header(MALLORY, COMMUNE, contents=(TEXT,))
    (others,) = messages(attacked, "a")
    made = bundled(attacked, [own, others], MALLORY)
    assert await verdicts(attacked, wrapped(attacked, made), sender=MALLORY) == ["seal_invalid"]
    # Nor alone under his own key.
    made = bundled(attacked, messages(attacked, "a", "b"), MALLORY)
    assert await verdicts(attacked, wrapped(attacked, made), sender=MALLORY) == ["key_unknown"]
    assert attacked.arrivals == []


async def test_a_message_for_another_organ_spoils_the_bundle(country: World) -> None:
    headers = [*messages(country, "a"), country.header(CENTRE, OTHER, contents=(TEXT,))]
    assert await verdicts(country, wrapped(country, bundled(country, headers))) == ["misdirected"]
    assert country.arrivals == []


async def test_a_bundle_from_another_site_is_an_alarm_for_each(country: World) -> None:
    made = bundled(country, messages(country, "a", "b"))
    assert await verdicts(country, wrapped(country, made), sender=MALLORY) == ["connection_mismatch"] * 2
    assert country.arrivals == []


async def test_one_that_is_refused_takes_nobody_with_it(country: World) -> None:
    headers = messages(country, "a", "b", "c")
    headers[1] = replace(headers[1], expires=headers[1].created)
    assert await verdicts(country, wrapped(country, bundled(country, headers))) == ["ok", "expired", "ok"]
    assert len(country.arrivals) == 2


async def test_one_whose_content_is_another_takes_nobody_with_it(country: World) -> None:
    headers = messages(country, "a", "b")
    made = Bundle.of(sealed(country, headers, CENTRE), [(headers[0], (b"text",)), (headers[1], (b"tex!",))])
    assert await verdicts(country, wrapped(country, made)) == ["ok", "digest_mismatch"]
    assert len(country.arrivals) == 1


async def test_an_id_counts_once_within_a_bundle(country: World) -> None:
    headers = messages(country, "a", "b", id_=uuid.uuid4())
    assert await verdicts(country, wrapped(country, bundled(country, headers))) == ["ok", "replayed"]
    assert len(country.arrivals) == 1


async def test_a_label_that_needs_a_stronger_key_is_refused_in_a_bundle_too(country: World) -> None:
    headers = messages(country, "a", "b")
    headers[0] = replace(headers[0], label=Label(Level.CONFIDENTIAL))
    assert await verdicts(country, wrapped(country, bundled(country, headers))) == ["key_too_weak", "ok"]


async def test_calls_do_not_come_in_the_mail(country: World) -> None:
    headers = [*messages(country, "a"), country.header(CENTRE, COMMUNE, Kind.EVENT)]
    made = Bundle.of(sealed(country, headers, CENTRE), [(headers[0], (b"text",)), (headers[1], ())])
    assert (await verdicts(country, wrapped(country, made)))[-1] in {"malformed", "address_invalid"}
    assert len(country.arrivals) == 1


async def test_what_a_mailbox_keeps_of_a_bundle_is_an_envelope_of_its_own(country: World) -> None:
    headers = messages(country, "a", "b")
    data = wrapped(country, bundled(country, headers))
    assert await verdicts(country, data) == ["ok", "ok"]
    store = country.running["p1"].store
    kept = [store.letters(str(COMMUNE), header.id)[0][1] for header in headers]
    assert len({*kept, data}) == 3
    # It comes again by itself, when the guard against replays has forgotten it: the seal tells that it is the same.
    alone = country.wrap(seal.seal(headers[0], key=_key(country), store=country.stores["tw"]), COMMUNE, b"text")
    assert await verdicts(country, alone) == ["replayed"]


def _key(world: World) -> Any:  # noqa: ANN401 - of the directory
    return world.directory.snapshot.sealing_key(CENTRE, world.clock.now())


async def test_the_same_seal_is_known_in_whatever_envelope_it_comes(country: World) -> None:
    headers = messages(country, "a", "b")
    made = sealed(country, headers, CENTRE)
    data = wrapped(country, Bundle.of(made, [(header, (b"text",)) for header in headers]))
    assert await verdicts(country, data) == ["ok", "ok"]
    country.clock.advance(headers[0].expires - country.clock.now())
    await country.restart("p1")
    # The guard has forgotten both: they have expired. The mailbox has not.
    assert await verdicts(country, country.wrap(made.seals[0], COMMUNE, b"text")) == ["ok"]
    assert country.entries("p1")[-1].detail == "came again"


# -- receipts


async def test_one_receipt_of_a_batch_that_is_forged_changes_nothing_for_the_others(country: World) -> None:
    gateway = country.running["tw"]
    await country.stop("p1")
    for _ in range(3):
        await gateway.sender.send(country.draft(COMMUNE))
    rows = gateway.node.journal.read("SELECT message, digest FROM sent ORDER BY message")
    made = [
        country.header(
            COMMUNE, CENTRE, Kind.RECEIPT, conversation=uuid.UUID(bytes=id_), answers=digest, status="delivered"
        )
        for id_, digest in rows
    ]
    # One about a seal that was never sent, one that somebody else has sealed.
    wrong = replace(made[1], answers=bytes(32))
    forged = country.wrap(country.seal(made[2], OTHER), CENTRE)
    letters = [
        country.wrap(country.seal(made[0], COMMUNE), CENTRE),
        forged,
        country.wrap(country.seal(wrong, COMMUNE), CENTRE),
    ]
    subject = mail_subject(country.organ(COMMUNE), country.organ(CENTRE))
    before = gateway.node.journal.size
    country.broker.store(subject, pack([(subject, each) for each in letters]), secrets.token_hex(16))
    await eventually(lambda: gateway.node.journal.size == before + 3)
    assert [entry.verdict for entry in country.entries("tw")[before:]] == ["ok", "key_unknown", "misdirected"]
    await eventually(lambda: gateway.store.waiting() == 2)
    await eventually(lambda: len(country.receipts) > 0)
    ((_, item),) = country.receipts
    assert (item.message, digest_of(item.sealed)) == (
        uuid.UUID(bytes=rows[0][0]),
        digest_of(gateway.store.receipts(item.message)[0].sealed),
    )


async def test_a_forged_receipt_spoils_its_bundle(country: World) -> None:
    gateway = country.running["tw"]
    await country.stop("p1")
    for _ in range(2):
        await gateway.sender.send(country.draft(COMMUNE))
    rows = gateway.node.journal.read("SELECT message, digest FROM sent ORDER BY message")
    made = [
        country.header(
            COMMUNE, CENTRE, Kind.RECEIPT, conversation=uuid.UUID(bytes=id_), answers=digest, status="delivered"
        )
        for id_, digest in rows
    ]
    signed = sealed(country, made, COMMUNE)
    forged = Bundle.of(signed, [(made[0], ()), (replace(made[1], status="accepted"), ())])
    before = gateway.node.journal.size
    country.post(COMMUNE, CENTRE, wrapped(country, forged, CENTRE))
    await eventually(lambda: gateway.node.journal.size == before + 1)
    assert country.entries("tw")[-1].verdict == "seal_invalid"
    assert gateway.store.waiting() == 2
    country.post(COMMUNE, CENTRE, wrapped(country, Bundle.of(signed, [(each, ()) for each in made]), CENTRE))
    await eventually(lambda: gateway.store.waiting() == 0)
    assert country.states() == [(str(COMMUNE), "delivered")] * 2


# -- bytes


@pytest.mark.parametrize(
    "raw",
    [
        [],
        [b"p", b"s"],
        [b"p", b"s", []],
        ["p", b"s", []],
        [b"p", b"s", [[[], []]]],
        [b"p", b"s", [], 1],
    ],
)
def test_another_form_is_malformed(raw: list[Any]) -> None:
    with pytest.raises(Malformed):
        Bundle.from_bytes(msgspec.msgpack.encode(raw))


async def test_a_bundle_of_one_or_of_too_many_is_malformed(country: World) -> None:
    (header,) = messages(country, "a")
    signed = sealed(country, [header], CENTRE)
    for count in (1, MAX_LETTERS + 1):
        made = Bundle.of(signed, [(header, (b"text",))] * count)
        assert await verdicts(country, wrapped(country, made)) == ["malformed"]


@given(data=st.binary(max_size=80))
def test_arbitrary_bytes_are_malformed(data: bytes) -> None:
    with pytest.raises(Malformed):
        Bundle.from_bytes(b"\x93" + data)


def test_oversize_is_refused_unread() -> None:
    with pytest.raises(Malformed, match="are allowed"):
        Bundle.from_bytes(b"\x93" + bytes(envelope.MAX_ENVELOPE))


@given(sizes=st.lists(st.integers(0, bundle.MAX_BYTES), max_size=200))
def test_letters_are_divided_in_order_into_what_fits(sizes: list[int]) -> None:
    divided = groups(enumerate(sizes))
    assert [number for group in divided for number in group] == list(range(len(sizes)))
    for group in divided:
        assert 0 < len(group) <= MAX_LETTERS
        assert len(group) == 1 or sum(sizes[number] for number in group) <= bundle.MAX_BYTES
