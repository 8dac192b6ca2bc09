"""A certificate of one's own making: for the sandbox and the demo, where no authority issues one."""

from datetime import timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from lienthong.exchange.asic.errors import SigningKeyInvalid
from lienthong.exchange.asic.signer import read_certificates
from lienthong.kernel.clock import DAY, Millis, from_datetime, to_datetime
from lienthong.kernel.files import write_atomically

CERTIFICATE: Final = "asic.pem"
KEY: Final = "asic.key"
_TERM: Final = timedelta(days=730)
# Renewed when less is left of it.
_RENEW: Final = 30 * DAY
_EARLIER: Final = timedelta(days=1)
_COMMON_NAME: Final = 64  # RFC 5280, appendix A.1


def ensure_local(folder: Path, *, name: str, at: Millis) -> tuple[Path, Path]:
    """Return certificate (with its authority behind it) and key in a folder; made when missing or about to end.

    The authority's key is thrown away: it has issued this one certificate and can issue no other.

    Args:
        folder: where they are, or shall be.
        name: who signs; goes into the certificate.
        at: now.

    Raises:
        OSError: they cannot be written.
    """
    certificate, key = folder / CERTIFICATE, folder / KEY
    if not (key.is_file() and _holds(certificate, at)):
        pem, private = make_local(name, at)
        write_atomically(key, private)
        write_atomically(certificate, pem, mode=0o644)
    return certificate, key


def make_local(name: str, at: Millis) -> tuple[bytes, bytes]:
    """Make an authority, and a certificate of it for a new P-256 key.

    Returns:
        PEM of the certificate and of the authority's, and PEM of the key (PKCS #8, not encrypted).
    """
    authority_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    issuer, subject = _name(f"{name}: local authority"), _name(name)
    authority = (
        _builder(issuer, issuer, authority_key.public_key(), at)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(certificates=True), critical=True)
        .sign(authority_key, hashes.SHA256())
    )
    certificate = (
        _builder(issuer, subject, key.public_key(), at)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(certificates=False), critical=True)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key()), critical=False)
        .sign(authority_key, hashes.SHA256())
    )
    pem = certificate.public_bytes(Encoding.PEM) + authority.public_bytes(Encoding.PEM)
    return pem, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _holds(path: Path, at: Millis) -> bool:
    try:
        return from_datetime(read_certificates(path)[0].not_valid_after_utc) > at + _RENEW
    except SigningKeyInvalid:
        return False


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text[:_COMMON_NAME])])


def _builder(
    issuer: x509.Name, subject: x509.Name, public: ec.EllipticCurvePublicKey, at: Millis
) -> x509.CertificateBuilder:
    begin = to_datetime(at).replace(microsecond=0)
    return (
        x509.CertificateBuilder()
        .issuer_name(issuer)
        .subject_name(subject)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin - _EARLIER)
        .not_valid_after(begin + _TERM)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
    )


def _usage(*, certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not certificates,
        content_commitment=not certificates,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=certificates,
        crl_sign=certificates,
        encipher_only=False,
        decipher_only=False,
    )
