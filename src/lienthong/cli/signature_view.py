"""How signatures in PDF files look: facts for people, plain values for programs."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

from lienthong.cli.text import plain
from lienthong.kernel.i18n import _, later
from lienthong.signatures.report import (
    Changes,
    Coverage,
    Note,
    Problem,
    Reason,
    Report,
    Signature,
    Source,
    State,
    Verdict,
)

_VERDICTS: Final = {
    Verdict.VALID: (later("valid"), "bold green"),
    Verdict.INVALID: (later("invalid"), "bold red"),
    Verdict.INDETERMINATE: (later("indeterminate"), "bold yellow"),
}
_REASONS: Final = {
    Reason.OK: later("The signature holds and its certificate is trusted."),
    Reason.DIGEST_DIFFERS: later("The file is not the one that was signed."),
    Reason.SIGNATURE_DIFFERS: later("The signature was not made with this certificate's key."),
    Reason.NOT_COVERED: later("The signature does not cover what it seems to sign."),
    Reason.MODIFIED: later("The file was changed after it was signed, by more than the signature allows."),
    Reason.MALFORMED: later("The signature is not well formed."),
    Reason.REVOKED: later("The certificate was revoked, and nothing proves that it was signed before."),
    Reason.AUTHORITY_REVOKED: later("The certificate of an authority above it was revoked."),
    Reason.UNTRUSTED: later("No chain leads from the certificate to one that is trusted."),
    Reason.CHAIN_INVALID: later("The chain of certificates does not hold."),
    Reason.WRONG_USAGE: later("The certificate is not meant for signing documents."),
    Reason.NOT_YET_VALID: later("The certificate was not valid yet."),
    Reason.EXPIRED: later("The certificate has expired, and no trusted timestamp proves that it was signed before."),
    Reason.EXPIRED_AT_SIGNING: later("The certificate had expired when it was signed."),
    Reason.WEAK_ALGORITHM: later("It rests on an algorithm that can be forged."),
    Reason.REVOCATION_UNCLEAR: later("A revocation list for it does not hold, so it may hide one that does."),
    Reason.NO_CERTIFICATE: later("The signer's certificate is not in the signature."),
    Reason.TIMESTAMP_DIFFERS: later("The timestamp is not one of this signature."),
    Reason.AMBIGUOUS_FILE: later("The file is built such that programs may read it in different ways."),
    Reason.UNSUPPORTED: later("It is of a form that is not verified here."),
}
_PROBLEMS: Final = {
    Problem.NONE: "",
    Problem.EMPTY: later("The file is empty."),
    Problem.TOO_LARGE: later("The file is larger than what is read."),
    Problem.NOT_A_PDF: later("The file is not a PDF."),
    Problem.DAMAGED: later("The PDF is damaged."),
    Problem.ENCRYPTED: later("The PDF is encrypted and needs a password."),
    Problem.EXCESSIVE: later("Reading the PDF would take more time or memory than any honest one does."),
}
_CHANGES: Final = {
    Changes.NONE: later("nothing"),
    Changes.EVIDENCE: later("evidence for verifying later"),
    Changes.FORMS: later("fields filled in, or further signatures"),
    Changes.ANNOTATIONS: later("annotations"),
    Changes.OTHER: later("more than is allowed"),
}
_COVERAGE: Final = {
    Coverage.ENTIRE_FILE: later("the entire file"),
    Coverage.ENTIRE_REVISION: later("the entire file as it was then"),
    Coverage.PARTIAL: later("a part"),
}
_NOTES: Final = {
    Note.REVOCATION_UNKNOWN: later("Whether the certificate was revoked is not known; offer a list with --revoked."),
    Note.EXPIRED_SINCE: later("The certificate is no longer valid; a trusted timestamp proves that it was then."),
    Note.TIMESTAMP_UNTRUSTED: later("Nobody who is trusted vouches for the timestamp."),
    Note.READ_LENIENTLY: later("The file has mistakes in its form."),
}


def report_values(path: Path, report: Report) -> dict[str, object]:
    """Return a report for a program; docs/signatures.md explains the fields."""
    return {
        "path": str(path),
        "state": report.state,
        "verdict": report.verdict or "unsigned",
        "at": report.at.astimezone(UTC),
        "problem": report.problem,
        "text": summary(report),
        "detail": report.detail,
        "signatures": [_signature_values(each) for each in report.signatures],
    }


def summary(report: Report) -> str:
    """Return what a report comes to, in one sentence in the language that is spoken now."""
    if report.state is State.UNREADABLE:
        return _(_PROBLEMS[report.problem])
    if report.state is State.UNSIGNED:
        return _("The file is not signed.")
    if report.ok:
        return _("All signatures are valid.")
    if report.verdict is Verdict.INVALID:
        return _("At least one signature is invalid.")
    return _("At least one signature cannot be relied upon as it is.")


def show_report(console: Console, path: Path, report: Report, *, trusting: bool) -> None:
    """Print a report.

    Args:
        console: where.
        path: the file.
        report: what verifying it came to.
        trusting: whether anybody was trusted; else it says how.
    """
    console.print(Text(plain(str(path)), "bold"))
    for each in report.signatures:
        console.print()
        word, style = _VERDICTS[each.verdict]
        console.print(Text.assemble((plain(each.field), "bold"), "  ", (_(word), style)))
        console.print(_facts(each))
    if report.signatures:
        console.print()
    style = "bold green" if report.ok else "bold red" if report.verdict is Verdict.INVALID else "bold yellow"
    detail = f" ({plain(report.detail)})" if report.detail else ""
    console.print(Text(summary(report) + detail, style))
    if report.signatures and not trusting:
        console.print(Text(_("Nobody was trusted: name authorities with --trust."), "yellow"))


def _facts(signature: Signature) -> Table:
    facts = {
        _("Reason"): _(_REASONS[signature.reason]),
        _("Detail"): signature.detail,
        _("Signer"): signature.certificate.subject if signature.certificate else "",
        _("Issuer"): signature.certificate.issuer if signature.certificate else "",
        _("Time (UTC)"): _time(signature),
        _("Covers"): _(_COVERAGE[signature.coverage]),
        _("Added since"): _(_CHANGES[signature.changes]) if signature.modified_after else "",
        _("Stated reason"): signature.stated_reason,
        _("Stated place"): signature.stated_location,
        _("Note"): "\n".join(_(_NOTES[note]) for note in signature.notes),
    }
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in facts.items():
        if value:
            table.add_row(name, Text("\n".join(map(plain, value.split("\n")))))
    return table


def _time(signature: Signature) -> str:
    if signature.time is None:
        return ""
    at = _shown(signature.time)
    if signature.time_source is Source.TIMESTAMP:
        return _("{time}, by a timestamp").format(time=at)
    return _("{time}, as the signer says").format(time=at)


def _shown(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


def _signature_values(signature: Signature) -> dict[str, object]:
    values: dict[str, object] = msgspec.to_builtins(signature)
    # Signers write their own zone; programs get one.
    at = signature.time and signature.time.astimezone(UTC)
    return values | {"time": at, "reason_text": _(_REASONS[signature.reason])}
