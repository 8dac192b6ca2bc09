"""Signing a packet: an enveloped XML signature over all of it, with SHA-256 and exclusive canonicalisation."""

import os
import stat
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Self, override

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key, pkcs12
from lxml import etree
from signxml.algorithms import CanonicalizationMethod, DigestAlgorithm, SignatureMethod
from signxml.exceptions import SignXMLException
from signxml.signer import XMLSigner

from lienthong.profiles.vn.edxml import layout, verifying
from lienthong.profiles.vn.edxml.errors import SigningKeyUnusable

PLACEHOLDER: Final = "placeholder"
"""``Id`` of the empty ``Signature`` that signxml fills."""
_MAX_FILE: Final = 256 * 1024
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO
_LEAST_RSA: Final = 2048
_LEAST_CURVE: Final = 256

type Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """A certificate, its key, and the certificates above it."""

    certificate: x509.Certificate
    key: Key
    chain: tuple[x509.Certificate, ...] = ()

    @classmethod
    def from_pkcs12(cls, data: bytes, passphrase: bytes | None) -> Self:
        """Read a PKCS #12 file.

        Raises:
            SigningKeyUnusable: it is none, the passphrase is another, or the key is of no kind that is used here.
        """
        try:
            bundle = pkcs12.load_pkcs12(data, passphrase)
        except (ValueError, TypeError, UnsupportedAlgorithm) as error:
            raise SigningKeyUnusable("the PKCS #12 file does not open with this passphrase") from error
        if bundle.cert is None:
            raise SigningKeyUnusable("the PKCS #12 file has no certificate")
        chain = tuple(each.certificate for each in bundle.additional_certs)
        return cls._checked(bundle.cert.certificate, bundle.key, chain)

    @classmethod
    def from_pem(cls, certificates: bytes, key: bytes, passphrase: bytes | None) -> Self:
        """Read certificates, the signer's first, and a key.

        Raises:
            SigningKeyUnusable: they cannot be read or do not belong together.
        """
        try:
            first, *chain = x509.load_pem_x509_certificates(certificates)
            private = load_pem_private_key(key, passphrase)
        except (ValueError, TypeError, UnsupportedAlgorithm) as error:
            raise SigningKeyUnusable("certificate or key is not PEM, or the passphrase is another") from error
        return cls._checked(first, private, tuple(chain))

    @classmethod
    def _checked(cls, certificate: x509.Certificate, key: object, chain: tuple[x509.Certificate, ...]) -> Self:
        strong = (isinstance(key, rsa.RSAPrivateKey) and key.key_size >= _LEAST_RSA) or (
            isinstance(key, ec.EllipticCurvePrivateKey) and key.key_size >= _LEAST_CURVE
        )
        if not strong or not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
            raise SigningKeyUnusable("the key is neither RSA nor ECDSA, or too short")
        if key.public_key() != certificate.public_key():
            raise SigningKeyUnusable("the key is not that of the certificate")
        if not certificate.not_valid_before_utc <= datetime.now(UTC) <= certificate.not_valid_after_utc:
            raise SigningKeyUnusable("the certificate is not valid now")
        return cls(certificate=certificate, key=key, chain=chain)


def read_private(path: Path) -> bytes:
    """Read a file that holds a key.

    Raises:
        SigningKeyUnusable: it cannot be read, is too large, or others may read it.
    """
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            data = file.read(_MAX_FILE + 1)
    except OSError as error:
        raise SigningKeyUnusable(f"{path}: {error.strerror}") from error
    if stat.S_ISREG(mode) and mode & _OTHERS:
        raise SigningKeyUnusable(f"{path} may be read by others", hint=f"chmod 600 {path}")
    if len(data) > _MAX_FILE:
        raise SigningKeyUnusable(f"{path} is larger than {_MAX_FILE} bytes")
    return data


class _XMLSigner(XMLSigner):
    """signxml's signer, for packets whose attachments are larger than libxml2 takes by default."""

    @property
    @override
    def parser(self) -> etree.XMLParser:
        return verifying.parser()


def sign(packet: bytes, signer: Signer) -> bytes:
    """Sign a packet that has a placeholder for the signature.

    Raises:
        SigningKeyUnusable: the key cannot sign.
    """
    rsa_key = isinstance(signer.key, rsa.RSAPrivateKey)
    xml_signer = _XMLSigner(
        signature_algorithm=SignatureMethod.RSA_SHA256 if rsa_key else SignatureMethod.ECDSA_SHA256,
        digest_algorithm=DigestAlgorithm.SHA256,
        c14n_algorithm=CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0,
    )
    root = etree.fromstring(packet, verifying.parser())
    certificates = [signer.certificate, *signer.chain]
    try:
        signed = xml_signer.sign(root, key=signer.key, cert=certificates)
    except (SignXMLException, ValueError, UnsupportedAlgorithm) as error:
        raise SigningKeyUnusable(str(error)) from error
    _name_subject(signed, signer.certificate)
    return etree.tostring(signed, encoding="UTF-8", xml_declaration=True)


def _name_subject(signed: etree._Element, certificate: x509.Certificate) -> None:
    """Put the subject's name before the certificates, where the format has it; the signature does not cover itself."""
    data = next(signed.iter(f"{{{layout.XMLDSIG}}}X509Data"))
    name = etree.Element(f"{{{layout.XMLDSIG}}}X509SubjectName")
    name.text = certificate.subject.rfc4514_string()
    data.insert(0, name)
