"""What verifying comes to: values that say what was found, never how to show it.

Verdicts follow ETSI EN 319 102-1, clause 5.1.3 (total-passed, total-failed, indeterminate); the rules are in
docs/signatures.md.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Verdict(StrEnum):
    """Whether a signature may be relied upon."""

    VALID = "valid"
    INVALID = "invalid"
    INDETERMINATE = "indeterminate"


class Reason(StrEnum):
    """Why a verdict is what it is; ``OK`` belongs to valid ones only."""

    OK = "ok"
    # Invalid.
    DIGEST_DIFFERS = "digest_differs"
    SIGNATURE_DIFFERS = "signature_differs"
    NOT_COVERED = "not_covered"
    MODIFIED = "modified"
    MALFORMED = "malformed"
    REVOKED = "revoked"
    AUTHORITY_REVOKED = "authority_revoked"
    # Indeterminate.
    UNTRUSTED = "untrusted"
    CHAIN_INVALID = "chain_invalid"
    WRONG_USAGE = "wrong_usage"
    NOT_YET_VALID = "not_yet_valid"
    EXPIRED = "expired"
    EXPIRED_AT_SIGNING = "expired_at_signing"
    WEAK_ALGORITHM = "weak_algorithm"
    REVOCATION_UNCLEAR = "revocation_unclear"
    NO_CERTIFICATE = "no_certificate"
    TIMESTAMP_DIFFERS = "timestamp_differs"
    AMBIGUOUS_FILE = "ambiguous_file"
    UNSUPPORTED = "unsupported"


class Coverage(StrEnum):
    """How much of the file a signature is over."""

    # Everything but the signature's own value.
    ENTIRE_FILE = "entire_file"
    # Everything up to the end of the revision that it was made in; something was added afterwards.
    ENTIRE_REVISION = "entire_revision"
    # Less than that, or not to be told: never valid.
    PARTIAL = "partial"


class Changes(StrEnum):
    """What later revisions changed, by the heaviest of it (ISO 32000-2, 12.8.2.2)."""

    NONE = "none"
    # Certificates, revocation lists and timestamps that help to verify later.
    EVIDENCE = "evidence"
    # Fields filled in, further signatures.
    FORMS = "forms"
    ANNOTATIONS = "annotations"
    # Anything else, which no signature allows.
    OTHER = "other"


class Note(StrEnum):
    """What the reader of a verdict should know beside it."""

    # Whether the certificate was revoked could not be told: nothing fresh was in the file or offered.
    REVOCATION_UNKNOWN = "revocation_unknown"
    # The certificate has expired or was revoked since a trusted timestamp; the signature stands.
    EXPIRED_SINCE = "expired_since"
    # There is a timestamp, but nobody trusted vouches for it; it proves nothing.
    TIMESTAMP_UNTRUSTED = "timestamp_untrusted"
    # The file was read past mistakes in its form.
    READ_LENIENTLY = "read_leniently"


class Source(StrEnum):
    """Who says when a signature was made."""

    # A trusted authority: not later than this.
    TIMESTAMP = "timestamp"
    # The signer itself.
    CLAIMED = "claimed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """Whose key signed; all texts are as the certificate has them."""

    # In full, such as “Common Name: …, Organization: …”.
    subject: str
    issuer: str
    # Decimal, because JSON readers lose digits of large numbers.
    serial: str
    not_before: datetime
    not_after: datetime
    # SHA-256 of the certificate, hexadecimal.
    fingerprint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """One signature, judged."""

    # Its form field's full name.
    field: str
    verdict: Verdict
    reason: Reason
    # More about the reason, in English, where there is more; it may quote the file.
    detail: str = ""
    # The signed bytes and the signature over them fit; None when that could not be computed.
    intact: bool | None = None
    # A chain leads from the certificate to one that is trusted, at the time that counts.
    trusted: bool = False
    coverage: Coverage = Coverage.PARTIAL
    # Something follows what is signed; ``changes`` says what kind.
    modified_after: bool = False
    changes: Changes = Changes.NONE
    # Common name of the certificate, else its whole subject; empty when there is none.
    signer: str = ""
    certificate: Certificate | None = None
    # UTC.
    time: datetime | None = None
    time_source: Source | None = None
    # As the file says, neither checked nor trusted.
    stated_reason: str = ""
    stated_location: str = ""
    # A timestamp over the whole document (ISO 32000-2, 12.8.5) rather than a person's or organ's signature.
    document_timestamp: bool = False
    # The first signature, which says what may change afterwards.
    certifies: bool = False
    notes: tuple[Note, ...] = ()


class State(StrEnum):
    """What kind of file it is."""

    SIGNED = "signed"
    UNSIGNED = "unsigned"
    # None that can be read: nothing is said about signatures.
    UNREADABLE = "unreadable"


class Problem(StrEnum):
    """Why nothing can be said about a file."""

    NONE = ""
    EMPTY = "empty"
    TOO_LARGE = "too_large"
    NOT_A_PDF = "not_a_pdf"
    DAMAGED = "damaged"
    ENCRYPTED = "encrypted"
    # It would take more time or memory than any honest file needs.
    EXCESSIVE = "excessive"


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What verifying a file came to."""

    state: State
    # When it was judged, or the time it was judged for (UTC).
    at: datetime
    problem: Problem = Problem.NONE
    detail: str = ""
    # In the order in which they were made.
    signatures: tuple[Signature, ...] = ()

    @property
    def verdict(self) -> Verdict | None:
        """The least of all verdicts; None for a file without signatures."""
        if self.state is State.UNREADABLE:
            return Verdict.INDETERMINATE
        verdicts = {each.verdict for each in self.signatures}
        return next((one for one in (Verdict.INVALID, Verdict.INDETERMINATE, Verdict.VALID) if one in verdicts), None)

    @property
    def ok(self) -> bool:
        """There is a signature, and all are valid."""
        return self.verdict is Verdict.VALID


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the office wants to know of a PDF before it keeps or shows it."""

    problem: Problem = Problem.NONE
    detail: str = ""
    # Pages that can be reached, not those that are announced.
    pages: int = 0
    # Even if it opens without a password.
    encrypted: bool = False
    javascript: bool = False
    embedded_files: bool = False
    # Fields that hold a signature, whatever it is worth.
    signatures: int = 0
    # False where the file has more than was looked at: then "no" means "not found".
    complete: bool = True

    @property
    def readable(self) -> bool:
        """It is a PDF that can be read."""
        return self.problem is Problem.NONE
