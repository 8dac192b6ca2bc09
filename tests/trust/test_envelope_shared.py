"""Envelopes under one content key: each its own, opened by the receiver of all, and without it by nobody."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lienthong.trust import envelope
from lienthong.trust.envelope import Unwraps, Wrap
from lienthong.trust.errors import EnvelopeInvalid, KeyUnknown, TrustError
from lienthong.trust.keys import Algorithm
from tests.support.seals import Signer, changed, known, put

RECEIVERS = {algorithm: Signer(algorithm) for algorithm in (Algorithm.HPKE_4_KE, Algorithm.HPKE_MLKEM768_X25519_KE)}
WRAPPING = pytest.mark.parametrize("algorithm", RECEIVERS, ids=lambda algorithm: algorithm.name)


class Counting:
    """A key store that counts what it unwraps."""

    def __init__(self, signer: Signer) -> None:
        self.count = 0
        self.store = signer.store

    def kids(self) -> frozenset[bytes]:
        return self.store.kids()

    def sign(self, kid: bytes, data: bytes) -> bytes:
        return self.store.sign(kid, data)

    def unwrap(self, kid: bytes, wrapped: bytes, info: bytes) -> bytes:
        self.count += 1
        return self.store.unwrap(kid, wrapped, info)


@WRAPPING
@given(plain=st.lists(st.binary(max_size=60), min_size=2, max_size=4))
def test_envelopes_of_one_wrap_open_with_one_unwrapping(algorithm: Algorithm, plain: list[bytes]) -> None:
    receiver = RECEIVERS[algorithm]
    wrap, unwraps, store = Wrap.to(receiver.key), Unwraps(), Counting(receiver)
    made = [wrap.encrypt(each) for each in plain]
    assert wrap.count == len(plain)
    opened = [envelope.decrypt(each, store=store, resolve=known(receiver), known=unwraps) for each in made]
    assert [each.plaintext for each in opened] == plain
    assert {each.kid for each in opened} == {receiver.key.kid}
    assert store.count == 1
    # And as well by who remembers nothing: it is the same form.
    again = [envelope.decrypt(each, store=store, resolve=known(receiver)) for each in made]
    assert again == opened
    assert [envelope.decrypt_with(wrap.content_key, each) for each in made] == plain


def test_no_nonce_comes_twice() -> None:
    wrap = Wrap.to(RECEIVERS[Algorithm.HPKE_4_KE].key)
    nonces = {wrap.encrypt(b"")[10:22] for _ in range(1000)}
    assert len(nonces) == 1000


@WRAPPING
@given(data=st.data())
def test_any_changed_bit_is_refused_when_the_key_is_remembered(algorithm: Algorithm, data: st.DataObject) -> None:
    receiver = RECEIVERS[algorithm]
    unwraps = Unwraps()
    made = bytearray(envelope.encrypt(b"plain", to=receiver.key))
    envelope.decrypt(bytes(made), store=receiver.store, resolve=known(receiver), known=unwraps)
    bit = data.draw(st.integers(0, len(made) * 8 - 1))
    made[bit // 8] ^= 1 << bit % 8
    with pytest.raises(TrustError):
        envelope.decrypt(bytes(made), store=receiver.store, resolve=known(receiver), known=unwraps)


def test_a_remembered_key_opens_nothing_for_another_organ_or_without_its_own_key() -> None:
    receiver, other = Signer(Algorithm.HPKE_4_KE), Signer(Algorithm.HPKE_4_KE)
    unwraps = Unwraps()
    made = envelope.encrypt(b"plain", to=receiver.key)
    envelope.decrypt(made, store=receiver.store, resolve=known(receiver), known=unwraps)
    with pytest.raises(KeyUnknown):
        envelope.decrypt(made, store=receiver.store, resolve=known(other), known=unwraps)
    receiver.store.remove(receiver.key.kid)
    with pytest.raises(KeyUnknown):
        envelope.decrypt(made, store=receiver.store, resolve=known(receiver), known=unwraps)


def test_what_did_not_open_is_not_remembered() -> None:
    receiver = RECEIVERS[Algorithm.HPKE_4_KE]
    unwraps, store = Unwraps(), Counting(receiver)
    made = envelope.encrypt(b"plain", to=receiver.key)
    for _ in range(2):
        with pytest.raises(EnvelopeInvalid, match="altered"):
            envelope.decrypt(changed(made, put((2,), bytes(21))), store=store, resolve=known(receiver), known=unwraps)
    assert store.count == 2


def test_so_many_are_remembered_and_no_more() -> None:
    receiver = RECEIVERS[Algorithm.HPKE_4_KE]
    unwraps, store = Unwraps(remembered=2), Counting(receiver)
    made = [envelope.encrypt(b"plain", to=receiver.key) for _ in range(3)]
    for each in [*made, made[2], made[1], made[0]]:
        envelope.decrypt(each, store=store, resolve=known(receiver), known=unwraps)
    assert store.count == 4


@pytest.mark.parametrize("data", [b"", b"\xd8\x60", bytes(40)])
def test_what_is_no_envelope_does_not_open_with_any_key(data: bytes) -> None:
    with pytest.raises(EnvelopeInvalid):
        envelope.decrypt_with(bytes(32), data)


def test_another_content_key_opens_nothing() -> None:
    made = envelope.encrypt(b"plain", to=RECEIVERS[Algorithm.HPKE_4_KE].key)
    with pytest.raises(EnvelopeInvalid, match="altered"):
        envelope.decrypt_with(bytes(32), made)
