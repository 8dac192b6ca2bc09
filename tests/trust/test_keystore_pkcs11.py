"""Keys in a real token (SoftHSM2): what cannot leave it, what is told when it refuses."""

import hashlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pkcs11
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pkcs11.constants import Attribute

from lienthong.kernel import cbor
from lienthong.trust.errors import KeyStoreError
from lienthong.trust.keys import Algorithm, PublicKey, kid_of
from lienthong.trust.keystore import new_organ_keys
from lienthong.trust.keystore_pkcs11 import Pkcs11KeyStore
from tests.support.hsm import PIN, SoftHsm, soft_hsm

FIRST_LINE = b"lienthong token store 1\n"


@pytest.fixture
def hsm(tmp_path_factory: pytest.TempPathFactory) -> SoftHsm:
    return soft_hsm(tmp_path_factory.getbasetemp())


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keys"


@pytest.fixture
def store(hsm: SoftHsm, path: Path) -> Iterator[Pkcs11KeyStore]:
    store = Pkcs11KeyStore.create(path, library=hsm.library, token=hsm.token, pin=PIN)
    yield store
    store.close()


@pytest.fixture
def organ(store: Pkcs11KeyStore) -> tuple[PublicKey, ...]:
    return new_organ_keys(store, not_before=0, not_after=1)


@pytest.fixture
def closed(hsm: SoftHsm, path: Path) -> SoftHsm:
    """A store with an organ's keys that nobody has open."""
    store = Pkcs11KeyStore.create(path, library=hsm.library, token=hsm.token, pin=PIN)
    new_organ_keys(store, not_before=0, not_after=1)
    store.close()
    return hsm


def refusal(hsm: SoftHsm, path: Path, *, token: str = "", pin: bytes = PIN) -> str:
    with pytest.raises(KeyStoreError) as caught:
        Pkcs11KeyStore.open(path, library=hsm.library, token=token or hsm.token, pin=pin)
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    return str(caught.value)


def session_of(store: Pkcs11KeyStore) -> pkcs11.Session:
    session: pkcs11.Session = store._token._session
    return session


def objects(store: Pkcs11KeyStore, kind: pkcs11.ObjectClass) -> list[pkcs11.Object]:
    return list(session_of(store).get_objects({Attribute.CLASS: kind}))


pytestmark = pytest.mark.hsm


def test_a_sealing_key_cannot_leave_the_token(store: Pkcs11KeyStore, organ: tuple[PublicKey, ...]) -> None:
    key = session_of(store).get_key(object_class=pkcs11.ObjectClass.PRIVATE_KEY, id=store._sealing[organ[0].kid])
    assert key[Attribute.SENSITIVE]
    assert key[Attribute.ALWAYS_SENSITIVE]
    assert key[Attribute.NEVER_EXTRACTABLE]
    assert not key[Attribute.EXTRACTABLE]
    assert key[Attribute.TOKEN]
    assert key[Attribute.PRIVATE]
    with pytest.raises(pkcs11.AttributeSensitive):
        _ = key[Attribute.VALUE]


def test_a_sealing_key_only_signs(store: Pkcs11KeyStore, organ: tuple[PublicKey, ...]) -> None:
    key = session_of(store).get_key(object_class=pkcs11.ObjectClass.PRIVATE_KEY, id=store._sealing[organ[0].kid])
    assert key[Attribute.SIGN]
    assert not any(key[ability] for ability in (Attribute.DECRYPT, Attribute.UNWRAP, Attribute.DERIVE))


def test_the_locking_key_cannot_leave_the_token(store: Pkcs11KeyStore) -> None:
    key = session_of(store).get_key(object_class=pkcs11.ObjectClass.SECRET_KEY, id=store._locking_key)
    assert key[Attribute.SENSITIVE]
    assert key[Attribute.NEVER_EXTRACTABLE]
    assert not any(key[ability] for ability in (Attribute.SIGN, Attribute.WRAP, Attribute.UNWRAP))
    with pytest.raises(pkcs11.AttributeSensitive):
        _ = key[Attribute.VALUE]


def test_nothing_of_the_keys_is_in_the_file(store: Pkcs11KeyStore, organ: tuple[PublicKey, ...], path: Path) -> None:
    content = path.read_bytes()
    hidden = [key.secret for key in store._private] + [key.kid for key in organ]
    assert len(hidden) == 5
    assert not [part for part in hidden if part in content]
    assert PIN not in content


def test_the_file_key_is_new_with_every_write(store: Pkcs11KeyStore, path: Path) -> None:
    locked = set()
    for _ in range(3):
        store.new_keys([Algorithm.HPKE_4_KE])
        locked.add(cbor.decode(path.read_bytes()[len(FIRST_LINE) + 32 :])[1])
    assert len(locked) == 3


def test_a_wrong_pin_warns_of_the_lock(closed: SoftHsm, path: Path) -> None:
    for pin in (b"0000-0000", b"1", b"\xff\xff"):
        told = refusal(closed, path, pin=pin)
        assert "tokens lock themselves" in told
        assert repr(pin)[2:-1] not in told.partition(". ")[0].replace(str(path), "")


def test_another_token_does_not_open_the_file(closed: SoftHsm, path: Path) -> None:
    assert "The key is not in this token" in refusal(closed, path, token=closed.other)


def test_an_absent_token_is_named(closed: SoftHsm, path: Path) -> None:
    assert "token “absent”" in refusal(closed, path, token="absent")


@pytest.mark.parametrize("library", ["/nowhere/libpkcs11.so", "/etc/passwd"])
def test_what_is_no_library_is_named(path: Path, library: str) -> None:
    with pytest.raises(KeyStoreError, match=f"{library} cannot be loaded"):
        Pkcs11KeyStore.create(path, library=Path(library), token="any", pin=PIN)
    assert not path.exists()


def test_a_token_is_opened_once_per_process(store: Pkcs11KeyStore, hsm: SoftHsm, path: Path) -> None:
    assert "share one key store" in refusal(hsm, path)


def test_a_closed_store_signs_no_more(hsm: SoftHsm, path: Path) -> None:
    store = Pkcs11KeyStore.create(path, library=hsm.library, token=hsm.token, pin=PIN)
    (sealing, *_) = new_organ_keys(store, not_before=0, not_after=1)
    store.close()
    with pytest.raises(KeyStoreError, match="SessionHandleInvalid"):
        store.sign(sealing.kid, b"data")


def test_an_existing_file_costs_the_token_no_key(store: Pkcs11KeyStore, hsm: SoftHsm, path: Path) -> None:
    before = len(objects(store, pkcs11.ObjectClass.SECRET_KEY))
    with pytest.raises(KeyStoreError, match="is there already"):
        Pkcs11KeyStore.create(path, library=hsm.library, token=hsm.other, pin=PIN)
    assert len(objects(store, pkcs11.ObjectClass.SECRET_KEY)) == before


def test_a_folder_that_is_missing_leaves_the_token_closed(hsm: SoftHsm, tmp_path: Path) -> None:
    for _ in range(2):
        with pytest.raises(KeyStoreError, match="No such file"):
            Pkcs11KeyStore.create(tmp_path / "missing" / "keys", library=hsm.library, token=hsm.token, pin=PIN)


@pytest.mark.parametrize("algorithm", [Algorithm.EDDSA, Algorithm.ML_DSA_65])
def test_other_seals_are_not_made_here(store: Pkcs11KeyStore, algorithm: Algorithm) -> None:
    before = len(objects(store, pkcs11.ObjectClass.PRIVATE_KEY))
    with pytest.raises(KeyStoreError, match=algorithm.name):
        store.new_keys([Algorithm.ES256, algorithm])
    assert store.kids() == frozenset()
    assert len(objects(store, pkcs11.ObjectClass.PRIVATE_KEY)) == before


def test_a_full_disk_leaves_no_key_behind(
    store: Pkcs11KeyStore, organ: tuple[PublicKey, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    before, kids = len(objects(store, pkcs11.ObjectClass.PRIVATE_KEY)), store.kids()

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(KeyStoreError, match="No space left on device"):
            store.new_keys([Algorithm.ES256, Algorithm.HPKE_4_KE])
    assert store.kids() == kids
    assert len(objects(store, pkcs11.ObjectClass.PRIVATE_KEY)) == before


def test_removing_destroys_the_key_in_the_token(store: Pkcs11KeyStore, organ: tuple[PublicKey, ...]) -> None:
    object_id = store._sealing[organ[0].kid]
    store.remove(organ[0].kid)
    assert list(session_of(store).get_objects({Attribute.ID: object_id})) == []


def test_a_key_lost_from_the_token_is_told(store: Pkcs11KeyStore, organ: tuple[PublicKey, ...]) -> None:
    store._token.remove_key(store._sealing[organ[0].kid])
    with pytest.raises(KeyStoreError, match="not in this token"):
        store.sign(organ[0].kid, b"data")


def test_another_program_opens_what_this_one_made(closed: SoftHsm, path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from lienthong.trust.keystore_pkcs11 import Pkcs11KeyStore;"
        "path, library, token = sys.argv[1:]; pin = sys.stdin.buffer.read();"
        "store = Pkcs11KeyStore.open(Path(path), library=Path(library), token=token, pin=pin);"
        "print(len(store.kids())); store.close()"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, path, closed.library, closed.token], input=PIN, capture_output=True, check=True
    )
    assert done.stdout == b"3\n"


def test_without_the_extra_it_says_what_to_install(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "lienthong.trust.pkcs11_token", raising=False)
    monkeypatch.setitem(sys.modules, "pkcs11", None)
    with pytest.raises(KeyStoreError, match=r"lienthong\[hsm\]"):
        Pkcs11KeyStore.create(path, library=Path("any"), token="any", pin=PIN)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(data=st.data())
def test_any_damage_is_a_key_store_error(closed: SoftHsm, path: Path, data: st.DataObject) -> None:
    whole = path.read_bytes()
    content = bytearray(whole[len(FIRST_LINE) + 32 :])
    if data.draw(st.booleans(), label="cut"):
        del content[data.draw(st.integers(0, len(content) - 1), label="at") :]
    else:
        bit = data.draw(st.integers(0, len(content) * 8 - 1), label="bit")
        content[bit // 8] ^= 1 << bit % 8
    try:
        # Who alters a file on purpose repairs its digest too.
        rewrite(path, bytes(content))
        refusal(closed, path)
    finally:
        path.write_bytes(whole)


@pytest.mark.parametrize(
    "change",
    [
        lambda parts: parts[:3],
        lambda parts: {1: parts},
        lambda parts: ["text", *parts[1:]],
        lambda parts: [parts[0], 1, *parts[2:]],
        lambda parts: [parts[0], b"", *parts[2:]],
        lambda parts: [*parts[:2], b"", parts[3]],
        lambda parts: [*parts[:3], b""],
        lambda parts: [*parts[:3], None],
    ],
)
def test_a_file_of_a_wrong_shape_is_refused(
    closed: SoftHsm, path: Path, change: Callable[[list[bytes]], object]
) -> None:
    rewrite(path, cbor.encode(change(cbor.decode(path.read_bytes()[len(FIRST_LINE) + 32 :]))))
    assert refusal(closed, path).startswith("The key store cannot be used")


def test_ids_are_those_of_the_public_halves(store: Pkcs11KeyStore) -> None:
    (public,) = store.new_keys([Algorithm.ES256])
    assert len(public) == 33
    assert store.kids() == {kid_of(Algorithm.ES256, public)}


def rewrite(path: Path, content: bytes) -> None:
    path.write_bytes(FIRST_LINE + hashlib.sha256(content).digest() + content)
