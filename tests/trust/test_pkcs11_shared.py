"""One login to a token for all that use it, and no PIN that is tried until the token locks itself."""

import threading
from pathlib import Path

import pytest

from lienthong.trust import pkcs11_shared
from lienthong.trust.errors import KeyStoreError, PinRefused
from lienthong.trust.pkcs11_shared import shared_token
from lienthong.trust.wrapping_pkcs11 import Pkcs11WrappingStore
from tests.support.hsm import PIN, SoftHsm, soft_hsm

pytestmark = pytest.mark.hsm


@pytest.fixture
def hsm(tmp_path_factory: pytest.TempPathFactory) -> SoftHsm:
    return soft_hsm(tmp_path_factory.getbasetemp())


def never() -> bytes:
    raise AssertionError("it was asked")


def test_whoever_comes_later_shares_what_is_open(hsm: SoftHsm) -> None:
    found: list[object] = []
    threads = [
        threading.Thread(target=lambda: found.append(shared_token(hsm.library, hsm.token, lambda: PIN)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    token = shared_token(hsm.library, hsm.token, never)
    try:
        assert found == [token] * 4
        # Two users of one token in one process: a second login would be refused.
        with pytest.raises(KeyStoreError, match="UserAlreadyLoggedIn"):
            Pkcs11WrappingStore.open(library=hsm.library, token=hsm.token, pin=PIN)
    finally:
        token.close()


def test_one_that_was_closed_is_opened_anew(hsm: SoftHsm) -> None:
    shared_token(hsm.library, hsm.token, lambda: PIN).close()
    again = shared_token(hsm.library, hsm.token, lambda: PIN)
    try:
        assert again.certificates("none") == []
    finally:
        again.close()


def test_a_pin_that_was_refused_is_not_tried_again_but_another_is(
    hsm: SoftHsm, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(PinRefused, match="PinIncorrect"):
        shared_token(hsm.library, hsm.token, lambda: b"0000-1111")
    with monkeypatch.context() as watched:
        watched.setattr(pkcs11_shared, "open_token", lambda *_: pytest.fail("the token was asked"))
        with pytest.raises(PinRefused, match="not tried again") as refused:
            shared_token(hsm.library, hsm.token, lambda: b"0000-1111")
    assert "0000" not in str(refused.value)
    shared_token(hsm.library, hsm.token, lambda: PIN).close()


def test_a_token_that_is_not_there_is_asked_for_again(hsm: SoftHsm) -> None:
    for _ in range(2):
        with pytest.raises(KeyStoreError, match="NoSuchToken"):
            shared_token(hsm.library, "elsewhere", lambda: PIN)
    with pytest.raises(KeyStoreError, match="cannot be loaded"):
        shared_token(Path("/none.so"), hsm.token, lambda: PIN)
