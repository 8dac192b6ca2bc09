"""Private keys in one file, encrypted under a passphrase.

Argon2id (RFC 9106) makes a key of the passphrase; AES-256-GCM encrypts all keys at once. The file is
CBOR ``[salt, memory KiB, iterations, lanes, nonce, ciphertext]`` inside a `PrivateFile`; everything before
the ciphertext is authenticated with it.
"""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from lienthong.kernel import cbor
from lienthong.kernel.errors import CborInvalid
from lienthong.trust.errors import KeyStoreError
from lienthong.trust.keystore import MemoryKeyStore, PrivateKey, decode_keys, encode_keys
from lienthong.trust.private_file import PrivateFile, damaged

MIN_PASSPHRASE: Final = 12
_KIND: Final = b"lienthong key store 1\n"
_KEY_SIZE: Final = 32
_SALT_SIZE: Final = 16
_NONCE_SIZE: Final = 12
# Bounds on what a file may ask of this machine: at most a minute, never its whole memory.
_MEMORY: Final = range(8 * 1024, 1024 * 1024 + 1)
_ITERATIONS: Final = range(1, 17)
_LANES: Final = range(1, 17)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What one guess of the passphrase costs (RFC 9106, section 4: the second recommended option)."""

    memory: int = 64 * 1024  # KiB
    iterations: int = 3
    lanes: int = 4

    def __post_init__(self) -> None:
        """Check the bounds.

        Raises:
            ValueError: below what protects, or above what a machine should be asked for.
        """
        if self.memory not in _MEMORY or self.iterations not in _ITERATIONS or self.lanes not in _LANES:
            raise ValueError(f"{self} is outside {_MEMORY} KiB, {_ITERATIONS} iterations, {_LANES} lanes")


@dataclass(frozen=True, slots=True)
class _Lock:
    """The key that a passphrase gave, with what it takes to make it again."""

    salt: bytes
    cost: Cost
    cipher: AESGCM

    @classmethod
    def of(cls, passphrase: bytes, cost: Cost, salt: bytes) -> Self:
        kdf = Argon2id(
            salt=salt, length=_KEY_SIZE, iterations=cost.iterations, lanes=cost.lanes, memory_cost=cost.memory
        )
        return cls(salt, cost, AESGCM(kdf.derive(passphrase)))

    @classmethod
    def new(cls, passphrase: bytes, cost: Cost) -> Self:
        if len(passphrase) < MIN_PASSPHRASE:
            raise KeyStoreError(
                f"a passphrase of {len(passphrase)} bytes",
                hint=f"Take at least {MIN_PASSPHRASE} bytes; words are fine.",
            )
        return cls.of(passphrase, cost, secrets.token_bytes(_SALT_SIZE))

    def seal(self, keys: Iterable[PrivateKey]) -> bytes:
        nonce = secrets.token_bytes(_NONCE_SIZE)
        head = [self.salt, self.cost.memory, self.cost.iterations, self.cost.lanes, nonce]
        return cbor.encode([*head, self.cipher.encrypt(nonce, encode_keys(keys), _associated(head))])


class FileKeyStore(MemoryKeyStore):
    """A `KeyStore` kept in an encrypted file and opened into memory.

    Not to be changed from several threads at once; signing and unwrapping may run in any.
    """

    def __init__(self, file: PrivateFile, lock: _Lock, keys: Iterable[PrivateKey]) -> None:
        """Hold what `create` or `open` found; use these."""
        super().__init__(keys)
        self._file = file
        self._lock = lock

    @classmethod
    def create(cls, path: Path, passphrase: bytes, *, cost: Cost = Cost()) -> Self:
        """Make an empty store (mode 0600).

        Args:
            path: where; its folder must exist.
            passphrase: at least `MIN_PASSPHRASE` bytes.
            cost: what a guess costs.

        Raises:
            KeyStoreError: the path is taken or cannot be written, the passphrase is too short.
        """
        lock = _Lock.new(passphrase, cost)
        file = _file(path)
        file.create(lock.seal(()))
        return cls(file, lock, ())

    @classmethod
    def open(cls, path: Path, passphrase: bytes) -> Self:
        """Open a store: a fifth of a second for the passphrase, 20 µs a key.

        Raises:
            KeyStoreError: missing, readable by others, damaged, or the passphrase does not fit.
        """
        file = _file(path)
        content = file.read()
        try:
            *head, ciphertext = cbor.decode(content)
            salt, memory, iterations, lanes, nonce = head
            cost = Cost(memory=memory, iterations=iterations, lanes=lanes)
            lock = _Lock.of(passphrase, cost, salt)
            plain = lock.cipher.decrypt(nonce, ciphertext, _associated(head))
        except InvalidTag:
            raise KeyStoreError(
                f"the passphrase does not open {file.path}",
                hint="Type it again; if it is certainly right, the file was altered: restore it from its backup.",
            ) from None
        except (CborInvalid, TypeError, ValueError):
            raise damaged(file.path) from None
        return cls(file, lock, decode_keys(plain))

    def change_passphrase(self, passphrase: bytes, *, cost: Cost = Cost()) -> None:
        """Encrypt the file anew; copies of the old file still open with the old passphrase.

        Raises:
            KeyStoreError: it cannot be written, or the passphrase is too short.
        """
        lock = _Lock.new(passphrase, cost)
        self._file.replace(lock.seal(self._keys.values()))
        self._lock = lock

    def _hold(self, keys: dict[bytes, PrivateKey]) -> None:
        self._file.replace(self._lock.seal(keys.values()))
        super()._hold(keys)


def _file(path: Path) -> PrivateFile:
    return PrivateFile(path, kind=_KIND, max_size=cbor.MAX_SIZE)


def _associated(head: list[object]) -> bytes:
    return _KIND + cbor.encode(head)
