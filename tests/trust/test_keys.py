"""Public keys: ids, terms, signatures of every algorithm, and what is refused."""

import secrets

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lienthong.trust.errors import KeyNotValid, KeyStoreError, SealInvalid
from lienthong.trust.keys import SEAL_ALGORITHMS, Algorithm, PublicKey, Use, kid_of
from lienthong.trust.keystore import MemoryKeyStore

SEALING = sorted(SEAL_ALGORITHMS)
WRAPPING = sorted(set(Algorithm) - SEAL_ALGORITHMS)
SIGNATURE_SIZES = {Algorithm.ES256: 64, Algorithm.EDDSA: 64, Algorithm.ML_DSA_65: 3309}
PUBLIC_SIZES = {
    Algorithm.ES256: 33,
    Algorithm.EDDSA: 32,
    Algorithm.ML_DSA_65: 1952,
    Algorithm.HPKE_4_KE: 32,
    Algorithm.HPKE_MLKEM768_X25519_KE: 1216,
}


def made(algorithm: Algorithm, *, revoked_at: int | None = None) -> tuple[MemoryKeyStore, PublicKey]:
    store = MemoryKeyStore()
    (public,) = store.new_keys([algorithm])
    return store, PublicKey(algorithm, public, not_before=1000, not_after=2000, revoked_at=revoked_at)


@pytest.fixture(scope="module")
def keys() -> dict[Algorithm, tuple[MemoryKeyStore, PublicKey]]:
    return {algorithm: made(algorithm) for algorithm in Algorithm}


type Keys = dict[Algorithm, tuple[MemoryKeyStore, PublicKey]]


@pytest.mark.parametrize("algorithm", Algorithm)
def test_sizes_are_those_of_the_protocol(keys: Keys, algorithm: Algorithm) -> None:
    _, key = keys[algorithm]
    assert len(key.public) == PUBLIC_SIZES[algorithm]
    assert len(key.kid) == 16


@pytest.mark.parametrize("algorithm", Algorithm)
def test_use_follows_from_the_algorithm(keys: Keys, algorithm: Algorithm) -> None:
    assert keys[algorithm][1].use is (Use.SEAL if algorithm in SIGNATURE_SIZES else Use.WRAP)


def test_the_id_covers_the_algorithm() -> None:
    # Otherwise one organ's X25519 key could be published as another's Ed25519 key under the same id.
    public = bytes(32)
    assert kid_of(Algorithm.EDDSA, public) != kid_of(Algorithm.HPKE_4_KE, public)


def test_the_id_never_changes() -> None:
    # It stands in every journal: SHA-256 of "-8:" and 32 zero bytes, cut to 16.
    assert kid_of(Algorithm.EDDSA, bytes(32)).hex() == "0f30c69362ee58be724e040b03e0e95f"


@pytest.mark.parametrize(
    ("at", "reason"),
    [(999, "not yet valid"), (1000, None), (1999, None), (2000, "expired"), (-1, "not yet valid")],
)
def test_the_term_includes_its_start_and_not_its_end(at: int, reason: str | None) -> None:
    _, key = made(Algorithm.EDDSA)
    if reason is None:
        key.check_valid(at)
    else:
        with pytest.raises(KeyNotValid, match=reason):
            key.check_valid(at)


@pytest.mark.parametrize(("at", "revoked"), [(1499, False), (1500, True), (1501, True)])
def test_a_revoked_key_still_holds_for_what_came_before(at: int, revoked: bool) -> None:  # noqa: FBT001 - a column of the table
    _, key = made(Algorithm.EDDSA, revoked_at=1500)
    if revoked:
        with pytest.raises(KeyNotValid, match="revoked"):
            key.check_valid(at)
    else:
        key.check_valid(at)


def test_a_key_revoked_before_its_start_is_never_valid() -> None:
    _, key = made(Algorithm.EDDSA, revoked_at=0)
    with pytest.raises(KeyNotValid, match="revoked"):
        key.check_valid(1000)


@pytest.mark.parametrize("algorithm", SEALING)
def test_a_signature_verifies(keys: Keys, algorithm: Algorithm) -> None:
    store, key = keys[algorithm]
    signature = store.sign(key.kid, b"data")
    assert len(signature) == SIGNATURE_SIZES[algorithm]
    key.verify(signature, b"data")


@pytest.mark.parametrize("algorithm", SEALING)
def test_a_signature_over_something_else_is_refused(keys: Keys, algorithm: Algorithm) -> None:
    store, key = keys[algorithm]
    with pytest.raises(SealInvalid, match=key.kid.hex()):
        key.verify(store.sign(key.kid, b"data"), b"date")


@pytest.mark.parametrize("algorithm", SEALING)
def test_a_signature_by_another_key_is_refused(keys: Keys, algorithm: Algorithm) -> None:
    _, key = keys[algorithm]
    other_store, other = made(algorithm)
    with pytest.raises(SealInvalid):
        key.verify(other_store.sign(other.kid, b"data"), b"data")


@pytest.mark.parametrize("algorithm", SEALING)
@pytest.mark.parametrize("change", [-4000, -1, 1, 100], ids=["empty", "shorter", "longer", "much-longer"])
def test_a_signature_of_another_length_is_refused(keys: Keys, algorithm: Algorithm, change: int) -> None:
    store, key = keys[algorithm]
    signature = store.sign(key.kid, b"data")
    wrong = signature[: max(0, len(signature) + change)] + bytes(max(0, change))
    with pytest.raises(SealInvalid):
        key.verify(wrong, b"data")


@pytest.mark.parametrize("algorithm", SEALING)
@given(data=st.data())
def test_a_signature_with_one_bit_changed_is_refused(keys: Keys, algorithm: Algorithm, data: st.DataObject) -> None:
    store, key = keys[algorithm]
    signature = bytearray(store.sign(key.kid, b"data"))
    bit = data.draw(st.integers(0, len(signature) * 8 - 1))
    signature[bit // 8] ^= 1 << bit % 8
    with pytest.raises(SealInvalid):
        key.verify(bytes(signature), b"data")


@pytest.mark.parametrize("algorithm", SEALING)
@pytest.mark.parametrize("fill", [b"\x00", b"\xff"])
def test_a_constant_signature_is_refused(keys: Keys, algorithm: Algorithm, fill: bytes) -> None:
    # Zeros passed as ECDSA signatures in the JDK of 2022 (CVE-2022-21449).
    with pytest.raises(SealInvalid):
        keys[algorithm][1].verify(fill * SIGNATURE_SIZES[algorithm], b"data")


def test_a_der_signature_is_refused(keys: Keys) -> None:
    # COSE has r || s (RFC 9053, section 2.1); a second accepted form would be a second seal for one content.
    with pytest.raises(SealInvalid, match="70 bytes"):
        keys[Algorithm.ES256][1].verify(bytes.fromhex("3044") + secrets.token_bytes(68), b"data")


@pytest.mark.parametrize("algorithm", WRAPPING)
def test_a_wrapping_key_verifies_nothing(keys: Keys, algorithm: Algorithm) -> None:
    with pytest.raises(SealInvalid):
        keys[algorithm][1].verify(bytes(64), b"data")


@pytest.mark.parametrize("algorithm", SEALING)
def test_a_sealing_key_encapsulates_nothing(keys: Keys, algorithm: Algorithm) -> None:
    with pytest.raises(KeyStoreError, match="not for wrapping"):
        _ = keys[algorithm][1].encapsulation_key


def malformed(algorithm: Algorithm) -> PublicKey:
    # Of the right length, but no point of P-256; or of the wrong length.
    public = b"\x02" + b"\xff" * 32 if algorithm is Algorithm.ES256 else b"short"
    return PublicKey(algorithm, public, not_before=0, not_after=1)


@pytest.mark.parametrize("algorithm", SEALING)
def test_a_malformed_key_verifies_nothing(algorithm: Algorithm) -> None:
    with pytest.raises(SealInvalid, match="malformed"):
        malformed(algorithm).verify(bytes(SIGNATURE_SIZES[algorithm]), b"data")


@pytest.mark.parametrize("algorithm", WRAPPING)
def test_a_malformed_key_encapsulates_nothing(algorithm: Algorithm) -> None:
    with pytest.raises(ValueError, match="long"):
        _ = malformed(algorithm).encapsulation_key
