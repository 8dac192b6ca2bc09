"""What every key store does: one suite against memory, the encrypted file and a real token."""

import re
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lienthong.kernel import cbor
from lienthong.trust.errors import EnvelopeInvalid, KeyStoreError, KeyUnknown
from lienthong.trust.keys import Algorithm, KeyStore, PublicKey, kid_of
from lienthong.trust.keystore import (
    MemoryKeyStore,
    PrivateKey,
    decode_keys,
    encode_keys,
    generate,
    new_organ_keys,
    new_organs_keys,
)
from lienthong.trust.keystore_file import FileKeyStore
from lienthong.trust.keystore_pkcs11 import Pkcs11KeyStore
from lienthong.trust.passphrase_lock import Cost
from tests.support.hsm import PIN, soft_hsm

PASSPHRASE = b"a passphrase for tests"
KEMS = {
    Algorithm.HPKE_4_KE: KEM.X25519,
    Algorithm.HPKE_MLKEM768_X25519_KE: KEM.MLKEM768_X25519,
}
ORGAN = (Algorithm.ES256, Algorithm.HPKE_4_KE, Algorithm.HPKE_MLKEM768_X25519_KE)

type Store = MemoryKeyStore | FileKeyStore | Pkcs11KeyStore
# Gives the store as it is after a restart of the process.
type Reopen = Callable[[Store], Store]


def wrap(key: PublicKey, plain: bytes, info: bytes) -> bytes:
    suite = Suite(KEMS[key.algorithm], KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)
    return suite.encrypt(plain, key.encapsulation_key, info=info)


@pytest.fixture(params=["memory", "file", pytest.param("token", marks=pytest.mark.hsm)])
def opened(
    request: pytest.FixtureRequest, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Store, Reopen]]:
    path = tmp_path / "keys"
    match request.param:
        case "memory":
            yield MemoryKeyStore(), lambda store: store
        case "file":
            cost = Cost(memory=8 * 1024, iterations=1, lanes=1)
            yield FileKeyStore.create(path, PASSPHRASE, cost=cost), lambda _: FileKeyStore.open(path, PASSPHRASE)
        case _:
            hsm = soft_hsm(tmp_path_factory.getbasetemp())
            stores = [Pkcs11KeyStore.create(path, library=hsm.library, token=hsm.token, pin=PIN)]

            def reopen(_: Store) -> Store:
                stores.pop().close()
                stores.append(Pkcs11KeyStore.open(path, library=hsm.library, token=hsm.token, pin=PIN))
                return stores[0]

            yield stores[0], reopen
            stores.pop().close()


@pytest.fixture
def store(opened: tuple[Store, Reopen]) -> Store:
    return opened[0]


@pytest.fixture
def organ(store: Store) -> tuple[PublicKey, ...]:
    return new_organ_keys(store, not_before=1000, not_after=2000)


def test_an_organ_gets_a_key_for_each_work(store: Store, organ: tuple[PublicKey, ...]) -> None:
    assert tuple(key.algorithm for key in organ) == ORGAN
    assert {(key.not_before, key.not_after, key.revoked_at) for key in organ} == {(1000, 2000, None)}
    assert store.kids() == {key.kid for key in organ}


def test_an_organ_may_do_without_the_hybrid_key(store: Store) -> None:
    keys = new_organ_keys(store, not_before=0, not_after=1, pq=False)
    assert tuple(key.algorithm for key in keys) == ORGAN[:2]


def test_many_organs_get_different_keys(store: Store) -> None:
    organs = new_organs_keys(store, 5, not_before=0, not_after=1)
    assert {tuple(key.algorithm for key in keys) for keys in organs} == {ORGAN}
    assert len(store.kids()) == 15
    for sealing, *_ in organs:
        sealing.verify(store.sign(sealing.kid, b"data"), b"data")


def test_a_signature_verifies_with_the_public_half(store: Store, organ: tuple[PublicKey, ...]) -> None:
    signature = store.sign(organ[0].kid, b"data")
    assert len(signature) == 64
    organ[0].verify(signature, b"data")


@pytest.mark.parametrize("which", [1, 2])
def test_what_was_wrapped_is_unwrapped(store: Store, organ: tuple[PublicKey, ...], which: int) -> None:
    key = organ[which]
    assert store.unwrap(key.kid, wrap(key, b"content key", b"info"), b"info") == b"content key"


@pytest.mark.parametrize("which", [1, 2])
def test_another_info_is_refused(store: Store, organ: tuple[PublicKey, ...], which: int) -> None:
    key = organ[which]
    with pytest.raises(EnvelopeInvalid):
        store.unwrap(key.kid, wrap(key, b"content key", b"info"), b"other")


@pytest.mark.parametrize("which", [1, 2])
def test_what_was_wrapped_to_another_is_refused(store: Store, organ: tuple[PublicKey, ...], which: int) -> None:
    other = new_organ_keys(store, not_before=0, not_after=1)
    with pytest.raises(EnvelopeInvalid):
        store.unwrap(organ[which].kid, wrap(other[which], b"content key", b""), b"")


@pytest.mark.parametrize("which", [1, 2])
def test_a_wrapped_key_cut_short_is_refused(store: Store, organ: tuple[PublicKey, ...], which: int) -> None:
    wrapped = wrap(organ[which], b"content key", b"")
    for size in {0, 1, 32, len(wrapped) // 2, len(wrapped) - 1}:
        with pytest.raises(EnvelopeInvalid):
            store.unwrap(organ[which].kid, wrapped[:size], b"")


def test_an_unknown_key_is_refused(store: Store, organ: tuple[PublicKey, ...]) -> None:
    with pytest.raises(KeyUnknown, match="no private key"):
        store.sign(bytes(16), b"data")
    with pytest.raises(KeyUnknown, match="no private key"):
        store.unwrap(bytes(16), b"wrapped", b"")


def test_a_key_does_only_its_own_work(store: Store, organ: tuple[PublicKey, ...]) -> None:
    for wrapping in organ[1:]:
        with pytest.raises(KeyStoreError, match="not for sealing"):
            store.sign(wrapping.kid, b"data")
    # Whoever writes an envelope chooses the key id: the store is not at fault, the envelope is.
    with pytest.raises(EnvelopeInvalid, match="not for wrapping"):
        store.unwrap(organ[0].kid, b"wrapped", b"")


def test_keys_survive_a_restart(opened: tuple[Store, Reopen], organ: tuple[PublicKey, ...]) -> None:
    first, reopen = opened
    again = reopen(first)
    assert again.kids() == {key.kid for key in organ}
    organ[0].verify(again.sign(organ[0].kid, b"data"), b"data")
    for key in organ[1:]:
        assert again.unwrap(key.kid, wrap(key, b"content key", b""), b"") == b"content key"


def test_removed_keys_are_gone_for_good(opened: tuple[Store, Reopen], organ: tuple[PublicKey, ...]) -> None:
    first, reopen = opened
    organ[0].verify(first.sign(organ[0].kid, b"data"), b"data")
    first.remove(organ[0].kid, organ[1].kid)
    for current in (first, reopen(first)):
        assert current.kids() == {organ[2].kid}
        with pytest.raises(KeyUnknown):
            current.sign(organ[0].kid, b"data")
        with pytest.raises(KeyUnknown):
            current.unwrap(organ[1].kid, b"", b"")


def test_removing_an_unknown_key_removes_nothing(store: Store, organ: tuple[PublicKey, ...]) -> None:
    with pytest.raises(KeyUnknown):
        store.remove(organ[0].kid, bytes(16))
    assert len(store.kids()) == 3


def test_threads_may_share_a_store(store: Store, organ: tuple[PublicKey, ...]) -> None:
    signatures: list[bytes] = []
    threads = [
        threading.Thread(target=lambda: signatures.extend(store.sign(organ[0].kid, b"data") for _ in range(20)))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(signatures) == 160
    for signature in signatures:
        organ[0].verify(signature, b"data")


def test_a_store_says_only_how_many_keys_it_holds(store: Store, organ: tuple[PublicKey, ...]) -> None:
    assert re.fullmatch(r"<\w+: 3 keys>", repr(store))


def test_stores_are_what_the_rest_of_the_platform_expects(store: Store) -> None:
    typed: KeyStore = store
    assert typed.kids() == frozenset()


@pytest.mark.parametrize("algorithm", Algorithm)
def test_a_private_key_never_shows_its_secret(algorithm: Algorithm) -> None:
    _, private = generate(algorithm)
    shown = repr(private) + str(private)
    assert "secret" not in shown
    assert repr(private.secret) not in shown
    assert private.secret.hex() not in shown
    assert private.kid.hex() not in {"", private.secret.hex()}


@pytest.mark.parametrize("algorithm", Algorithm)
def test_every_generated_key_is_new(algorithm: Algorithm) -> None:
    made = [generate(algorithm) for _ in range(3)]
    assert len({public for public, _ in made}) == 3
    assert all(private.kid == kid_of(algorithm, public) for public, private in made)


@pytest.mark.parametrize("algorithm", [Algorithm.EDDSA, Algorithm.ML_DSA_65])
def test_memory_seals_with_every_algorithm(algorithm: Algorithm) -> None:
    store = MemoryKeyStore()
    (public,) = store.new_keys([algorithm])
    key = PublicKey(algorithm, public, not_before=0, not_after=1)
    key.verify(store.sign(key.kid, b"data"), b"data")


def test_a_private_half_under_a_wrong_id_is_not_used() -> None:
    # It would make seals that nobody can verify.
    _, private = generate(Algorithm.ES256)
    wrong = PrivateKey(kid=bytes(16), algorithm=private.algorithm, secret=private.secret)
    with pytest.raises(KeyStoreError, match="another key"):
        MemoryKeyStore([wrong]).sign(wrong.kid, b"data")


@pytest.mark.parametrize("fill", [b"\x00", b"\xff"])
def test_a_scalar_outside_the_curve_is_not_used(fill: bytes) -> None:
    wrong = PrivateKey(kid=bytes(16), algorithm=Algorithm.ES256, secret=fill * 32)
    with pytest.raises(KeyStoreError, match="is not a key"):
        MemoryKeyStore([wrong]).sign(wrong.kid, b"data")


def test_adding_and_removing_keeps_the_others_usable() -> None:
    (_, first), (_, second) = generate(Algorithm.ES256), generate(Algorithm.EDDSA)
    store = MemoryKeyStore([first])
    assert store.sign(first.kid, b"data")
    store.add(second)
    store.add(second)
    store.remove(first.kid)
    assert store.kids() == {second.kid}
    assert store.sign(second.kid, b"data")


@given(st.lists(st.sampled_from(Algorithm), max_size=4))
def test_keys_read_as_they_were_written(algorithms: list[Algorithm]) -> None:
    keys = [generate(algorithm)[1] for algorithm in algorithms]
    read = decode_keys(encode_keys(keys))
    assert {(key.kid, key.algorithm, key.secret) for key in read} == {
        (key.kid, key.algorithm, key.secret) for key in keys
    }


def test_more_keys_than_can_be_read_again_are_not_written() -> None:
    keys = [
        PrivateKey(kid=number.to_bytes(16), algorithm=Algorithm.EDDSA, secret=bytes(32)) for number in range(60_001)
    ]
    assert len(decode_keys(encode_keys(keys[:60_000]))) == 60_000
    with pytest.raises(KeyStoreError, match="60001 keys"):
        encode_keys(keys)


WRITTEN = encode_keys([generate(algorithm)[1] for algorithm in Algorithm])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.one_of(st.binary(max_size=100), st.integers(0, len(WRITTEN) - 1).map(lambda size: WRITTEN[:size])))
def test_what_is_not_keys_is_refused(data: bytes) -> None:
    # 0xa0 is the empty map: no keys at all, which is fine.
    if data == b"\xa0":
        assert decode_keys(data) == []
        return
    with pytest.raises(KeyStoreError):
        decode_keys(data)


@pytest.mark.parametrize(
    "damage",
    [
        {bytes(15): [-7, bytes(32)]},
        {bytes(16): [-7, bytes(31)]},
        {bytes(16): [-7, "0" * 32]},
        {bytes(16): [-9, bytes(32)]},
        {bytes(16): [-7]},
        {bytes(16): [-7, bytes(32), 1]},
        {bytes(16): None},
        {1: [-7, bytes(32)]},
        ["not a map"],
    ],
    ids=str,
)
def test_keys_of_a_wrong_shape_are_refused(damage: object) -> None:
    with pytest.raises(KeyStoreError, match="not readable"):
        decode_keys(cbor.encode(damage))
