"""Keys that encrypt the keys of files, and never leave where they are kept.

A store makes them, and wraps and unwraps with them (AES-256-GCM, random nonce: fit for 2³² wraps of a key, NIST
SP 800-38D, section 8.3). What is wrapped is bound to what the caller associates with it. Stores: a folder
(`wrapping_file`), a token (`wrapping_pkcs11`), this process's memory (here, for tests).
"""

import secrets
from typing import Final, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from lienthong.trust.errors import KeyUnknown, StoredInvalid

ID_SIZE: Final = 16
_KEY_BITS: Final = 256
_NONCE: Final = 12


class WrappingStore(Protocol):
    """Where such keys are. Several threads may use one."""

    def new(self) -> bytes:
        """Make a key that lasts; return its id, ``ID_SIZE`` bytes.

        Raises:
            KeyStoreError: it cannot be kept.
        """
        ...

    def wrap(self, id_: bytes, plain: bytes, associated: bytes) -> bytes:
        """Encrypt a few bytes.

        Raises:
            KeyUnknown: there is no such key.
            KeyStoreError: the store cannot be used.
        """
        ...

    def unwrap(self, id_: bytes, wrapped: bytes, associated: bytes) -> bytes:
        """Decrypt what ``wrap`` gave.

        Raises:
            KeyUnknown: there is no such key.
            StoredInvalid: it was wrapped with another key or for something else, or altered.
            KeyStoreError: the store cannot be used.
        """
        ...

    def destroy(self, id_: bytes) -> None:
        """Forget a key for ever; harmless when it is not there.

        Raises:
            KeyStoreError: the store cannot be used.
        """
        ...


class MemoryWrappingStore:
    """A store that ends with the process."""

    def __init__(self) -> None:
        """Begin without keys."""
        self._keys: dict[bytes, bytes] = {}

    def new(self) -> bytes:
        """Make a key."""
        id_, self._keys[id_] = new_key()
        return id_

    def wrap(self, id_: bytes, plain: bytes, associated: bytes) -> bytes:
        """Encrypt a few bytes; see ``WrappingStore``."""
        return wrap_with(self._key(id_), plain, associated)

    def unwrap(self, id_: bytes, wrapped: bytes, associated: bytes) -> bytes:
        """Decrypt what ``wrap`` gave; see ``WrappingStore``."""
        return unwrap_with(self._key(id_), wrapped, associated)

    def destroy(self, id_: bytes) -> None:
        """Forget a key."""
        self._keys.pop(id_, None)

    def _key(self, id_: bytes) -> bytes:
        if id_ not in self._keys:
            raise unknown(id_)
        return self._keys[id_]


def new_key() -> tuple[bytes, bytes]:
    """Return a fresh id and a fresh key."""
    return secrets.token_bytes(ID_SIZE), AESGCM.generate_key(_KEY_BITS)


def wrap_with(key: bytes, plain: bytes, associated: bytes) -> bytes:
    """Encrypt: nonce, ciphertext, tag."""
    nonce = secrets.token_bytes(_NONCE)
    return nonce + AESGCM(key).encrypt(nonce, plain, associated)


def unwrap_with(key: bytes, wrapped: bytes, associated: bytes) -> bytes:
    """Decrypt what ``wrap_with`` gave.

    Raises:
        StoredInvalid: it does not fit.
    """
    try:
        return AESGCM(key).decrypt(wrapped[:_NONCE], wrapped[_NONCE:], associated)
    except (InvalidTag, ValueError):
        raise StoredInvalid("its key was wrapped for something else, or altered") from None


def unknown(id_: bytes) -> KeyUnknown:
    """Build the error for a key that a store does not have."""
    return KeyUnknown(
        f"no wrapping key {id_.hex()} here",
        hint="Restore the folder of keys from its backup, or connect the token that has it.",
    )
