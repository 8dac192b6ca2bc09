"""CAdES (ETSI EN 319 122-1): a detached CMS signature with the signer's certificate bound into it."""

import hashlib
from typing import Final

from asn1crypto import algos, cms, core, tsp, x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding

from lienthong.exchange.asic.signer import Signer
from lienthong.kernel.clock import Millis, to_datetime

_SHA256: Final = "sha256"


def sign(content: bytes, signer: Signer, *, at: Millis) -> cms.ContentInfo:
    """Sign content that is not part of the signature (CAdES-B-B).

    Args:
        content: the bytes, such as a manifest.
        signer: who signs.
        at: the time that the signer states.

    Raises:
        SigningKeyInvalid: the certificate is not valid then.
        KeyStoreError: the store refused.
    """
    signer.check_valid(at)
    certificate = _of(signer.certificate.public_bytes(Encoding.DER))
    is_rsa = isinstance(signer.certificate.public_key(), rsa.RSAPublicKey)
    algorithm = algos.SignedDigestAlgorithm({"algorithm": "sha256_rsa" if is_rsa else "sha256_ecdsa"})
    attributes = _signed_attributes(content, certificate, algorithm, at)
    # Signed is the set itself, not the form under a tag in which it is sent (RFC 5652, section 5.4).
    signature = signer.sign(attributes.dump())
    chain = [_of(each.public_bytes(Encoding.DER)) for each in signer.chain]
    info = cms.SignerInfo(
        {
            "version": "v1",
            "sid": {
                "issuer_and_serial_number": {
                    "issuer": certificate.issuer,
                    "serial_number": certificate.serial_number,
                }
            },
            "digest_algorithm": {"algorithm": _SHA256},
            "signed_attrs": attributes,
            "signature_algorithm": algorithm,
            "signature": signature,
        }
    )
    return cms.ContentInfo(
        {
            "content_type": "signed_data",
            "content": {
                "version": "v1",
                "digest_algorithms": [{"algorithm": _SHA256}],
                "encap_content_info": {"content_type": "data"},
                "certificates": [certificate, *chain],
                "signer_infos": [info],
            },
        }
    )


def signature_of(signed: cms.ContentInfo) -> bytes:
    """Return the value of the signature: what a timestamp is about."""
    return bytes(signed["content"]["signer_infos"][0]["signature"].native)


def add_timestamp(signed: cms.ContentInfo, token: cms.ContentInfo) -> None:
    """Put a timestamp over the signature beside it (CAdES-B-T; EN 319 122-1, clause 5.3)."""
    signed["content"]["signer_infos"][0]["unsigned_attrs"] = [
        {"type": "signature_time_stamp_token", "values": [token]},
    ]


def _signed_attributes(
    content: bytes, certificate: x509.Certificate, algorithm: algos.SignedDigestAlgorithm, at: Millis
) -> cms.CMSAttributes:
    certificate_id = tsp.ESSCertIDv2(
        {
            "cert_hash": hashlib.sha256(certificate.dump()).digest(),
            "issuer_serial": {
                "issuer": [x509.GeneralName("directory_name", certificate.issuer)],
                "serial_number": certificate.serial_number,
            },
        }
    )
    protection = {"digest_algorithm": {"algorithm": _SHA256}, "signature_algorithm": algorithm}
    moment = to_datetime(at).replace(microsecond=0)
    return cms.CMSAttributes(
        [
            {"type": "content_type", "values": ["data"]},
            {"type": "message_digest", "values": [hashlib.sha256(content).digest()]},
            {"type": "signing_time", "values": [cms.Time("utc_time", core.UTCTime(moment))]},
            {"type": "signing_certificate_v2", "values": [tsp.SigningCertificateV2({"certs": [certificate_id]})]},
            # Nobody can pass the signature off as one of another algorithm (RFC 6211).
            {"type": "cms_algorithm_protection", "values": [cms.CMSAlgorithmProtection(protection)]},
        ]
    )


def _of(der: bytes) -> x509.Certificate:
    return x509.Certificate.load(der)
