"""Ends: of the credential for the carrier, and of certificates in files."""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from cryptography import x509

from lienthong.exchange.doctor.lines import Line, Subject, fail, failed, ok, warn
from lienthong.exchange.transport.credentials import Credential, claims_of
from lienthong.kernel.clock import DAY, SECOND, Millis, from_datetime, iso
from lienthong.kernel.errors import LienthongError
from lienthong.kernel.i18n import _

SOON: Final[Millis] = 30 * DAY
"""How long before its end something should be renewed."""


def credential(path: Path, *, site: str, branches: Iterable[str], at: Millis) -> list[Line]:
    """Check the credential for the carrier.

    Args:
        path: its file.
        site: whose it must be.
        branches: those of the organs here; it must allow each.
        at: now, milliseconds UTC.
    """
    try:
        read = Credential.read(path)
        claims = claims_of(read.jwt)
    except LienthongError as error:
        return [failed(Subject.CERTIFICATES, error)]
    advice = _("Have the centre issue a credential for this site and its branches.")
    lines: list[Line] = []
    if read.site != site:
        text = _("The credential is for the site {other}, not for {site}.").format(other=read.site, site=site)
        lines.append(fail(Subject.CERTIFICATES, text, advice))
    tags = {tag for tag in claims.get("nats", {}).get("tags", []) if isinstance(tag, str)}
    lacking = [branch for branch in branches if f"branch:{branch}" not in tags]
    if lacking:
        text = _("The credential does not allow these branches: {branches}").format(branches=", ".join(lacking))
        lines.append(fail(Subject.CERTIFICATES, text, advice))
    end = claims.get("exp")
    return [*lines, _term(_("Credential for the carrier"), end * SECOND if isinstance(end, int) else None, at, advice)]


def certificates(paths: Iterable[Path], *, at: Millis) -> list[Line]:
    """Check the ends of all certificates in PEM files."""
    return [line for path in paths for line in _certificates(path, at)]


def _certificates(path: Path, at: Millis) -> list[Line]:
    try:
        found = x509.load_pem_x509_certificates(path.read_bytes())
    except (OSError, ValueError) as error:
        text = _("The certificates in {path} cannot be read: {reason}").format(path=path, reason=error)
        return [fail(Subject.CERTIFICATES, text, _("Name a file with certificates in PEM."))]
    advice = _("Have the certificate renewed and put the new one in its place.")
    return [
        _term(
            f"{path.name}: {each.subject.rfc4514_string()}",
            from_datetime(each.not_valid_after_utc),
            at,
            advice,
            start=from_datetime(each.not_valid_before_utc),
        )
        for each in found
    ]


def _term(what: str, end: Millis | None, at: Millis, advice: str, *, start: Millis = 0) -> Line:
    if end is None:
        return ok(Subject.CERTIFICATES, _("{what}: without an end").format(what=what))
    if at < start:
        return fail(
            Subject.CERTIFICATES, _("{what}: valid from {start} on").format(what=what, start=iso(start)), advice
        )
    if at >= end:
        return fail(Subject.CERTIFICATES, _("{what}: ended on {end}").format(what=what, end=iso(end)), advice)
    text = _("{what}: valid until {end}").format(what=what, end=iso(end))
    return warn(Subject.CERTIFICATES, text, advice) if end < at + SOON else ok(Subject.CERTIFICATES, text)
