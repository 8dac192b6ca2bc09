"""What marks one file, in a process of its own that then ends (`marking` has it started).

It writes a line with the problem, empty where there is none, then the marked file.
"""

import io
import logging
import math
import sys
from typing import Final

import fontpkg_be_vietnam_pro
import msgspec
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import ArrayObject, DictionaryObject, IndirectObject, StreamObject, pdf_name
from pyhanko.pdf_utils.misc import get_and_apply
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.rw_common import PdfHandler
from pyhanko.pdf_utils.writer import PdfFileWriter, copy_into_new_writer
from reportlab.lib.colors import Color
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from lienthong.signatures.limits import confine
from lienthong.signatures.marking import Marking
from lienthong.signatures.reading import BROKEN, Unreadable, open_pdf, unreadable
from lienthong.signatures.report import Problem

_FONT: Final = "BeVietnamPro-SemiBold"
_RED: Final = Color(0.61, 0.11, 0.12, alpha=0.32)
_LINES: Final = 5
_ANGLE: Final = 24.0
_LARGEST: Final = 15.0
# Pages beyond this size are drawn on as if they were this large (ISO 32000-1, annex C.2).
_MOST: Final = 14_400.0
_A4: Final = (0.0, 0.0, 595.0, 842.0)

type Box = tuple[float, float, float, float]


def main() -> int:
    """Read task and file from standard input, write the marked file to standard output, and return 0."""
    task = msgspec.json.decode(sys.stdin.buffer.readline(64 * 1024), type=Marking)
    logging.disable(logging.CRITICAL)
    data = sys.stdin.buffer.read()
    pdfmetrics.registerFont(TTFont(_FONT, str(fontpkg_be_vietnam_pro.ROOT / "files" / f"{_FONT}.ttf")))
    confine(seconds=task.seconds, memory=task.memory)
    try:
        problem, marked = Problem.NONE, marked_copy(data, task.text)
    except (MemoryError, RecursionError):
        problem, marked = Problem.EXCESSIVE, b""
    except Unreadable as error:
        problem, marked = error.problem, b""
    sys.stdout.buffer.write(problem.value.encode() + b"\n" + marked)
    sys.stdout.buffer.flush()
    return 0


def marked_copy(data: bytes, text: str) -> bytes:
    """Return the marked file.

    Raises:
        Unreadable: it cannot be read.
    """
    try:
        try:
            return _marked(data, text, lenient=False)
        except BROKEN:
            return _marked(data, text, lenient=True)
    except BROKEN as error:
        raise unreadable(error) from None


def _marked(data: bytes, text: str, *, lenient: bool) -> bytes:
    opened = open_pdf(data, lenient=lenient)
    if opened.encrypted:
        raise Unreadable(Problem.ENCRYPTED)
    writer = copy_into_new_writer(opened.reader)
    over = _Over(writer, text)
    pages = _pages(writer)
    if not pages:
        raise Unreadable(Problem.DAMAGED, "no pages")
    for page in pages:
        over.mark(page)
    target = io.BytesIO()
    writer.write(target)
    return target.getvalue()


def _pages(pdf: PdfHandler) -> list[DictionaryObject]:
    """Return every page once, each branch of their tree taken once."""
    found: list[DictionaryObject] = []
    seen: set[int] = set()
    stack = [pdf.root["/Pages"]]
    while stack:
        node = stack.pop()
        if not isinstance(node, DictionaryObject) or id(node) in seen:
            continue
        seen.add(id(node))
        kids = node.get("/Kids")
        if isinstance(kids, ArrayObject):
            stack += reversed([kids[at] for at in range(len(kids))])
        else:
            found.append(node)
    return found


def _inherited(page: DictionaryObject, key: str) -> generic.PdfObject | None:
    """Return a page's value, or that of the branch it hangs on (ISO 32000-1, 7.7.3.4)."""
    node: generic.PdfObject | None = page
    for _ in range(64):
        if not isinstance(node, DictionaryObject):
            return None
        if key in node:
            value: generic.PdfObject = node[key]
            return value
        node = node.get("/Parent")
    return None


class _Over:
    """Writes over pages; one drawing for each size of page."""

    def __init__(self, writer: PdfFileWriter, text: str) -> None:
        self._writer = writer
        self._text = text
        # By size: its name among a page's resources, and what draws it.
        self._drawn: dict[Box, tuple[str, IndirectObject]] = {}
        # What a page left behind, such as a turned grid, ends before the mark is drawn.
        self._begin = writer.add_object(StreamObject(stream_data=b"q\n"))

    def mark(self, page: DictionaryObject) -> None:
        """Write over a page."""
        box = _box(page)
        if box not in self._drawn:
            drawn = self._writer.import_page_as_xobject(PdfFileReader(io.BytesIO(draw(self._text, box))))
            self._drawn[box] = f"/LtMark{len(self._drawn)}", drawn
        name, drawn = self._drawn[box]
        resources = _inherited(page, "/Resources")
        own = DictionaryObject(resources) if isinstance(resources, DictionaryObject) else DictionaryObject()
        objects = own.get("/XObject")
        own["/XObject"] = DictionaryObject(objects) if isinstance(objects, DictionaryObject) else DictionaryObject()
        own["/XObject"][pdf_name(name)] = drawn
        page["/Resources"] = own
        end = StreamObject(stream_data=b"\nQ q 1 0 0 1 %.3f %.3f cm %s Do Q\n" % (box[0], box[1], name.encode()))
        page["/Contents"] = ArrayObject([self._begin, *_contents(page), self._writer.add_object(end)])


def _contents(page: DictionaryObject) -> list[generic.PdfObject]:
    if "/Contents" not in page:
        return []
    raw = page.raw_get("/Contents")
    shown = get_and_apply(page, "/Contents", lambda value: value)
    return [shown.raw_get(at) for at in range(len(shown))] if isinstance(shown, ArrayObject) else [raw]


def _box(page: DictionaryObject) -> Box:
    """Return left, bottom, right, top of what is seen of a page (ISO 32000-1, 14.11.2): what its own size leaves."""
    whole = _rectangle(page, "/MediaBox") or _A4
    cut = _rectangle(page, "/CropBox") or whole
    seen = max(whole[0], cut[0]), max(whole[1], cut[1]), min(whole[2], cut[2]), min(whole[3], cut[3])
    return seen if seen[2] - seen[0] >= 1 and seen[3] - seen[1] >= 1 else whole


def _rectangle(page: DictionaryObject, key: str) -> Box | None:
    """Return a rectangle of a page; None for nonsense."""
    found = _inherited(page, key)
    if not isinstance(found, ArrayObject) or len(found) != len(_A4):
        return None
    a, b, c, d = (float(found[at]) for at in range(4))
    left, bottom, right, top = min(a, c), min(b, d), max(a, c), max(b, d)
    if not all(map(math.isfinite, (left, bottom, right, top))) or right - left < 1 or top - bottom < 1:
        return None
    return left, bottom, min(right, left + _MOST), min(top, bottom + _MOST)


def draw(text: str, box: Box) -> bytes:
    """Draw the text aslant, some times over the height of a page.

    Returns:
        A PDF of one page, as large as the box.
    """
    width, height = box[2] - box[0], box[3] - box[1]
    target = io.BytesIO()
    canvas = Canvas(target, pagesize=(width, height), invariant=1, pageCompression=1, initialFontName=_FONT)
    # A long name goes from edge to edge, in smaller letters.
    size = min(_LARGEST, _LARGEST * width * 0.95 / max(pdfmetrics.stringWidth(text, _FONT, _LARGEST), 1))
    canvas.setFillColor(_RED)
    for line in range(_LINES):
        canvas.saveState()
        canvas.translate(width / 2, height * (line + 0.5) / _LINES)
        canvas.rotate(_ANGLE)
        canvas.setFont(_FONT, size)
        canvas.drawCentredString(0, 0, text)
        canvas.restoreState()
    canvas.showPage()
    canvas.save()
    return target.getvalue()
