"""Whom to trust, and what is known of revoked certificates: offered, and found in the file. Runs in the child process.

pyHanko's validator checks chains (RFC 5280) and revocation (RFC 5280, RFC 6960). It is never let into the network.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Self

from asn1crypto import cms, crl, ocsp, x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko.sign.validation.errors import NoDSSFoundError
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.policy_decl import (
    CertRevTrustPolicy,
    FreshnessReqType,
    RevocationCheckingPolicy,
    RevocationCheckingRule,
)

from lienthong.signatures.isolation import Task
from lienthong.signatures.reading import BROKEN

_REQUIRED: Final = RevocationCheckingRule.CRL_OR_OCSP_REQUIRED
_WHERE_DECLARED: Final = RevocationCheckingRule.CHECK_IF_DECLARED_SOFT
# However old a list is: who was on it is revoked.
_EVER: Final = timedelta(days=50 * 365)


def _policy(
    rule: RevocationCheckingRule, above: RevocationCheckingRule = _WHERE_DECLARED, *, fresh: bool = False
) -> CertRevTrustPolicy:
    checking = RevocationCheckingPolicy(ee_certificate_rule=rule, intermediate_ca_cert_rule=above)
    if fresh:
        # What was published after the time that counts says as much about it.
        return CertRevTrustPolicy(checking, retroactive_revinfo=True)
    return CertRevTrustPolicy(
        checking, freshness=_EVER, freshness_req_type=FreshnessReqType.MAX_DIFF_REVOCATION_VALIDATION
    )


KNOWN: Final = _policy(_REQUIRED)
"""The signer's certificate must be on record as good, in a list of any age."""
FRESH: Final = _policy(_REQUIRED, fresh=True)
"""The same, in a list that has not run out."""
TOLERANT: Final = _policy(_WHERE_DECLARED)
"""Nothing needs to be on record; what is counts where the certificate says that there are lists."""
BLIND: Final = _policy(RevocationCheckingRule.NO_CHECK, RevocationCheckingRule.NO_CHECK)
"""Nothing that is on record counts: tells whether it is the record that does not hold, or the chain."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What chains are built from and checked against."""

    anchors: tuple[x509.Certificate, ...]
    certificates: tuple[x509.Certificate, ...] = ()
    crls: tuple[crl.CertificateList, ...] = ()
    ocsps: tuple[ocsp.OCSPResponse, ...] = ()

    @classmethod
    def offered(cls, task: Task) -> Self:
        """Return what came with the task; whoever asked has checked that it can be read."""
        return cls(
            anchors=tuple(x509.Certificate.load(each) for each in task.trust),
            crls=tuple(crl.CertificateList.load(each) for each in task.crls),
            ocsps=tuple(ocsp.OCSPResponse.load(each) for each in task.ocsps),
        )

    def with_store_of(self, reader: PdfFileReader) -> "Evidence":
        """Add what the file's own store holds (ISO 32000-2, 12.8.4.3); a broken one adds nothing."""
        try:
            store = DocumentSecurityStore.read_dss(reader)
            return self._with(
                store.load_certs(),
                [crl.CertificateList.load(each.get_object().data) for each in store.crls],
                [ocsp.OCSPResponse.load(each.get_object().data) for each in store.ocsps],
            )
        except (NoDSSFoundError, *BROKEN):
            return self

    def with_those_of(self, signed: cms.SignedData) -> "Evidence":
        """Add lists and responses inside a signature: CMS (RFC 5652, 5.1) and Adobe's attribute."""
        try:
            crls = [each.chosen for each in signed["crls"] if each.name == "certificate_list"] if signed["crls"] else []
            ocsps: list[Any] = []
            for attribute in signed["signer_infos"][0]["signed_attrs"]:
                if attribute["type"].native == "adobe_revocation_info_archival":
                    archive = attribute["values"][0]
                    crls += list(archive["crl"] or ())
                    ocsps += list(archive["ocsp"] or ())
            return self._with((), crls, ocsps)
        except BROKEN:
            return self

    def context(self, moment: datetime, policy: CertRevTrustPolicy) -> ValidationContext:
        """Return what validates at a time; each is used once, for it remembers."""
        return ValidationContext(
            trust_roots=list(self.anchors),
            other_certs=list(self.certificates),
            crls=list(self.crls),
            ocsps=list(self.ocsps),
            moment=moment,
            revinfo_policy=policy,
            allow_fetching=False,
        )

    def _with(
        self,
        certificates: Iterable[x509.Certificate],
        crls: Iterable[crl.CertificateList],
        ocsps: Iterable[ocsp.OCSPResponse],
    ) -> "Evidence":
        return Evidence(
            anchors=self.anchors,
            certificates=(*self.certificates, *certificates),
            crls=(*self.crls, *crls),
            ocsps=(*self.ocsps, *ocsps),
        )
