"""Checkpoints and receipts: what they prove, and that nothing else passes for them."""

from copy import replace
from typing import Any

import cbor2
import cwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from hypothesis import given
from hypothesis import strategies as st
from pycose.headers import Algorithm as AlgorithmHeader
from pycose.keys.ec2 import EC2Key
from pycose.keys.okp import OKPKey
from pycose.messages.sign1message import Sign1Message

from lienthong.kernel import cbor
from lienthong.kernel.clock import DAY
from lienthong.trust import cose
from lienthong.trust.checkpoint import (
    CONSISTENCY,
    INCLUSION,
    Checkpoint,
    CheckpointSigner,
    consistency_receipt,
    receipt_of,
    sign_checkpoint,
    verify_consistency,
    verify_receipt,
)
from lienthong.trust.errors import EvidenceInvalid, KeyNotValid, KeyUnknown, SealInvalid, TrustError
from lienthong.trust.keys import Algorithm
from lienthong.trust.merkle import leaf_hash
from lienthong.trust.tree import Tree
from tests.support.journals import NOW, SITE, Keys, entry, keys_of, signer

SIGNER = signer()
RESOLVE = keys_of(SIGNER)
BODIES = [entry(number).to_bytes() for number in range(11)]
TREE = Tree.over(list(map(leaf_hash, BODIES)))


def checkpoint(size: int = 11, *, sign: CheckpointSigner = SIGNER, site: str = SITE, at: int = NOW) -> Checkpoint:
    return sign_checkpoint(site=site, size=size, root=TREE.root(size), at=at, signer=sign)


def resigned(changes: dict[int, Any]) -> bytes:
    """A signature by the right key whose protected header was changed before signing."""
    header = {k: v for k, v in cose.parse1(checkpoint().signed).protected.items() if k not in {cose.ALG, cose.KID}}
    header = {k: v for k, v in (header | changes).items() if v is not None}
    return cose.sign1(header, TREE.root(), key=SIGNER.key, store=SIGNER.store)


def with_proof(label: int, proof: object, *, signed: bytes | None = None) -> bytes:
    return cose.with_unprotected(cose.parse1(signed or checkpoint().signed), {cose.VDP: {label: proof}})


@pytest.mark.parametrize("algorithm", [Algorithm.ES256, Algorithm.EDDSA, Algorithm.ML_DSA_65])
def test_a_checkpoint_verifies_with_the_key_of_the_directory(algorithm: Algorithm) -> None:
    sign = signer(algorithm)
    made = checkpoint(sign=sign)
    assert made.verify(keys_of(sign)) == sign.key
    assert Checkpoint.from_bytes(made.to_bytes()) == made
    assert (made.site, made.size, made.root, made.at) == (SITE, 11, TREE.root(), NOW)


def test_the_empty_journal_has_a_checkpoint_too() -> None:
    made = checkpoint(0)
    made.verify(RESOLVE)
    assert made.size == 0


def test_the_header_is_as_rfc_9942_and_the_protocol_say() -> None:
    assert cose.parse1(checkpoint().signed).protected == {
        1: -7,
        4: SIGNER.key.kid,
        15: {1: SITE, 6: NOW // 1000},
        395: 1,
        -65601: 11,
        -65602: NOW,
    }


@pytest.mark.parametrize("change", [{"site": "site-b"}, {"size": 10}, {"root": TREE.root(10)}, {"at": NOW + 1}])
def test_a_field_that_was_not_signed_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(SealInvalid):
        replace(checkpoint(), **change).verify(RESOLVE)


def test_the_key_must_be_known_and_valid_at_that_time() -> None:
    with pytest.raises(KeyUnknown):
        checkpoint().verify(keys_of(signer()))
    revoked = replace(SIGNER.key, revoked_at=NOW)
    with pytest.raises(KeyNotValid, match="revoked"):
        checkpoint().verify(Keys({revoked.kid: revoked}))
    with pytest.raises(KeyNotValid, match="revoked"):
        verify_receipt(receipt_of(checkpoint(), 11, 3, TREE.inclusion(3)), BODIES[3], Keys({revoked.kid: revoked}))


def test_nobody_signs_with_an_expired_key() -> None:
    with pytest.raises(KeyNotValid, match="expired"):
        checkpoint(at=NOW + DAY)


def test_the_algorithm_is_the_directorys_and_not_the_messages() -> None:
    forged = signer(Algorithm.EDDSA)
    parsed = cose.parse1(checkpoint(sign=forged).signed)
    header = cbor.encode({**parsed.protected, cose.KID: SIGNER.key.kid})
    signed = cbor.encode(cbor2.CBORTag(18, [header, {}, None, parsed.signature]))
    with pytest.raises(SealInvalid, match="algorithm"):
        Checkpoint.parse(signed, TREE.root()).verify(RESOLVE)


def test_an_unknown_critical_header_is_refused() -> None:
    signed = resigned({cose.CRIT: [999], 999: 1})
    with pytest.raises(SealInvalid, match="critical"):
        Checkpoint.parse(signed, TREE.root()).verify(RESOLVE)


@pytest.mark.parametrize(
    "changes",
    [
        {cose.VDS: 2},
        {cose.VDS: None},
        {15: {1: SITE, 6: NOW // 1000 + 1}},
        {15: {1: 5, 6: NOW // 1000}},
        {-65601: -1},
        {-65601: "11"},
        {-65602: None},
    ],
)
def test_other_signatures_of_the_site_are_not_checkpoints(changes: dict[int, Any]) -> None:
    with pytest.raises(SealInvalid, match="not a checkpoint"):
        Checkpoint.parse(resigned(changes), TREE.root())


@pytest.mark.parametrize("data", [b"", b"\x80", cbor.encode([b"root"]), cbor.encode([b"root", b"cose"])])
def test_bytes_that_are_no_checkpoint_are_refused(data: bytes) -> None:
    with pytest.raises(SealInvalid):
        Checkpoint.from_bytes(data)


def test_a_receipt_is_not_a_checkpoint_and_a_root_is_32_bytes() -> None:
    with pytest.raises(SealInvalid, match="not a checkpoint and a root"):
        Checkpoint.parse(receipt_of(checkpoint(), 11, 3, TREE.inclusion(3)), TREE.root())
    with pytest.raises(SealInvalid, match="not a checkpoint and a root"):
        Checkpoint.parse(checkpoint().signed, b"short")


@given(size=st.integers(1, 11), data=st.data())
def test_a_receipt_proves_its_entry_and_no_other(size: int, data: st.DataObject) -> None:
    index, other = data.draw(st.integers(0, size - 1)), data.draw(st.integers(0, 10))
    receipt = receipt_of(checkpoint(size), size, index, TREE.inclusion(index, size))
    facts = verify_receipt(receipt, BODIES[index], RESOLVE)
    assert (facts.site, facts.index, facts.size, facts.at, facts.key) == (SITE, index, size, NOW, SIGNER.key)
    if other != index:
        with pytest.raises(SealInvalid, match="signature"):
            verify_receipt(receipt, BODIES[other], RESOLVE)


@given(data=st.data())
def test_a_receipt_with_any_bit_flipped_is_refused(data: st.DataObject) -> None:
    receipt = bytearray(receipt_of(checkpoint(), 11, 3, TREE.inclusion(3)))
    at = data.draw(st.integers(0, len(receipt) - 1))
    receipt[at] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(TrustError):
        verify_receipt(bytes(receipt), BODIES[3], RESOLVE)


PROOF = [11, 3, TREE.inclusion(3)]


@pytest.mark.parametrize(
    "proof",
    [
        [],
        [cbor.encode(PROOF), cbor.encode(PROOF)],
        [PROOF],
        [b"\xff"],
        [cbor.encode([10, 3, TREE.inclusion(3, 10)])],
        [cbor.encode([11, 3, "path"])],
        [cbor.encode([11, 3, ["hash"]])],
        [cbor.encode([11, "3", TREE.inclusion(3)])],
        [cbor.encode([11, 3])],
        {},
    ],
)
def test_malformed_inclusion_proofs_are_refused(proof: object) -> None:
    with pytest.raises(SealInvalid):
        verify_receipt(with_proof(INCLUSION, proof), BODIES[3], RESOLVE)


def test_a_proof_that_does_not_fit_the_tree_is_refused() -> None:
    for proof in ([11, 11, TREE.inclusion(3)], [11, 3, TREE.inclusion(3)[:-1]], [11, 3, [b"short"]]):
        with pytest.raises(EvidenceInvalid):
            verify_receipt(with_proof(INCLUSION, [cbor.encode(proof)]), BODIES[3], RESOLVE)


def test_a_checkpoint_alone_is_no_receipt() -> None:
    for signed in (checkpoint().signed, cose.with_unprotected(cose.parse1(checkpoint().signed), {cose.VDP: 1})):
        with pytest.raises(SealInvalid, match="exactly one"):
            verify_receipt(signed, BODIES[3], RESOLVE)


def test_a_path_for_another_size_makes_no_receipt() -> None:
    with pytest.raises(EvidenceInvalid, match="a path for 10 entries"):
        receipt_of(checkpoint(11), 10, 3, TREE.inclusion(3, 10))


def test_a_consistency_receipt_shows_that_one_continues_the_other() -> None:
    old, new = checkpoint(4), checkpoint(11, at=NOW + 1000)
    receipt = consistency_receipt(new, 4, TREE.consistency(4, 11))
    verify_consistency(receipt, old, new, RESOLVE)
    rewritten = sign_checkpoint(site=SITE, size=4, root=TREE.root(5), at=NOW, signer=SIGNER)
    with pytest.raises(EvidenceInvalid, match="does not begin"):
        verify_consistency(receipt, rewritten, new, RESOLVE)
    with pytest.raises(SealInvalid, match="another checkpoint"):
        verify_consistency(receipt, old, checkpoint(11), RESOLVE)
    with pytest.raises(SealInvalid, match="another checkpoint"):
        verify_consistency(receipt, checkpoint(4, site="site-b"), new, RESOLVE)
    with pytest.raises(SealInvalid, match="other sizes"):
        verify_consistency(receipt, checkpoint(5), new, RESOLVE)
    with pytest.raises(SealInvalid, match="exactly one"):
        verify_consistency(with_proof(CONSISTENCY, [], signed=new.signed), old, new, RESOLVE)
    with pytest.raises(KeyUnknown):
        verify_consistency(receipt, old, new, Keys())


def test_another_roots_signature_does_not_pass() -> None:
    old, new = checkpoint(4), replace(checkpoint(11), root=TREE.root(10))
    with pytest.raises(TrustError):
        verify_consistency(consistency_receipt(new, 4, TREE.consistency(4, 11)), old, new, RESOLVE)
    same = replace(checkpoint(4), root=TREE.root(10))
    with pytest.raises(SealInvalid, match="signature"):
        verify_consistency(consistency_receipt(same, 4, []), same, same, RESOLVE)


@pytest.mark.parametrize("algorithm", [Algorithm.ES256, Algorithm.EDDSA])
def test_other_libraries_verify_checkpoints_and_receipts(algorithm: Algorithm) -> None:
    sign = signer(algorithm)
    made = checkpoint(sign=sign)
    x, y = coordinates(sign)
    for signed in (made.signed, receipt_of(made, 11, 3, TREE.inclusion(3))):
        message = Sign1Message.decode(signed, allow_unknown_attributes=True)
        assert message.phdr[AlgorithmHeader].identifier == algorithm
        message.key = EC2Key(crv="P_256", x=x, y=y) if y else OKPKey(crv="ED25519", x=x)
        assert message.verify_signature(detached_payload=made.root)
        assert not message.verify_signature(detached_payload=TREE.root(10))
        # RFC 9053, section 7: key type, algorithm, id, operation "verify", then curve and coordinates.
        curve = {1: 2, -1: 1, -2: x, -3: y} if y else {1: 1, -1: 6, -2: x}
        key = cwt.COSEKey.new({3: int(algorithm), 2: sign.key.kid, 4: [2], **curve})
        assert cwt.COSE.new().decode(signed, key, detached_payload=made.root) == made.root


def coordinates(sign: CheckpointSigner) -> tuple[bytes, bytes]:
    match sign.key._verifier:
        case ec.EllipticCurvePublicKey() as key:
            numbers = key.public_numbers()
            return numbers.x.to_bytes(32), numbers.y.to_bytes(32)
        case ed25519.Ed25519PublicKey() as key:
            return key.public_bytes_raw(), b""
        case _:
            raise AssertionError
