"""Verifying the signatures of a PDF: `verify` answers whatever the file is, within the limits."""

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from lienthong.signatures.errors import AnchorInvalid, RevocationInvalid
from lienthong.signatures.isolation import GivenUp, Task, ask, read_bounded
from lienthong.signatures.limits import Limits
from lienthong.signatures.report import Facts, Report, State

LIMITS: Final = Limits()
_PEM: Final = b"-----BEGIN "


def verify(  # noqa: PLR0913 - what to judge, and by what
    pdf: Path | bytes,
    *,
    trust: Iterable[x509.Certificate] = (),
    crls: Iterable[x509.CertificateRevocationList] = (),
    ocsps: Iterable[bytes] = (),
    at: datetime | None = None,
    limits: Limits = LIMITS,
) -> Report:
    """Judge every signature of a PDF. Never asks the network.

    Args:
        pdf: the file, by path or as bytes.
        trust: whose word counts; nobody's unless given. Authorities of signers and of timestamps alike.
        crls: revocation lists offered beside those in the file; their issuers' signatures are checked.
        ocsps: OCSP responses (DER), likewise.
        at: judge as of this time (aware); now unless given.
        limits: what reading may cost.

    Returns:
        The report. A file that is no PDF, is damaged, or would take more than the limits has one that says so.

    Raises:
        OSError: the path cannot be read.
        ValueError: the time has no zone.
    """
    at = datetime.now(UTC) if at is None else at
    if at.tzinfo is None:
        raise ValueError(at)
    try:
        data = read_bounded(pdf, limits)
        task = Task(
            seconds=limits.seconds - 1,
            memory=limits.memory_for(len(data)),
            at=at.astimezone(UTC),
            trust=tuple(each.public_bytes(Encoding.DER) for each in trust),
            crls=tuple(each.public_bytes(Encoding.DER) for each in crls),
            ocsps=tuple(ocsps),
        )
        return ask(task, data, Report, limits)
    except GivenUp as error:
        return Report(state=State.UNREADABLE, at=at, problem=error.problem, detail=error.detail)


def inspect(pdf: Path | bytes, *, limits: Limits = LIMITS) -> Facts:
    """Tell what is in a PDF: pages, scripts, embedded files, signatures.

    Raises:
        OSError: the path cannot be read.
    """
    try:
        data = read_bounded(pdf, limits)
        return ask(Task(seconds=limits.seconds - 1, memory=limits.memory_for(len(data))), data, Facts, limits)
    except GivenUp as error:
        return Facts(problem=error.problem, detail=error.detail)


def read_anchors(data: bytes, where: str) -> tuple[x509.Certificate, ...]:
    """Read certificates, PEM (any number) or DER (one).

    Args:
        data: the content of a file.
        where: its name, for the error.

    Raises:
        AnchorInvalid: it is something else.
    """
    try:
        if _PEM in data:
            return tuple(x509.load_pem_x509_certificates(data))
        return (x509.load_der_x509_certificate(data),)
    except ValueError as error:
        raise AnchorInvalid(f"{where}: {error}") from None


def read_revocation(data: bytes, where: str) -> tuple[x509.CertificateRevocationList | None, bytes]:
    """Read a revocation list (PEM or DER), else an OCSP response (DER).

    Returns:
        The list and nothing, or None and the response.

    Raises:
        RevocationInvalid: it is neither.
    """
    try:
        if _PEM in data:
            return x509.load_pem_x509_crl(data), b""
        return x509.load_der_x509_crl(data), b""
    except ValueError as error:
        if _is_ocsp(data):
            return None, data
        raise RevocationInvalid(f"{where}: {error}") from None


def _is_ocsp(data: bytes) -> bool:
    try:
        ocsp.load_der_ocsp_response(data)
    except ValueError:
        return False
    return True
