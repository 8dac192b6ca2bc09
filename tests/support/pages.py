"""Files to look at: PDF with pages of Vietnamese text, an image."""

import base64
from io import BytesIO
from pathlib import Path
from typing import Any, Final

import fontpkg_be_vietnam_pro
from reportlab.lib.pagesizes import A4
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

WORDS: Final = "Kế hoạch: ế ộ ữ"
PNG: Final = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
"""An image of one dot."""
_FONT: Final = "BeVietnamPro-Regular"
_FILE: Final = Path(fontpkg_be_vietnam_pro.__file__).parent / "files" / f"{_FONT}.ttf"


def pdf(*, pages: int = 1, ballast: int = 0, **options: Any) -> bytes:  # noqa: ANN401 - whatever reportlab takes
    """Return a PDF whose pages each say `WORDS` and their number.

    Args:
        pages: how many.
        ballast: so many bytes of an image on each page, that no program can make smaller.
        options: of reportlab's ``Canvas``, such as ``encrypt``.
    """
    pdfmetrics.registerFont(TTFont(_FONT, _FILE))
    file = BytesIO()
    canvas = Canvas(file, pagesize=A4, **options)
    for number in range(1, pages + 1):
        canvas.setFont(_FONT, 14)
        canvas.drawString(72, 760, f"{WORDS}, trang {number}")
        canvas.drawString(72, 100, "." * 20)
        if ballast:
            _ballast(canvas, ballast, number)
        canvas.showPage()
    canvas.save()
    return file.getvalue()


def _ballast(canvas: Canvas, size: int, seed: int) -> None:
    from random import Random  # noqa: PLC0415 - here alone

    from PIL import Image  # noqa: PLC0415 - here alone
    from reportlab.lib.utils import ImageReader  # noqa: PLC0415 - here alone

    width = 256
    height = max(1, size // (3 * width))
    noise = Random(seed).randbytes(3 * width * height)
    canvas.drawImage(ImageReader(Image.frombytes("RGB", (width, height), noise)), 72, 300, 200, 200)
