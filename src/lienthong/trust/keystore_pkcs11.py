"""Private keys in a hardware security module (PKCS#11), as far as it can hold them.

**Sealing keys** (ES256) are made in the token, sign in the token and cannot leave it.

**Wrapping keys** (HPKE with X25519 and ML-KEM-768) cannot: common tokens offer neither of the two, nor HPKE's
schedule on top. Their private halves lie in a side file, encrypted under a key that in turn is encrypted under an
AES-256 key which lives in the token and cannot leave it. Without token and PIN the file is useless, also to who steals
disk and backups; but **while the gateway runs, its wrapping keys are in its memory**. See
docs/adr/0005-hsm-keeps-sealing-keys.md.

The side file is CBOR ``[locking key's object id, locked file key, nonce, ciphertext]`` in a `PrivateFile`; it lists the
sealing keys too (id → object id in the token), so token and file are backed up together.
"""

import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from lienthong.kernel import cbor
from lienthong.kernel.errors import CborInvalid
from lienthong.trust.errors import EnvelopeInvalid, KeyStoreError
from lienthong.trust.keys import SEAL_ALGORITHMS, Algorithm, kid_of
from lienthong.trust.keystore import (
    MemoryKeyStore,
    PrivateKey,
    decode_keys,
    encode_keys,
    generate,
    unknown,
)
from lienthong.trust.private_file import PrivateFile, damaged

if TYPE_CHECKING:
    # Only when a token is opened: python-pkcs11 is an extra.
    from lienthong.trust.pkcs11_token import Token

_KIND: Final = b"lienthong token store 1\n"
_KEY_SIZE: Final = 32
_NONCE_SIZE: Final = 12


class Pkcs11KeyStore:
    """A `KeyStore` over a token and a side file.

    Threads that seal take turns at the token. Not to be changed from several threads at once, nor used after a fork.
    """

    def __init__(self, token: "Token", file: PrivateFile, locking_key: bytes) -> None:
        """Join a token and a file that hold nothing; use `create` and `open`."""
        self._token = token
        self._file = file
        self._locking_key = locking_key
        # Key id → object id in the token.
        self._sealing: dict[bytes, bytes] = {}
        self._private: Sequence[PrivateKey] = ()
        self._wrapping = MemoryKeyStore()

    def __repr__(self) -> str:
        """How many keys there are, and nothing of them."""
        return f"<{type(self).__name__}: {len(self.kids())} keys>"

    @classmethod
    def create(cls, path: Path, *, library: Path, token: str, pin: bytes) -> Self:
        """Make a locking key in an initialised token, and an empty side file.

        Args:
            path: the side file; its folder must exist.
            library: the token maker's PKCS#11 library.
            token: the token's label.
            pin: the PIN of the token's user.

        Raises:
            KeyStoreError: the path is taken, the token refuses, or python-pkcs11 is missing.
        """
        file = _file(path)
        file.check_free()
        device = open_token(library, token, pin)
        try:
            store = cls(device, file, device.new_locking_key())
            file.create(store._content({}, ()))
        except KeyStoreError:
            device.close()
            raise
        return store

    @classmethod
    def open(cls, path: Path, *, library: Path, token: str, pin: bytes) -> Self:
        """Open a store and read its wrapping keys into memory; arguments and errors as for `create`.

        Raises:
            KeyStoreError: also when the file is missing, readable by others, damaged, or of another token.
        """
        file = _file(path)
        locking_key, locked, nonce, ciphertext = _parts(file)
        device = open_token(library, token, pin)
        try:
            cipher = AESGCM(device.unlock(locking_key, locked, _KIND))
            plain = cipher.decrypt(nonce, ciphertext, _associated(locking_key, locked, nonce))
            store = cls(device, file, locking_key)
            sealing, wrapping = cbor.decode(plain)
            store._hold(sealing, decode_keys(wrapping))
        except KeyStoreError:
            device.close()
            raise
        except InvalidTag:
            device.close()
            raise damaged(file.path) from None
        return store

    def close(self) -> None:
        """Log out of the token; the store signs no more."""
        self._token.close()

    def kids(self) -> frozenset[bytes]:
        """Return the ids of the keys it holds."""
        return self._wrapping.kids() | self._sealing.keys()

    def sign(self, kid: bytes, data: bytes) -> bytes:
        """Sign inside the token; r || s (64 bytes).

        Raises:
            KeyUnknown: the store does not hold the key.
            KeyStoreError: the key is for wrapping, or the token refused.
        """
        if (object_id := self._sealing.get(kid)) is not None:
            return self._token.sign(object_id, data)
        return self._wrapping.sign(kid, data)

    def unwrap(self, kid: bytes, wrapped: bytes, info: bytes) -> bytes:
        """Open what HPKE (RFC 9180, base mode, empty aad) encrypted: ``enc || ct``; in this process's memory.

        Raises:
            KeyUnknown: the store does not hold the key.
            EnvelopeInvalid: it was not encrypted to this key with this info.
        """
        if kid in self._sealing:
            raise EnvelopeInvalid(f"key {kid.hex()} is not for wrapping")
        return self._wrapping.unwrap(kid, wrapped, info)

    def new_keys(self, algorithms: Sequence[Algorithm]) -> tuple[bytes, ...]:
        """Make and keep one key per algorithm; return their public halves in the same order.

        Raises:
            KeyStoreError: a sealing key other than ES256 is asked for, the token refuses, or the file
                cannot be written; then none is kept.
        """
        for algorithm in algorithms:
            if algorithm in SEAL_ALGORITHMS and algorithm is not Algorithm.ES256:
                raise KeyStoreError(f"tokens make no {algorithm.name} keys", hint="Seal with ES256.")
        public, sealing, wrapping = [], {}, []
        try:
            for algorithm in algorithms:
                if algorithm is Algorithm.ES256:
                    object_id, point = self._token.new_sealing_key()
                    sealing[kid_of(algorithm, point)] = object_id
                    public.append(point)
                else:
                    half, private = generate(algorithm)
                    wrapping.append(private)
                    public.append(half)
            self._keep({**self._sealing, **sealing}, [*self._private, *wrapping])
        except KeyStoreError:
            for object_id in sealing.values():
                self._token.remove_key(object_id)
            raise
        return tuple(public)

    def remove(self, *kids: bytes) -> None:
        """Destroy these keys; what was encrypted to them can then be read by nobody.

        Raises:
            KeyUnknown: one of them is not held; nothing is removed.
            KeyStoreError: the file cannot be written, or the token refuses.
        """
        for kid in kids:
            if kid not in self.kids():
                raise unknown(kid)
        gone = [self._sealing[kid] for kid in kids if kid in self._sealing]
        self._keep(
            {kid: object_id for kid, object_id in self._sealing.items() if kid not in kids},
            [key for key in self._private if key.kid not in kids],
        )
        for object_id in gone:
            self._token.remove_key(object_id)

    def _keep(self, sealing: dict[bytes, bytes], wrapping: Sequence[PrivateKey]) -> None:
        self._file.replace(self._content(sealing, wrapping))
        self._hold(sealing, wrapping)

    def _hold(self, sealing: dict[bytes, bytes], wrapping: Sequence[PrivateKey]) -> None:
        self._sealing = sealing
        self._private = wrapping
        self._wrapping = MemoryKeyStore(wrapping)

    def _content(self, sealing: dict[bytes, bytes], wrapping: Sequence[PrivateKey]) -> bytes:
        # A fresh file key every time: the token encrypts 32 bytes, however many keys there are.
        file_key, nonce = secrets.token_bytes(_KEY_SIZE), secrets.token_bytes(_NONCE_SIZE)
        locked = self._token.lock(self._locking_key, file_key, _KIND)
        plain = cbor.encode([sealing, encode_keys(wrapping)])
        associated = _associated(self._locking_key, locked, nonce)
        return cbor.encode([self._locking_key, locked, nonce, AESGCM(file_key).encrypt(nonce, plain, associated)])


def open_token(library: Path, label: str, pin: bytes) -> "Token":
    """Log in to a token.

    Raises:
        KeyStoreError: it refuses, is not there, or python-pkcs11 is not installed.
    """
    try:
        from lienthong.trust.pkcs11_token import Token as Device  # noqa: PLC0415 - an extra, needed from here on
    except ImportError:
        raise KeyStoreError(
            "python-pkcs11 is not installed", hint="Install lienthong with its extra: lienthong[hsm]."
        ) from None
    return Device.open(library, label, pin)


def _file(path: Path) -> PrivateFile:
    return PrivateFile(path, kind=_KIND, max_size=cbor.MAX_SIZE)


def _parts(file: PrivateFile) -> tuple[bytes, bytes, bytes, bytes]:
    """Read the file; the token's library gets only what has the right type, on others it crashes the process."""
    try:
        match cbor.decode(file.read()):
            case [bytes(locking_key), bytes(locked), bytes(nonce), bytes(ciphertext)] if len(nonce) == _NONCE_SIZE:
                return locking_key, locked, nonce, ciphertext
    except CborInvalid:
        pass
    raise damaged(file.path)


def _associated(*head: bytes) -> bytes:
    return _KIND + cbor.encode(head)
