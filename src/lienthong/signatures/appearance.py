"""A stamp as pyHanko puts it into the file: the drawn page as one object, with its font."""

import io
import uuid

from pyhanko.pdf_utils.content import PdfContent
from pyhanko.pdf_utils.layout import AxisAlignment as Align
from pyhanko.pdf_utils.layout import BoxConstraints, Margins, SimpleBoxLayoutRule
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.stamp import StaticStampStyle

from lienthong.signatures.stamp import Stamp, draw


class _Drawn(PdfContent):
    """A page that was drawn elsewhere."""

    def __init__(self, page: bytes, size: tuple[float, float]) -> None:
        super().__init__(box=BoxConstraints(*size))
        self._page = page

    def render(self) -> bytes:
        """Put the page into the file, and return the operator that shows it."""
        name = f"/Stamp{uuid.uuid4().hex}"
        page = PdfFileReader(io.BytesIO(self._page))
        self.resources.xobject[name] = self._ensure_writer.import_page_as_xobject(page)
        return f"{name} Do".encode()


def style_of(stamp: Stamp) -> StaticStampStyle:
    """Return what draws a stamp into its rectangle.

    Raises:
        StampInvalid: the text does not fit.
    """
    return StaticStampStyle(
        border_width=0,
        background=_Drawn(draw(stamp), stamp.size),
        background_layout=SimpleBoxLayoutRule(
            x_align=Align.ALIGN_MIN, y_align=Align.ALIGN_MIN, margins=Margins.uniform(0)
        ),
        background_opacity=1.0,
    )
