"""Checking CMS signatures (RFC 5652): those of timestamp authorities, and of containers handed to us."""

import hashlib
from collections.abc import Sequence
from typing import Any, Final

from asn1crypto import cms
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from lienthong.exchange.asic.errors import SignatureInvalid

_HASHES: Final[dict[str, hashes.HashAlgorithm]] = {
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}


def verify_signed(signed: cms.SignedData, content: bytes, certificates: Sequence[x509.Certificate]) -> x509.Certificate:
    """Check the one signature of a CMS structure, and return whose it is.

    Args:
        signed: the structure, from anywhere.
        content: the bytes that must be signed.
        certificates: whose signature it may be; whether they are to be trusted is the caller's to know.

    Raises:
        SignatureInvalid: malformed, by somebody else, or over something else.
    """
    try:
        (info,) = signed["signer_infos"]
        certificate = _signer(info, certificates)
        _check_attributes(signed, info, content)
        _check_signature(info, certificate)
    # Whatever is wrong with the form of untrusted ASN.1 comes up as one of these, when it is first looked at.
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError) as error:
        raise SignatureInvalid(f"not a signature of the expected form: {type(error).__name__}") from error
    return certificate


def _signer(info: Any, certificates: Sequence[x509.Certificate]) -> x509.Certificate:  # noqa: ANN401 - asn1crypto is untyped
    named = info["sid"].chosen
    for certificate in certificates:
        same = certificate.serial_number == named["serial_number"].native
        if same and certificate.issuer.public_bytes() == named["issuer"].dump():
            return certificate
    raise SignatureInvalid("by somebody else than was expected")


def _check_attributes(signed: cms.SignedData, info: Any, content: bytes) -> None:  # noqa: ANN401 - as above
    hasher = info["digest_algorithm"]["algorithm"].native
    if hasher not in _HASHES:
        raise SignatureInvalid(f"a digest by {hasher}")
    found: dict[str, Any] = {}
    for attribute in info["signed_attrs"]:
        name, values = attribute["type"].native, attribute["values"]
        if name in found or len(values) != 1:
            raise SignatureInvalid(f"{name} more than once")
        found[name] = values[0]
    if found["message_digest"].native != hashlib.new(hasher, content).digest():
        raise SignatureInvalid("over something else")
    if found["content_type"].native != signed["encap_content_info"]["content_type"].native:
        raise SignatureInvalid("over content of another type")


def _check_signature(info: Any, certificate: x509.Certificate) -> None:  # noqa: ANN401 - as above
    algorithm = _HASHES[info["digest_algorithm"]["algorithm"].native]
    signature = info["signature"].native
    data = info["signed_attrs"].untag().dump(force=True)
    scheme = info["signature_algorithm"].signature_algo
    try:
        match certificate.public_key():
            case ec.EllipticCurvePublicKey() as key if scheme == "ecdsa":
                key.verify(signature, data, ec.ECDSA(algorithm))
            case rsa.RSAPublicKey() as key if scheme == "rsassa_pkcs1v15":
                key.verify(signature, data, padding.PKCS1v15(), algorithm)
            case _:
                raise SignatureInvalid(f"by {scheme}, which is not known here")
    except (InvalidSignature, UnsupportedAlgorithm):
        raise SignatureInvalid("the signature does not hold") from None
