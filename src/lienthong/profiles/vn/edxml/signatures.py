"""The signatures of a packet: what they say, and whether they fit what they cover.

Whether the signer is who it seems to be is not decided here: the certificate comes with the signature.
"""

import base64
import binascii
from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum
from typing import Final

import msgspec
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm

from lienthong.kernel.errors import quoted
from lienthong.profiles.vn.edxml import layout, verifying
from lienthong.profiles.vn.edxml.encoding import Text
from lienthong.profiles.vn.edxml.limits import Budget
from lienthong.profiles.vn.edxml.oddities import Notes, Oddity
from lienthong.profiles.vn.edxml.tree import Node

_ELEMENTS: Final = frozenset({"Signature", "DigitalSignature"})
_WEAK: Final = ("sha1", "md5", "-sha224", "ripemd")
_MAX_CERTIFICATE: Final = 64 * 1024
_MAX_SHOWN: Final = 400


class Verdict(StrEnum):
    """What checking a signature came to."""

    # What it covers is what was signed, by the key in the certificate that came along.
    INTACT = "intact"
    BROKEN = "broken"
    UNCHECKED = "unchecked"


class SignatureReport(msgspec.Struct, frozen=True, kw_only=True):
    """One signature."""

    # Of its element, from the outside in.
    place: str
    line: int
    verdict: Verdict
    # Why it is not intact; empty if it is.
    reason: str
    # It covers the whole packet but for itself; only an intact one does.
    whole: bool
    # The ends of the algorithms' names, such as rsa-sha256.
    algorithm: str
    digests: tuple[str, ...]
    # An algorithm that is broken, such as SHA-1.
    weak: bool
    # Of the certificate, as RFC 4514 writes it, or what the signature says where there is none.
    subject: str
    issuer: str = ""
    # The certificate's own words; nobody vouches for them here.
    valid_from: datetime | None = None
    valid_until: datetime | None = None


class SignaturesReader:
    """Looks at the signatures of one packet."""

    def __init__(self, root: Node, text: Text, notes: Notes, budget: Budget) -> None:
        self._root, self._text, self._notes, self._budget = root, text, notes, budget
        self._limits = budget.limits

    def read(self) -> tuple[SignatureReport, ...]:
        """Return a report for each signature, up to the limit."""
        reports: list[SignatureReport] = []
        for node in _outermost(self._root):
            if not node.children:
                self._notes.add(Oddity.SIGNATURE_EMPTY, node.place, line=node.line)
            elif len(reports) >= self._limits.signatures:
                self._notes.add(Oddity.SIGNATURE_UNCHECKED, node.place, line=node.line, detail="too many signatures")
            else:
                reports.append(self._report(node))
        return tuple(reports)

    def _report(self, node: Node) -> SignatureReport:
        method, certificate = node.find("SignatureMethod"), _certificate(node)
        name = node.find("X509SubjectName")
        digests = tuple(
            dict.fromkeys(_short(each.attributes.get("Algorithm", "")) for each in _all(node, "DigestMethod"))
        )
        algorithm = _short(method.attributes.get("Algorithm", "")) if method is not None else ""
        verdict, reason, whole = self._judge(node, certificate)
        report = SignatureReport(
            place=node.place,
            line=node.line,
            verdict=verdict,
            reason=reason,
            whole=whole,
            algorithm=algorithm,
            digests=digests[: self._limits.signatures],
            weak=any(each in text for each in _WEAK for text in (algorithm, *digests)),
            subject=_shown(_name(certificate.subject) if certificate is not None else name.text if name else ""),
            issuer=_shown(_name(certificate.issuer)) if certificate is not None else "",
            valid_from=certificate.not_valid_before_utc if certificate is not None else None,
            valid_until=certificate.not_valid_after_utc if certificate is not None else None,
        )
        self._note(report)
        return report

    def _judge(self, node: Node, certificate: x509.Certificate | None) -> tuple[Verdict, str, bool]:
        """Return what to make of a signature, why, and whether it covers everything."""
        if node.namespace != layout.XMLDSIG or node.name != "Signature":
            return Verdict.UNCHECKED, "not in the namespace of XML signatures", False
        if certificate is None:
            return Verdict.UNCHECKED, "no certificate that can be read", False
        references = len(_all(node, "Reference"))
        if not self._budget.may_verify(max(references, 1) * len(self._text.utf8)):
            return Verdict.UNCHECKED, f"too much to check: {references} references", False
        before = [each for each in _all(self._root, "Signature") if each.namespace == layout.XMLDSIG]
        outcome = verifying.verify(self._text.utf8, number=before.index(node), certificate=certificate)
        if outcome.intact:
            return Verdict.INTACT, "", outcome.whole
        return (Verdict.BROKEN if outcome.broken else Verdict.UNCHECKED), _shown(outcome.reason), False

    def _note(self, report: SignatureReport) -> None:
        if report.verdict is Verdict.BROKEN:
            self._notes.add(Oddity.SIGNATURE_BROKEN, report.place, line=report.line, detail=report.reason)
        elif report.verdict is Verdict.INTACT and not report.whole:
            self._notes.add(Oddity.SIGNATURE_PARTIAL, report.place, line=report.line)
        elif report.verdict is Verdict.UNCHECKED:
            foreign = report.reason.startswith("not in the namespace")
            code = Oddity.SIGNATURE_FOREIGN if foreign else Oddity.SIGNATURE_UNCHECKED
            self._notes.add(code, report.place, line=report.line, detail=report.reason)
        if report.weak:
            self._notes.add(Oddity.SIGNATURE_WEAK, report.place, line=report.line, detail=report.algorithm)


def _outermost(root: Node) -> Iterator[Node]:
    """Yield the signatures that are in no other one, in the order of the text."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if node.name in _ELEMENTS:
            yield node
        else:
            waiting.extend(reversed(node.children))


def _all(root: Node, name: str) -> list[Node]:
    found, waiting = [], [root]
    while waiting:
        node = waiting.pop()
        if node.name == name:
            found.append(node)
        waiting.extend(reversed(node.children))
    return found


def _certificate(signature: Node) -> x509.Certificate | None:
    """Return the signer's certificate: of several the one that issued none of the others."""
    found: list[x509.Certificate] = []
    for node in _all(signature, "X509Certificate")[:8]:
        text = node.text.encode("ascii", "replace")
        if len(text) > _MAX_CERTIFICATE:
            continue
        try:
            certificate = x509.load_der_x509_certificate(base64.b64decode(text))
            # Names and times are read when they are asked for, and may be none.
            _ = certificate.subject, certificate.issuer, certificate.not_valid_before_utc
            _ = certificate.not_valid_after_utc, certificate.public_key()
        except (ValueError, binascii.Error, TypeError, x509.InvalidVersion, UnsupportedAlgorithm):
            continue
        found.append(certificate)
    issuers = {each.issuer for each in found if each.issuer != each.subject}
    return next((each for each in found if each.subject not in issuers), found[0] if found else None)


def _name(name: x509.Name) -> str:
    return name.rfc4514_string()


def _short(algorithm: str) -> str:
    return _shown(algorithm.rpartition("#")[2].rpartition("/")[2])[:80]


def _shown(text: str) -> str:
    return quoted(text[:_MAX_SHOWN])
