"""Write a table as XLSX (ECMA-376, part 1) row by row.

openpyxl does the same seven times slower, and this is all of the format that a table needs: one sheet, texts in the
cells themselves, numbers. A cell typed as text is never a formula; one that looks like it is also marked with
``quotePrefix``, so that it stays text when somebody edits it.
"""

import io
import re
import zipfile
from collections.abc import Iterable, Sequence
from typing import IO, Final
from xml.sax.saxutils import escape

from lienthong.office.core.exports.cells import Cell, text_of
from lienthong.office.core.exports.neutral import acts

TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_ROWS: Final = 1_048_576
CELL_LENGTH: Final = 32_767
"""What Excel holds: rows of a sheet, characters of a cell."""

# XML 1.0 cannot hold these in any way.
_FORBIDDEN: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_MAIN: Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_DOCUMENT: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE: Final = "http://schemas.openxmlformats.org/package/2006"
_KIND: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_XML: Final = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_PARTS: Final = {
    "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{_KIND}.sheet.main+xml"/>'
    f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_KIND}.worksheet+xml"/>'
    f'<Override PartName="/xl/styles.xml" ContentType="{_KIND}.styles+xml"/></Types>',
    "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_DOCUMENT}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_DOCUMENT}/worksheet" Target="worksheets/sheet1.xml"/>'
    f'<Relationship Id="rId2" Type="{_DOCUMENT}/styles" Target="styles.xml"/></Relationships>',
    "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_DOCUMENT}"><sheets>'
    '<sheet name="{title}" sheetId="1" r:id="rId1"/></sheets></workbook>',
    # Styles: 0 ordinary text, 1 the head, 2 text that looks like a formula, 3 numbers.
    "xl/styles.xml": f'<styleSheet xmlns="{_MAIN}"><fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>'
    '<font><b/><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>'
    '</fills><borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellXfs count="4"><xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
    '<xf numFmtId="49" fontId="1" fillId="0" borderId="0" xfId="0" applyNumberFormat="1" applyFont="1"/>'
    '<xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1" quotePrefix="1"/>'
    '<xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>',
}
_SHEET_START: Final = (
    f'<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0">'
    '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>'
    '<sheetFormatPr defaultRowHeight="15" defaultColWidth="24"/><sheetData>'
)
_SHEET_END: Final = "</sheetData></worksheet>"
_TITLE_LENGTH: Final = 31
_NO_TITLE: Final = re.compile(r"[\[\]:*?/\\']")


def write_xlsx(to: IO[bytes], rows: Iterable[Sequence[Cell]], title: str) -> int:
    """Write rows, of which the first is the head; return how many there were.

    Args:
        to: where; stays open.
        rows: read one at a time, at most ``MOST_ROWS``.
        title: of the sheet; what Excel does not take in it is left out.
    """
    number = 0
    with zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as package:
        for name, content in _PARTS.items():
            package.writestr(name, _XML + content.replace("{title}", _sheet_title(title)))
        with package.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as sheet:
            # Larger pieces than a row: compressing each by itself would take twice as long.
            text = io.TextIOWrapper(io.BufferedWriter(sheet, 1 << 16), encoding="utf-8")
            text.write(_XML + _SHEET_START)
            for number, row in enumerate(rows, 1):
                text.write(f"<row>{''.join([_cell(value, head=number == 1) for value in row])}</row>")
            text.write(_SHEET_END)
            text.flush()
            text.detach()
    return number


def _cell(value: Cell, *, head: bool) -> str:
    if isinstance(value, (int, float)):
        return f'<c s="3"><v>{value!r}</v></c>' if isinstance(value, float) else f'<c s="3"><v>{value:d}</v></c>'
    text = text_of(value)
    if not text:
        return "<c/>"
    style = ' s="1"' if head else ' s="2"' if acts(text) else ""
    visible = escape(_FORBIDDEN.sub("\ufffd", text[:CELL_LENGTH]))
    return f'<c t="inlineStr"{style}><is><t xml:space="preserve">{visible}</t></is></c>'


def _sheet_title(title: str) -> str:
    return escape(_NO_TITLE.sub(" ", _FORBIDDEN.sub("", title)).strip()[:_TITLE_LENGTH].strip() or "1", {'"': "&quot;"})
