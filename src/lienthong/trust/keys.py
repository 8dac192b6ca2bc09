"""Keys: what a directory says of them, and the private halves as a store hands them out.

A key's id is the start of a digest of its algorithm and public bytes, so that an id cannot be claimed
for another key. Which algorithm a seal or an envelope uses is read here, never from a message.
"""

import hashlib
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from functools import cached_property
from typing import Final, Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, mldsa, mlkem, x25519
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.hpke import MLKEM768X25519PublicKey

from lienthong.kernel.clock import Millis
from lienthong.trust.errors import KeyNotValid, KeyStoreError, SealInvalid

KID_SIZE: Final = 16
_P256_COORDINATE: Final = 32
_X25519_SIZE: Final = 32
_ECDSA: Final = ec.ECDSA(hashes.SHA256())


class Algorithm(IntEnum):
    """COSE algorithm numbers (RFC 9053, draft-ietf-cose-dilithium, draft-ietf-cose-hpke)."""

    ES256 = -7
    EDDSA = -8
    ML_DSA_65 = -49
    # DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, ChaCha20-Poly1305 as key encryption.
    HPKE_4_KE = 50
    # MLKEM768-X25519, HKDF-SHA256, ChaCha20-Poly1305: private use until a number is registered.
    HPKE_MLKEM768_X25519_KE = -65602


class Use(StrEnum):
    """What a key is for."""

    SEAL = "seal"
    WRAP = "wrap"


# Bytes of a COSE signature; what has none here does not sign.
_SIGNATURE_SIZES: Final = {Algorithm.ES256: 2 * _P256_COORDINATE, Algorithm.EDDSA: 64, Algorithm.ML_DSA_65: 3309}
SEAL_ALGORITHMS: Final = frozenset({Algorithm.ES256, Algorithm.EDDSA, Algorithm.ML_DSA_65})


@dataclass(frozen=True)
class PublicKey:
    """A public key with its term, as the directory states it."""

    algorithm: Algorithm
    # ES256: compressed point (33). EdDSA: 32. ML-DSA-65: 1952. HPKE-4-KE: X25519 (32).
    # Hybrid: ML-KEM-768 encapsulation key (1184) followed by X25519 (32).
    public: bytes
    not_before: Millis
    not_after: Millis
    revoked_at: Millis | None = None

    @cached_property
    def kid(self) -> bytes:
        """The key id, 16 bytes."""
        return kid_of(self.algorithm, self.public)

    @property
    def use(self) -> Use:
        """What the key is for, which follows from its algorithm."""
        return Use.SEAL if self.algorithm in SEAL_ALGORITHMS else Use.WRAP

    def check_valid(self, at: Millis) -> None:
        """Check that the key could be used at that time.

        Raises:
            KeyNotValid: before its term, after it, or revoked by then.
        """
        if at < self.not_before:
            raise KeyNotValid(f"key {self.kid.hex()}: not yet valid")
        if at >= self.not_after:
            raise KeyNotValid(f"key {self.kid.hex()}: expired")
        if self.revoked_at is not None and at >= self.revoked_at:
            raise KeyNotValid(f"key {self.kid.hex()}: revoked")

    def verify(self, signature: bytes, data: bytes) -> None:
        """Check a COSE signature (ES256 as r || s).

        Raises:
            SealInvalid: it does not fit, or the key is not for sealing.
        """
        if len(signature) != _SIGNATURE_SIZES.get(self.algorithm):
            raise SealInvalid(f"a signature of {len(signature)} bytes by key {self.kid.hex()}")
        try:
            match self._verifier:
                case ec.EllipticCurvePublicKey() as key:
                    key.verify(_to_der(signature), data, _ECDSA)
                case ed25519.Ed25519PublicKey() | mldsa.MLDSA65PublicKey() as key:
                    key.verify(signature, data)
        except InvalidSignature:
            raise SealInvalid(f"signature by key {self.kid.hex()}") from None
        except ValueError:
            # Length and form of its public bytes are all the directory checks: they may still not be a point.
            raise SealInvalid(
                f"key {self.kid.hex()} is malformed", hint="Its organ must publish another key."
            ) from None

    @cached_property
    def _verifier(self) -> ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey | mldsa.MLDSA65PublicKey | None:
        match self.algorithm:
            case Algorithm.ES256:
                return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), self.public)
            case Algorithm.EDDSA:
                return ed25519.Ed25519PublicKey.from_public_bytes(self.public)
            case Algorithm.ML_DSA_65:
                return mldsa.MLDSA65PublicKey.from_public_bytes(self.public)
            case _:
                return None

    @cached_property
    def encapsulation_key(self) -> x25519.X25519PublicKey | MLKEM768X25519PublicKey:
        """The key that HPKE wraps to.

        Raises:
            KeyStoreError: the key is not for wrapping.
            ValueError: its public bytes are not a key.
        """
        match self.algorithm:
            case Algorithm.HPKE_4_KE:
                return x25519.X25519PublicKey.from_public_bytes(self.public)
            case Algorithm.HPKE_MLKEM768_X25519_KE:
                return MLKEM768X25519PublicKey(
                    mlkem.MLKEM768PublicKey.from_public_bytes(self.public[:-_X25519_SIZE]),
                    x25519.X25519PublicKey.from_public_bytes(self.public[-_X25519_SIZE:]),
                )
            case _:
                raise KeyStoreError(f"key {self.kid.hex()} is not for wrapping")


class KeyStore(Protocol):
    """Where private keys live: they sign and unwrap in there and never come out."""

    def kids(self) -> frozenset[bytes]:
        """Return the ids of the keys it holds."""
        ...

    def sign(self, kid: bytes, data: bytes) -> bytes:
        """Sign with a sealing key; ES256 signatures come as r || s (64 bytes).

        Raises:
            KeyUnknown: the store does not hold the key.
            KeyStoreError: the key is for something else, or the device refused.
        """
        ...

    def unwrap(self, kid: bytes, wrapped: bytes, info: bytes) -> bytes:
        """Open what HPKE (RFC 9180, base mode, empty aad) encrypted: ``enc || ct``.

        Raises:
            KeyUnknown: the store does not hold the key.
            EnvelopeInvalid: it was not encrypted to this key with this info.
        """
        ...


def kid_of(algorithm: Algorithm, public: bytes) -> bytes:
    """Return the id of a key: the first 16 bytes of SHA-256 over algorithm and public bytes."""
    return hashlib.sha256(f"{int(algorithm)}:".encode() + public).digest()[:KID_SIZE]


def to_raw(der: bytes) -> bytes:
    """Turn an ECDSA signature from DER into r || s."""
    r, s = decode_dss_signature(der)
    return r.to_bytes(_P256_COORDINATE) + s.to_bytes(_P256_COORDINATE)


def _to_der(raw: bytes) -> bytes:
    return encode_dss_signature(int.from_bytes(raw[:_P256_COORDINATE]), int.from_bytes(raw[_P256_COORDINATE:]))
