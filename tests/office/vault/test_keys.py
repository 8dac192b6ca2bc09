"""The installation's key store: opened as the settings say, once, and lasting."""

import stat
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from pytest_django import Settings

from lienthong.office.vault import keys
from lienthong.office.vault.configuration import FolderPlace, TokenPlace
from lienthong.trust.errors import KeyStoreError
from lienthong.trust.wrapping import WrappingStore
from lienthong.trust.wrapping_file import FileWrappingStore
from lienthong.trust.wrapping_pkcs11 import Pkcs11WrappingStore
from tests.office.people import House
from tests.office.vault.boxes import keep, whole
from tests.support.hsm import PIN, soft_hsm


@pytest.fixture
def place(settings: Settings, tmp_path: Path) -> Iterator[FolderPlace]:
    """A folder that nobody has opened."""
    place = FolderPlace(folder=tmp_path / "k", passphrase=None)
    settings.VAULT = replace(settings.VAULT, folder=tmp_path / "vault", keys=place)
    yield place
    keys._opened.pop(place, None)


def test_without_a_passphrase_the_office_makes_one_and_keeps_it(place: FolderPlace, tmp_path: Path) -> None:
    store = keys.key_store()
    assert isinstance(store, FileWrappingStore)
    assert keys.key_store() is store
    id_ = store.new()
    wrapped = store.wrap(id_, b"x", b"")
    file = tmp_path / "vault" / "passphrase"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert len(file.read_bytes()) > 40
    assert [path.name for path in file.parent.iterdir()] == ["passphrase"]
    del keys._opened[place]
    assert keys.key_store().unwrap(id_, wrapped, b"") == b"x"


def test_a_passphrase_of_the_site_is_taken_from_its_file(
    place: FolderPlace, settings: Settings, tmp_path: Path
) -> None:
    (tmp_path / "p").write_text("correct horse battery\n")
    own = FolderPlace(folder=place.folder, passphrase=tmp_path / "p")
    settings.VAULT = replace(settings.VAULT, keys=own)
    keys.key_store()
    del keys._opened[own]
    assert not (tmp_path / "vault").exists()
    (tmp_path / "p").write_text("another passphrase\n")
    with pytest.raises(KeyStoreError, match="does not open") as caught:
        keys.key_store()
    assert "another" not in str(caught.value)
    (tmp_path / "p").unlink()
    with pytest.raises(KeyStoreError, match="No such file"):
        keys.key_store()


def test_threads_that_come_together_open_it_once(place: FolderPlace) -> None:
    stores: list[WrappingStore] = []
    threads = [threading.Thread(target=lambda: stores.append(keys.key_store())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(map(id, stores))) == 1
    assert len(stores) == 4


@pytest.mark.hsm
def test_keys_in_a_token(
    house: House,
    files: Path,
    settings: Settings,
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    hsm = soft_hsm(tmp_path_factory.getbasetemp())
    (tmp_path / "pin").write_bytes(PIN + b"\n")
    place = TokenPlace(library=hsm.library, token=hsm.token, pin=tmp_path / "pin")
    settings.VAULT = replace(settings.VAULT, keys=place)
    try:
        blob = keep(house.organs["province"], b"under a token's key")
        assert whole(blob) == b"under a token's key"
        store = keys._opened[place]
        assert isinstance(store, Pkcs11WrappingStore)
        store.close()
        # Opened anew, as by another process.
        del keys._opened[place]
        assert whole(blob) == b"under a token's key"
    finally:
        store = keys._opened.pop(place)
        assert isinstance(store, Pkcs11WrappingStore)
        store.close()
