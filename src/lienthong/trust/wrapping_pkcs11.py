"""Wrapping keys in a hardware security module (PKCS#11): made there, used there, never outside.

The token keeps an AES-256 key for each id. Backups and copies of them are the business of the token's own tools.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Self

from lienthong.trust.errors import KeyStoreError, StoredInvalid
from lienthong.trust.keystore_pkcs11 import open_token
from lienthong.trust.wrapping import ID_SIZE, unknown

if TYPE_CHECKING:
    # Only when a token is opened: python-pkcs11 is an extra.
    from lienthong.trust.pkcs11_token import Token


class Pkcs11WrappingStore:
    """A `WrappingStore` over a token. Threads take turns at it; not to be used after a fork."""

    def __init__(self, token: "Token") -> None:
        """Use a token that somebody has logged in to; use `open`."""
        self._token = token

    @classmethod
    def open(cls, *, library: Path, token: str, pin: bytes) -> Self:
        """Log in.

        Args:
            library: the token maker's PKCS#11 library.
            token: the token's label.
            pin: the PIN of the token's user.

        Raises:
            KeyStoreError: the token refuses, or python-pkcs11 is missing.
        """
        return cls(open_token(library, token, pin))

    def close(self) -> None:
        """Log out."""
        self._token.close()

    def new(self) -> bytes:
        """Make a key in the token.

        Raises:
            KeyStoreError: it refuses.
        """
        return self._token.new_locking_key()

    def wrap(self, id_: bytes, plain: bytes, associated: bytes) -> bytes:
        """Encrypt a few bytes in the token; see ``WrappingStore``."""
        self._check(id_)
        return self._token.lock(id_, plain, associated)

    def unwrap(self, id_: bytes, wrapped: bytes, associated: bytes) -> bytes:
        """Decrypt what ``wrap`` gave, in the token; see ``WrappingStore``."""
        self._check(id_)
        try:
            return self._token.unlock(id_, wrapped, associated)
        except KeyStoreError:
            # Tokens say in many ways that a tag does not fit. The key was there just now, so this is what remains,
            # unless the token has gone: then asking for the key says so.
            self._check(id_)
            raise StoredInvalid("its key was wrapped for something else, or altered") from None

    def destroy(self, id_: bytes) -> None:
        """Destroy a key in the token; harmless when it is not there.

        Raises:
            KeyStoreError: it refuses.
        """
        self._token.remove_key(id_)

    def _check(self, id_: bytes) -> None:
        if len(id_) != ID_SIZE or not self._token.has_locking_key(id_):
            raise unknown(id_)
