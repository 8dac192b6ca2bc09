"""``lienthong edxml``: read the packets in which Vietnamese agencies exchange documents, and write them."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Final

import msgspec
import typer
from rich.console import Console

from lienthong.cli import edxml_view as view
from lienthong.cli.errors import FileTaken, FileUnreadable, FileUnwritable
from lienthong.kernel.files import write_atomically
from lienthong.kernel.i18n import _
from lienthong.profiles.vn.edxml import limits
from lienthong.profiles.vn.edxml.described import MAX_DESCRIPTION, describe, packet_of
from lienthong.profiles.vn.edxml.errors import PacketError, PacketIncomplete, SigningKeyUnusable
from lienthong.profiles.vn.edxml.extraction import extract
from lienthong.profiles.vn.edxml.reading import read
from lienthong.profiles.vn.edxml.signing import Signer, read_private
from lienthong.profiles.vn.edxml.writing import write
from lienthong.trust.passphrase import passphrase_from

app = typer.Typer(
    help="Read and write the packets in which Vietnamese agencies exchange documents.", no_args_is_help=True
)

_PEM: Final = b"-----BEGIN"


@app.command("read")
def read_(
    file: Annotated[Path, typer.Argument(help="An edXML packet.")],
    *,
    extract_to: Annotated[
        Path | None,
        typer.Option("--extract", help="Write the attachments into this folder; nothing in it is replaced."),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show everything that a packet says, its attachments, its signatures and a warning for each oddity.

    The exit status is 1 if it cannot be read. docs/edxml.md lists the warnings.
    """
    try:
        reading = read(_bytes(file, limits.DEFAULT.size + 1))
    except PacketError as error:
        raise error.of_file(str(file)) from error
    files = extract(reading, extract_to) if extract_to is not None else None
    if json:
        typer.echo(msgspec.json.format(msgspec.json.encode(describe(reading, files)), indent=2).decode())
        return
    view.show(Console(highlight=False), reading, files)


@app.command("write")
def write_(  # noqa: PLR0913 - what to write, where from and to, and who signs
    description: Annotated[Path, typer.Argument(help="JSON, as edxml read --json prints it.")],
    *,
    output: Annotated[Path, typer.Option("--output", "-o", help="The packet to write.", dir_okay=False)],
    files: Annotated[
        Path | None,
        typer.Option(help="Folder with the attachments. Default: that of the description.", file_okay=False),
    ] = None,
    key: Annotated[
        Path | None,
        typer.Option(help="Sign with this key: PKCS #12, or PEM together with --certificate.", dir_okay=False),
    ] = None,
    certificate: Annotated[
        Path | None, typer.Option(help="PEM: the signer's certificate, then those above it.", dir_okay=False)
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the file if it is there.")] = False,
) -> None:
    """Write a packet in exactly the order of the format.

    A packet that is labelled confidential or above is refused: it only leaves in an encrypted envelope.
    """
    if certificate is not None and key is None:
        raise typer.BadParameter(_("a certificate needs its key"), param_hint="--key")
    if output.exists() and not force:
        raise FileTaken(str(output))
    signer = _signer(key, certificate) if key is not None else None
    try:
        packet = packet_of(_bytes(description, MAX_DESCRIPTION + 1), _contents(files or description.parent))
        data = write(packet, signer=signer).in_plain()
    except PacketIncomplete as error:
        raise error.of_file(str(description)) from error
    try:
        write_atomically(output, data)
    except OSError as error:
        raise FileUnwritable(f"{output}: {error.strerror}") from error
    typer.echo(_("{path}: {size} bytes").format(path=output, size=len(data)))


def _bytes(path: Path, most: int) -> bytes:
    """Read no more of a file than that many bytes."""
    try:
        with path.open("rb") as file:
            return file.read(most)
    except OSError as error:
        raise FileUnreadable(f"{path}: {error.strerror}") from error


def _contents(folder: Path) -> Callable[[str], bytes]:
    """Return what reads the file of an attachment, in that folder and nowhere else: descriptions quote strangers."""
    root, left = folder.resolve(), limits.DEFAULT.size

    def content(name: str) -> bytes:
        nonlocal left
        try:
            path = (root / name).resolve()
        except (OSError, ValueError) as error:
            raise PacketIncomplete(f"the file {name!r} of an attachment") from error
        if not path.is_relative_to(root):
            raise PacketIncomplete(f"the file {name!r} of an attachment is outside of {folder}")
        data = _bytes(path, left + 1)
        left -= len(data)
        if left < 0:
            raise PacketIncomplete(f"more than {limits.DEFAULT.size} bytes of attachments")
        return data

    return content


def _signer(key: Path, certificate: Path | None) -> Signer:
    data = read_private(key)
    if certificate is None and data.lstrip().startswith(_PEM):
        raise typer.BadParameter(_("a key in PEM needs its certificate"), param_hint="--certificate")
    certificates = _bytes(certificate, len(data) + limits.DEFAULT.text) if certificate is not None else b""

    def load(passphrase: bytes | None) -> Signer:
        if certificate is None:
            return Signer.from_pkcs12(data, passphrase)
        return Signer.from_pem(certificates, data, passphrase)

    if _opens(data, pem=certificate is not None):
        return load(None)
    return load(passphrase_from(prompt=_("Passphrase of the signing key: ")))


def _opens(data: bytes, *, pem: bool) -> bool:
    """Tell whether a key needs no passphrase: PEM says so; of PKCS #12 one has to try."""
    if pem:
        return b"ENCRYPTED" not in data
    try:
        Signer.from_pkcs12(data, None)
    except SigningKeyUnusable as error:
        return "passphrase" not in error.cause
    return True
