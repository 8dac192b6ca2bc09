"""``lienthong signature``: verify and make signatures in PDF files."""

from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from cryptography import x509
from rich.console import Console

from lienthong.cli import signature_view as view
from lienthong.cli.errors import FileTaken, FileUnreadable, FileUnwritable
from lienthong.cli.text import plain
from lienthong.kernel.files import write_atomically
from lienthong.kernel.i18n import _
from lienthong.signatures.verify import read_anchors, read_revocation, verify

app = typer.Typer(help="Verify and make signatures in PDF files.", no_args_is_help=True)


class Certify(StrEnum):
    """As `Allowed`, in words of the command line."""

    NOTHING = "nothing"
    FORMS = "forms"
    ANNOTATIONS = "annotations"


Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


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
        raise FileUnreadable(str(path))
    moment = _moment(at, "--at")
    try:
        report = verify(path, trust=anchors, crls=crls, ocsps=ocsps, at=moment)
    except OSError as error:
        raise FileUnreadable(f"{path}: {error.strerror}") from None
    if json:
        typer.echo(msgspec.json.format(msgspec.json.encode(view.report_values(path, report)), indent=2).decode())
    else:
        view.show_report(Console(), path, report, trusting=bool(anchors))
    if not report.ok:
        raise typer.Exit(1)


@app.command("sign")
def sign_(  # noqa: PLR0913 - what to sign, with what, and how it looks
    path: Annotated[Path, typer.Argument(metavar="FILE.pdf", help="The PDF; it stays as it is.")],
    *,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="The file to write. Default: FILE.signed.pdf.", dir_okay=False)
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the file if it is there.")] = False,
    pkcs12: Annotated[Path | None, typer.Option("--pkcs12", help="Key and certificates in a PKCS #12 file.")] = None,
    key: Annotated[Path | None, typer.Option("--key", help="The key in a PEM file.")] = None,
    certificate: Annotated[
        Path | None, typer.Option("--certificate", help="Its certificate, and those above it (PEM).")
    ] = None,
    library: Annotated[Path | None, typer.Option("--library", help="PKCS #11 library of a token's maker.")] = None,
    token: Annotated[str, typer.Option("--token", help="The token's label.")] = "",
    label: Annotated[str, typer.Option("--label", help="The certificate's label in the token.")] = "",
    tsa: Annotated[str | None, typer.Option("--tsa", help="Address of a timestamp authority (RFC 3161).")] = None,
    stamp: Annotated[
        str | None,
        typer.Option("--stamp", metavar="PAGE,LEFT,BOTTOM,RIGHT,TOP", help="Show it there; points from below left."),
    ] = None,
    name: Annotated[str, typer.Option("--name", help="Name in the stamp. Default: the certificate's.")] = "",
    organ: Annotated[str, typer.Option("--organ", help="Organ in the stamp. Default: the certificate's.")] = "",
    reason: Annotated[str, typer.Option("--reason", help="Why it is signed.")] = "",
    location: Annotated[str, typer.Option("--location", help="Where it is signed.")] = "",
    field: Annotated[str, typer.Option("--field", help="Form field, an empty one or a new one.")] = "",
    certify: Annotated[
        Certify | None, typer.Option("--certify", help="Sign first, and say what may still be changed.")
    ] = None,
) -> None:
    """Sign a PDF; passphrase or PIN come from LIENTHONG_PASSPHRASE_FILE, LIENTHONG_PIN_FILE, or are asked for."""
    # Nothing of this is needed to verify.
    from lienthong.cli.signature_sign import Place, Source  # noqa: PLC0415 - needed from here on only
    from lienthong.signatures.sign import Allowed, Wish, sign  # noqa: PLC0415 - needed from here on only
    from lienthong.signatures.stamping import Authority  # noqa: PLC0415 - needed from here on only

    target = output or path.with_name(f"{path.stem}.signed.pdf")
    if target.exists() and not force:
        raise FileTaken(str(target))
    place = Place.parse(stamp) if stamp else None
    data = _read(path)
    signer = Source(pkcs12=pkcs12, key=key, library=library, certificate=certificate, token=token, label=label).signer()
    now = datetime.now(UTC).astimezone()
    signed = sign(
        data,
        signer,
        place.stamp(signer, at=now, name=name, organ=organ, reason=reason) if place else None,
        Wish(
            field=field,
            reason=reason,
            location=location,
            certify=Allowed[certify.name] if certify else None,
            authority=Authority(tsa) if tsa else None,
        ),
    )
    try:
        write_atomically(target, signed, mode=path.stat().st_mode & 0o777)
    except OSError as error:
        raise FileUnwritable(f"{target}: {error.strerror}") from None
    typer.echo(_("{path}: {size} bytes").format(path=plain(str(target)), size=len(signed)))


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
        raise FileUnreadable(f"{path}: {error.strerror}") from None
