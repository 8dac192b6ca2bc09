"""Wrapping keys in a real token (SoftHSM2) cannot leave it, and outlast a session."""

import pkcs11
import pytest
from pkcs11.constants import Attribute

from lienthong.trust.errors import KeyStoreError
from lienthong.trust.wrapping_pkcs11 import Pkcs11WrappingStore
from tests.support.hsm import PIN, SoftHsm, soft_hsm

pytestmark = pytest.mark.hsm
KEY = bytes(range(32))


@pytest.fixture
def hsm(tmp_path_factory: pytest.TempPathFactory) -> SoftHsm:
    return soft_hsm(tmp_path_factory.getbasetemp())


def opened(hsm: SoftHsm) -> Pkcs11WrappingStore:
    return Pkcs11WrappingStore.open(library=hsm.library, token=hsm.token, pin=PIN)


def test_keys_outlast_a_session(hsm: SoftHsm) -> None:
    store = opened(hsm)
    id_ = store.new()
    wrapped = store.wrap(id_, KEY, b"a")
    store.close()
    again = opened(hsm)
    assert again.unwrap(id_, wrapped, b"a") == KEY
    again.close()


def test_the_key_does_not_leave_the_token(hsm: SoftHsm) -> None:
    store = opened(hsm)
    id_ = store.new()
    key = store._token._session.get_key(object_class=pkcs11.ObjectClass.SECRET_KEY, id=id_)
    assert (key[Attribute.SENSITIVE], key[Attribute.EXTRACTABLE]) == (True, False)
    with pytest.raises(pkcs11.PKCS11Error):
        key[Attribute.VALUE]
    store.close()


def test_a_token_that_goes_while_it_is_used_is_not_taken_for_an_altered_file(
    hsm: SoftHsm, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = opened(hsm)
    id_ = store.new()
    wrapped = store.wrap(id_, KEY, b"")

    def gone(*_: bytes) -> bytes:
        monkeypatch.setattr(store._token, "has_locking_key", gone)
        raise KeyStoreError("token “organ”: DeviceRemoved")

    monkeypatch.setattr(store._token, "unlock", gone)
    with pytest.raises(KeyStoreError, match="DeviceRemoved"):
        store.unwrap(id_, wrapped, b"")
    store.close()
