"""Private keys: making them, and a store that holds them in this process's memory.

Python cannot wipe memory: whoever can read this process can read its keys. Keys that must not be
readable even then live in a token (`keystore_pkcs11`).
"""

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, mldsa, mlkem, x25519
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, MLKEM768X25519PrivateKey, Suite
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from lienthong.kernel import cbor
from lienthong.kernel.clock import Millis
from lienthong.kernel.errors import CborInvalid
from lienthong.trust.errors import EnvelopeInvalid, KeyStoreError, KeyUnknown
from lienthong.trust.keys import KID_SIZE, Algorithm, PublicKey, kid_of, to_raw

_MLKEM_SEED: Final = 64
_SECRET_SIZES: Final = {
    Algorithm.ES256: 32,  # the scalar, big-endian
    Algorithm.EDDSA: 32,  # RFC 8032, section 5.1.5
    Algorithm.ML_DSA_65: 32,  # the seed, FIPS 204, algorithm 1
    Algorithm.HPKE_4_KE: 32,  # RFC 7748
    Algorithm.HPKE_MLKEM768_X25519_KE: _MLKEM_SEED + 32,  # d || z (FIPS 203, algorithm 19), then X25519
}
_ECDSA: Final = ec.ECDSA(hashes.SHA256())
_X25519: Final = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)
_HYBRID: Final = Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)
# What one store holds: 20,000 organs, and within what kernel.cbor reads.
MAX_KEYS: Final = 60_000

type _Loaded = (
    ec.EllipticCurvePrivateKey
    | ed25519.Ed25519PrivateKey
    | mldsa.MLDSA65PrivateKey
    | x25519.X25519PrivateKey
    | MLKEM768X25519PrivateKey
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivateKey:
    """The private half of a key; it never shows its secret."""

    kid: bytes
    algorithm: Algorithm
    # The seed or scalar, in the sizes above.
    secret: bytes = field(repr=False, compare=False)


class KeyMaker(Protocol):
    """A store that makes new keys inside itself."""

    def new_keys(self, algorithms: Sequence[Algorithm]) -> tuple[bytes, ...]:
        """Make and keep one key per algorithm; return their public halves in the same order.

        Raises:
            KeyStoreError: the store cannot be written, or cannot make such a key.
        """
        ...


class MemoryKeyStore:
    """A `KeyStore` whose keys live as long as the process."""

    def __init__(self, keys: Iterable[PrivateKey] = ()) -> None:
        """Hold these keys; each is turned into a usable key when it is first needed."""
        self._keys = {key.kid: key for key in keys}
        # Loading takes 40 to 160 µs a key: lazily, so that a store of thousands opens at once.
        self._loaded: dict[bytes, _Loaded] = {}
        self._kids = frozenset(self._keys)

    def __repr__(self) -> str:
        """How many keys there are, and nothing of them."""
        return f"<{type(self).__name__}: {len(self._keys)} keys>"

    def kids(self) -> frozenset[bytes]:
        """Return the ids of the keys it holds."""
        return self._kids

    def add(self, *keys: PrivateKey) -> None:
        """Hold these keys too."""
        self._hold(self._keys | {key.kid: key for key in keys})

    def remove(self, *kids: bytes) -> None:
        """Forget these keys; what was encrypted to them can then be read by nobody.

        Raises:
            KeyUnknown: one of them is not held; nothing is removed.
        """
        for kid in kids:
            self._key(kid)
        self._hold({kid: key for kid, key in self._keys.items() if kid not in kids})

    def new_keys(self, algorithms: Sequence[Algorithm]) -> tuple[bytes, ...]:
        """Make and keep one key per algorithm; return their public halves in the same order."""
        made = [generate(algorithm) for algorithm in algorithms]
        self.add(*(private for _, private in made))
        return tuple(public for public, _ in made)

    def sign(self, kid: bytes, data: bytes) -> bytes:
        """Sign with a sealing key; ES256 signatures come as r || s (64 bytes).

        Raises:
            KeyUnknown: the store does not hold the key.
            KeyStoreError: the key is for wrapping.
        """
        match self._loaded.get(kid) or self._load(kid):
            case ec.EllipticCurvePrivateKey() as key:
                return to_raw(key.sign(data, _ECDSA))
            case ed25519.Ed25519PrivateKey() | mldsa.MLDSA65PrivateKey() as key:
                return key.sign(data)
            case _:
                raise KeyStoreError(f"key {kid.hex()} is not for sealing", hint="Seal with the organ's sealing key.")

    def unwrap(self, kid: bytes, wrapped: bytes, info: bytes) -> bytes:
        """Open what HPKE (RFC 9180, base mode, empty aad) encrypted: ``enc || ct``.

        Raises:
            KeyUnknown: the store does not hold the key.
            EnvelopeInvalid: it was not encrypted to this key with this info.
        """
        try:
            match self._loaded.get(kid) or self._load(kid):
                case x25519.X25519PrivateKey() as key:
                    return _X25519.decrypt(wrapped, key, info=info)
                case MLKEM768X25519PrivateKey() as key:
                    return _HYBRID.decrypt(wrapped, key, info=info)
                case _:
                    # The sender chose the key id, so this is the envelope's fault and not the store's.
                    raise EnvelopeInvalid(f"key {kid.hex()} is not for wrapping")
        except InvalidTag:
            raise EnvelopeInvalid(f"wrapped to key {kid.hex()}") from None

    def _key(self, kid: bytes) -> PrivateKey:
        try:
            return self._keys[kid]
        except KeyError:
            raise unknown(kid) from None

    def _load(self, kid: bytes) -> _Loaded:
        private = self._key(kid)
        try:
            key, public = _load(private.algorithm, private.secret)
        except ValueError:
            raise KeyStoreError(f"the private half under {kid.hex()} is not a key", hint=_RESTORE) from None
        if kid_of(private.algorithm, public) != kid:
            raise KeyStoreError(f"the private half under {kid.hex()} belongs to another key", hint=_RESTORE)
        self._loaded[kid] = key
        return key

    def _hold(self, keys: dict[bytes, PrivateKey]) -> None:
        self._keys = keys
        self._kids = frozenset(keys)
        self._loaded = {kid: key for kid, key in self._loaded.items() if kid in keys}


_RESTORE: Final = "Restore the key store from its backup."


def generate(algorithm: Algorithm) -> tuple[bytes, PrivateKey]:
    """Make a key: its public bytes as `PublicKey.public` has them, and its private half."""
    if algorithm is Algorithm.ES256:
        value = ec.generate_private_key(ec.SECP256R1()).private_numbers().private_value
        secret = value.to_bytes(_SECRET_SIZES[algorithm])
    else:
        secret = secrets.token_bytes(_SECRET_SIZES[algorithm])
    _, public = _load(algorithm, secret)
    return public, PrivateKey(kid=kid_of(algorithm, public), algorithm=algorithm, secret=secret)


def new_organ_keys(store: KeyMaker, *, not_before: Millis, not_after: Millis, pq: bool = True) -> tuple[PublicKey, ...]:
    """Make the keys of one organ in the store and return what the directory says of them.

    Args:
        store: where the private halves are made and stay.
        not_before: start of their term, milliseconds UTC.
        not_after: end of their term, exclusive, milliseconds UTC.
        pq: with the hybrid key that labels from confidential upwards need.

    Raises:
        KeyStoreError: the store cannot be written.
    """
    (keys,) = new_organs_keys(store, 1, not_before=not_before, not_after=not_after, pq=pq)
    return keys


def new_organs_keys(
    store: KeyMaker, organs: int, *, not_before: Millis, not_after: Millis, pq: bool = True
) -> list[tuple[PublicKey, ...]]:
    """Make the keys of many organs as `new_organ_keys` does, with one write to the store.

    Raises:
        KeyStoreError: the store cannot be written; then none of the keys is in it.
    """
    kinds = [Algorithm.ES256, Algorithm.HPKE_4_KE]
    if pq:
        kinds.append(Algorithm.HPKE_MLKEM768_X25519_KE)
    public = iter(store.new_keys(kinds * organs))
    return [
        tuple(PublicKey(kind, next(public), not_before=not_before, not_after=not_after) for kind in kinds)
        for _ in range(organs)
    ]


def encode_keys(keys: Iterable[PrivateKey]) -> bytes:
    """Return the plain form in which stores encrypt their keys: CBOR, id → [algorithm, secret].

    Raises:
        KeyStoreError: more than `MAX_KEYS`.
    """
    rows = {key.kid: [int(key.algorithm), key.secret] for key in keys}
    if len(rows) > MAX_KEYS:
        raise KeyStoreError(f"{len(rows)} keys where {MAX_KEYS} fit", hint="Give each site a store of its own.")
    return cbor.encode(rows)


def decode_keys(data: bytes) -> list[PrivateKey]:
    """Read what `encode_keys` wrote.

    Raises:
        KeyStoreError: it is something else; the text says nothing of its content.
    """
    try:
        return [_decoded(kid, *row) for kid, row in cbor.decode(data).items()]
    except (CborInvalid, AttributeError, TypeError, ValueError):
        raise KeyStoreError("the keys in it are not readable", hint=_RESTORE) from None


def unknown(kid: bytes) -> KeyUnknown:
    """Build the error for a private key that a store does not hold."""
    return KeyUnknown(
        f"no private key {kid.hex()} here",
        hint="Open the key store of the organ that the key belongs to, or restore it from its backup.",
    )


def _decoded(kid: bytes, number: int, secret: object) -> PrivateKey:
    algorithm = Algorithm(number)
    if len(kid) != KID_SIZE or not isinstance(secret, bytes) or len(secret) != _SECRET_SIZES[algorithm]:
        raise ValueError
    return PrivateKey(kid=kid, algorithm=algorithm, secret=secret)


def _load(algorithm: Algorithm, secret: bytes) -> tuple[_Loaded, bytes]:
    """Turn a secret into a usable key and its public bytes."""
    match algorithm:
        case Algorithm.ES256:
            point = ec.derive_private_key(int.from_bytes(secret), ec.SECP256R1())
            return point, point.public_key().public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
        case Algorithm.EDDSA:
            edwards = ed25519.Ed25519PrivateKey.from_private_bytes(secret)
            return edwards, edwards.public_key().public_bytes_raw()
        case Algorithm.ML_DSA_65:
            lattice = mldsa.MLDSA65PrivateKey.from_seed_bytes(secret)
            return lattice, lattice.public_key().public_bytes_raw()
        case Algorithm.HPKE_4_KE:
            curve = x25519.X25519PrivateKey.from_private_bytes(secret)
            return curve, curve.public_key().public_bytes_raw()
        case Algorithm.HPKE_MLKEM768_X25519_KE:
            kem = mlkem.MLKEM768PrivateKey.from_seed_bytes(secret[:_MLKEM_SEED])
            curve = x25519.X25519PrivateKey.from_private_bytes(secret[_MLKEM_SEED:])
            public = kem.public_key().public_bytes_raw() + curve.public_key().public_bytes_raw()
            return MLKEM768X25519PrivateKey(kem, curve), public
