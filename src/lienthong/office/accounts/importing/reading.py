"""From the bytes of a CSV or XLSX file to rows of text, within bounds that hold for every file.

Nothing here trusts the file: sizes are looked at before anything is unpacked, rows come one at a time, and whatever
is wrong ends in one sentence with the place and what to do.
"""

import csv
import io
import zipfile
from collections.abc import Iterator, Sequence
from typing import IO, Final

from django.utils.translation import gettext as _
from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from lienthong.office.core.errors import Invalid

MIB: Final = 1024 * 1024
MOST_BYTES: Final = 20 * MIB
MOST_ROWS: Final = 200_000
MOST_COLUMNS: Final = 50
# Of an XLSX file once unpacked: the texts are held at once, the sheet goes through row by row.
MOST_UNPACKED: Final = 150 * MIB
MOST_TEXTS: Final = 24 * MIB
MOST_PARTS: Final = 1000
_TEXTS: Final = "xl/sharedStrings.xml"
_ZIP: Final = b"PK\x03\x04"
_OLD_EXCEL: Final = b"\xd0\xcf\x11\xe0"
_DELIMITERS: Final = ";,\t"
_LINE: Final = 64 * 1024
_HEAD: Final = 1024

type Row = tuple[int, Sequence[str]]
"""Number as the spreadsheet shows it, and cells."""


def rows_of(content: bytes) -> Iterator[Row]:
    """Yield the rows of a file, the head first, empty ones left out.

    Args:
        content: a CSV file in UTF-8 or, with its mark, UTF-16; or the first sheet of an XLSX file.

    Raises:
        Invalid: it is neither, or beyond the bounds.
    """
    if len(content) > MOST_BYTES:
        raise Invalid("", hint=_("The file is larger than 20 MB: split it."))
    if not content.strip():
        raise Invalid("", hint=_("The file is empty."))
    if content.startswith(_OLD_EXCEL):
        raise Invalid(
            "", hint=_("This is an Excel file of before 2007, or a protected one: save it as XLSX without password.")
        )
    rows = _xlsx(content) if content.startswith(_ZIP) else _csv(content)
    for found, (number, cells) in enumerate(_not_empty(rows)):
        if found > MOST_ROWS:
            raise Invalid("", hint=_("The file has more than 200,000 rows: split it."))
        if len(cells) > MOST_COLUMNS:
            raise Invalid("", hint=_("Row %(row)d has more than 50 columns.") % {"row": number})
        yield number, cells


def _not_empty(rows: Iterator[Row]) -> Iterator[Row]:
    return (row for row in rows if any(cell.strip() for cell in row[1]))


def _csv(content: bytes) -> Iterator[Row]:
    encoding = "utf-16" if content[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8-sig"
    text = io.TextIOWrapper(io.BytesIO(content), encoding=encoding, newline="")
    number = 0
    try:
        first = text.readline(_LINE)
        delimiter = max(_DELIMITERS, key=first.count)
        text.seek(0)
        for number, cells in enumerate(csv.reader(text, delimiter=delimiter), 1):
            yield number, cells
    except UnicodeError:
        raise Invalid(
            "",
            hint=_(
                "After row %(row)d there is something that is not Unicode (perhaps TCVN3, VNI or Windows-1258):"
                ' save the file as "CSV UTF-8" and try again.'
            )
            % {"row": number},
        ) from None
    except csv.Error:
        raise Invalid(
            "", hint=_("After row %(row)d a cell does not end: check its quotation marks.") % {"row": number}
        ) from None


def _xlsx(content: bytes) -> Iterator[Row]:
    _check_parts(content)
    try:
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=False, keep_links=False)
        sheet = book.worksheets[0]
        # What the file says of its size may be a lie that would fill every row with empty cells.
        sheet.reset_dimensions()
        for number, cells in enumerate(sheet.iter_rows(max_col=MOST_COLUMNS + 1, values_only=True), 1):
            yield number, _trimmed(["" if cell is None else str(cell) for cell in cells])
    except Invalid:
        raise
    # Broken in one of many ways, and openpyxl says each with another error.
    except (
        InvalidFileException,
        zipfile.BadZipFile,
        ValueError,
        KeyError,
        IndexError,
        TypeError,
        AttributeError,
        SyntaxError,
        EOFError,
        OSError,
    ):
        raise Invalid("", hint=_("This XLSX file cannot be read: open it, save it anew and try again.")) from None


def _trimmed(cells: list[str]) -> list[str]:
    while cells and not cells[-1]:
        cells.pop()
    return cells


def _check_parts(content: bytes) -> None:
    """Refuse an archive that would unpack to too much, from what it says of itself: no more than that is read.

    Raises:
        Invalid: as said.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
            texts = sum(part.file_size for part in parts if part.filename.casefold() == _TEXTS.casefold())
            total = sum(part.file_size for part in parts)
            if len(parts) > MOST_PARTS or total > MOST_UNPACKED or texts > MOST_TEXTS:
                raise Invalid("", hint=_("This XLSX file unpacks to too much: save the sheet as CSV, or split it."))
            for part in parts:
                if part.filename.endswith((".xml", ".rels")):
                    with archive.open(part) as opened:
                        _refuse_entities(opened)
    except (zipfile.BadZipFile, ValueError, NotImplementedError, RuntimeError, OSError, EOFError):
        raise Invalid("", hint=_("This XLSX file cannot be read: open it, save it anew and try again.")) from None


def _refuse_entities(opened: IO[bytes]) -> None:
    # A spreadsheet has no use for a document type, which could define texts that grow without end.
    head = opened.read(_HEAD)
    if b"<!DOCTYPE" in head or b"<!ENTITY" in head or "<!DOCTYPE".encode("utf-16-le") in head:
        raise Invalid("", hint=_("This XLSX file cannot be read: open it, save it anew and try again."))
