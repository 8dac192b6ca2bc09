"""``lienthong signature``: verify the signatures of PDF files."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from cryptography import x509
from rich.console import Console

from lienthong.cli import signature_view as view
from lienthong.signatures.errors import PdfUnreadable
from lienthong.signatures.verify import read_anchors, read_revocation, verify

app = typer.Typer(help="Verify and make signatures in PDF files.", no_args_is_help=True)

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.callback()
def _group() -> None:
    # A group even while it has one command.
    pass


@app.command("verify")
def verify_(
    path: Annotated[Path, typer.Argument(metavar="FILE.pdf", help="The PDF.")],
    *,
    trust: Annotated[
        list[Path] | None,
        typer.Option(help="Certificates of an authority that is trusted, PEM or DER; may be repeated."),
    ] = None,
    revoked: Annotated[
        list[Path] | None,
        typer.Option("--revoked", help="A revocation list or an OCSP response to go by; may be repeated."),
    ] = None,
    at: Annotated[str | None, typer.Option(help="Judge as of this time (ISO 8601; UTC unless it says).")] = None,
    json: Json = False,
) -> None:
    """Judge every signature of a PDF, offline; exit status 0 if there are some and all are valid, else 1."""
    anchors = [each for one in trust or () for each in read_anchors(_read(one), str(one))]
    crls: list[x509.CertificateRevocationList] = []
    ocsps: list[bytes] = []
    for one in revoked or ():
        listed, response = read_revocation(_read(one), str(one))
        if listed is None:
            ocsps.append(response)
        else:
            crls.append(listed)
    if not path.is_file():
        # A pipe or a device may never end.
        raise PdfUnreadable(str(path))
    moment = _moment(at, "--at")
    try:
        report = verify(path, trust=anchors, crls=crls, ocsps=ocsps, at=moment)
    except OSError as error:
        raise PdfUnreadable(f"{path}: {error.strerror}") from None
    if json:
        typer.echo(msgspec.json.format(msgspec.json.encode(view.report_values(path, report)), indent=2).decode())
    else:
        view.show_report(Console(), path, report, trusting=bool(anchors))
    if not report.ok:
        raise typer.Exit(1)


def _moment(text: str | None, option: str) -> datetime | None:
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint=option) from error
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise PdfUnreadable(f"{path}: {error.strerror}") from None
