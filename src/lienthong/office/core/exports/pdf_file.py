"""Write a table as PDF to be printed: A4 across, its head on every page, page x of y."""

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import accumulate, pairwise
from typing import IO, Final

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from reportlab.lib.pagesizes import A4, landscape
from reportlab.pdfgen.canvas import Canvas

from lienthong.office.core.exports.cells import Cell
from lienthong.office.core.typeface import BOLD, LEADING, REGULAR, width, widths, wrapped

TYPE: Final = "application/pdf"
MOST_ROWS: Final = 5000
"""Some 300 sheets: nobody prints more."""
_WIDTH, _HEIGHT = landscape(A4)
_MARGIN: Final = 34.0
_SIZE: Final = 8.0
_LINE: Final = _SIZE * LEADING
_PADDING: Final = 3.0
_TOP: Final = _HEIGHT - _MARGIN - 52
_BOTTOM: Final = _MARGIN + 18
_MOST_LINES: Final = int((_TOP - _BOTTOM - 4 * _LINE) / _LINE)
"""Of one cell: what is longer than a page ends with an ellipsis."""
# Rows by which columns are measured, and points that no column needs more than, however long its texts are.
_SAMPLE: Final = 300
_NARROWEST, _WIDEST = 24.0, 260.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """What stands around a table."""

    organ: str
    title: str
    # For which time, by which filter; nothing where it is of all.
    period: str = ""
    # Who took it out, and when.
    by: str = ""
    # Columns whose texts stand to the right.
    numbers: frozenset[int] = frozenset()


type _Lines = list[list[str]]


def write_pdf(to: IO[bytes], rows: Iterable[Sequence[Cell]], sheet: Sheet) -> int:
    """Write rows, of which the first is the head; return how many there were.

    Args:
        to: where; stays open.
        rows: at most `MOST_ROWS` and the head. One with fewer cells than the head has its first across the page.
        sheet: what stands around them.
    """
    for font in (REGULAR, BOLD):
        widths(font)
    head, *body = [[_text(cell) for cell in row] for row in rows]
    columns = _columns(head, body)
    top = _broken(head, columns, BOLD)
    pages = _pages([_broken(row, columns, REGULAR) for row in body], _height(top))
    canvas = Canvas(to, pagesize=(_WIDTH, _HEIGHT), pageCompression=1, initialFontName=REGULAR)
    canvas.setTitle(sheet.title)
    places = [_MARGIN, *accumulate(columns, initial=_MARGIN)][1:]
    for number, page in enumerate(pages, 1):
        _frame(canvas, sheet, number, len(pages))
        y = _row(canvas, top, places, _TOP, BOLD, frozenset())
        for row in page:
            y = _row(canvas, row, places, y, REGULAR, sheet.numbers)
        canvas.showPage()
    canvas.save()
    return len(body) + 1


def _text(cell: Cell) -> str:
    """Return a cell as people read it."""
    if isinstance(cell, datetime):
        return date_format(localtime(cell), "SHORT_DATETIME_FORMAT")
    if isinstance(cell, date):
        return date_format(cell, "SHORT_DATE_FORMAT")
    # Marks of their own have no place in the typeface.
    return "" if cell is None else unicodedata.normalize("NFC", str(cell))


def _columns(head: list[str], body: list[list[str]]) -> list[float]:
    """Return how wide columns are: as their texts would like it, less where that is more than the page."""
    wanted = []
    for number, title in enumerate(head):
        texts = sorted(width(row[number], REGULAR, _SIZE) for row in body[:_SAMPLE] if len(row) > number)
        usual = texts[len(texts) * 9 // 10] if texts else 0.0
        least = max((width(word, BOLD, _SIZE) for word in title.split()), default=0.0)
        wanted.append(min(max(usual, least, _NARROWEST), _WIDEST) + 2 * _PADDING)
    stretch = (_WIDTH - 2 * _MARGIN) / sum(wanted)
    return [each * stretch for each in wanted]


def _broken(row: list[str], columns: list[float], font: str) -> _Lines:
    if len(row) < len(columns):
        return [wrapped(" ".join(row), font, _SIZE, sum(columns) - 2 * _PADDING)]
    cells = [wrapped(text, font, _SIZE, room - 2 * _PADDING) for text, room in zip(row, columns, strict=True)]
    return [[*lines[: _MOST_LINES - 1], "…"] if len(lines) > _MOST_LINES else lines for lines in cells]


def _height(row: _Lines) -> float:
    return max(len(lines) for lines in row) * _LINE + 2 * _PADDING


def _pages(rows: list[_Lines], head: float) -> list[list[_Lines]]:
    pages: list[list[_Lines]] = [[]]
    room = _TOP - head
    for row in rows:
        if room - _height(row) < _BOTTOM and pages[-1]:
            pages.append([])
            room = _TOP - head
        pages[-1].append(row)
        room -= _height(row)
    return pages


def _frame(canvas: Canvas, sheet: Sheet, number: int, of: int) -> None:
    """Draw what stands on every page."""
    room = _WIDTH - 2 * _MARGIN
    canvas.setFont(REGULAR, 9)
    canvas.drawString(_MARGIN, _HEIGHT - _MARGIN - 8, wrapped(sheet.organ, REGULAR, 9, room)[0])
    canvas.setFont(BOLD, 13)
    canvas.drawString(_MARGIN, _HEIGHT - _MARGIN - 27, wrapped(sheet.title, BOLD, 13, room)[0])
    canvas.setFont(REGULAR, 9)
    canvas.drawString(_MARGIN, _HEIGHT - _MARGIN - 42, wrapped(sheet.period, REGULAR, 9, room)[0])
    canvas.setFont(REGULAR, 8)
    canvas.drawString(_MARGIN, _MARGIN, wrapped(sheet.by, REGULAR, 8, room - 100)[0])
    canvas.drawRightString(_WIDTH - _MARGIN, _MARGIN, _("Page {number} of {all}").format(number=number, all=of))


def _row(  # noqa: PLR0913, PLR0917 - one after the other, as they are drawn
    canvas: Canvas, row: _Lines, places: list[float], y: float, font: str, numbers: frozenset[int]
) -> float:
    """Draw a row below a height; return the height below it."""
    canvas.setFont(font, _SIZE)
    for column, ((left, right), lines) in enumerate(zip(pairwise(places), row, strict=False)):
        for line, text in enumerate(lines):
            base = y - _PADDING - line * _LINE - _SIZE
            if column in numbers:
                canvas.drawRightString(right - _PADDING, base, text)
            else:
                canvas.drawString(left + _PADDING, base, text)
    below = y - _height(row)
    canvas.setLineWidth(0.8 if font == BOLD else 0.3)
    canvas.line(_MARGIN, below, _WIDTH - _MARGIN, below)
    return below
