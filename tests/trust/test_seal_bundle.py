"""Bundles of headers: one signature, from which both sides make the same seals, each of which holds alone."""

from collections.abc import Callable
from copy import replace
from typing import Any, Final
from uuid import UUID

import cwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace as changed
from pycose.keys.ec2 import EC2Key
from pycose.messages.sign1message import Sign1Message

from lienthong.kernel import cbor
from lienthong.kernel.identifiers import OrganId
from lienthong.trust import cose, merkle, seal
from lienthong.trust.checkpoint import TREE_SIZE
from lienthong.trust.errors import KeyNotValid, KeyUnknown, SealInvalid, TrustError
from lienthong.trust.header import Header, Kind
from lienthong.trust.keys import Algorithm, PublicKey
from lienthong.trust.seal import Bundled, Opened
from tests.support.seals import NOW, REQUEST, SIGNER, Signer, taken_apart, verifier

HEADERS: Final = [replace(REQUEST, id=UUID(int=number), path=f"/{number}") for number in range(32)]
COUNTS: Final = [1, 2, 3, 4, 5, 7, 8, 15, 16, 17, 31, 32]
SIGNERS: Final = {algorithm: Signer(algorithm) for algorithm in (Algorithm.EDDSA, Algorithm.ML_DSA_65)}
SIGNERS[Algorithm.ES256] = SIGNER


def bundled(headers: list[Header], signer: Signer = SIGNER) -> Bundled:
    return seal.seal_bundle([header.to_bytes() for header in headers], key=signer.key, store=signer.store)


def opened(headers: list[Header], made: Bundled, *signers: Signer, at: int = NOW) -> list[tuple[Opened, bytes]]:
    pairs = [(header, header.to_bytes()) for header in headers]
    return verifier(*signers).open_bundle(pairs, protected=made.protected, signature=made.signature, at=at)


def resigned(headers: list[Header], changes: dict[int, Any], signer: Signer = SIGNER) -> Bundled:
    """A bundle whose signer writes something else into the protected header, and signs that."""
    made = bundled(headers, signer)
    protected = {key: item for key, item in {**cbor.decode(made.protected), **changes}.items() if item is not ...}
    return signed(headers, cbor.encode(protected), signer)


def signed(headers: list[Header], protected: bytes, signer: Signer = SIGNER) -> Bundled:
    encoded = [header.to_bytes() for header in headers]
    payload = encoded[0] if len(encoded) == 1 else merkle.root_and_paths(list(map(merkle.leaf_hash, encoded)))[0]
    signature = signer.store.sign(signer.key.kid, cose.to_be_signed(protected, payload))
    return Bundled(protected=protected, signature=signature, seals=())


BUNDLE: Final = bundled(HEADERS[:7])


# -- what holds


@pytest.mark.parametrize("algorithm", SIGNERS)
@pytest.mark.parametrize("count", COUNTS)
def test_both_sides_have_the_same_seals_and_each_opens_alone(count: int, algorithm: Algorithm) -> None:
    signer, headers = SIGNERS[algorithm], HEADERS[:count]
    made = bundled(headers, signer)
    found = opened(headers, made, signer)
    assert tuple(sealed for _, sealed in found) == made.seals
    for header, (each, sealed) in zip(headers, found, strict=True):
        # As a judge does who has but this one.
        assert verifier(signer).open(sealed, at=NOW) == each
        assert (each.header, each.key, each.digest) == (header, signer.key, seal.digest_of(sealed))
        assert cbor.encode(cbor.decode(sealed)) == sealed
    assert len(set(made.seals)) == count


@given(ids=st.lists(st.uuids(), min_size=1, max_size=32, unique=True))
def test_any_bundle_opens(ids: list[UUID]) -> None:
    headers = [replace(REQUEST, id=each) for each in ids]
    made = bundled(headers)
    found = opened(headers, made)
    assert [sealed for _, sealed in found] == list(made.seals)
    assert [verifier().open(sealed, at=NOW).header for sealed in made.seals] == headers


def test_one_header_is_sealed_as_if_it_came_alone() -> None:
    (sealed,) = bundled(HEADERS[:1]).seals
    header, parts = taken_apart(sealed)
    assert header == HEADERS[0].to_bytes()
    assert cose.VDS not in cbor.decode(parts[0])
    assert parts[1] == {}


def test_the_proof_is_that_of_the_protocol() -> None:
    leaves = [merkle.leaf_hash(header.to_bytes()) for header in HEADERS[:7]]
    root, paths = merkle.root_and_paths(leaves)
    for index, sealed in enumerate(BUNDLE.seals):
        _, (protected, unprotected, payload, signature) = taken_apart(sealed)
        assert cbor.decode(protected)[TREE_SIZE] == 7
        assert unprotected == {cose.VDP: {-1: [cbor.encode([7, index, paths[index]])]}}
        assert payload is None
        SIGNER.key.verify(signature, cose.to_be_signed(protected, root))


def payloads(made: Bundled, headers: list[Header]) -> list[tuple[bytes, bytes]]:
    encoded = [header.to_bytes() for header in headers]
    root, _ = merkle.root_and_paths(list(map(merkle.leaf_hash, encoded)))
    payload = encoded[0] if len(encoded) == 1 else root
    return [(cbor.decode(sealed)[1], payload) for sealed in made.seals]


@pytest.mark.parametrize("count", [1, 2, 7, 32])
def test_pycose_verifies_the_seals_of_a_bundle(count: int) -> None:
    numbers = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), SIGNER.key.public).public_numbers()
    key = EC2Key(crv="P_256", x=numbers.x.to_bytes(32), y=numbers.y.to_bytes(32))
    for signature, payload in payloads(bundled(HEADERS[:count]), HEADERS[:count]):
        message = Sign1Message.decode(signature)
        message.key = key
        assert message.verify_signature(detached_payload=payload)
        assert not message.verify_signature(detached_payload=bytes(32))


@pytest.mark.parametrize("count", [1, 2, 7, 32])
def test_cwt_verifies_the_seals_of_a_bundle(count: int) -> None:
    numbers = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), SIGNER.key.public).public_numbers()
    key = cwt.COSEKey.new(
        {1: 2, 2: SIGNER.key.kid, 3: -7, -1: 1, -2: numbers.x.to_bytes(32), -3: numbers.y.to_bytes(32)}
    )
    for signature, payload in payloads(bundled(HEADERS[:count]), HEADERS[:count]):
        assert cwt.COSE.new().decode(signature, key, detached_payload=payload) == payload
        with pytest.raises(cwt.VerifyError):
            cwt.COSE.new().decode(signature, key, detached_payload=bytes(32))


# -- what does not


@pytest.mark.parametrize(
    "change",
    [
        {"id": UUID(int=99)},
        {"sender": "VN/PARTY/A01/Other"},
        {"receiver": "VN/STATE/G22/Provider/other"},
        {"created": NOW + 1},
        {"expires": NOW + 1},
        {"method": "PUT"},
        {"path": "/other"},
        {"user": "u"},
        {"purpose": "p"},
        {"contents": ()},
        {"answers": bytes(32)},
        {"note": "n"},
        {"kind": Kind.MESSAGE},
    ],
    ids=str,
)
@pytest.mark.parametrize("count", [1, 2, 7])
def test_a_header_with_another_field_is_refused(change: dict[str, Any], count: int) -> None:
    made = bundled(HEADERS[:count])
    for place in range(count):
        headers = HEADERS[:count]
        headers[place] = replace(headers[place], **change)
        with pytest.raises(SealInvalid, match="signature"):
            opened(headers, made)


@pytest.mark.parametrize(
    "arrange",
    [
        lambda headers: headers[::-1],
        lambda headers: [headers[1], headers[0], *headers[2:]],
        lambda headers: [*headers[:5], headers[6], headers[5]],
        lambda headers: [headers[0], headers[0], *headers[2:]],
        lambda headers: [*headers[:6], headers[5]],
    ],
)
def test_headers_in_another_order_or_twice_are_refused(arrange: Callable[[list[Header]], list[Header]]) -> None:
    with pytest.raises(SealInvalid, match="signature"):
        opened(arrange(HEADERS[:7]), BUNDLE)


@pytest.mark.parametrize("headers", [HEADERS[:6], HEADERS[1:7], HEADERS[:8], [*HEADERS[:7], HEADERS[6]]])
def test_headers_left_out_or_added_are_refused(headers: list[Header]) -> None:
    with pytest.raises(SealInvalid, match="size"):
        opened(headers, BUNDLE)
    # And when the signer's word on the number is changed with them, its signature is gone.
    protected = cbor.encode({**cbor.decode(BUNDLE.protected), TREE_SIZE: len(headers)})
    with pytest.raises(SealInvalid, match="signature"):
        opened(headers, changed(BUNDLE, protected=protected))


@pytest.mark.parametrize("count", [1, 2, 7])
def test_parts_of_another_bundle_are_refused(count: int) -> None:
    headers, other = HEADERS[:count], bundled(HEADERS[10 : 10 + count])
    made = bundled(headers)
    with pytest.raises(SealInvalid, match="signature"):
        opened(headers, other)
    with pytest.raises(SealInvalid, match="signature"):
        opened(headers, changed(made, signature=other.signature))
    theirs = bundled(headers, Signer())
    with pytest.raises(KeyUnknown):
        opened(headers, theirs)
    with pytest.raises(KeyUnknown):
        opened(headers, changed(made, protected=theirs.protected))
    with pytest.raises(SealInvalid, match="signature"):
        opened(headers, changed(made, signature=theirs.signature))


@pytest.mark.parametrize("count", [1, 7])
def test_every_changed_bit_of_the_signature_and_its_header_is_refused(count: int) -> None:
    made = bundled(HEADERS[:count])
    for name in ("protected", "signature"):
        data = getattr(made, name)
        for bit in range(8 * len(data)):
            broken = bytearray(data)
            broken[bit // 8] ^= 1 << bit % 8
            with pytest.raises((SealInvalid, KeyUnknown)):
                opened(HEADERS[:count], changed(made, **{name: bytes(broken)}))


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({cose.CRIT: [1]}, "critical"),
        ({cose.CRIT: []}, "critical"),
        ({cose.ALG: -8}, "algorithm"),
        ({cose.ALG: -49}, "algorithm"),
        ({cose.ALG: ...}, "algorithm"),
        ({cose.KID: ...}, "no key id"),
        ({cose.KID: b"short"}, "no key id"),
        ({cose.KID: "x" * 16}, "no key id"),
        ({cose.TYP: ...}, "not a seal"),
        ({cose.TYP: "another"}, "not a seal"),
    ],
    ids=str,
)
@pytest.mark.parametrize("count", [1, 7])
def test_what_the_right_key_signed_but_is_no_seal_is_refused(count: int, changes: dict[int, Any], match: str) -> None:
    headers = HEADERS[:count]
    with pytest.raises(SealInvalid, match=match):
        opened(headers, resigned(headers, changes))


@pytest.mark.parametrize(
    "changes",
    [
        {cose.VDS: ...},
        {cose.VDS: 2},
        {cose.VDS: "1"},
        {TREE_SIZE: ...},
        {TREE_SIZE: 6},
        {TREE_SIZE: 8},
        {TREE_SIZE: 0},
        {TREE_SIZE: "7"},
        {TREE_SIZE: [7]},
    ],
    ids=str,
)
def test_a_tree_of_another_kind_or_size_is_refused(changes: dict[int, Any]) -> None:
    with pytest.raises(SealInvalid, match="structure or size"):
        opened(HEADERS[:7], resigned(HEADERS[:7], changes))


@pytest.mark.parametrize("changes", [{cose.VDS: 1}, {cose.VDS: 1, TREE_SIZE: 1}, {cose.VDS: 1, TREE_SIZE: 2}], ids=str)
def test_a_single_header_under_the_signature_of_a_batch_is_refused(changes: dict[int, Any]) -> None:
    # Otherwise a root of somebody's choice, which is 32 bytes, could pass as a header or the other way round.
    with pytest.raises(SealInvalid, match="batch over a single"):
        opened(HEADERS[:1], resigned(HEADERS[:1], changes))


@pytest.mark.parametrize(
    "protected",
    [
        b"",
        b"\xa0\x00",
        b"\x80",
        b"\xf6",
        b"\xff",
        b"\x40",
        b"\xbf\xff",
        b"\xa2\x01\x26\x01\x26",
        b"\xa1\x18\x01\x26",
        b"\x81" * 1025,
        cbor.encode({1: -7, 99: bytes(1024)}),
    ],
    ids=repr,
)
@pytest.mark.parametrize("count", [1, 2])
def test_a_protected_header_that_is_none_is_refused(count: int, protected: bytes) -> None:
    # Though it is signed as it is.
    with pytest.raises(SealInvalid):
        opened(HEADERS[:count], signed(HEADERS[:count], protected))


@pytest.mark.parametrize("signature", [b"", bytes(64), bytes(63), bytes(65), b"\xff" * 64, bytes(100_000)])
def test_a_signature_that_is_none_is_refused(signature: bytes) -> None:
    for count in (1, 2):
        with pytest.raises(SealInvalid, match="signature"):
            opened(HEADERS[:count], changed(bundled(HEADERS[:count]), signature=signature))


@pytest.mark.parametrize(
    "other",
    [
        {"sender": "VN/PARTY/A02/Consumer"},
        {"sender": "VN/PARTY/A02"},
        # Whose organ this is depends on the kind.
        {"kind": Kind.RESPONSE, "status": "200", "sender": "VN/PARTY/A02/Consumer/service"},
    ],
    ids=str,
)
@pytest.mark.parametrize("place", [0, 1, 2])
def test_headers_of_several_organs_are_refused(other: dict[str, Any], place: int) -> None:
    # Even if one key is known for both: a gateway's organs do not vouch for one another.
    headers = HEADERS[:3]
    headers[place] = replace(headers[place], **other)
    with pytest.raises(SealInvalid, match="several organs"):
        opened(headers, bundled(headers))


def test_several_systems_of_one_organ_may_share_a_bundle() -> None:
    headers = [REQUEST, replace(REQUEST, sender="VN/PARTY/A01/Other"), replace(REQUEST, sender="VN/PARTY/A01")]
    assert [each.header for each, _ in opened(headers, bundled(headers))] == headers


@pytest.mark.parametrize("sender", ["", "VN", "VN/PARTY/A01/%zz", "VN/PARTY/A01/a/b"])
@pytest.mark.parametrize("place", [0, 1])
def test_a_malformed_sender_is_refused(sender: str, place: int) -> None:
    headers = HEADERS[:2]
    headers[place] = replace(headers[place], sender=sender)
    with pytest.raises(SealInvalid):
        opened(headers, bundled(headers))


def test_the_key_must_be_the_senders() -> None:
    asked: list[OrganId] = []

    def resolve(_: bytes, header: Header) -> PublicKey:
        asked.append(seal.sender_organ(header))
        raise KeyUnknown("not a key of it")

    made = bundled(HEADERS[:3])
    pairs = [(header, header.to_bytes()) for header in HEADERS[:3]]
    with pytest.raises(KeyUnknown):
        seal.Verifier(resolve).open_bundle(pairs, protected=made.protected, signature=made.signature, at=NOW)
    assert set(asked) == {OrganId("VN", "PARTY", "A01")}


@pytest.mark.parametrize("count", [1, 2])
def test_a_key_that_is_not_valid_then_is_refused(count: int) -> None:
    made = bundled(HEADERS[:count])
    for at in (SIGNER.key.not_before - 1, SIGNER.key.not_after):
        with pytest.raises(KeyNotValid):
            opened(HEADERS[:count], made, at=at)


@given(
    protected=st.binary(max_size=40),
    signature=st.binary(max_size=70),
    count=st.integers(1, 4),
)
def test_arbitrary_bytes_are_refused(protected: bytes, signature: bytes, count: int) -> None:
    with pytest.raises(TrustError):
        opened(HEADERS[:count], Bundled(protected=protected, signature=signature, seals=()))
