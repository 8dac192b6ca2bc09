"""Envelopes and sessions: cwt opens ours and we open cwt's; whatever is altered or weaker stays closed."""

import os
from collections.abc import Callable
from typing import Any

import cbor2
import cwt
import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cwt.cose_key_interface import COSEKeyInterface
from hypothesis import given
from hypothesis import strategies as st
from pyhpke import AEADId, CipherSuite, KDFId, KEMId, KEMKey

from lienthong.kernel import cbor
from lienthong.trust import envelope
from lienthong.trust.envelope import Session
from lienthong.trust.errors import EnvelopeInvalid, KeyUnknown, TrustError
from lienthong.trust.keys import Algorithm, PublicKey
from lienthong.trust.keystore import MemoryKeyStore, PrivateKey, generate
from tests.support.seals import Known, Signer, changed, known, put

X25519, HYBRID = Algorithm.HPKE_4_KE, Algorithm.HPKE_MLKEM768_X25519_KE
RECEIVERS = {algorithm: Signer(algorithm) for algorithm in (X25519, HYBRID)}
ENCAPSULATED = {X25519: 32, HYBRID: 1088 + 32}
PLAIN = b"for the receiver's eyes only"
WRAPPING = pytest.mark.parametrize("algorithm", RECEIVERS, ids=lambda algorithm: algorithm.name)


def opened(data: bytes, receiver: Signer, *, aad: bytes = b"", directory: Known | None = None) -> envelope.Unwrapped:
    return envelope.decrypt(data, store=receiver.store, resolve=directory or known(receiver), aad=aad)


def cwt_key(public: bytes, private: PrivateKey | None, kid: bytes) -> COSEKeyInterface:
    facts: dict[int, object] = {1: 1, 2: kid, 3: int(X25519), -1: 4, -2: public}
    return cwt.COSEKey.new(facts | ({-4: private.secret} if private else {}))


def wrapped_by_hand(content_key: bytes, receiver: Signer, *, protected: bytes, recipient: bytes) -> bytes:
    """What a sender could make who follows rules of his own, with everything that is authenticated consistent."""
    iv = os.urandom(12)
    aad = cbor.encode(["Encrypt", protected, b""])
    ciphertext = AESGCM(content_key).encrypt(iv, PLAIN, aad)
    suite = envelope.suite_of(receiver.algorithm)
    info = cbor.encode(["HPKE Recipient", 3, recipient, b""])
    wrapped = suite.encrypt(content_key, receiver.key.encapsulation_key, info=info)
    size = ENCAPSULATED[receiver.algorithm]
    wrap = [recipient, {4: receiver.key.kid, -4: wrapped[:size]}, wrapped[size:]]
    return cbor.encode(cbor2.CBORTag(96, [protected, {5: iv}, ciphertext, [wrap]]))


@WRAPPING
@given(plaintext=st.binary(max_size=500), aad=st.binary(max_size=40))
def test_what_is_encrypted_opens(algorithm: Algorithm, plaintext: bytes, aad: bytes) -> None:
    receiver = RECEIVERS[algorithm]
    content_key = os.urandom(32)
    data = envelope.encrypt(plaintext, to=receiver.key, aad=aad, content_key=content_key)
    found = opened(data, receiver, aad=aad)
    assert (found.plaintext, found.content_key, found.kid) == (plaintext, content_key, receiver.key.kid)


@WRAPPING
def test_the_structure_is_that_of_the_protocol(algorithm: Algorithm) -> None:
    receiver = RECEIVERS[algorithm]
    tag = cbor.decode(envelope.encrypt(PLAIN, to=receiver.key))
    protected, unprotected, ciphertext, [[recipient, outside, wrapped]] = tag.value
    assert tag.tag == 96
    assert cbor.decode(protected) == {1: 3}
    assert len(unprotected[5]) == 12
    assert len(ciphertext) == len(PLAIN) + 16
    assert cbor.decode(recipient) == {1: int(algorithm)}
    assert outside[4] == receiver.key.kid
    assert len(outside[-4]) == ENCAPSULATED[algorithm]
    assert len(wrapped) == 32 + 16


@WRAPPING
def test_every_envelope_has_fresh_keys(algorithm: Algorithm) -> None:
    receiver = RECEIVERS[algorithm]
    first, second = (envelope.encrypt(PLAIN, to=receiver.key) for _ in range(2))
    assert opened(first, receiver).content_key != opened(second, receiver).content_key
    assert cbor.decode(first).value[1] != cbor.decode(second).value[1]


def test_cwt_opens_ours() -> None:
    public, private = generate(X25519)
    key = PublicKey(X25519, public, 0, 1 << 50)
    data = envelope.encrypt(PLAIN, to=key, aad=b"bound")
    assert cwt.COSE.new().decode(data, cwt_key(public, private, key.kid), external_aad=b"bound") == PLAIN


def test_we_open_those_of_cwt() -> None:
    public, private = generate(X25519)
    key = PublicKey(X25519, public, 0, 1 << 50)
    recipient = cwt.Recipient.new(
        protected={1: int(X25519)}, unprotected={4: key.kid}, recipient_key=cwt_key(public, None, key.kid)
    )
    content_key = cwt.COSEKey.from_symmetric_key(alg="A256GCM")
    data = cwt.COSE.new().encode_and_encrypt(
        PLAIN, content_key, protected={1: 3}, recipients=[recipient], external_aad=b"bound"
    )
    found = envelope.decrypt(data, store=MemoryKeyStore([private]), resolve=lambda _: key, aad=b"bound")
    assert found.plaintext == PLAIN
    assert found.content_key == content_key.to_bytes()


def test_the_wrapped_key_is_plain_rfc_9180() -> None:
    # A third implementation, with nothing of COSE: single-shot base mode over the documented info.
    public, private = generate(X25519)
    key = PublicKey(X25519, public, 0, 1 << 50)
    data = envelope.encrypt(PLAIN, to=key)
    [[recipient, outside, wrapped]] = cbor.decode(data).value[3]
    suite = CipherSuite.new(KEMId.DHKEM_X25519_HKDF_SHA256, KDFId.HKDF_SHA256, AEADId.CHACHA20_POLY1305)
    secret = KEMKey.from_jwk({"kty": "OKP", "crv": "X25519", "x": _b64(public), "d": _b64(private.secret)})
    info = cbor2.dumps(["HPKE Recipient", 3, recipient, b""])
    content_key = suite.create_recipient_context(outside[-4], secret, info=info).open(wrapped)
    assert envelope.decrypt(data, store=MemoryKeyStore([private]), resolve=lambda _: key).content_key == content_key


def _b64(data: bytes) -> str:
    from base64 import urlsafe_b64encode  # noqa: PLC0415 - only pyhpke wants it

    return urlsafe_b64encode(data).rstrip(b"=").decode()


@WRAPPING
@given(data=st.data())
def test_any_changed_bit_is_refused(algorithm: Algorithm, data: st.DataObject) -> None:
    receiver = RECEIVERS[algorithm]
    made = bytearray(envelope.encrypt(PLAIN, to=receiver.key))
    bit = data.draw(st.integers(0, len(made) * 8 - 1))
    made[bit // 8] ^= 1 << bit % 8
    with pytest.raises(TrustError):
        opened(bytes(made), receiver)


@WRAPPING
def test_what_is_bound_to_it_must_be_known(algorithm: Algorithm) -> None:
    receiver = RECEIVERS[algorithm]
    data = envelope.encrypt(PLAIN, to=receiver.key, aad=b"this")
    for aad in (b"", b"that"):
        with pytest.raises(EnvelopeInvalid, match="altered"):
            opened(data, receiver, aad=aad)


@WRAPPING
def test_nobody_else_opens_it(algorithm: Algorithm) -> None:
    receiver, other = RECEIVERS[algorithm], Signer(algorithm)
    data = envelope.encrypt(PLAIN, to=receiver.key)
    with pytest.raises(KeyUnknown):
        opened(data, other)
    with pytest.raises(KeyUnknown):
        opened(data, other, directory=known(receiver))
    with pytest.raises(EnvelopeInvalid, match="wrapped to key"):
        opened(changed(data, put((3, 0, 1, 4), other.key.kid)), other)


@pytest.mark.parametrize("claimed", [Algorithm.HPKE_4_KE, Algorithm.HPKE_MLKEM768_X25519_KE, 46, 49, 0, -7, None, True])
@WRAPPING
def test_the_algorithm_of_the_directory_counts(algorithm: Algorithm, claimed: object) -> None:
    receiver = RECEIVERS[algorithm]
    if claimed == algorithm:
        return
    data = wrapped_by_hand(bytes(32), receiver, protected=b"\xa1\x01\x03", recipient=cbor.encode({1: claimed}))
    with pytest.raises(EnvelopeInvalid, match="not the one of key"):
        opened(data, receiver)


@pytest.mark.parametrize("algorithm", [Algorithm.ES256, Algorithm.EDDSA, Algorithm.ML_DSA_65])
def test_a_sealing_key_wraps_nothing(algorithm: Algorithm) -> None:
    sealing = Signer(algorithm)
    with pytest.raises(EnvelopeInvalid, match="does not wrap"):
        envelope.encrypt(PLAIN, to=sealing.key)
    data = envelope.encrypt(PLAIN, to=RECEIVERS[X25519].key)
    turned = changed(
        data, put((3, 0), [cbor.encode({1: int(algorithm)}), {4: sealing.key.kid, -4: bytes(32)}, bytes(48)])
    )
    with pytest.raises(EnvelopeInvalid, match="does not wrap"):
        opened(turned, sealing)


@pytest.mark.parametrize(
    "protected",
    [
        b"",
        b"\xa0",
        b"\xa1\x01\x01",
        b"\xa1\x01\x18\x18",
        b"\xa2\x01\x03\x02\x81\x18\x63",
        b"\xa2\x01\x03\x18\x63\x01",
        b"\xb8\x01\x01\x03",
    ],
    ids=["nothing", "empty", "A128GCM", "ChaCha20", "crit", "more", "longer-form"],
)
def test_another_content_algorithm_or_header_is_refused(protected: bytes) -> None:
    # All of it is authenticated by the sender, who may be anyone: it is refused for what it says.
    receiver = RECEIVERS[X25519]
    data = wrapped_by_hand(bytes(32), receiver, protected=protected, recipient=cbor.encode({1: int(X25519)}))
    with pytest.raises(EnvelopeInvalid, match="not known here"):
        opened(data, receiver)


@pytest.mark.parametrize(
    "recipient", [b"", b"\xa2\x01\x18\x32\x02\x81\x01", b"\xa2\x01\x18\x32\x18\x63\x01", b"\xa1\x01\x19\x00\x32"]
)
def test_another_recipient_header_is_refused(recipient: bytes) -> None:
    receiver = RECEIVERS[X25519]
    data = wrapped_by_hand(bytes(32), receiver, protected=b"\xa1\x01\x03", recipient=recipient)
    with pytest.raises(EnvelopeInvalid, match="not the one of key"):
        opened(data, receiver)


@pytest.mark.parametrize("size", [0, 16, 24, 31, 33])
def test_a_content_key_of_another_length_is_refused(size: int) -> None:
    receiver = RECEIVERS[X25519]
    suite = envelope.suite_of(X25519)
    recipient = cbor.encode({1: int(X25519)})
    info = cbor.encode(["HPKE Recipient", 3, recipient, b""])
    wrapped = suite.encrypt(bytes(size), receiver.key.encapsulation_key, info=info)
    data = changed(
        envelope.encrypt(PLAIN, to=receiver.key),
        put((3, 0), [recipient, {4: receiver.key.kid, -4: wrapped[:32]}, wrapped[32:]]),
    )
    with pytest.raises(EnvelopeInvalid, match=f"content key of {size} bytes"):
        opened(data, receiver)


@pytest.mark.parametrize("size", [0, 8, 11, 13, 200])
def test_a_nonce_of_another_length_is_refused(size: int) -> None:
    receiver = RECEIVERS[X25519]
    data = changed(envelope.encrypt(PLAIN, to=receiver.key), put((1, 5), bytes(size)))
    with pytest.raises(EnvelopeInvalid, match=f"nonce of {size} bytes"):
        opened(data, receiver)


@WRAPPING
def test_where_the_encapsulated_key_ends_is_fixed(algorithm: Algorithm) -> None:
    # The same bytes cut elsewhere would open all the same: one envelope would have many forms.
    receiver = RECEIVERS[algorithm]

    def moved(parts: list[Any]) -> None:
        outside = parts[3][0]
        outside[1][-4], outside[2] = outside[1][-4][:5], outside[1][-4][5:] + outside[2]

    with pytest.raises(EnvelopeInvalid, match="encapsulated key of 5 bytes"):
        opened(changed(envelope.encrypt(PLAIN, to=receiver.key), moved), receiver)


@WRAPPING
def test_a_low_order_encapsulated_key_is_refused(algorithm: Algorithm) -> None:
    receiver = RECEIVERS[algorithm]
    zero = bytes(ENCAPSULATED[algorithm])
    data = changed(envelope.encrypt(PLAIN, to=receiver.key), put((3, 0, 1, -4), zero))
    with pytest.raises(EnvelopeInvalid):
        opened(data, receiver)


@WRAPPING
@pytest.mark.parametrize("public", [b"", b"\x01", None], ids=["empty", "short", "low-order"])
def test_a_published_key_that_is_no_key_refuses_cleanly(algorithm: Algorithm, public: bytes | None) -> None:
    key = PublicKey(algorithm, bytes(len(RECEIVERS[algorithm].key.public)) if public is None else public, 0, 1 << 50)
    with pytest.raises(EnvelopeInvalid, match="malformed"):
        envelope.encrypt(PLAIN, to=key)


@pytest.mark.parametrize(
    "change",
    [
        lambda p: p[:3],
        lambda p: [*p, b""],
        lambda _: [],
        lambda _: {},
        put((0,), {1: 3}),
        put((1,), {}),
        put((1,), []),
        put((1, 5), "nonce"),
        put((1, 6), b"more"),
        put((2,), None),
        put((2,), b""),
        put((2,), bytes(15)),
        put((3,), []),
        put((3,), {}),
        put((3,), None),
        put((3, 0), []),
        put((3, 0, 0), {}),
        put((3, 0, 1), []),
        put((3, 0, 1, 4), b"short"),
        put((3, 0, 1, 4), "0123456789abcdef"),
        put((3, 0, 1, -4), None),
        put((3, 0, 1, -4), b""),
        put((3, 0, 1, 5), b"more"),
        put((3, 0, 2), b""),
        put((3, 0, 2), None),
        lambda p: [*p[:3], p[3] * 2],
        lambda p: [*p[:3], [[*p[3][0], []]]],
        lambda p: [*p[:3], [p[3][0][:2]]],
    ],
)
@WRAPPING
def test_another_structure_is_refused(algorithm: Algorithm, change: Callable[[Any], Any]) -> None:
    receiver = RECEIVERS[algorithm]
    with pytest.raises(EnvelopeInvalid):
        opened(changed(envelope.encrypt(PLAIN, to=receiver.key), change), receiver)


@given(data=st.binary(max_size=200))
def test_arbitrary_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(EnvelopeInvalid):
        opened(data, RECEIVERS[X25519])
    with pytest.raises(EnvelopeInvalid):
        Session.derive(bytes(32)).decrypt_request(data)
    assert envelope.session_id_of(b"\xd8" + data) is None
    with pytest.raises(EnvelopeInvalid):
        envelope.session_id_of(b"\xd0" + data)


def test_oversize_is_refused_unread() -> None:
    for read in (lambda data: opened(data, RECEIVERS[X25519]), envelope.session_id_of):
        with pytest.raises(EnvelopeInvalid, match="are allowed"):
            read(b"\xd0" + bytes(envelope.MAX_ENVELOPE))
