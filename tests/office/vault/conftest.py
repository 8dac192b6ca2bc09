"""A vault of its own for each test: a folder that is looked into, and keys in memory."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from pytest_django import Settings

from lienthong.office.vault.configuration import FolderPlace, Vault
from lienthong.trust.wrapping import MemoryWrappingStore


@pytest.fixture
def files(tmp_path: Path, settings: Settings) -> Iterator[Path]:
    """The folder with the objects of this test's vault."""
    from lienthong.office.vault import keys  # noqa: PLC0415 - needs Django set up

    place = FolderPlace(folder=tmp_path / "keys", passphrase=None)
    storage = {
        "BACKEND": "lienthong.office.vault.storage.LocalObjects",
        "OPTIONS": {"location": tmp_path / "vault" / "files"},
    }
    vault: Vault = replace(settings.VAULT, folder=tmp_path / "vault", keys=place, storage=storage)
    settings.VAULT = vault
    settings.STORAGES = {**settings.STORAGES, "vault": storage}
    keys._opened[place] = MemoryWrappingStore()
    yield tmp_path / "vault" / "files"
    del keys._opened[place]
