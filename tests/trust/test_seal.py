"""Seals: single and in batches they hold for one header, one key and one time, and for nothing else."""

from collections.abc import Callable
from copy import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lienthong.kernel import cbor
from lienthong.kernel.clock import DAY
from lienthong.kernel.identifiers import OrganId
from lienthong.trust import cose, merkle, seal
from lienthong.trust.checkpoint import TREE_SIZE
from lienthong.trust.errors import KeyNotValid, KeyUnknown, SealInvalid, TrustError
from lienthong.trust.header import Header, Kind
from lienthong.trust.keys import Algorithm, PublicKey
from tests.support.seals import (
    BATCH,
    NOW,
    REQUEST,
    SIGNER,
    SINGLE,
    Known,
    Signer,
    batch_root,
    known,
    put_together,
    taken_apart,
    verifier,
    with_proof,
    with_protected,
)


@pytest.mark.parametrize("algorithm", [Algorithm.ES256, Algorithm.EDDSA, Algorithm.ML_DSA_65])
def test_a_seal_opens_to_its_header(algorithm: Algorithm) -> None:
    signer = Signer(algorithm)
    sealed = seal.seal(REQUEST, key=signer.key, store=signer.store)
    opened = verifier(signer).open(sealed, at=NOW)
    assert opened.header == REQUEST
    assert opened.key is signer.key
    assert opened.digest == seal.digest_of(sealed)
    assert seal.header_of(sealed) == REQUEST


def test_of_nothing_nothing_is_sealed() -> None:
    assert seal.seal_many([], key=SIGNER.key, store=SIGNER.store) == []


@pytest.mark.parametrize("sealed", [SINGLE, BATCH[3]], ids=["single", "batch"])
def test_every_changed_bit_is_refused(sealed: bytes) -> None:
    check = verifier()
    # Also when the signature of the batch is remembered already.
    check.open(sealed, at=NOW)
    for bit in range(len(sealed) * 8):
        changed = bytearray(sealed)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises(TrustError):
            check.open(bytes(changed), at=NOW)


@given(data=st.binary(max_size=200))
def test_arbitrary_bytes_are_refused(data: bytes) -> None:
    for read in (seal.header_of, lambda sealed: verifier().open(sealed, at=NOW)):
        with pytest.raises(SealInvalid):
            read(data)


@pytest.mark.parametrize("parts", [[], [b""], [b"", b"", b""], ["", b""], [b"", {}], {}, 1, None], ids=repr)
def test_another_structure_is_refused(parts: object) -> None:
    with pytest.raises(SealInvalid, match="not a header and a signature"):
        verifier().open(cbor.encode(parts), at=NOW)


@pytest.mark.parametrize(("at", "opens"), [(-DAY - 1, False), (-DAY, True), (DAY - 1, True), (DAY, False)])
@pytest.mark.parametrize("sealed", [SINGLE, BATCH[0]], ids=["single", "batch"])
def test_the_key_must_have_been_valid_at_that_time(sealed: bytes, at: int, opens: bool) -> None:  # noqa: FBT001 - a column of the table
    if opens:
        assert verifier().open(sealed, at=NOW + at).key is SIGNER.key
    else:
        with pytest.raises(KeyNotValid):
            verifier().open(sealed, at=NOW + at)


@pytest.mark.parametrize("sealed", [SINGLE, BATCH[0]], ids=["single", "batch"])
def test_a_revoked_key_seals_nothing_even_if_its_signature_was_checked_before(sealed: bytes) -> None:
    directory = known(SIGNER)
    check = seal.Verifier(directory)
    check.open(sealed, at=NOW)
    directory.keys[SIGNER.key.kid] = replace(SIGNER.key, revoked_at=NOW)
    with pytest.raises(KeyNotValid, match="revoked"):
        check.open(sealed, at=NOW)
    assert check.open(sealed, at=NOW - 1).key.revoked_at == NOW
    del directory.keys[SIGNER.key.kid]
    with pytest.raises(KeyUnknown):
        check.open(sealed, at=NOW)


@pytest.mark.parametrize("sealed", [SINGLE, BATCH[0]], ids=["single", "batch"])
def test_the_key_is_looked_up_for_the_sender_of_the_header(sealed: bytes) -> None:
    asked: list[tuple[bytes, str]] = []

    def resolve(kid: bytes, header: Header) -> PublicKey:
        asked.append((kid, header.sender))
        return SIGNER.key

    check = seal.Verifier(resolve)
    check.open(sealed, at=NOW)
    check.open(sealed, at=NOW)
    # Remembered or not: whose key it is, is asked every time.
    assert asked == [(SIGNER.key.kid, REQUEST.sender)] * 2


@pytest.mark.parametrize("sealed", [SINGLE, BATCH[0]], ids=["single", "batch"])
@pytest.mark.parametrize("algorithm", [Algorithm.EDDSA, Algorithm.ML_DSA_65, Algorithm.HPKE_4_KE])
def test_the_algorithm_of_the_directory_counts(sealed: bytes, algorithm: Algorithm) -> None:
    other = replace(SIGNER.key, algorithm=algorithm)
    with pytest.raises(SealInvalid, match="algorithm"):
        seal.Verifier(Known({SIGNER.key.kid: other})).open(sealed, at=NOW)


@pytest.mark.parametrize(
    "change",
    [
        lambda p: [p[0] + 1, p[1], p[2]],
        lambda p: [p[0] - 1, p[1], p[2]],
        lambda p: [p[0], p[1] + 1, p[2]],
        lambda p: [p[0], p[0], p[2]],
        lambda p: [p[0], -1, p[2]],
        lambda p: [p[0], p[1], p[2][:-1]],
        lambda p: [p[0], p[1], [*p[2], p[2][0]]],
        lambda p: [p[0], p[1], p[2][::-1]],
        lambda p: [p[0], p[1], []],
        lambda p: [p[0], p[1], [hash_[:31] for hash_ in p[2]]],
        lambda p: [p[0], p[1], ["x" * 32 for _ in p[2]]],
        lambda p: [p[0], p[1], [1, 2, 3]],
        lambda p: [p[0], p[1], dict.fromkeys(p[2], 1)],
        lambda p: [p[0], p[1], b"".join(p[2])],
        lambda p: [p[0], p[1], None],
        lambda p: [p[0], True, p[2]],
        lambda p: [p[0], "3", p[2]],
        lambda p: ["7", p[1], p[2]],
        lambda p: [None, p[1], p[2]],
        lambda _: [1, 0, []],
        lambda _: [0, 0, []],
        lambda p: [-7, p[1], p[2]],
        lambda p: [seal.MAX_TREE + 2, p[1], p[2]],
        lambda p: [1 << 63, p[1], p[2] * 21],
        lambda p: [p[0], p[1]],
        lambda p: [*p, 1],
        lambda p: {1: p},
        lambda p: p[0],
    ],
)
def test_a_malformed_or_other_proof_is_refused(change: Callable[[Any], Any]) -> None:
    with pytest.raises(SealInvalid):
        verifier().open(with_proof(BATCH[3], change), at=NOW)


@pytest.mark.parametrize(
    "unprotected",
    [
        {},
        {cose.VDP: {}},
        {cose.VDP: []},
        {cose.VDP: {-1: []}},
        {cose.VDP: {-1: b""}},
        {cose.VDP: {-1: [b""]}},
        {cose.VDP: {-1: [b"\xff"]}},
        {cose.VDP: {-2: [b"\x80"]}},
        {-1: [b"\x80"]},
    ],
    ids=repr,
)
def test_a_batch_seal_without_an_inclusion_proof_is_refused(unprotected: dict[int, Any]) -> None:
    header, parts = taken_apart(BATCH[0])
    with pytest.raises(SealInvalid):
        verifier().open(put_together(header, [parts[0], unprotected, None, parts[3]]), at=NOW)


def test_nothing_but_the_proof_may_stand_outside_the_signature() -> None:
    # Whoever forwards a seal could otherwise give it another digest, and the same id two digests.
    header, parts = taken_apart(BATCH[0])
    proofs = parts[1][cose.VDP]
    for unprotected in (
        {**parts[1], 99: 1},
        {cose.VDP: {**proofs, -2: [b""]}},
        {cose.VDP: {-1: [*proofs[-1], *proofs[-1]]}},
    ):
        with pytest.raises(SealInvalid, match="exactly one inclusion proof"):
            verifier().open(put_together(header, [parts[0], unprotected, None, parts[3]]), at=NOW)
    header, parts = taken_apart(SINGLE)
    with pytest.raises(SealInvalid, match="nobody signed"):
        verifier().open(put_together(header, [parts[0], {cose.VDP: 1}, None, parts[3]]), at=NOW)


def test_the_root_of_a_batch_cannot_pass_as_a_header() -> None:
    header, parts = taken_apart(BATCH[0])
    with pytest.raises(SealInvalid):
        verifier().open(put_together(batch_root(), [parts[0], {}, None, parts[3]]), at=NOW)
    # Nor does a batch of one: its proof would be empty, and the signature over the leaf's hash.
    lone = with_protected(BATCH[0], {TREE_SIZE: 1}, merkle.leaf_hash(header))
    with pytest.raises(SealInvalid, match="structure or size"):
        verifier().open(with_proof(lone, lambda _: [1, 0, []]), at=NOW)


@pytest.mark.parametrize("size", [None, 0, 1, 12, 16, -14, seal.MAX_TREE + 2, 1 << 63, "14", True])
def test_another_signed_size_is_refused(size: object) -> None:
    changed = with_protected(BATCH[3], {TREE_SIZE: size}, batch_root())
    with pytest.raises(SealInvalid):
        verifier().open(changed, at=NOW)


@pytest.mark.parametrize("size", [9, 12, 13, 15, 16])
def test_the_size_is_signed(size: int) -> None:
    # The same path leads to the same root in trees of several sizes: without the signed one a seal had several forms.
    with pytest.raises(SealInvalid, match="malformed inclusion proof"):
        verifier().open(with_proof(BATCH[3], lambda proof: [size, *proof[1:]]), at=NOW)


@pytest.mark.parametrize("structure", [0, 2, -1, "1", None])
def test_another_kind_of_tree_is_refused(structure: object) -> None:
    changed = with_protected(BATCH[0], {cose.VDS: structure}, batch_root())
    with pytest.raises(SealInvalid):
        verifier().open(changed, at=NOW)


@pytest.mark.parametrize("typ", [None, "", "lienthong-checkpoint", "Lienthong-Seal", 1])
@pytest.mark.parametrize("sealed", [SINGLE, BATCH[0]], ids=["single", "batch"])
def test_a_signature_made_for_something_else_is_no_seal(sealed: bytes, typ: object) -> None:
    payload = REQUEST.to_bytes() if sealed is SINGLE else batch_root()
    with pytest.raises(SealInvalid, match="not a seal"):
        verifier().open(with_protected(sealed, {cose.TYP: typ}, payload), at=NOW)


@pytest.mark.parametrize("sealed", [SINGLE, BATCH[0]], ids=["single", "batch"])
def test_a_critical_header_is_refused(sealed: bytes) -> None:
    payload = REQUEST.to_bytes() if sealed is SINGLE else batch_root()
    with pytest.raises(SealInvalid, match="critical"):
        verifier().open(with_protected(sealed, {cose.CRIT: [cose.VDS]}, payload), at=NOW)


def test_a_seal_of_another_organs_key_does_not_open() -> None:
    stranger = Signer()
    with pytest.raises(KeyUnknown):
        verifier(stranger).open(SINGLE, at=NOW)


@pytest.mark.parametrize(
    ("kind", "sender", "organ"),
    [
        (Kind.REQUEST, "VN/PARTY/A01/Consumer", "VN/PARTY/A01"),
        (Kind.REQUEST, "VN/PARTY/A01", "VN/PARTY/A01"),
        (Kind.RESPONSE, "VN/STATE/G22/Provider/echo", "VN/STATE/G22"),
        (Kind.MESSAGE, "VN/PARTY/A01", "VN/PARTY/A01"),
        (Kind.RECEIPT, "VN/PARTY/A01/hso", "VN/PARTY/A01"),
    ],
)
def test_the_organ_of_the_sender_must_have_sealed(kind: Kind, sender: str, organ: str) -> None:
    assert seal.sender_organ(replace(REQUEST, kind=kind, sender=sender)) == OrganId.parse(organ)


@pytest.mark.parametrize(
    ("kind", "sender"),
    [(Kind.REQUEST, "VN/A/B/C/D"), (Kind.RESPONSE, "VN/A/B/C"), (Kind.MESSAGE, "VN"), (Kind.MESSAGE, "VN/%2e/B")],
)
def test_a_sender_that_cannot_be_one_is_refused(kind: Kind, sender: str) -> None:
    with pytest.raises(SealInvalid):
        seal.sender_organ(replace(REQUEST, kind=kind, sender=sender))


def test_oversize_is_refused_unread() -> None:
    with pytest.raises(SealInvalid, match="are allowed"):
        verifier().open(bytes(seal.MAX_SEALED + 1), at=NOW)


def test_a_store_without_the_key_seals_nothing() -> None:
    with pytest.raises(KeyUnknown):
        seal.seal(REQUEST, key=SIGNER.key, store=Signer().store)
