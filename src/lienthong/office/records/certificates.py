"""The certificate of a disposal, as a PDF that any reader shows and prints."""

import io
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Final
from xml.sax.saxutils import escape

import fontpkg_be_vietnam_pro
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from reportlab.lib.enums import TA_CENTER
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import Flowable, LongTable, Paragraph, SimpleDocTemplate, Spacer, TableStyle

from lienthong.kernel.labels import Level
from lienthong.office.core.templatetags.look import level_name
from lienthong.office.records import profile
from lienthong.office.records.models import Approval, Disposal, DisposalFile

TYPE: Final = "application/pdf"
_REGULAR: Final = "BeVietnamPro-Regular"
_STRONG: Final = "BeVietnamPro-SemiBold"
_BODY: Final = ParagraphStyle("body", fontName=_REGULAR, fontSize=10.5, leading=15.5, spaceAfter=5)
_HEAD: Final = ParagraphStyle("head", parent=_BODY, fontName=_STRONG, alignment=TA_CENTER, spaceAfter=2)
_TITLE: Final = ParagraphStyle("title", parent=_HEAD, fontSize=15, leading=22, spaceBefore=12, spaceAfter=8)
_CELL: Final = ParagraphStyle("cell", parent=_BODY, fontSize=8, leading=10.5, spaceAfter=0)
_STRONG_CELL: Final = ParagraphStyle("strong", parent=_CELL, fontName=_STRONG)
_WIDTHS: Final = (9 * mm, 34 * mm, 62 * mm, 22 * mm, 20 * mm, 18 * mm)
_GRID: Final = TableStyle([("GRID", (0, 0), (-1, -1), 0.4, "#666666"), ("VALIGN", (0, 0), (-1, -1), "TOP")])


def certificate(disposal: Disposal, rows: Sequence[DisposalFile], approvals: Sequence[Approval]) -> bytes:
    """Return the certificate of a disposal that was carried out, in the reader's language.

    Args:
        disposal: carried out, with its organ.
        rows: its files, all of them.
        approvals: who approved it.
    """
    _register()
    output = io.BytesIO()
    page = SimpleDocTemplate(
        output, pagesize=A4, leftMargin=25 * mm, rightMargin=20 * mm, topMargin=20 * mm, bottomMargin=20 * mm,
        title=disposal.code, author=disposal.organ.name, invariant=1,
    )  # fmt: skip
    page.build([*_opening(disposal, rows), _table(rows), Spacer(0, 6 * mm), *_closing(disposal, approvals)])
    return output.getvalue()


@cache
def _register() -> None:
    for name in (_REGULAR, _STRONG):
        pdfmetrics.registerFont(TTFont(name, str(fontpkg_be_vietnam_pro.ROOT / "files" / f"{name}.ttf")))


def _opening(disposal: Disposal, rows: Sequence[DisposalFile]) -> list[Flowable]:
    ended = localtime(disposal.ended_at) if disposal.ended_at else None
    texts = [
        _("Number: {code}").format(code=disposal.code),
        _("Carried out on: {day}").format(day=date_format(ended, "DATETIME_FORMAT") if ended else "–"),
        _("Basis: {reason}").format(reason=disposal.reason),
        _(
            "The {number} work files below were disposed of, and their documents' files destroyed with their keys."
        ).format(number=len(rows)),
        _("What lies in another work file that is kept was not destroyed. The entries in the registers stay."),
    ]
    head = [_text(disposal.organ.name, _HEAD)]
    if disposal.label >= Level.CONFIDENTIAL:
        head.append(_text(level_name(disposal.label), _HEAD))
    return [*head, _text(_("Certificate of disposal"), _TITLE), *(_text(text, _BODY) for text in texts)]


def _table(rows: Sequence[DisposalFile]) -> Flowable:
    head = (_("No."), _("Code"), _("File title"), _("Kept for"), _("Documents"), _("Files destroyed"))
    lines = [[_text(title, _STRONG_CELL) for title in head]]
    for place, row in enumerate(rows, start=1):
        file = row.file
        cells = (place, file.code, file.title, profile.term_name(file.retention), file.documents, row.destroyed)
        lines.append([_text(str(cell), _CELL) for cell in cells])
    return LongTable(lines, colWidths=_WIDTHS, style=_GRID, repeatRows=1)


def _closing(disposal: Disposal, approvals: Sequence[Approval]) -> list[Flowable]:
    proposed = _("Proposed by {name} on {day}")
    approved = _("Approved by {name} · {position} on {day}")
    texts = [proposed.format(name=disposal.proposer_name, day=_day(disposal.proposed_at))]
    texts += [approved.format(name=one.name, position=one.position, day=_day(one.at)) for one in approvals]
    return [_text(text, _BODY) for text in texts]


def _day(moment: datetime) -> str:
    return date_format(localtime(moment), "SHORT_DATETIME_FORMAT")


def _text(text: str, style: ParagraphStyle) -> Flowable:
    # What people wrote is no markup of reportlab's either.
    return Paragraph(escape(text), style)
