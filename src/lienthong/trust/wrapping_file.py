"""Wrapping keys in a folder: one file a key, all under a master key, which is under a passphrase.

A key is made and destroyed without touching the others, so that thousands of organs share a folder, and several
processes use it at once. The files are `PrivateFile`s; that of a key holds nonce and ciphertext, bound to its id.
Nothing is kept in memory but the master key: a key that was destroyed wraps and unwraps nothing from then on.
"""

import contextlib
from pathlib import Path
from typing import Final, Self

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from lienthong.kernel.files import sync_folder
from lienthong.trust.errors import KeyStoreError, StoredInvalid
from lienthong.trust.passphrase_lock import Cost, Lock
from lienthong.trust.private_file import PrivateFile, damaged
from lienthong.trust.wrapping import ID_SIZE, new_key, unknown, unwrap_with, wrap_with

MASTER: Final = "master"
_MASTER_KIND: Final = b"lienthong wrapping master 1\n"
_KEY_KIND: Final = b"lienthong wrapping key 1\n"
_MAX_SIZE: Final = 1024
_KEY_BITS: Final = 256


class FileWrappingStore:
    """A `WrappingStore` in a folder."""

    def __init__(self, folder: Path, master: bytes) -> None:
        """Use a folder whose master key is known; use `open`."""
        self._folder = folder
        self._master = master

    def __repr__(self) -> str:
        """Where it is, and nothing of the keys."""
        return f"<{type(self).__name__}: {self._folder}>"

    @classmethod
    def open(cls, folder: Path, passphrase: bytes, *, cost: Cost | None = None) -> Self:
        """Open a folder; an empty one, or one that is not there, becomes a store.

        Args:
            folder: where; made when missing (mode 0700).
            passphrase: at least ``MIN_PASSPHRASE`` bytes.
            cost: what a guess costs; counts when the store is made.

        Raises:
            KeyStoreError: the passphrase does not fit or is too short, or the folder cannot be used.
        """
        file = PrivateFile(folder / MASTER, kind=_MASTER_KIND, max_size=_MAX_SIZE)
        if not file.path.exists():
            _make(folder, file, passphrase, cost)
        _, master = Lock.open(file, passphrase, kind=_MASTER_KIND)
        return cls(folder, master)

    @classmethod
    def change_passphrase(cls, folder: Path, old: bytes, new: bytes, *, cost: Cost | None = None) -> None:
        """Put the master key under another passphrase; copies of the old file still open with the old one.

        Raises:
            KeyStoreError: the old one does not fit, the new one is too short, or the file cannot be written.
        """
        file = PrivateFile(folder / MASTER, kind=_MASTER_KIND, max_size=_MAX_SIZE)
        _, master = Lock.open(file, old, kind=_MASTER_KIND)
        file.replace(Lock.new(new, cost).seal(master, kind=_MASTER_KIND))

    def new(self) -> bytes:
        """Make a key; it is on disk when this returns.

        Raises:
            KeyStoreError: it cannot be written.
        """
        id_, key = new_key()
        self._file(id_).create(wrap_with(self._master, key, _KEY_KIND + id_))
        return id_

    def wrap(self, id_: bytes, plain: bytes, associated: bytes) -> bytes:
        """Encrypt a few bytes; see ``WrappingStore``."""
        return wrap_with(self._key(id_), plain, associated)

    def unwrap(self, id_: bytes, wrapped: bytes, associated: bytes) -> bytes:
        """Decrypt what ``wrap`` gave; see ``WrappingStore``."""
        return unwrap_with(self._key(id_), wrapped, associated)

    def destroy(self, id_: bytes) -> None:
        """Remove a key; a disk may still have it, under the master key, until it is overwritten.

        Raises:
            KeyStoreError: the folder cannot be written.
        """
        path = self._file(id_).path
        try:
            path.unlink(missing_ok=True)
            sync_folder(self._folder)
        except OSError as error:
            raise KeyStoreError(f"{path}: {error.strerror}") from None

    def _key(self, id_: bytes) -> bytes:
        file = self._file(id_)
        try:
            return unwrap_with(self._master, file.read(), _KEY_KIND + id_)
        except StoredInvalid:
            raise damaged(file.path) from None
        except KeyStoreError:
            if file.path.exists():
                raise
            raise unknown(id_) from None

    def _file(self, id_: bytes) -> PrivateFile:
        # Ids come from a database: nothing else than one of our own names a file.
        if len(id_) != ID_SIZE:
            raise unknown(id_)
        return PrivateFile(self._folder / id_.hex(), kind=_KEY_KIND, max_size=_MAX_SIZE)


def _make(folder: Path, file: PrivateFile, passphrase: bytes, cost: Cost | None) -> None:
    lock = Lock.new(passphrase, cost)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if any(len(path.name) == 2 * ID_SIZE for path in folder.iterdir()):
        # A new master key would open none of them.
        raise KeyStoreError(f"{file.path} is missing", hint="Restore it from its backup; the keys beside it need it.")
    # Of several processes that start together one makes it.
    with contextlib.suppress(KeyStoreError):
        file.create(lock.seal(AESGCM.generate_key(_KEY_BITS), kind=_MASTER_KIND))
    if not file.path.exists():
        raise KeyStoreError(f"{file.path} cannot be written", hint="Check the folder, its owner and the free space.")
