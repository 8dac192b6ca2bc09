"""The rules by which a signature is valid, invalid or indeterminate. Runs in the child process.

The order is that of ETSI EN 319 102-1, clause 5.3: form, integrity, what was changed afterwards, then the certificate
at the time that counts: a trusted timestamp's, else the time of judging. Where pyHanko is more lenient, these rules
decide.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from asn1crypto import x509
from cryptography.exceptions import UnsupportedAlgorithm
from pyhanko.sign.ades.report import AdESIndeterminate
from pyhanko.sign.diff_analysis import ModificationLevel, SuspiciousModification
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation.generic_cms import cms_basic_validation, collect_timing_info, validate_tst_signed_data
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.settings import KeyUsageConstraints
from pyhanko.sign.validation.status import SignatureCoverageLevel

from lienthong.signatures.chains import FAULTS, certificate_of, name_of, not_after, not_before, proves_documents
from lienthong.signatures.covering import covered_end, trails_off
from lienthong.signatures.evidence import BLIND, FRESH, KNOWN, TOLERANT, Evidence
from lienthong.signatures.reading import Opened, told
from lienthong.signatures.report import Changes, Coverage, Note, Reason, Signature, Source, Verdict

_STAMP: Final = "/DocTimeStamp"
_STAMP_FORMS: Final = frozenset({"/ETSI.RFC3161"})
_FORMS: Final = frozenset({"/ETSI.CAdES.detached", "/adbe.pkcs7.detached", "/PBAD.PAdES"})
_USAGE: Final = KeyUsageConstraints(key_usage={"non_repudiation", "digital_signature"})
_CHANGES: Final = {
    ModificationLevel.NONE: Changes.NONE,
    ModificationLevel.LTA_UPDATES: Changes.EVIDENCE,
    ModificationLevel.FORM_FILLING: Changes.FORMS,
    ModificationLevel.ANNOTATIONS: Changes.ANNOTATIONS,
    ModificationLevel.OTHER: Changes.OTHER,
}
_INVALID: Final = frozenset(
    {
        *(Reason.DIGEST_DIFFERS, Reason.SIGNATURE_DIFFERS, Reason.NOT_COVERED, Reason.MODIFIED, Reason.MALFORMED),
        *(Reason.REVOKED, Reason.AUTHORITY_REVOKED),
    }
)
_MAX_TEXT: Final = 500


class _Found(Exception):
    """What the verdict is; nothing further counts."""

    def __init__(self, reason: Reason, detail: str = "") -> None:
        self.reason = reason
        self.detail = detail
        super().__init__(reason)


@dataclass(slots=True, kw_only=True)
class Judge:
    """Judges the signatures of one file, those over the whole document first."""

    pdf: Opened
    evidence: Evidence
    at: datetime
    # Revision up to which a trusted timestamp is over the document, and its time.
    _proofs: list[tuple[int, datetime]] = field(default_factory=list)

    async def judge(self, embedded: EmbeddedPdfSignature) -> Signature:
        """Judge a signature.

        Raises:
            Exception: one of ``reading.BROKEN``, when the file is not fit to be read.
        """
        case = _Case(judge=self, embedded=embedded, seen=_stated(embedded))
        try:
            await case.examine()
            reason, detail = Reason.OK, ""
        except _Found as found:
            reason, detail = found.reason, found.detail
        except SignatureValidationError as error:
            reason, detail = FAULTS.get(error.ades_subindication, Reason.UNSUPPORTED), told(error)
        except UnsupportedAlgorithm as error:
            reason, detail = Reason.UNSUPPORTED, told(error)
        verdict = Verdict.VALID if reason is Reason.OK else Verdict.INDETERMINATE
        if reason in _INVALID:
            verdict = Verdict.INVALID
        # What qualifies a valid verdict says nothing beside another.
        notes = case.seen.notes if verdict is Verdict.VALID else ()
        return replace(case.seen, verdict=verdict, reason=reason, detail=detail, notes=notes)

    def proven(self, revision: int) -> datetime | None:
        """Return when, at the latest, a revision was there by what document timestamps prove."""
        return min((time for covered, time in self._proofs if covered > revision), default=None)

    def prove(self, revision: int, time: datetime) -> None:
        """Note that a trusted timestamp is over everything before its own revision."""
        self._proofs.append((revision, time))


@dataclass(slots=True, kw_only=True)
class _Case:
    """One signature; `seen` grows as it is examined."""

    judge: Judge
    # Partly untyped: an `EmbeddedPdfSignature`.
    embedded: Any
    seen: Signature

    async def examine(self) -> None:
        """Look at everything in order; what decides is raised."""
        embedded = self.embedded
        forms = _STAMP_FORMS if self.seen.document_timestamp else _FORMS
        if str(embedded.sig_object.get("/SubFilter")) not in forms:
            raise _Found(Reason.UNSUPPORTED, f"form {embedded.sig_object.get('/SubFilter')}"[:_MAX_TEXT])
        certificate = embedded.signer_cert
        self._see(signer=name_of(certificate), certificate=certificate_of(certificate))
        end = covered_end(self.judge.pdf.data, embedded)
        if end is None:
            raise _Found(Reason.NOT_COVERED, "the signed bytes are not everything but the signature")
        embedded.compute_integrity_info()
        evidence = self.judge.evidence.with_those_of(embedded.signed_data)
        if self.seen.document_timestamp:
            await self._examine_stamp(evidence, end)
        else:
            await self._examine_signature(evidence, end, certificate)

    async def _examine_stamp(self, evidence: Evidence, end: int) -> None:
        context = evidence.context(self.judge.at, TOLERANT)
        found = await validate_tst_signed_data(self.embedded.signed_data, context, self.embedded.compute_digest)
        self._integrity(found)
        self._afterwards(end)
        self._chain(found, self.judge.at)
        time = found["timestamp"]
        self._see(trusted=True, time=time, time_source=Source.TIMESTAMP)
        self.judge.prove(self.embedded.signed_revision, time)

    async def _examine_signature(self, evidence: Evidence, end: int, certificate: x509.Certificate) -> None:
        embedded, at = self.embedded, self.judge.at
        timing = await collect_timing_info(
            embedded.signer_info, evidence.context(at, TOLERANT), raw_digest=embedded.compute_digest
        )
        proven = self._time(timing)
        moment = min(proven or at, at)
        found = await self._validated(evidence, moment)
        self._integrity(found)
        self._afterwards(end)
        stamp = timing.get("timestamp_validity")
        if stamp is not None and not (stamp.intact and stamp.valid):
            raise _Found(Reason.TIMESTAMP_DIFFERS, "the timestamp is of something else")
        self._chain(found, moment)
        path = found["validation_path"]
        if path is not None and path.pkix_len and not proves_documents(certificate):
            raise _Found(Reason.WRONG_USAGE, "the certificate is for other purposes than signing documents")
        self._see(trusted=True)
        if moment < at and (await self._validated(evidence, at))["trust_problem_indic"] is not None:
            self._note(Note.EXPIRED_SINCE)

    async def _validated(self, evidence: Evidence, moment: datetime) -> dict[str, Any]:
        """Validate at a moment: with what is known of revocation, else without, which is noted."""
        known = await self._basic(evidence, moment, KNOWN)
        if known["revocation_details"] is not None:
            return known
        if known["trust_problem_indic"] is None:
            if (await self._basic(evidence, moment, FRESH))["trust_problem_indic"] is not None:
                self._note(Note.REVOCATION_UNKNOWN)
            return known
        self._note(Note.REVOCATION_UNKNOWN)
        found = await self._basic(evidence, moment, TOLERANT)
        if found["trust_problem_indic"] is AdESIndeterminate.CERTIFICATE_CHAIN_GENERAL_FAILURE:
            # A list that does not hold may have been put there to hide one that does: it is not passed over.
            blind = await self._basic(evidence, moment, BLIND)
            if blind["trust_problem_indic"] is None:
                found["trust_problem_indic"] = AdESIndeterminate.TRY_LATER
        return found

    async def _basic(self, evidence: Evidence, moment: datetime, policy: Any) -> dict[str, Any]:  # noqa: ANN401 - pyHanko
        result: dict[str, Any] = await cms_basic_validation(
            self.embedded.signed_data,
            raw_digest=self.embedded.compute_digest(),
            validation_context=evidence.context(moment, policy),
            key_usage_settings=_USAGE,
        )
        return result

    def _time(self, timing: dict[str, Any]) -> datetime | None:
        """See when it was signed; return the latest time by which it was, if that is proven."""
        stamp = timing.get("timestamp_validity")
        times = [self.judge.proven(self.embedded.signed_revision)]
        if stamp is not None and stamp.trusted and stamp.timestamp <= self.judge.at:
            times.append(stamp.timestamp)
        elif stamp is not None:
            self._note(Note.TIMESTAMP_UNTRUSTED)
        proven = min((each for each in times if each is not None), default=None)
        claimed = timing.get("signer_reported_dt") or self.embedded.self_reported_timestamp
        if claimed is not None and claimed.tzinfo is None:
            claimed = None
        source = Source.TIMESTAMP if proven else Source.CLAIMED if claimed else None
        self._see(time=proven or claimed, time_source=source)
        return proven

    def _integrity(self, found: dict[str, Any]) -> None:
        self._see(intact=bool(found["intact"] and found["valid"]))
        if not found["intact"]:
            raise _Found(Reason.DIGEST_DIFFERS, "the file is not the one that was signed")
        if not found["valid"]:
            raise _Found(Reason.SIGNATURE_DIFFERS, "the signature is not that of this certificate's key")

    def _afterwards(self, end: int) -> None:
        """Look at what was added after signing."""
        embedded, pdf = self.embedded, self.judge.pdf
        whole = end == len(pdf.data) and embedded.coverage is SignatureCoverageLevel.ENTIRE_FILE
        if not whole and (embedded.coverage is None or embedded.coverage < SignatureCoverageLevel.ENTIRE_REVISION):
            raise _Found(Reason.NOT_COVERED, "the signed bytes end before what they sign does")
        result = embedded.diff_result
        changes = Changes.OTHER
        if result is not None and not isinstance(result, SuspiciousModification):
            changes = _CHANGES[result.modification_level]
        coverage = Coverage.ENTIRE_FILE if whole else Coverage.ENTIRE_REVISION
        self._see(coverage=coverage, modified_after=not whole, changes=changes)
        if not embedded.summarise_integrity_info()["docmdp_ok"]:
            detail = told(result) if isinstance(result, SuspiciousModification) else "more than the signer allows"
            raise _Found(Reason.MODIFIED, detail)
        if not whole and trails_off(pdf.data):
            self._see(changes=Changes.OTHER)
            raise _Found(Reason.MODIFIED, "something follows the end of the file")
        if pdf.lenient:
            self._note(Note.READ_LENIENTLY)
            if not whole:
                raise _Found(Reason.AMBIGUOUS_FILE, "programs may read what was added in different ways")

    def _chain(self, found: dict[str, Any], moment: datetime) -> None:
        fault = found["trust_problem_indic"]
        if fault is None and found["validation_path"] is not None:
            return
        reason = FAULTS.get(fault, Reason.CHAIN_INVALID)
        certificate = found["signing_cert"]
        if reason is Reason.CHAIN_INVALID and moment < not_before(certificate):
            reason = Reason.NOT_YET_VALID
        if reason is Reason.EXPIRED and self.seen.time is not None and self.seen.time > not_after(certificate):
            reason = Reason.EXPIRED_AT_SIGNING
        details = found["revocation_details"]
        raise _Found(reason, f"since {details.revocation_date.isoformat()}" if details else "")

    def _see(self, **fields: Any) -> None:  # noqa: ANN401 - the fields of Signature
        self.seen = replace(self.seen, **fields)

    def _note(self, note: Note) -> None:
        if note not in self.seen.notes:
            self._see(notes=(*self.seen.notes, note))


def _stated(embedded: EmbeddedPdfSignature) -> Signature:
    """Return what the file says of a signature; nothing of it is checked."""
    stated = embedded.sig_object
    texts = (stated.get("/Reason"), stated.get("/Location"))
    reason, location = (str(each)[:_MAX_TEXT] if isinstance(each, str) else "" for each in texts)
    return Signature(
        field=str(embedded.field_name)[:_MAX_TEXT],
        verdict=Verdict.INDETERMINATE,
        reason=Reason.UNSUPPORTED,
        stated_reason=reason,
        stated_location=location,
        document_timestamp=embedded.sig_object_type == _STAMP,
        certifies=embedded.docmdp_level is not None and "/Reference" in stated,
    )
