"""Whose key signs: a certificate, those above it, and something that signs with the key, wherever that is."""

import os
import stat
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, Protocol, Self

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key
from cryptography.hazmat.primitives.serialization.pkcs12 import load_pkcs12

from lienthong.signatures.errors import SignerInvalid

_LEAST_RSA: Final = 2048
_MAX_FILE: Final = 1024 * 1024
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO

type Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey


class Signer(Protocol):
    """Signs for a certificate."""

    @property
    def certificate(self) -> x509.Certificate:
        """Whose signature it will be."""
        ...

    @property
    def chain(self) -> Sequence[x509.Certificate]:
        """Those above it, in any order; they go into the signature, so that others find the way up."""
        ...

    @property
    def digest(self) -> str:
        """The digest it signs over: ``sha256``, ``sha384`` or ``sha512``."""
        ...

    def sign(self, data: bytes) -> bytes:
        """Sign bytes: RSA as PKCS #1 v1.5, ECDSA as DER, each over ``digest``; Ed25519 as RFC 8032.

        Raises:
            LienthongError: the key cannot be used now.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class KeySigner:
    """A `Signer` whose key is in this process's memory."""

    certificate: x509.Certificate
    key: Key
    chain: tuple[x509.Certificate, ...] = ()

    def __repr__(self) -> str:
        """Whose it is, and nothing of the key."""
        return f"<KeySigner: {self.certificate.subject.rfc4514_string()}>"

    @property
    def digest(self) -> str:
        """As strong as the key."""
        if isinstance(self.key, ed25519.Ed25519PrivateKey):
            # RFC 8419, section 3.1.
            return "sha512"
        return digest_for(self.key.public_key())

    def sign(self, data: bytes) -> bytes:
        """Sign bytes."""
        match self.key:
            case rsa.RSAPrivateKey():
                return self.key.sign(data, padding.PKCS1v15(), hashes.SHA256())
            case ec.EllipticCurvePrivateKey():
                return self.key.sign(data, ec.ECDSA(_HASHES[self.digest]()))
            case ed25519.Ed25519PrivateKey():
                return self.key.sign(data)

    @classmethod
    def from_pkcs12(cls, path: Path, passphrase: Callable[[], bytes]) -> Self:
        """Read key and certificates from a PKCS #12 file (RFC 7292).

        Args:
            path: the file, readable by its owner only.
            passphrase: returns it; asked only if the file needs one.

        Raises:
            SignerInvalid: it cannot be read, is open to other users, the passphrase is wrong, or there is no usable key
                in it.
            KeyStoreError: no passphrase was given.
        """
        data = read_file(path, secret=True)
        try:
            found = load_pkcs12(data, None)
        except ValueError:
            try:
                found = load_pkcs12(data, passphrase())
            except ValueError:
                raise SignerInvalid(f"{path}: the passphrase is wrong, or it is no PKCS #12 file") from None
        if found.key is None or found.cert is None:
            raise SignerInvalid(f"{path}: a key and its certificate are not both in it")
        chain = tuple(each.certificate for each in found.additional_certs)
        key = usable(found.key, str(path))
        _check_pair(found.cert.certificate, key, path)
        return cls(certificate=found.cert.certificate, key=key, chain=chain)

    @classmethod
    def from_pem(cls, certificate: Path, key: Path, passphrase: Callable[[], bytes]) -> Self:
        """Read a certificate, those above it and a key from PEM files.

        Args:
            certificate: the signer's certificate, then those above it.
            key: the key (PKCS #8 or older), readable by its owner only.
            passphrase: returns it; asked only if the key is encrypted.

        Raises:
            SignerInvalid: one cannot be read, or they do not belong together.
            KeyStoreError: no passphrase was given.
        """
        first, *above = read_chain(certificate)
        data = read_file(key, secret=True)
        try:
            private: object = load_pem_private_key(data, None)
        except TypeError:
            private = _decrypted(data, passphrase(), key)
        except (ValueError, UnsupportedAlgorithm) as error:
            raise SignerInvalid(f"{key}: {error}") from None
        found = usable(private, str(key))
        _check_pair(first, found, key)
        return cls(certificate=first, key=found, chain=tuple(above))


_HASHES: Final[dict[str, type[hashes.SHA256 | hashes.SHA384 | hashes.SHA512]]] = {
    "sha256": hashes.SHA256,
    "sha384": hashes.SHA384,
    "sha512": hashes.SHA512,
}
_CURVES: Final = {"secp256r1": "sha256", "secp384r1": "sha384", "secp521r1": "sha512"}


def digest_for(key: rsa.RSAPublicKey | ec.EllipticCurvePublicKey) -> str:
    """Return the digest that is as strong as a key (FIPS 186-5, section 6.1.1); RSA goes with SHA-256."""
    return _CURVES[key.curve.name] if isinstance(key, ec.EllipticCurvePublicKey) else "sha256"


def usable(key: object, where: str) -> Key:
    """Return a private key if it is of a kind that signs documents.

    Raises:
        SignerInvalid: it is of another kind, or too short.
    """
    match key:
        case rsa.RSAPrivateKey() if key.key_size >= _LEAST_RSA:
            return key
        case ec.EllipticCurvePrivateKey() if key.curve.name in _CURVES:
            return key
        case ed25519.Ed25519PrivateKey():
            return key
        case _:
            raise SignerInvalid(f"{where}: neither RSA of {_LEAST_RSA} bits and more, P-256, P-384, P-521 nor Ed25519")


def check_current(signer: Signer, at: datetime) -> None:
    """Check that a certificate is valid at a time (aware).

    Raises:
        SignerInvalid: not yet, or no longer.
    """
    certificate = signer.certificate
    begin, end = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    if not begin <= at <= end:
        raise SignerInvalid(
            f"{certificate.subject.rfc4514_string()} is valid from {begin.isoformat()} to {end.isoformat()}",
            hint="Sign with a certificate that is valid now.",
        )


def read_chain(path: Path) -> list[x509.Certificate]:
    """Read certificates from a PEM file, in their order; there is at least one.

    Raises:
        SignerInvalid: it cannot be read.
    """
    try:
        return x509.load_pem_x509_certificates(read_file(path))
    except ValueError as error:
        raise SignerInvalid(f"{path}: {error}") from None


def read_file(path: Path, *, secret: bool = False) -> bytes:
    """Read a small file.

    Raises:
        SignerInvalid: it cannot be read, is too large, or is secret and open to other users.
    """
    try:
        with path.open("rb") as file:
            if secret and os.fstat(file.fileno()).st_mode & _OTHERS:
                raise SignerInvalid(
                    f"{path} is open to other users of this machine",
                    hint=f"Find out who read it, then run: chmod 600 {path}",
                )
            data = file.read(_MAX_FILE + 1)
    except OSError as error:
        raise SignerInvalid(f"{path}: {error.strerror}") from None
    if len(data) > _MAX_FILE:
        raise SignerInvalid(f"{path} is larger than {_MAX_FILE} bytes")
    return data


def _decrypted(data: bytes, passphrase: bytes, path: Path) -> object:
    try:
        return load_pem_private_key(data, passphrase)
    except (ValueError, UnsupportedAlgorithm):
        raise SignerInvalid(f"{path}: the passphrase is wrong") from None


def _check_pair(certificate: x509.Certificate, key: Key, path: Path) -> None:
    if _encoded(key.public_key()) != _encoded(certificate.public_key()):
        raise SignerInvalid(f"{path}: key and certificate do not belong together")


def _encoded(key: object) -> bytes:
    if isinstance(key, (ec.EllipticCurvePublicKey, rsa.RSAPublicKey, ed25519.Ed25519PublicKey)):
        return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return b""
