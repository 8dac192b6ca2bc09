"""The installation's key store, and the keys of files under it."""

import contextlib
import os
import secrets
import threading
from pathlib import Path
from typing import Final
from uuid import UUID

from django.conf import settings

from lienthong.kernel import cbor
from lienthong.kernel.files import write_atomically
from lienthong.office.vault.configuration import FolderPlace, TokenPlace, Vault
from lienthong.office.vault.models import Blob
from lienthong.trust.passphrase import PASSPHRASE_VARIABLE, PIN_VARIABLE, passphrase_from
from lienthong.trust.pkcs11_shared import shared_token
from lienthong.trust.wrapping import WrappingStore
from lienthong.trust.wrapping_file import FileWrappingStore
from lienthong.trust.wrapping_pkcs11 import Pkcs11WrappingStore

_FORMAT: Final = 1
_PASSPHRASE_BYTES: Final = 32
_OWN: Final = "passphrase"
_opened: dict[FolderPlace | TokenPlace, WrappingStore] = {}
_opening: Final = threading.Lock()


def key_store() -> WrappingStore:
    """Return the store of the organs' keys, opened once in a process: that costs 0.2 s.

    Raises:
        KeyStoreError: it cannot be opened.
    """
    vault: Vault = settings.VAULT
    with _opening:
        if vault.keys not in _opened:
            _opened[vault.keys] = _open(vault)
        return _opened[vault.keys]


def wrap(reference: bytes, key: bytes, blob: Blob) -> bytes:
    """Encrypt a file's key under that of its organ, bound to what the row says of the file.

    Raises:
        KeyUnknown, KeyStoreError: the organ's key is not there.
    """
    return key_store().wrap(reference, key, _associated(blob.pk, blob.size, blob.sha256))


def unwrap(reference: bytes, blob: Blob) -> bytes:
    """Decrypt the key of a living file.

    Raises:
        KeyUnknown, KeyStoreError: the organ's key is not there.
        StoredInvalid: the row was altered.
    """
    wrapped = bytes(blob.wrapped_key or b"")
    return key_store().unwrap(reference, wrapped, _associated(blob.pk, blob.size, blob.sha256))


def change_passphrase(vault: Vault, file: Path) -> None:
    """Put the folder of keys under another passphrase.

    Args:
        vault: whose keys are in a folder.
        file: holds the new one.

    Raises:
        KeyStoreError: one of the two cannot be read or does not fit, or the new one is too short.
    """
    if not isinstance(vault.keys, FolderPlace):
        raise TypeError("keys in a token")
    old = vault.keys.passphrase or _own_passphrase(vault.folder)
    passphrases = (_secret(old, PASSPHRASE_VARIABLE), _secret(file, PASSPHRASE_VARIABLE))
    FileWrappingStore.change_passphrase(vault.keys.folder, *passphrases)


def _associated(id_: UUID, size: int, digest: bytes | memoryview) -> bytes:
    return cbor.encode([_FORMAT, id_.bytes, size, bytes(digest)])


def _open(vault: Vault) -> WrappingStore:
    if isinstance(vault.keys, FolderPlace):
        file = vault.keys.passphrase or _own_passphrase(vault.folder)
        return FileWrappingStore.open(vault.keys.folder, _secret(file, PASSPHRASE_VARIABLE))
    place = vault.keys
    # The token may hold keys that sign, too.
    token = shared_token(place.library, place.token, lambda: _secret(place.pin, PIN_VARIABLE))
    return Pkcs11WrappingStore(token)


def _secret(file: Path, variable: str) -> bytes:
    return passphrase_from({variable: str(file)}, variable=variable)


def _own_passphrase(folder: Path) -> Path:
    """Return the file with the passphrase that the office made for itself; whoever has the state folder has it too."""
    path = folder / _OWN
    if not path.exists():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        own = folder / f".{_OWN}.{os.getpid()}.{threading.get_ident()}"
        write_atomically(own, secrets.token_urlsafe(_PASSPHRASE_BYTES).encode())
        # Of several processes that start together one wins, and all use its passphrase.
        with contextlib.suppress(FileExistsError):
            os.link(own, path)
        own.unlink()
    return path
