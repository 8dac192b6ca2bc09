"""Certificates: how they are told, what they are for, and what pyHanko's findings on chains mean here."""

from datetime import UTC, datetime
from typing import Any, Final

from asn1crypto import x509
from pyhanko.sign.ades.report import AdESFailure, AdESIndeterminate

from lienthong.signatures.report import Certificate, Reason

# ETSI EN 319 102-1, clause 5.1.3, tables 5 and 6.
FAULTS: Final[dict[Any, Reason]] = {
    AdESFailure.FORMAT_FAILURE: Reason.MALFORMED,
    AdESFailure.HASH_FAILURE: Reason.DIGEST_DIFFERS,
    AdESFailure.SIG_CRYPTO_FAILURE: Reason.SIGNATURE_DIFFERS,
    AdESFailure.REVOKED: Reason.REVOKED,
    AdESFailure.NOT_YET_VALID: Reason.NOT_YET_VALID,
    AdESIndeterminate.NOT_YET_VALID: Reason.NOT_YET_VALID,
    AdESIndeterminate.EXPIRED: Reason.EXPIRED,
    AdESIndeterminate.OUT_OF_BOUNDS_NO_POE: Reason.EXPIRED,
    AdESIndeterminate.OUT_OF_BOUNDS_NOT_REVOKED: Reason.EXPIRED,
    AdESIndeterminate.NO_CERTIFICATE_CHAIN_FOUND: Reason.UNTRUSTED,
    AdESIndeterminate.NO_SIGNING_CERTIFICATE_FOUND: Reason.NO_CERTIFICATE,
    AdESIndeterminate.CHAIN_CONSTRAINTS_FAILURE: Reason.WRONG_USAGE,
    AdESIndeterminate.CERTIFICATE_CHAIN_GENERAL_FAILURE: Reason.CHAIN_INVALID,
    AdESIndeterminate.CRYPTO_CONSTRAINTS_FAILURE: Reason.WEAK_ALGORITHM,
    AdESIndeterminate.CRYPTO_CONSTRAINTS_FAILURE_NO_POE: Reason.WEAK_ALGORITHM,
    AdESIndeterminate.TRY_LATER: Reason.REVOCATION_UNCLEAR,
    # Without proof that it was signed before, a revoked certificate's signature is nobody's word.
    AdESIndeterminate.REVOKED_NO_POE: Reason.REVOKED,
    AdESIndeterminate.REVOKED_CA_NO_POE: Reason.AUTHORITY_REVOKED,
}
# Purposes for which documents are signed: any, e-mail, document signing (RFC 9336), and those of two makers.
_PURPOSES: Final = frozenset(
    {"2.5.29.37.0", "1.3.6.1.5.5.7.3.4", "1.3.6.1.5.5.7.3.36", "1.3.6.1.4.1.311.10.3.12", "1.2.840.113583.1.1.5"}
)
_MAX_NAME: Final = 500


def proves_documents(certificate: x509.Certificate) -> bool:
    """Tell whether a certificate may sign documents: it names no purposes, or one of those that are meant for it."""
    purposes = certificate.extended_key_usage_value
    return purposes is None or any(each.dotted in _PURPOSES for each in purposes)


def name_of(certificate: x509.Certificate) -> str:
    """Return the common name, else the whole subject."""
    native = certificate.subject.native
    name = native.get("common_name") if isinstance(native, dict) else None
    return (name if isinstance(name, str) else str(certificate.subject.human_friendly))[:_MAX_NAME]


def certificate_of(certificate: x509.Certificate) -> Certificate:
    """Return what a report says of a certificate."""
    return Certificate(
        subject=str(certificate.subject.human_friendly)[:_MAX_NAME],
        issuer=str(certificate.issuer.human_friendly)[:_MAX_NAME],
        serial=str(certificate.serial_number),
        not_before=not_before(certificate),
        not_after=not_after(certificate),
        fingerprint=certificate.sha256.hex(),
    )


def not_before(certificate: x509.Certificate) -> datetime:
    """Return when a certificate begins to be valid (UTC)."""
    begin: datetime = certificate["tbs_certificate"]["validity"]["not_before"].native
    return begin.astimezone(UTC)


def not_after(certificate: x509.Certificate) -> datetime:
    """Return when a certificate ends (UTC)."""
    end: datetime = certificate["tbs_certificate"]["validity"]["not_after"].native
    return end.astimezone(UTC)
