"""What the parts of a gateway share: organs hosted here, keys by their owner, evidence."""

from copy import replace

import pytest

from lienthong.directory.snapshot import Standing
from lienthong.exchange.errors import CallerUnknown, KeyTooWeak, Misdirected, ReceiverUnknown
from lienthong.exchange.policy import Connection
from lienthong.kernel.clock import DAY
from lienthong.kernel.errors import IdentifierInvalid
from lienthong.kernel.labels import Label, Level
from lienthong.trust.errors import EnvelopeInvalid, KeyUnknown
from lienthong.trust.header import Kind
from lienthong.trust.keys import Algorithm
from tests.support.gateways import CENTRE, COMMUNE, HSO, MALLORY, NEIGHBOUR, OTHER, UNITS, World


async def test_organs_are_hosted_where_the_directory_says(country: World) -> None:
    node = country.running["p1"].node
    assert node.hosted(COMMUNE).token == "u1"
    assert node.hosted_branches() == ["01"]
    for organ in (CENTRE, replace(COMMUNE, member="none")):
        with pytest.raises(CallerUnknown, match="p1"):
            node.hosted(organ)
    assert node.organ(CENTRE).token == "a01"
    with pytest.raises(ReceiverUnknown):
        node.organ(replace(COMMUNE, member="none"))
    country.change(NEIGHBOUR, site="p1")
    assert node.hosted_branches() == ["01", "tw"]


async def test_an_envelope_is_opened_with_a_key_of_whom_it_was_delivered_to(country: World) -> None:
    node = country.running["p1"].node
    data = country.message(CENTRE, COMMUNE)
    assert node.unwrap(data, "u1").kid in {key.kid for key in country.organ(COMMUNE).keys}
    for token in ("u2", "a01", "none"):
        with pytest.raises(KeyUnknown, match=token):
            node.unwrap(data, token)
    with pytest.raises(EnvelopeInvalid):
        node.unwrap(b"", "u1")


async def test_another_branch_that_lists_our_key_takes_nothing_from_us(country: World) -> None:
    node = country.running["p1"].node
    data = country.message(CENTRE, COMMUNE)
    snapshot = country.directory.snapshot
    owners = dict(snapshot.indexes.owners)
    for key in country.organ(COMMUNE).keys:
        owners[key.kid] = (replace(owners[key.kid][0], organ=MALLORY), *owners[key.kid])
    country.directory.snapshot = replace(snapshot, indexes=replace(snapshot.indexes, owners=owners))
    assert node.unwrap(data, "u1").plaintext
    sealed = country.seal(country.header(COMMUNE, CENTRE), COMMUNE)
    assert node.open_seal(sealed).header.sender == str(COMMUNE)


async def test_a_seal_is_checked_as_of_a_time(country: World) -> None:
    node = country.running["p1"].node
    sealed = country.seal(country.header(CENTRE, COMMUNE), CENTRE)
    then = country.clock.now()
    country.publish(country.source.revoke(country.organ(CENTRE).keys[0].kid, then + DAY))
    country.clock.advance(DAY)
    assert node.open_seal(sealed, at=then).header.sender == str(CENTRE)
    with pytest.raises(Exception, match="revoked"):
        node.open_seal(sealed)


async def test_the_receiver_in_the_seal_must_be_the_one_it_was_delivered_to(country: World) -> None:
    node = country.running["p1"].node
    assert node.check_receiver(country.header(CENTRE, COMMUNE), "u1").id == COMMUNE
    assert node.check_receiver(country.header(HSO, UNITS, Kind.REQUEST), "u1").id == COMMUNE
    for receiver, token in ((COMMUNE, "u2"), (CENTRE, "a01"), (replace(OTHER, member="none"), "u2"), (OTHER, "")):
        with pytest.raises(Misdirected):
            node.check_receiver(country.header(CENTRE, receiver), token)
    for receiver_text in ("", "VN/PARTY", "VN/PARTY/U1/reg/x"):
        with pytest.raises(IdentifierInvalid):
            node.check_receiver(country.header(CENTRE, receiver_text), "u1")


@pytest.mark.parametrize("level", Level)
async def test_keys_are_as_strong_as_the_label_asks(country: World, level: Level) -> None:
    node = country.running["p1"].node
    organ = country.organ(COMMUNE)
    chosen = node.wrapping_key(organ, country.header(CENTRE, COMMUNE, label=Label(level)))
    node.check_strength(chosen.kid, organ, level)
    weak = next(key for key in organ.keys if key.algorithm is Algorithm.HPKE_4_KE)
    if level >= Level.CONFIDENTIAL:
        assert chosen.algorithm is Algorithm.HPKE_MLKEM768_X25519_KE
        with pytest.raises(KeyTooWeak):
            node.check_strength(weak.kid, organ, level)
        with pytest.raises(KeyTooWeak):
            node.check_strength(chosen.kid, country.organ(OTHER), level)
    else:
        node.check_strength(weak.kid, organ, level)


async def test_decisions_are_made_by_the_newest_directory(country: World) -> None:
    node = country.running["p1"].node
    header = country.header(CENTRE, COMMUNE)
    assert node.decide(header, Connection(site="tw")).code == "ok"
    country.directory.forced = Standing.STALE
    assert node.decide(header, Connection(site="tw")).code == "directory_stale"
    country.directory.forced = None
    country.change(CENTRE, active=False)
    assert node.decide(header, Connection(site="tw")).code == "sender_unknown"


async def test_evidence_names_both_ends_as_its_owner_sees_them(country: World) -> None:
    node = country.running["p1"].node
    header = country.header(CENTRE, COMMUNE, purpose="audit", label=Label(Level.CONFIDENTIAL))
    received = node.entry(header, organ=country.organ(COMMUNE), direction="in", seals=(b"s",))
    assert (received.organ, received.peer, received.kind, received.verdict) == (
        str(COMMUNE),
        str(CENTRE),
        "message",
        "ok",
    )
    assert (received.purpose, received.label, received.id) == ("audit", "confidential", str(header.id))
    sent = node.entry(header, organ="site:p1", direction="out", seals=(), kind="refusal", detail="x" * 900)
    assert (sent.organ, sent.peer, sent.kind, len(sent.detail)) == ("site:p1", str(COMMUNE), "refusal", 500)
