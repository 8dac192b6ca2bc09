"""XLSX: a ZIP archive of XML, which may unpack to far more than it seems; measured before it is opened."""

import zipfile
import zlib
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import IO, Any, Final

import openpyxl
from django.utils.translation import gettext as _
from openpyxl.utils.exceptions import InvalidFileException

from lienthong.office.core.errors import Invalid

_MIB: Final = 1024 * 1024
# Rows stream; the table of texts is kept in memory as a whole.
_UNPACKED: Final = 150 * _MIB
_TEXTS: Final = 24 * _MIB
_PARTS: Final = 1_000
# What openpyxl and the libraries below it raise for what is no workbook: each parser of XML an error of its own, of
# which SyntaxError is the common ground.
_DAMAGE: Final = (
    InvalidFileException, zipfile.BadZipFile, zlib.error, LookupError, ValueError, TypeError, AttributeError,
    SyntaxError, EOFError, OSError,
)  # fmt: skip
# Of a part, in which a document type would stand.
_BEGIN: Final = 1024
_ENTITIES: Final = (b"<!DOCTYPE", b"<!ENTITY", "<!DOCTYPE".encode("utf-16-le"), "<!DOCTYPE".encode("utf-16-be"))
_MIDNIGHT: Final = (0, 0, 0, 0)


def rows(file: IO[bytes], most: int, columns: int) -> Iterator[tuple[int, list[str]]]:
    """Yield numbered rows of the first sheet's cells.

    Args:
        file: at its beginning.
        most: rows, the head among them.
        columns: in a row.

    Raises:
        Invalid: no workbook, too much inside, more rows or columns, or a formula.
    """
    _measure(file)
    try:
        book = openpyxl.load_workbook(file, read_only=True, data_only=False, keep_links=False)
    except _DAMAGE as error:
        raise _damaged() from error
    try:
        sheet = book.worksheets[0]
        # What the file says of its own size is not to be trusted.
        sheet.reset_dimensions()
        yield from _cells(sheet.iter_rows(max_col=columns + 1), most, columns)
    except _DAMAGE as error:
        raise _damaged() from error
    finally:
        book.close()


def _measure(file: IO[bytes]) -> None:
    """Refuse an archive that would unpack to too much. What its directory says binds: no more is read of a part."""
    try:
        with zipfile.ZipFile(file) as archive:
            parts = archive.infolist()
            _bound(parts)
            for part in parts:
                if part.filename.endswith((".xml", ".rels")):
                    with archive.open(part) as opened:
                        _refuse_entities(opened.read(_BEGIN))
    except (zipfile.BadZipFile, zlib.error, OSError, ValueError, NotImplementedError, EOFError) as error:
        raise _damaged() from error
    file.seek(0)


def _bound(parts: Sequence[zipfile.ZipInfo]) -> None:
    texts = sum(part.file_size for part in parts if part.filename.lower().endswith("sharedstrings.xml"))
    if len(parts) > _PARTS or sum(part.file_size for part in parts) > _UNPACKED or texts > _TEXTS:
        raise Invalid(_("The file unpacks to more than is read at once: send it in parts, or as CSV UTF-8."))
    if any(part.flag_bits & 1 for part in parts):
        raise Invalid(_("The file is protected by a password. Save it without."))


def _refuse_entities(begin: bytes) -> None:
    # A workbook has no use for a document type, which could define texts that grow without end.
    if any(mark in begin for mark in _ENTITIES):
        raise _damaged()


def _cells(sheet: Any, most: int, columns: int) -> Iterator[tuple[int, list[str]]]:  # noqa: ANN401 - rows of openpyxl
    for number, row in enumerate(sheet, start=1):
        if number > most:
            raise Invalid(_("The file has more than {most} rows: send it in parts.").format(most=most - 1))
        cells = []
        for cell in row:
            if cell.data_type == "f":
                text = _("Row {number} holds a formula: {begin}. Replace formulas by their values.")
                raise Invalid(text.format(number=number, begin=str(cell.value)[:40]))
            cells.append(_text(cell.value))
        if any(cells[columns:]):
            raise Invalid(_("Row {number} has more than {most} columns.").format(number=number, most=columns))
        yield number, cells


def _text(value: object) -> str:
    """Return a cell as somebody would have typed it: whole numbers without a point, days as ISO 8601."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime):
        midnight = (value.hour, value.minute, value.second, value.microsecond) == _MIDNIGHT
        return value.date().isoformat() if midnight else value.isoformat(" ", "seconds")
    return value.isoformat() if isinstance(value, date) else str(value)


def _damaged() -> Invalid:
    return Invalid(_("The file cannot be read as .xlsx. Open it and save it again, or send CSV UTF-8."))
