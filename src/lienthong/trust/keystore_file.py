"""Private keys in one file, encrypted under a passphrase.

All keys are encrypted at once (`passphrase_lock`), inside a `PrivateFile`.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Final, Self

from lienthong.kernel import cbor
from lienthong.trust.keystore import MemoryKeyStore, PrivateKey, decode_keys, encode_keys
from lienthong.trust.passphrase_lock import Cost, Lock
from lienthong.trust.private_file import PrivateFile

_KIND: Final = b"lienthong key store 1\n"


class FileKeyStore(MemoryKeyStore):
    """A `KeyStore` kept in an encrypted file and opened into memory.

    Not to be changed from several threads at once; signing and unwrapping may run in any.
    """

    def __init__(self, file: PrivateFile, lock: Lock, keys: Iterable[PrivateKey]) -> None:
        """Hold what `create` or `open` found; use these."""
        super().__init__(keys)
        self._file = file
        self._lock = lock

    @classmethod
    def create(cls, path: Path, passphrase: bytes, *, cost: Cost | None = None) -> Self:
        """Make an empty store (mode 0600).

        Args:
            path: where; its folder must exist.
            passphrase: at least `MIN_PASSPHRASE` bytes.
            cost: what a guess costs; the usual unless given.

        Raises:
            KeyStoreError: the path is taken or cannot be written, the passphrase is too short.
        """
        lock = Lock.new(passphrase, cost)
        file = _file(path)
        file.create(lock.seal(encode_keys(()), kind=_KIND))
        return cls(file, lock, ())

    @classmethod
    def open(cls, path: Path, passphrase: bytes) -> Self:
        """Open a store: a fifth of a second for the passphrase, 20 µs a key.

        Raises:
            KeyStoreError: missing, readable by others, damaged, or the passphrase does not fit.
        """
        file = _file(path)
        lock, plain = Lock.open(file, passphrase, kind=_KIND)
        return cls(file, lock, decode_keys(plain))

    def change_passphrase(self, passphrase: bytes, *, cost: Cost | None = None) -> None:
        """Encrypt the file anew; copies of the old file still open with the old passphrase.

        Raises:
            KeyStoreError: it cannot be written, or the passphrase is too short.
        """
        lock = Lock.new(passphrase, cost)
        self._file.replace(lock.seal(encode_keys(self._keys.values()), kind=_KIND))
        self._lock = lock

    def _hold(self, keys: dict[bytes, PrivateKey]) -> None:
        self._file.replace(self._lock.seal(encode_keys(keys.values()), kind=_KIND))
        super()._hold(keys)


def _file(path: Path) -> PrivateFile:
    return PrivateFile(path, kind=_KIND, max_size=cbor.MAX_SIZE)
