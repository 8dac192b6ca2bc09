"""The directive the demo sends: a real PDF of several pages, made on the spot."""

import io
from datetime import date
from importlib.resources import files
from typing import Final

from reportlab.lib.enums import TA_CENTER
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import LongTable, PageBreak, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

from lienthong.profiles.vn.units import communes, provinces

_REGULAR: Final = "BeVietnamPro-Regular"
_STRONG: Final = "BeVietnamPro-SemiBold"
_BODY: Final = ParagraphStyle("body", fontName=_REGULAR, fontSize=11, leading=16.5, spaceAfter=7)
_HEAD: Final = ParagraphStyle("head", parent=_BODY, fontName=_STRONG, alignment=TA_CENTER, spaceAfter=2)
_TITLE: Final = ParagraphStyle("title", parent=_HEAD, fontSize=15, leading=22, spaceBefore=14)
_SMALL: Final = ParagraphStyle("small", parent=_BODY, fontSize=8, leading=10.5, spaceAfter=0)
_TEXT: Final = """
Văn bản này do chương trình trình diễn của nền tảng Liên thông tạo ra. Đây không phải là văn bản của cơ quan nào; nội
dung chỉ để minh họa việc gửi, nhận, mở và tiếp nhận văn bản qua trục liên thông.

<b>1.</b> Mỗi cơ quan kết nối với trục liên thông qua cổng của mình. Khóa ký và khóa giải mã do cơ quan giữ; không đơn
vị vận hành trung gian nào đọc được nội dung.

<b>2.</b> Mỗi văn bản được ký số, mã hóa đến từng nơi nhận và ghi vào nhật ký chứng cứ ở cả hai phía. Nơi nhận xác nhận
đã đến, đã mở và đã tiếp nhận bằng phiếu có chữ ký số.

<b>3.</b> Dữ liệu dùng chung chỉ được khai thác khi chủ quản dữ liệu đã cấp quyền, đúng mục đích và đúng mức mật. Mọi
lần từ chối đều nêu rõ lý do.

<b>4.</b> Khi mất kết nối, cổng tiếp tục phục vụ theo danh bạ đã xác thực gần nhất trong thời hạn cho phép; văn bản đã
nhận để gửi không bị mất và được gửi lại đến khi có phiếu xác nhận.

<b>5.</b> Ai cũng có thể kiểm tra chứng cứ mà không cần kết nối mạng, chỉ với khóa gốc của danh bạ.
"""


def make(number: str, day: date) -> bytes:
    """Return the directive as a PDF: three parts, with all units of the country as its annex.

    Args:
        number: number and notation.
        day: the date it bears.
    """
    for name in (_REGULAR, _STRONG):
        file = files("lienthong.cli") / "assets" / f"{name}.ttf"
        pdfmetrics.registerFont(TTFont(name, io.BytesIO(file.read_bytes())))
    pdfmetrics.registerFontFamily(_REGULAR, normal=_REGULAR, bold=_STRONG, italic=_REGULAR, boldItalic=_STRONG)
    output = io.BytesIO()
    document = SimpleDocTemplate(
        output,
        pagesize=A4,
        leftMargin=25 * mm,
        rightMargin=20 * mm,
        topMargin=20 * mm,
        bottomMargin=20 * mm,
        initialFontName=_REGULAR,
        title=f"Văn bản minh họa {number}",
        lang="vi",
    )
    document.build([*_letter(number, day), PageBreak(), *_annex()])
    return output.getvalue()


def _letter(number: str, day: date) -> list[object]:
    place = f"ngày {day.day:02d} tháng {day.month:02d} năm {day.year}"
    head = Table(
        [
            [Paragraph("LIÊN THÔNG<br/>TRÌNH DIỄN", _HEAD), Paragraph("VĂN BẢN MINH HỌA", _HEAD)],
            [Paragraph(f"Số {number}", _HEAD), Paragraph(place, _HEAD)],
            [Paragraph("MẬT", _HEAD), ""],
        ],
        colWidths=[75 * mm, 90 * mm],
    )
    head.setStyle(
        TableStyle(
            [
                ("FONT", (0, 0), (-1, -1), _REGULAR, 11),
                ("BOX", (0, 2), (0, 2), 1, "#A61C1C"),
                ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
            ]
        )
    )
    title = Paragraph("CHỈ THỊ (MINH HỌA)<br/>về kết nối với trục liên thông", _TITLE)
    return [
        head,
        Spacer(1, 8 * mm),
        title,
        Spacer(1, 4 * mm),
        *(Paragraph(text, _BODY) for text in _TEXT.strip().split("\n\n")),
    ]


def _annex() -> list[object]:
    story: list[object] = [Paragraph("PHỤ LỤC<br/>Nơi nhận", _TITLE), Spacer(1, 4 * mm)]
    rows = [["Mã", "Đơn vị", "Số xã, phường, đặc khu", "Trong đó"]]
    for province in provinces():
        members = communes(province.code)
        named = ", ".join(f"{unit.code} {unit.full_name}" for unit in members)
        rows.append([province.code, Paragraph(province.full_name, _SMALL), str(len(members)), Paragraph(named, _SMALL)])
    table = LongTable(rows, colWidths=[12 * mm, 32 * mm, 22 * mm, 99 * mm], repeatRows=1, splitInRow=1)
    table.setStyle(
        TableStyle(
            [
                ("FONT", (0, 0), (-1, -1), _REGULAR, 8),
                ("FONT", (0, 0), (-1, 0), _STRONG, 8),
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
                ("ALIGN", (2, 0), (2, -1), "RIGHT"),
                ("LINEBELOW", (0, 0), (-1, -1), 0.25, "#999999"),
            ]
        )
    )
    return [*story, table]
