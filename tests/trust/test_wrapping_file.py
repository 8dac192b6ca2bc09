"""A folder of wrapping keys: lasting, for its owner only, and nothing without its passphrase."""

import stat
import threading
from pathlib import Path

import pytest

from lienthong.trust.errors import KeyStoreError, KeyUnknown
from lienthong.trust.passphrase_lock import Cost
from lienthong.trust.wrapping_file import MASTER, FileWrappingStore

QUICK = Cost(memory=8 * 1024, iterations=1, lanes=1)
PASSPHRASE = b"correct horse battery"
KEY = bytes(range(32))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "state" / "keys"


def opened(folder: Path, passphrase: bytes = PASSPHRASE) -> FileWrappingStore:
    return FileWrappingStore.open(folder, passphrase, cost=QUICK)


def test_keys_last_and_other_processes_see_them_at_once(folder: Path) -> None:
    first, second = opened(folder), opened(folder)
    id_ = first.new()
    wrapped = second.wrap(id_, KEY, b"a")
    assert opened(folder).unwrap(id_, wrapped, b"a") == KEY
    second.destroy(id_)
    with pytest.raises(KeyUnknown):
        first.unwrap(id_, wrapped, b"a")
    assert [path.name for path in folder.iterdir()] == [MASTER]


def test_nothing_is_readable_by_others(folder: Path) -> None:
    opened(folder).new()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
    (folder / MASTER).chmod(0o640)
    with pytest.raises(KeyStoreError, match="open to other users"):
        opened(folder)


def test_another_passphrase_opens_nothing_and_makes_nothing(folder: Path) -> None:
    opened(folder).new()
    with pytest.raises(KeyStoreError, match="does not open"):
        opened(folder, b"another passphrase")
    with pytest.raises(KeyStoreError, match="5 bytes"):
        opened(folder.parent / "new", b"short")
    assert not (folder.parent / "new").exists()


def test_the_passphrase_can_be_changed(folder: Path) -> None:
    store = opened(folder)
    id_ = store.new()
    wrapped = store.wrap(id_, KEY, b"")
    FileWrappingStore.change_passphrase(folder, PASSPHRASE, b"another passphrase", cost=QUICK)
    with pytest.raises(KeyStoreError, match="does not open"):
        opened(folder)
    assert opened(folder, b"another passphrase").unwrap(id_, wrapped, b"") == KEY


def test_a_lost_master_key_is_never_replaced_by_a_new_one(folder: Path) -> None:
    opened(folder).new()
    (folder / MASTER).unlink()
    with pytest.raises(KeyStoreError, match="is missing"):
        opened(folder)


def test_a_key_under_another_keys_name_is_damaged(folder: Path) -> None:
    store = opened(folder)
    one, two = store.new(), store.new()
    (folder / one.hex()).write_bytes((folder / two.hex()).read_bytes())
    with pytest.raises(KeyStoreError, match="damaged"):
        store.wrap(one, KEY, b"")


def test_of_several_that_start_together_one_makes_the_master_key(folder: Path) -> None:
    stores: list[FileWrappingStore] = []
    threads = [threading.Thread(target=lambda: stores.append(opened(folder))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    id_ = stores[0].new()
    wrapped = stores[0].wrap(id_, KEY, b"")
    assert [store.unwrap(id_, wrapped, b"") for store in stores] == [KEY] * 6


def test_nothing_shows_a_key(folder: Path) -> None:
    store = opened(folder)
    assert repr(store) == f"<FileWrappingStore: {folder}>"
