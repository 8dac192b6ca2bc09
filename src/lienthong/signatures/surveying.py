"""What is in a PDF: pages, scripts, embedded files. Runs in the child process."""

import time
from collections.abc import Iterator
from typing import Final

from pyhanko.pdf_utils.generic import (
    ArrayObject,
    DictionaryObject,
    IndirectObject,
    PdfObject,
    Reference,
)
from pyhanko.sign.fields import enumerate_sig_fields

from lienthong.signatures.reading import BROKEN, Opened, Unreadable, open_pdf, unreadable
from lienthong.signatures.report import Facts, Problem

# Objects and seconds after which the rest is not looked at.
_MAX_OBJECTS: Final = 2_000_000
_MAX_SECONDS: Final = 9.0
_MAX_SIGNATURES: Final = 1000
# How often the clock is looked at.
_EVERY: Final = 512


def survey(data: bytes) -> Facts:
    """Return what is in a PDF."""
    try:
        try:
            return _survey(open_pdf(data, lenient=False))
        except BROKEN:
            return _survey(open_pdf(data, lenient=True))
    except Unreadable as error:
        return Facts(problem=error.problem, detail=error.detail, encrypted=error.problem is Problem.ENCRYPTED)
    except BROKEN as error:
        told = unreadable(error)
        return Facts(problem=told.problem, detail=told.detail)


def _survey(pdf: Opened) -> Facts:
    walk = _Walk(pdf)
    pages = scripts = files = 0
    for found in walk.dictionaries():
        scripts += "/JS" in found or found.get("/S") == "/JavaScript" or "/XFA" in found
        files += "/EF" in found or found.get("/Type") == "/EmbeddedFile"
    for _page in walk.pages():
        pages += 1
    signatures = 0
    for _field in enumerate_sig_fields(pdf.reader, filled_status=True):
        signatures += 1
        if signatures == _MAX_SIGNATURES:
            break
    return Facts(
        pages=pages,
        encrypted=pdf.encrypted,
        javascript=scripts > 0,
        embedded_files=files > 0,
        signatures=signatures,
        complete=walk.complete and signatures < _MAX_SIGNATURES,
    )


class _Walk:
    """Goes once to everything that can be reached from the trailer; loops end, and so does time."""

    def __init__(self, pdf: Opened) -> None:
        self._reader = pdf.reader
        self._end = time.monotonic() + _MAX_SECONDS
        self._steps = 0
        self.complete = True

    def dictionaries(self) -> Iterator[DictionaryObject]:
        """Yield every dictionary, those of streams too."""
        seen: set[Reference] = set()
        stack: list[PdfObject] = [self._reader.trailer.raw_get("/Root")]
        while stack and self._goes_on():
            found = self._resolved(stack.pop(), seen)
            if isinstance(found, DictionaryObject):
                yield found
                stack += [found.raw_get(key) for key in found]
            elif isinstance(found, ArrayObject):
                stack += [found.raw_get(at) for at in range(len(found))]

    def pages(self) -> Iterator[DictionaryObject]:
        """Yield the pages, each branch of their tree taken once."""
        seen: set[Reference] = set()
        stack: list[PdfObject] = [self._reader.root.raw_get("/Pages")]
        while stack and self._goes_on():
            node = self._resolved(stack.pop(), seen)
            if not isinstance(node, DictionaryObject):
                continue
            kids = node.get("/Kids")
            if isinstance(kids, ArrayObject):
                stack += [kids.raw_get(at) for at in range(len(kids))]
            else:
                yield node

    def _resolved(self, found: PdfObject, seen: set[Reference]) -> PdfObject | None:
        if not isinstance(found, IndirectObject):
            return found
        if found.reference in seen:
            return None
        seen.add(found.reference)
        try:
            resolved: PdfObject = found.get_object()
            return resolved
        except BROKEN:
            # One object that cannot be read hides something, but only itself.
            self.complete = False
            return None

    def _goes_on(self) -> bool:
        self._steps += 1
        over = self._steps > _MAX_OBJECTS or (self._steps % _EVERY == 0 and time.monotonic() > self._end)
        if over:
            self.complete = False
        return not over
