"""Wrapping keys: the same behaviour wherever they are kept, and what a folder and a token add to it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lienthong.trust.errors import KeyUnknown, StoredInvalid
from lienthong.trust.passphrase_lock import Cost
from lienthong.trust.wrapping import ID_SIZE, MemoryWrappingStore, WrappingStore
from lienthong.trust.wrapping_file import FileWrappingStore
from lienthong.trust.wrapping_pkcs11 import Pkcs11WrappingStore
from tests.support.hsm import PIN, soft_hsm

QUICK = Cost(memory=8 * 1024, iterations=1, lanes=1)
PASSPHRASE = b"correct horse battery"
KEY = bytes(range(32))


@pytest.fixture(params=["memory", "file", pytest.param("token", marks=pytest.mark.hsm)])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[WrappingStore]:
    match request.param:
        case "memory":
            yield MemoryWrappingStore()
        case "file":
            yield FileWrappingStore.open(tmp_path / "keys", PASSPHRASE, cost=QUICK)
        case _:
            hsm = soft_hsm(request.getfixturevalue("tmp_path_factory").getbasetemp())
            token = Pkcs11WrappingStore.open(library=hsm.library, token=hsm.token, pin=PIN)
            yield token
            token.close()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=20, deadline=None)
@given(plain=st.binary(min_size=1, max_size=64), associated=st.binary(max_size=100))
def test_what_was_wrapped_comes_out(store: WrappingStore, plain: bytes, associated: bytes) -> None:
    id_ = store.new()
    assert len(id_) == ID_SIZE
    wrapped = store.wrap(id_, plain, associated)
    assert plain not in wrapped or len(plain) < 4
    assert store.unwrap(id_, wrapped, associated) == plain
    store.destroy(id_)


def test_nothing_else_comes_out(store: WrappingStore) -> None:
    one, two = store.new(), store.new()
    wrapped = store.wrap(one, KEY, b"a")
    assert wrapped != store.wrap(one, KEY, b"a")
    altered = bytes([*wrapped[:-1], wrapped[-1] ^ 1])
    for id_, what, associated in [(two, wrapped, b"a"), (one, wrapped, b"b"), (one, altered, b"a"), (one, b"", b"a")]:
        with pytest.raises(StoredInvalid):
            store.unwrap(id_, what, associated)


def test_a_key_that_was_destroyed_opens_nothing(store: WrappingStore) -> None:
    one, two = store.new(), store.new()
    wrapped = store.wrap(one, KEY, b"")
    store.destroy(one)
    store.destroy(one)
    with pytest.raises(KeyUnknown):
        store.unwrap(one, wrapped, b"")
    with pytest.raises(KeyUnknown):
        store.wrap(one, KEY, b"")
    assert store.unwrap(two, store.wrap(two, KEY, b""), b"") == KEY


@pytest.mark.parametrize("id_", [b"", b"../../../etc/pas", b"/", bytes(16)])
def test_ids_that_are_none_are_unknown(store: WrappingStore, id_: bytes) -> None:
    with pytest.raises(KeyUnknown):
        store.wrap(id_, KEY, b"")
    with pytest.raises(KeyUnknown):
        store.unwrap(id_, b"x" * 60, b"")
