"""The visible part of a signature: a small PDF of its own, with its font embedded (docs/adr/0071)."""

import io
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Final

import fontpkg_be_vietnam_pro
from reportlab.lib.colors import Color
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from lienthong.kernel.i18n import _
from lienthong.signatures.errors import StampInvalid

REGULAR: Final = "BeVietnamPro-Regular"
BOLD: Final = "BeVietnamPro-SemiBold"
_LARGEST: Final = 10.0
_SMALLEST: Final = 5.0
_STEP: Final = 0.5
_PADDING: Final = 4.0
# Stacked diacritics need more than the usual 1.2.
_LEADING: Final = 1.35
_RED: Final = Color(0.72, 0.11, 0.11)
_INK: Final = Color(0.13, 0.13, 0.13)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """What is seen of a signature, and where."""

    # From 1; from the end if negative.
    page: int
    # Left, bottom, right, top in points from the page's lower left corner.
    box: tuple[float, float, float, float]
    name: str
    # In the zone in which it is to be read.
    time: datetime
    organ: str = ""
    reason: str = ""

    @property
    def size(self) -> tuple[float, float]:
        """Width and height in points.

        Raises:
            StampInvalid: it has none.
        """
        left, bottom, right, top = self.box
        if not (left < right and bottom < top):
            raise StampInvalid("the rectangle is empty")
        return right - left, top - bottom

    def texts(self) -> list[tuple[str, str]]:
        """Return label and value of each line, in the language that is spoken now."""
        zone = f"{self.time:%z}"
        shown = f"{self.time:%d.%m.%Y %H:%M:%S} {zone[:3]}:{zone[3:5]}" if zone else f"{self.time:%d.%m.%Y %H:%M:%S}"
        lines = [(_("Signed by"), self.name), (_("Organ"), self.organ), (_("Time"), shown), (_("Reason"), self.reason)]
        return [(label, unicodedata.normalize("NFC", value)) for label, value in lines if value]


def draw(stamp: Stamp) -> bytes:
    """Draw a stamp.

    Returns:
        A PDF of one page, as large as the rectangle.

    Raises:
        StampInvalid: the text does not fit even in small type, or has letters that the typeface lacks.
    """
    _register()
    width, height = stamp.size
    texts = stamp.texts()
    _check_letters(texts)
    size = _LARGEST
    while (lines := _lines(texts, size, width - 2 * _PADDING)) is None or (
        len(lines) * size * _LEADING > height - 2 * _PADDING
    ):
        size -= _STEP
        if size < _SMALLEST:
            raise StampInvalid(f"{width:g} × {height:g} points are too small for the text")
    target = io.BytesIO()
    canvas = Canvas(target, pagesize=(width, height), invariant=1, pageCompression=1, initialFontName=REGULAR)
    canvas.setStrokeColor(_RED)
    canvas.setLineWidth(0.8)
    canvas.rect(0.4, 0.4, width - 0.8, height - 0.8)
    for number, line in enumerate(lines):
        x, y = _PADDING, height - _PADDING - size - number * size * _LEADING
        for font, text in line:
            canvas.setFillColor(_RED if font == BOLD else _INK)
            canvas.setFont(font, size)
            canvas.drawString(x, y, text)
            x += pdfmetrics.stringWidth(text, font, size)
    canvas.showPage()
    canvas.save()
    return target.getvalue()


def _lines(texts: list[tuple[str, str]], size: float, width: float) -> list[list[tuple[str, str]]] | None:
    """Break texts into lines of pieces (font, text); None if a single word is too long."""
    lines: list[list[tuple[str, str]]] = []
    for label, value in texts:
        head = f"{label}: "
        room = width - pdfmetrics.stringWidth(head, BOLD, size)
        line: list[tuple[str, str]] = [(BOLD, head)]
        text = ""
        for word in value.split():
            longer = f"{text} {word}".strip()
            if pdfmetrics.stringWidth(longer, REGULAR, size) <= room:
                text = longer
                continue
            if not text:
                return None
            lines.append([*line, (REGULAR, text)])
            line, text, room = [], word, width
            if pdfmetrics.stringWidth(text, REGULAR, size) > room:
                return None
        lines.append([*line, (REGULAR, text)])
    return lines


def _check_letters(texts: list[tuple[str, str]]) -> None:
    known = _register()
    lacking = sorted(
        {each for pair in texts for text in pair for each in text if ord(each) not in known and each != " "}
    )
    if lacking:
        raise StampInvalid(f"the typeface lacks {' '.join(lacking)}", hint="Write it in Latin letters.")


@cache
def _register() -> frozenset[int]:
    """Make the typeface known to reportlab, once; return its code points."""
    known: list[frozenset[int]] = []
    for name in (REGULAR, BOLD):
        font = TTFont(name, str(fontpkg_be_vietnam_pro.ROOT / "files" / f"{name}.ttf"))
        pdfmetrics.registerFont(font)
        known.append(frozenset(font.face.charToGlyph))
    return known[0] & known[1]
