"""Opening a stranger's PDF with pyHanko, within bounds. Runs in the child process."""

import io
from dataclasses import dataclass
from typing import Final

from pyhanko.pdf_utils.decode_limits import (
    DEFAULT_PURPOSE_LIMITS,
    DecodeLimits,
    DocumentDecodeBudget,
    StreamDecodeLimits,
)
from pyhanko.pdf_utils.misc import PdfDecodeLimitError, PdfError
from pyhanko.pdf_utils.reader import PdfFileReader

from lienthong.signatures.limits import MEBIBYTE
from lienthong.signatures.report import Problem

# pyHanko's own bounds are for machines with more memory; honest structure is far below these.
DECODING: Final = DecodeLimits(
    per_stream=StreamDecodeLimits(max_output_size=64 * MEBIBYTE),
    per_purpose=DEFAULT_PURPOSE_LIMITS,
    document_budget=DocumentDecodeBudget(base_allowance=192 * MEBIBYTE, max_ratio=20),
)
_MAX_DETAIL: Final = 300
# What pyHanko, asn1crypto and Python say when they come upon nonsense.
BROKEN: Final = (
    PdfError,
    *(ValueError, TypeError, KeyError, AttributeError, IndexError, AssertionError),
    *(ArithmeticError, EOFError, OSError, NotImplementedError, StopIteration),
)


class Unreadable(Exception):
    """Nothing can be said about the file."""

    def __init__(self, problem: Problem, detail: str = "") -> None:
        """Say why."""
        self.problem = problem
        self.detail = detail
        super().__init__(problem, detail)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A PDF that can be read."""

    reader: PdfFileReader
    data: bytes
    # Read past mistakes in its form, or with two tables of contents that may differ (ISO 32000-2, 7.5.8.4).
    lenient: bool
    encrypted: bool


def open_pdf(data: bytes, *, lenient: bool) -> Opened:
    """Open a PDF, with the empty password if it has one.

    Args:
        data: the file.
        lenient: read past mistakes.

    Raises:
        Unreadable: it needs a password.
        Exception: one of ``BROKEN``: it is damaged.
    """
    reader = PdfFileReader(io.BytesIO(data), strict=not lenient, decode_limits=DECODING)
    if not lenient and reader.xrefs.hybrid_xrefs_present:
        return open_pdf(data, lenient=True)
    encrypted = reader.encrypted
    if encrypted and not _opens_without_password(reader):
        raise Unreadable(Problem.ENCRYPTED)
    return Opened(reader=reader, data=data, lenient=lenient, encrypted=encrypted)


def _opens_without_password(reader: PdfFileReader) -> bool:
    try:
        return reader.decrypt(b"").status.value > 0
    except BROKEN:
        return False


def unreadable(error: Exception) -> Unreadable:
    """Turn one of ``BROKEN`` into what a report says."""
    if isinstance(error, PdfDecodeLimitError):
        return Unreadable(Problem.EXCESSIVE, told(error))
    return Unreadable(Problem.DAMAGED, told(error))


def told(error: BaseException) -> str:
    """Return what an error says, in one line that fits a report."""
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= _MAX_DETAIL else text[:_MAX_DETAIL] + "…"
