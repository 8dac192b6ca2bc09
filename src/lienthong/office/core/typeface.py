"""The house's typeface for PDF files, and how wide texts are in it."""

from collections.abc import Mapping
from functools import cache
from typing import Final

import fontpkg_be_vietnam_pro
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

REGULAR: Final = "BeVietnamPro-Regular"
BOLD: Final = "BeVietnamPro-SemiBold"
LEADING: Final = 1.35
"""From line to line, in sizes of the type: stacked diacritics need more than the usual 1.2."""


@cache
def widths(font: str) -> Mapping[int, float]:
    """Make a weight known to reportlab, once; return the widths of its letters by code point, in thousandths."""
    made = TTFont(font, str(fontpkg_be_vietnam_pro.ROOT / "files" / f"{font}.ttf"))
    pdfmetrics.registerFont(made)
    found: Mapping[int, float] = made.face.charWidths
    return found


def width(text: str, font: str, size: float) -> float:
    """Return how wide a text is, in points."""
    known = widths(font)
    return sum([known.get(ord(each), 600) for each in text]) * size / 1000


def wrapped(text: str, font: str, size: float, room: float) -> list[str]:
    """Break a text into lines; a word that is wider than the room is broken too.

    Args:
        text: whatever; its own line breaks count as spaces.
        font: the weight.
        size: in points.
        room: how wide a line may be, in points.
    """
    lines: list[str] = []
    line = ""
    for word in text.split():
        longer = f"{line} {word}" if line else word
        if width(longer, font, size) <= room:
            line = longer
            continue
        if line:
            lines.append(line)
        *full, line = _pieces(word, font, size, room)
        lines += full
    return [*lines, line] if line or not lines else lines


def _pieces(word: str, font: str, size: float, room: float) -> list[str]:
    pieces, piece = [], ""
    for letter in word:
        if piece and width(piece + letter, font, size) > room:
            pieces.append(piece)
            piece = ""
        piece += letter
    return [*pieces, piece]
