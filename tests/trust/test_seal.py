"""Seals: single and in batches they hold for one header, one key and one time, and for nothing else."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import UUID

import cbor2
import cwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st
from pycose.keys.ec2 import EC2Key
from pycose.messages.sign1message import Sign1Message

from lienthong.kernel import cbor
from lienthong.kernel.clock import DAY
from lienthong.kernel.identifiers import OrganId
from lienthong.trust import cose, merkle, seal
from lienthong.trust.checkpoint import TREE_SIZE
from lienthong.trust.errors import KeyNotValid, KeyUnknown, SealInvalid, TrustError
from lienthong.trust.header import Header, Kind
from lienthong.trust.keys import Algorithm, PublicKey
from tests.support.seals import NOW, REQUEST, Known, Signer, known

SIGNER = Signer()
HEADERS = [replace(REQUEST, id=UUID(int=number)) for number in range(7)]
ENCODED = [header.to_bytes() for header in HEADERS]
BATCH = seal.seal_many(ENCODED, key=SIGNER.key, store=SIGNER.store)
SINGLE = seal.seal(REQUEST, key=SIGNER.key, store=SIGNER.store)


def verifier(*signers: Signer) -> seal.Verifier:
    return seal.Verifier(known(*(signers or (SIGNER,))))


def taken_apart(sealed: bytes) -> tuple[bytes, list[Any]]:
    header, signature = cbor.decode(sealed)
    return header, cbor.decode(signature).value


def put_together(header: bytes, parts: list[Any]) -> bytes:
    return cbor.encode([header, cbor.encode(cbor2.CBORTag(cose.TAG_SIGN1, parts))])


def with_proof(sealed: bytes, change: Callable[[Any], Any]) -> bytes:
    header, parts = taken_apart(sealed)
    proof = cbor.decode(parts[1][cose.VDP][-1][0])
    parts[1] = {cose.VDP: {-1: [cbor.encode(change(proof))]}}
    return put_together(header, parts)


def with_protected(sealed: bytes, changes: dict[int, Any], payload: bytes) -> bytes:
    """Change what is signed and sign it anew, with the right key."""
    header, parts = taken_apart(sealed)
    protected = {key: item for key, item in {**cbor.decode(parts[0]), **changes}.items() if item is not None}
    parts[0] = cbor.encode(protected)
    parts[3] = SIGNER.store.sign(SIGNER.key.kid, cose.to_be_signed(parts[0], payload))
    return put_together(header, parts)


def batch_root() -> bytes:
    tree = merkle.Tree()
    for header in ENCODED:
        tree.append(merkle.leaf_hash(header))
    return tree.root()


@pytest.mark.parametrize("algorithm", [Algorithm.ES256, Algorithm.EDDSA, Algorithm.ML_DSA_65])
def test_a_seal_opens_to_its_header(algorithm: Algorithm) -> None:
    signer = Signer(algorithm)
    sealed = seal.seal(REQUEST, key=signer.key, store=signer.store)
    opened = verifier(signer).open(sealed, at=NOW)
    assert opened.header == REQUEST
    assert opened.key is signer.key
    assert opened.digest == seal.digest_of(sealed)
    assert seal.header_of(sealed) == REQUEST


@pytest.mark.parametrize("count", [2, 3, 7, 8, 255, seal.MAX_BATCH])
def test_every_seal_of_a_batch_opens_to_its_own_header(count: int) -> None:
    headers = [replace(REQUEST, id=UUID(int=number)) for number in range(count)]
    sealed = seal.seal_many([header.to_bytes() for header in headers], key=SIGNER.key, store=SIGNER.store)
    check = verifier()
    assert [check.open(one, at=NOW).header for one in sealed] == headers
    assert len({taken_apart(one)[1][3] for one in sealed}) == 1


def test_of_nothing_nothing_is_sealed() -> None:
    assert seal.seal_many([], key=SIGNER.key, store=SIGNER.store) == []


def test_pycose_verifies_a_single_and_a_batch_seal() -> None:
    numbers = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), SIGNER.key.public).public_numbers()
    key = EC2Key(crv="P_256", x=numbers.x.to_bytes(32), y=numbers.y.to_bytes(32))
    for sealed, payload in [(SINGLE, REQUEST.to_bytes()), *((one, batch_root()) for one in BATCH)]:
        message = Sign1Message.decode(cbor.decode(sealed)[1])
        message.key = key
        assert message.verify_signature(detached_payload=payload)
        assert not message.verify_signature(detached_payload=bytes(32))


def test_cwt_verifies_a_single_and_a_batch_seal() -> None:
    numbers = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), SIGNER.key.public).public_numbers()
    key = cwt.COSEKey.new(
        {1: 2, 2: SIGNER.key.kid, 3: -7, -1: 1, -2: numbers.x.to_bytes(32), -3: numbers.y.to_bytes(32)}
    )
    for sealed, payload in [(SINGLE, REQUEST.to_bytes()), *((one, batch_root()) for one in BATCH)]:
        signature = cbor.decode(sealed)[1]
        assert cwt.COSE.new().decode(signature, key, detached_payload=payload) == payload
        with pytest.raises(cwt.VerifyError):
            cwt.COSE.new().decode(signature, key, detached_payload=bytes(32))


@pytest.mark.parametrize("sealed", [SINGLE, BATCH[3]], ids=["single", "batch"])
@given(data=st.data())
def test_any_changed_bit_is_refused(sealed: bytes, data: st.DataObject) -> None:
    changed = bytearray(sealed)
    bit = data.draw(st.integers(0, len(changed) * 8 - 1))
    changed[bit // 8] ^= 1 << bit % 8
    check = verifier()
    # Also when the signature of the batch is remembered already.
    check.open(sealed, at=NOW)
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


@pytest.mark.parametrize("place", [0, 1, 2, 3, 5, 6])
def test_the_proof_of_a_batch_holds_for_no_other_header(place: int) -> None:
    _, parts = taken_apart(BATCH[4])
    swapped = put_together(ENCODED[place], parts)
    check = verifier()
    for opened in (False, True):
        if opened:
            check.open(BATCH[4], at=NOW)
        with pytest.raises(SealInvalid, match="signature"):
            check.open(swapped, at=NOW)


def test_a_header_that_was_not_in_the_batch_is_refused() -> None:
    _, parts = taken_apart(BATCH[4])
    check = verifier()
    check.open(BATCH[4], at=NOW)
    with pytest.raises(SealInvalid, match="signature"):
        check.open(put_together(replace(HEADERS[4], receiver="VN/STATE/G23/Provider/echo").to_bytes(), parts), at=NOW)


def test_a_remembered_signature_is_worth_nothing_under_another_protected_header() -> None:
    check = verifier()
    check.open(BATCH[0], at=NOW)
    header, parts = taken_apart(BATCH[0])
    parts[0] = cbor.encode({**cbor.decode(parts[0]), 99: "x"})
    with pytest.raises(SealInvalid, match="signature"):
        check.open(put_together(header, parts), at=NOW)


def test_a_remembered_signature_is_worth_nothing_under_another_key() -> None:
    other = Signer()
    check = verifier(SIGNER, other)
    check.open(BATCH[0], at=NOW)
    header, parts = taken_apart(BATCH[0])
    parts[0] = cbor.encode({**cbor.decode(parts[0]), cose.KID: other.key.kid})
    with pytest.raises(SealInvalid, match="signature"):
        check.open(put_together(header, parts), at=NOW)


def test_a_refused_signature_is_not_remembered() -> None:
    header, parts = taken_apart(BATCH[0])
    parts[3] = bytes(64)
    check = verifier()
    for _ in range(2):
        with pytest.raises(SealInvalid, match="signature"):
            check.open(put_together(header, parts), at=NOW)


def test_only_so_many_batches_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    batches = [seal.seal_many(ENCODED[:2], key=SIGNER.key, store=SIGNER.store) for _ in range(4)]
    check = seal.Verifier(known(SIGNER), remembered=2)
    checked: list[bytes] = []
    verify = PublicKey.verify

    def counted(self: PublicKey, signature: bytes, data: bytes) -> None:
        checked.append(signature)
        verify(self, signature, data)

    monkeypatch.setattr(PublicKey, "verify", counted)
    for sealed in (batches[0][0], batches[0][1], batches[1][0], batches[2][0], batches[2][1], batches[1][1]):
        check.open(sealed, at=NOW)
    assert len(checked) == 3
    # The first was forgotten for the third; it is simply checked again.
    check.open(batches[0][0], at=NOW)
    assert len(checked) == 4


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
        lambda p: [seal.MAX_BATCH + 1, p[1], p[2]],
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


@pytest.mark.parametrize("size", [None, 0, 1, 6, 8, -7, seal.MAX_BATCH + 1, 1 << 63, "7", True])
def test_another_signed_size_is_refused(size: object) -> None:
    changed = with_protected(BATCH[3], {TREE_SIZE: size}, batch_root())
    with pytest.raises(SealInvalid):
        verifier().open(changed, at=NOW)


@pytest.mark.parametrize("size", [5, 6, 8])
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
