"""COSE_Sign1: two other libraries agree with ours in both directions, and nothing else passes for a signature."""

from typing import Any

import cbor2
import cwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cwt.cose_key_interface import COSEKeyInterface
from hypothesis import given
from hypothesis import strategies as st
from pycose.headers import KID
from pycose.headers import Algorithm as AlgorithmHeader
from pycose.keys.ec2 import EC2Key
from pycose.keys.okp import OKPKey
from pycose.messages.sign1message import Sign1Message

from lienthong.kernel import cbor
from lienthong.trust import cose
from lienthong.trust.errors import KeyUnknown, SealInvalid
from lienthong.trust.keys import Algorithm, PublicKey
from tests.support.seals import Signer, known

PAYLOAD = b"what is signed"
SIGNERS = {algorithm: Signer(algorithm) for algorithm in (Algorithm.ES256, Algorithm.EDDSA, Algorithm.ML_DSA_65)}
ES256 = SIGNERS[Algorithm.ES256]
CLASSIC = [Algorithm.ES256, Algorithm.EDDSA]


def signed(signer: Signer = ES256, **parameters: Any) -> bytes:  # noqa: ANN401 - those of sign1
    return cose.sign1({cose.TYP: "test"}, PAYLOAD, key=signer.key, store=signer.store, **parameters)


def rebuilt(*, parts: dict[int, object] | None = None, protected: dict[int, object] | None = None) -> bytes:
    """A COSE_Sign1 with parts replaced; a changed protected header is signed anew, by the right key."""
    value = cbor.decode(signed()).value
    if protected is not None:
        header = {**cbor.decode(value[0]), **protected}
        value[0] = cbor.encode({key: item for key, item in header.items() if item is not None})
        value[3] = ES256.store.sign(ES256.key.kid, cose.to_be_signed(value[0], PAYLOAD))
    for place, part in (parts or {}).items():
        value[place] = part
    return cbor.encode(cbor2.CBORTag(cose.TAG_SIGN1, value))


def point(signer: Signer) -> tuple[bytes, bytes]:
    numbers = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), signer.key.public).public_numbers()
    return numbers.x.to_bytes(32), numbers.y.to_bytes(32)


def pycose_key(signer: Signer, private: bytes = b"") -> EC2Key | OKPKey:
    if signer.algorithm is Algorithm.EDDSA:
        return OKPKey(crv="ED25519", x=signer.key.public, d=private)
    x, y = point(signer)
    return EC2Key(crv="P_256", x=x, y=y, d=private)


def cwt_key(signer: Signer, private: bytes = b"") -> COSEKeyInterface:
    facts: dict[int, object] = {2: signer.key.kid, 3: int(signer.algorithm), -4: private}
    if signer.algorithm is Algorithm.EDDSA:
        facts |= {1: 1, -1: 6, -2: signer.key.public}
    else:
        x, y = point(signer)
        facts |= {1: 2, -1: 1, -2: x, -3: y}
    if not private:
        del facts[-4]
    return cwt.COSEKey.new(facts)


def foreign(algorithm: Algorithm) -> tuple[bytes, PublicKey]:
    """A private key that another library uses, and what the directory says of it."""
    if algorithm is Algorithm.EDDSA:
        key = ed25519.Ed25519PrivateKey.generate()
        return key.private_bytes_raw(), PublicKey(algorithm, key.public_key().public_bytes_raw(), 0, 1 << 50)
    number = ec.generate_private_key(ec.SECP256R1())
    numbers = number.public_key().public_numbers()
    compressed = bytes([2 + numbers.y % 2]) + numbers.x.to_bytes(32)
    return number.private_numbers().private_value.to_bytes(32), PublicKey(algorithm, compressed, 0, 1 << 50)


@pytest.mark.parametrize("algorithm", SIGNERS)
def test_our_own_signatures_verify(algorithm: Algorithm) -> None:
    signer = SIGNERS[algorithm]
    parsed, key = cose.verify1(signed(signer), PAYLOAD, known(signer))
    assert key is signer.key
    assert parsed.protected == {cose.ALG: algorithm, cose.KID: signer.key.kid, cose.TYP: "test"}
    assert parsed.payload is None


@pytest.mark.parametrize("algorithm", CLASSIC)
def test_pycose_verifies_ours(algorithm: Algorithm) -> None:
    message = Sign1Message.decode(signed(SIGNERS[algorithm]))
    message.key = pycose_key(SIGNERS[algorithm])
    assert message.verify_signature(detached_payload=PAYLOAD)
    assert not message.verify_signature(detached_payload=PAYLOAD + b"!")


@pytest.mark.parametrize("algorithm", CLASSIC)
def test_cwt_verifies_ours(algorithm: Algorithm) -> None:
    key = cwt_key(SIGNERS[algorithm])
    assert cwt.COSE.new().decode(signed(SIGNERS[algorithm]), key, detached_payload=PAYLOAD) == PAYLOAD
    with pytest.raises(cwt.VerifyError):
        cwt.COSE.new().decode(signed(SIGNERS[algorithm]), key, detached_payload=PAYLOAD + b"!")


@pytest.mark.parametrize("algorithm", CLASSIC)
def test_we_verify_those_of_pycose(algorithm: Algorithm) -> None:
    private, public = foreign(algorithm)
    signer = Signer(algorithm)
    signer.key = public
    name = "EDDSA" if algorithm is Algorithm.EDDSA else "ES256"
    message = Sign1Message(phdr={AlgorithmHeader: name, KID: public.kid}, uhdr={})
    message.key = pycose_key(signer, private)
    made = message.encode(detached_payload=PAYLOAD)
    assert cose.verify1(made, PAYLOAD, known(signer))[1] is public
    with pytest.raises(SealInvalid):
        cose.verify1(made, PAYLOAD + b"!", known(signer))


@pytest.mark.parametrize("algorithm", CLASSIC)
def test_we_verify_those_of_cwt(algorithm: Algorithm) -> None:
    private, public = foreign(algorithm)
    signer = Signer(algorithm)
    signer.key = public
    made = cwt.COSE.new().encode_and_sign(
        PAYLOAD, cwt_key(signer, private), protected={cose.ALG: int(algorithm), cose.KID: public.kid}
    )
    # cwt keeps the payload inside; the signature over it is the same when it is taken out.
    with pytest.raises(SealInvalid, match="payload inside"):
        cose.verify1(made, PAYLOAD, known(signer))
    value = cbor2.loads(made).value
    detached = cbor.encode(cbor2.CBORTag(cose.TAG_SIGN1, [value[0], value[1], None, value[3]]))
    assert cose.verify1(detached, PAYLOAD, known(signer))[1] is public


def test_header_parameters_outside_the_signature_can_be_replaced() -> None:
    other = cose.with_unprotected(cose.parse1(signed(unprotected={cose.VDP: 1})), {cose.VDP: 2})
    parsed, _ = cose.verify1(other, PAYLOAD, known(ES256))
    assert parsed.unprotected == {cose.VDP: 2}


@pytest.mark.parametrize("algorithm", SIGNERS)
@given(data=st.data())
def test_any_changed_bit_is_refused(algorithm: Algorithm, data: st.DataObject) -> None:
    signer = SIGNERS[algorithm]
    made = bytearray(signed(signer))
    bit = data.draw(st.integers(0, len(made) * 8 - 1))
    made[bit // 8] ^= 1 << bit % 8
    with pytest.raises((SealInvalid, KeyUnknown)):
        cose.verify1(bytes(made), PAYLOAD, known(signer))


@given(data=st.binary(max_size=200))
def test_arbitrary_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(SealInvalid):
        cose.parse1(data)


@pytest.mark.parametrize(
    "algorithm", [Algorithm.EDDSA, Algorithm.ML_DSA_65, Algorithm.HPKE_4_KE, 0, None, "ES256", True]
)
def test_an_algorithm_other_than_the_keys_is_refused(algorithm: object) -> None:
    with pytest.raises(SealInvalid, match="algorithm"):
        cose.verify1(rebuilt(protected={cose.ALG: algorithm}), PAYLOAD, known(ES256))


def test_a_key_that_does_not_seal_is_refused() -> None:
    wrapping = Signer(Algorithm.HPKE_4_KE)
    made = rebuilt(protected={cose.ALG: int(wrapping.algorithm), cose.KID: wrapping.key.kid})
    with pytest.raises(SealInvalid):
        cose.verify1(made, PAYLOAD, known(wrapping))


@pytest.mark.parametrize("value", [[], [cose.KID], [99], True, b""])
def test_a_critical_header_is_refused_even_if_its_parameters_are_known(value: object) -> None:
    with pytest.raises(SealInvalid, match="critical"):
        cose.verify1(rebuilt(protected={cose.CRIT: value}), PAYLOAD, known(ES256))


@pytest.mark.parametrize("kid", [None, b"", b"short", bytes(17), "0123456789abcdef", 4, [b""]])
def test_without_a_key_id_there_is_no_signer(kid: object) -> None:
    with pytest.raises(SealInvalid, match="no key id"):
        cose.verify1(rebuilt(protected={cose.KID: kid}), PAYLOAD, known(ES256))


def test_a_key_id_outside_the_signature_does_not_count() -> None:
    made = rebuilt(protected={cose.KID: None}, parts={1: {cose.KID: ES256.key.kid}})
    with pytest.raises(SealInvalid, match="no key id"):
        cose.verify1(made, PAYLOAD, known(ES256))


def test_an_unknown_key_is_told_apart() -> None:
    with pytest.raises(KeyUnknown):
        cose.verify1(signed(), PAYLOAD, known(SIGNERS[Algorithm.EDDSA]))


@pytest.mark.parametrize(
    "parts",
    [{0: b""}, {0: b"\x80"}, {0: b"\xa1\x01"}, {0: {}}, {1: []}, {1: None}, {2: "text"}, {2: 1}, {3: None}, {3: "x"}],
    ids=repr,
)
def test_parts_of_another_type_are_refused(parts: dict[int, object]) -> None:
    with pytest.raises(SealInvalid):
        cose.verify1(rebuilt(parts=parts), PAYLOAD, known(ES256))


@pytest.mark.parametrize("tag", [None, 17, 19, 96, 98])
def test_another_structure_is_refused(tag: int | None) -> None:
    value = cbor.decode(signed()).value
    with pytest.raises(SealInvalid, match="not a COSE_Sign1"):
        cose.parse1(cbor.encode(value if tag is None else cbor2.CBORTag(tag, value)))


@pytest.mark.parametrize("count", [3, 5])
def test_another_number_of_parts_is_refused(count: int) -> None:
    value = [*cbor.decode(signed()).value, b""][:count]
    with pytest.raises(SealInvalid, match="not a COSE_Sign1"):
        cose.parse1(cbor.encode(cbor2.CBORTag(cose.TAG_SIGN1, value)))


def test_a_payload_inside_is_refused_even_if_it_is_the_right_one() -> None:
    with pytest.raises(SealInvalid, match="payload inside"):
        cose.verify1(rebuilt(parts={2: PAYLOAD}), PAYLOAD, known(ES256))


def test_a_protected_header_that_is_not_deterministic_is_refused() -> None:
    header = cbor.decode(signed()).value[0]
    longer = b"\xb8" + bytes([header[0] - 0xA0]) + header[1:]
    signature = ES256.store.sign(ES256.key.kid, cose.to_be_signed(longer, PAYLOAD))
    with pytest.raises(SealInvalid):
        cose.verify1(rebuilt(parts={0: longer, 3: signature}), PAYLOAD, known(ES256))


def test_a_signature_over_64_kib_is_refused_unread() -> None:
    with pytest.raises(SealInvalid, match="are allowed"):
        cose.parse1(rebuilt(parts={1: {99: bytes(cose.MAX_SIGN1)}}))


def test_a_store_without_the_key_signs_nothing() -> None:
    with pytest.raises(KeyUnknown):
        cose.sign1({}, PAYLOAD, key=ES256.key, store=SIGNERS[Algorithm.EDDSA].store)


@pytest.mark.parametrize("algorithm", SIGNERS)
@pytest.mark.parametrize("public", [b"", b"\x02" + b"\xff" * 32, bytes(33)], ids=["empty", "no-point", "zeros"])
def test_a_published_key_that_is_no_key_refuses_cleanly(algorithm: Algorithm, public: bytes) -> None:
    # The directory checks sizes; whether 33 bytes are a point of the curve shows only here.
    key = PublicKey(algorithm, public, 0, 1 << 50)
    with pytest.raises(SealInvalid, match="malformed"):
        key.verify(bytes(3309 if algorithm is Algorithm.ML_DSA_65 else 64), PAYLOAD)
