"""Who signs containers: a certificate that others can check, and the key behind it."""

import os
import stat
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from lienthong.exchange.asic.errors import SigningKeyInvalid
from lienthong.kernel.clock import Millis, from_datetime, iso
from lienthong.trust.keys import Algorithm, KeyStore, kid_of

_MAX_FILE: Final = 64 * 1024
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO
_COORDINATE: Final = 32
_LEAST_RSA: Final = 2048

type Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """A certificate with the means to sign for it."""

    certificate: x509.Certificate
    # Up to the authority that is to be trusted; not counting the certificate itself.
    chain: tuple[x509.Certificate, ...]
    # Signs bytes with SHA-256; ECDSA as DER, RSA as PKCS #1 v1.5.
    sign: Callable[[bytes], bytes]

    @classmethod
    def load(cls, certificate: Path, key: Path | None, store: KeyStore) -> Self:
        """Read a certificate and its key.

        Args:
            certificate: PEM: the signer's certificate, then those above it.
            key: PEM (PKCS #8), mode 600; None where the key is in the store.
            store: the gateway's own keys, in a hardware module perhaps.

        Raises:
            SigningKeyInvalid: one cannot be read or used, or they do not belong together.
        """
        first, *chain = read_certificates(certificate)
        if key is None:
            return cls(certificate=first, chain=tuple(chain), sign=_in_store(first, store, certificate))
        private = _read_key(key)
        if _public(private.public_key()) != _public(first.public_key()):
            raise SigningKeyInvalid(f"{key} is not the key of {certificate}")
        return cls(certificate=first, chain=tuple(chain), sign=signing(private))

    def check_valid(self, at: Millis) -> None:
        """Check that the certificate is valid at a time.

        Raises:
            SigningKeyInvalid: not yet, or no longer.
        """
        certificate = self.certificate
        begin = from_datetime(certificate.not_valid_before_utc)
        end = from_datetime(certificate.not_valid_after_utc)
        if not begin <= at <= end:
            raise SigningKeyInvalid(
                f"{certificate.subject.rfc4514_string()} is valid from {iso(begin)} to {iso(end)}",
                hint="Get a new certificate and name it under [asic].",
            )


def read_certificates(path: Path) -> Sequence[x509.Certificate]:
    """Read certificates from a PEM file, in their order; there is at least one.

    Raises:
        SigningKeyInvalid: it cannot be read.
    """
    try:
        return x509.load_pem_x509_certificates(_read(path))
    except ValueError as error:
        raise SigningKeyInvalid(f"{path}: {error}") from error


def signing(key: Key) -> Callable[[bytes], bytes]:
    """Return what signs with a private key."""
    if isinstance(key, rsa.RSAPrivateKey):
        return lambda data: key.sign(data, padding.PKCS1v15(), hashes.SHA256())
    return lambda data: key.sign(data, ec.ECDSA(hashes.SHA256()))


def _in_store(certificate: x509.Certificate, store: KeyStore, path: Path) -> Callable[[bytes], bytes]:
    public = certificate.public_key()
    if not isinstance(public, ec.EllipticCurvePublicKey) or not isinstance(public.curve, ec.SECP256R1):
        raise SigningKeyInvalid(f"{path}: keys in the store are P-256")
    kid = kid_of(Algorithm.ES256, public.public_bytes(Encoding.X962, PublicFormat.CompressedPoint))
    if kid not in store.kids():
        raise SigningKeyInvalid(f"{path}: its key is not in the key store", hint="Name the key's file under [asic].")

    def sign(data: bytes) -> bytes:
        raw = store.sign(kid, data)
        return encode_dss_signature(int.from_bytes(raw[:_COORDINATE]), int.from_bytes(raw[_COORDINATE:]))

    return sign


def _read_key(path: Path) -> Key:
    data = _read(path, secret=True)
    try:
        key = load_pem_private_key(data, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise SigningKeyInvalid(f"{path}: {error}") from None
    match key:
        case ec.EllipticCurvePrivateKey() if isinstance(key.curve, ec.SECP256R1):
            return key
        case rsa.RSAPrivateKey() if key.key_size >= _LEAST_RSA:
            return key
        case _:
            raise SigningKeyInvalid(f"{path}: neither P-256 nor RSA of {_LEAST_RSA} bits and more")


def _read(path: Path, *, secret: bool = False) -> bytes:
    try:
        with path.open("rb") as file:
            if secret and os.fstat(file.fileno()).st_mode & _OTHERS:
                raise SigningKeyInvalid(
                    f"{path} is open to other users of this machine",
                    hint=f"Find out who read it, then run: chmod 600 {path}",
                )
            return file.read(_MAX_FILE)
    except OSError as error:
        raise SigningKeyInvalid(f"{path}: {error.strerror}") from error


def _public(key: object) -> bytes:
    if not isinstance(key, (ec.EllipticCurvePublicKey, rsa.RSAPublicKey)):
        return b""
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
