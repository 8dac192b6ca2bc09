"""Sessions: both ends derive the same keys, and nothing passes from one call, session or direction to another."""

import hashlib
import os
from collections.abc import Callable
from typing import Any

import cbor2
import cwt
import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand
from hypothesis import given
from hypothesis import strategies as st

from lienthong.kernel import cbor
from lienthong.trust import envelope
from lienthong.trust.envelope import Session
from lienthong.trust.errors import EnvelopeInvalid
from lienthong.trust.keys import Algorithm
from tests.support.seals import Signer, changed, known, put

PLAIN = b"for the receiver's eyes only"


def test_both_ends_derive_the_same_session() -> None:
    content_key = os.urandom(32)
    ours, theirs = Session.derive(content_key), Session.derive(content_key)
    assert ours.id == theirs.id
    assert theirs.decrypt_request(ours.encrypt_request(b"ask", aad=b"a"), aad=b"a") == b"ask"
    assert ours.decrypt_response(theirs.encrypt_response(b"tell", aad=b"b"), aad=b"b") == b"tell"


def test_the_derivation_is_that_of_the_protocol() -> None:
    content_key = bytes(range(32))
    bits = HKDFExpand(SHA256(), 80, b"lienthong session v1").derive(content_key)
    session = Session.derive(content_key)
    tag = cbor.decode(session.encrypt_request(PLAIN, aad=b"x"))
    protected, unprotected, ciphertext = tag.value
    assert tag.tag == 16
    assert protected == b"\xa1\x01\x03"
    assert unprotected[4] == session.id == bits[:16]
    aad = cbor.encode(["Encrypt0", protected, b"x"])
    assert AESGCM(bits[16:48]).decrypt(unprotected[5], ciphertext, aad) == PLAIN
    answer = cbor.decode(session.encrypt_response(PLAIN, aad=b"x")).value
    assert AESGCM(bits[48:]).decrypt(answer[1][5], answer[2], aad) == PLAIN


def test_another_library_reads_a_call_of_a_session() -> None:
    content_key = bytes(range(32))
    bits = HKDFExpand(SHA256(), 80, b"lienthong session v1").derive(content_key)
    key = cwt.COSEKey.new({1: 4, 2: bits[:16], 3: 3, -1: bits[16:48], 4: [4]})
    data = Session.derive(content_key).encrypt_request(PLAIN, aad=b"x")
    assert cwt.COSE.new().decode(data, key, external_aad=b"x") == PLAIN


def test_a_call_does_not_pass_as_an_answer_nor_the_other_way_round() -> None:
    session = Session.derive(os.urandom(32))
    with pytest.raises(EnvelopeInvalid, match="altered"):
        session.decrypt_response(session.encrypt_request(PLAIN), aad=b"")
    with pytest.raises(EnvelopeInvalid, match="altered"):
        session.decrypt_request(session.encrypt_response(PLAIN, aad=b""))


def test_an_answer_belongs_to_its_call() -> None:
    session = Session.derive(os.urandom(32))
    first, second = (hashlib.sha256(name).digest() for name in (b"first", b"second"))
    with pytest.raises(EnvelopeInvalid, match="altered"):
        session.decrypt_response(session.encrypt_response(PLAIN, aad=first), aad=second)


def test_a_call_of_another_session_is_refused() -> None:
    one, other = Session.derive(os.urandom(32)), Session.derive(os.urandom(32))
    with pytest.raises(EnvelopeInvalid, match="another session"):
        one.decrypt_request(other.encrypt_request(PLAIN))
    renamed = changed(other.encrypt_request(PLAIN), put((1, 4), one.id))
    with pytest.raises(EnvelopeInvalid, match="altered"):
        one.decrypt_request(renamed)


@given(data=st.data())
def test_any_changed_bit_of_a_call_is_refused(data: st.DataObject) -> None:
    session = Session.derive(bytes(32))
    made = bytearray(session.encrypt_request(PLAIN))
    bit = data.draw(st.integers(0, len(made) * 8 - 1))
    made[bit // 8] ^= 1 << bit % 8
    with pytest.raises(EnvelopeInvalid):
        session.decrypt_request(bytes(made))


@pytest.mark.parametrize(
    "change",
    [
        lambda p: p[:2],
        lambda p: [*p, []],
        put((0,), b"\xa0"),
        put((0,), b"\xa2\x01\x03\x02\x81\x18\x63"),
        put((1,), []),
        put((1, 4), b"short"),
        put((1, 5), None),
        put((1, 5), bytes(11)),
        put((1, 6), 1),
        put((2,), "text"),
    ],
)
def test_another_structure_of_a_call_is_refused(change: Callable[[Any], Any]) -> None:
    session = Session.derive(bytes(32))
    with pytest.raises(EnvelopeInvalid):
        session.decrypt_request(changed(session.encrypt_request(PLAIN), change))


def test_the_two_kinds_of_envelope_do_not_pass_for_one_another() -> None:
    receiver, session = Signer(Algorithm.HPKE_4_KE), Session.derive(bytes(32))
    whole, short = envelope.encrypt(PLAIN, to=receiver.key), session.encrypt_request(PLAIN)
    assert envelope.session_id_of(whole) is None
    assert envelope.session_id_of(short) == session.id
    with pytest.raises(EnvelopeInvalid, match="expected form"):
        envelope.decrypt(short, store=receiver.store, resolve=known(receiver))
    with pytest.raises(EnvelopeInvalid, match="expected form"):
        session.decrypt_request(whole)


@pytest.mark.parametrize("unprotected", [{}, {4: b"short"}, {4: "0123456789abcdef"}])
def test_a_call_without_a_session_is_refused(unprotected: dict[int, object]) -> None:
    data = cbor.encode(cbor2.CBORTag(16, [b"\xa1\x01\x03", unprotected, bytes(20)]))
    with pytest.raises(EnvelopeInvalid, match="expected form"):
        envelope.session_id_of(data)


def test_a_call_that_is_cut_short_or_goes_on_is_refused() -> None:
    session = Session.derive(bytes(32))
    made = session.encrypt_request(PLAIN)
    for other in (made + b"\x00", made + made, *(made[:end] for end in range(len(made)))):
        with pytest.raises(EnvelopeInvalid):
            session.decrypt_request(other)
