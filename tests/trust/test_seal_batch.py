"""Batch seals: one signature for many headers, each with a proof that holds for itself alone."""

from copy import replace
from uuid import UUID

import cwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from pycose.keys.ec2 import EC2Key
from pycose.messages.sign1message import Sign1Message

from lienthong.kernel import cbor
from lienthong.trust import cose, merkle, seal
from lienthong.trust.errors import SealInvalid
from lienthong.trust.keys import PublicKey
from tests.support.seals import (
    BATCH,
    ENCODED,
    HEADERS,
    NOW,
    REQUEST,
    SIGNER,
    SINGLE,
    Signer,
    batch_root,
    known,
    put_together,
    taken_apart,
    verifier,
)


@pytest.mark.parametrize("count", [2, 3, 7, 8, 255, seal.MAX_BATCH])
def test_every_seal_of_a_batch_opens_to_its_own_header(count: int) -> None:
    headers = [replace(REQUEST, id=UUID(int=number)) for number in range(count)]
    sealed = seal.seal_many([header.to_bytes() for header in headers], key=SIGNER.key, store=SIGNER.store)
    check = verifier()
    assert [check.open(one, at=NOW).header for one in sealed] == headers
    assert len({taken_apart(one)[1][3] for one in sealed}) == 1


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


def test_a_receiver_cannot_find_out_who_the_others_are() -> None:
    # The same message to all: the headers differ in nothing but a name, and names can be tried.
    headers = [replace(REQUEST, receiver=f"VN/STATE/{number:05}/hso/lookup") for number in range(16)]
    encoded = [header.to_bytes() for header in headers]
    sealed = seal.seal_many(encoded, key=SIGNER.key, store=SIGNER.store)
    seen = {node for one in sealed for node in cbor.decode(taken_apart(one)[1][1][cose.VDP][-1][0])[2]}
    level = [merkle.leaf_hash(header) for header in encoded]
    while level:
        assert seen.isdisjoint(level)
        level = [merkle.node_hash(left, right) for left, right in zip(level[::2], level[1::2], strict=False)]
