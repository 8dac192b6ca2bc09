"""Encrypt a little under a passphrase: what files of keys have in common.

Argon2id (RFC 9106) makes a key of the passphrase; AES-256-GCM encrypts. What comes out is CBOR ``[salt, memory KiB,
iterations, lanes, nonce, ciphertext]``; everything before the ciphertext, and the kind of file, is authenticated with
it.
"""

import secrets
from dataclasses import dataclass
from typing import Final, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from lienthong.kernel import cbor
from lienthong.kernel.errors import CborInvalid
from lienthong.trust.errors import KeyStoreError
from lienthong.trust.private_file import PrivateFile, damaged

MIN_PASSPHRASE: Final = 12
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
class Lock:
    """The key that a passphrase gave, with what it takes to make it again."""

    salt: bytes
    cost: Cost
    cipher: AESGCM

    @classmethod
    def of(cls, passphrase: bytes, cost: Cost, salt: bytes) -> Self:
        """Make the key again."""
        kdf = Argon2id(
            salt=salt, length=_KEY_SIZE, iterations=cost.iterations, lanes=cost.lanes, memory_cost=cost.memory
        )
        return cls(salt, cost, AESGCM(kdf.derive(passphrase)))

    @classmethod
    def new(cls, passphrase: bytes, cost: Cost | None = None) -> Self:
        """Make a key with a fresh salt.

        Args:
            passphrase: at least ``MIN_PASSPHRASE`` bytes.
            cost: what a guess costs; the usual unless given.

        Raises:
            KeyStoreError: the passphrase is shorter than ``MIN_PASSPHRASE`` bytes.
        """
        if len(passphrase) < MIN_PASSPHRASE:
            raise KeyStoreError(
                f"a passphrase of {len(passphrase)} bytes",
                hint=f"Take at least {MIN_PASSPHRASE} bytes; words are fine.",
            )
        return cls.of(passphrase, cost or Cost(), secrets.token_bytes(_SALT_SIZE))

    @classmethod
    def open(cls, file: PrivateFile, passphrase: bytes, *, kind: bytes) -> tuple[Self, bytes]:
        """Read what ``seal`` wrote; returns its lock and what was encrypted.

        Args:
            file: where it is.
            passphrase: what it was encrypted under.
            kind: as it was sealed with.

        Raises:
            KeyStoreError: missing, readable by others, damaged, or the passphrase does not fit.
        """
        content = file.read()
        try:
            *head, ciphertext = cbor.decode(content)
            salt, memory, iterations, lanes, nonce = head
            lock = cls.of(passphrase, Cost(memory=memory, iterations=iterations, lanes=lanes), salt)
            return lock, lock.cipher.decrypt(nonce, ciphertext, _associated(kind, head))
        except InvalidTag:
            raise KeyStoreError(
                f"the passphrase does not open {file.path}",
                hint="Type it again; if it is certainly right, the file was altered: restore it from its backup.",
            ) from None
        except (CborInvalid, TypeError, ValueError):
            raise damaged(file.path) from None

    def seal(self, plain: bytes, *, kind: bytes) -> bytes:
        """Encrypt a few bytes, bound to the kind of file they are for."""
        nonce = secrets.token_bytes(_NONCE_SIZE)
        head = [self.salt, self.cost.memory, self.cost.iterations, self.cost.lanes, nonce]
        return cbor.encode([*head, self.cipher.encrypt(nonce, plain, _associated(kind, head))])


def _associated(kind: bytes, head: list[object]) -> bytes:
    return kind + cbor.encode(head)
