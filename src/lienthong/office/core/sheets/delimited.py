"""CSV: comma, semicolon or tab, in UTF-8, or in UTF-16 as old spreadsheets save it."""

import csv
import io
from collections.abc import Iterator
from typing import IO, Final

from django.utils.translation import gettext as _

from lienthong.office.core.errors import Invalid

_BOMS: Final = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_SAMPLE: Final = 64 * 1024
_DELIMITERS: Final = ",;\t"


def rows(file: IO[bytes], most: int, columns: int) -> Iterator[tuple[int, list[str]]]:
    """Yield numbered rows of cells.

    Args:
        file: at its beginning.
        most: rows, the head among them.
        columns: in a row.

    Raises:
        Invalid: not text, not in Unicode, more rows or columns, or a quote that never ends.
    """
    begin = file.read(_SAMPLE)
    file.seek(0)
    encoding = next((name for bom, name in _BOMS if begin.startswith(bom)), "utf-8")
    if encoding == "utf-8" and b"\0" in begin:
        raise Invalid(_("This is no spreadsheet. Send .xlsx or CSV UTF-8."))
    text = io.TextIOWrapper(file, encoding=encoding, newline="")
    try:
        head = text.readline(_SAMPLE)
        text.seek(0)
        delimiter = max(_DELIMITERS, key=head.count)
        yield from _parsed(csv.reader(text, delimiter=delimiter, strict=True), most, columns)
    except UnicodeError as error:
        raise Invalid(
            _("The file is not in Unicode: Vietnamese letters would be lost. Save it as CSV UTF-8 or .xlsx.")
        ) from error
    finally:
        # The file is whoever's who opened it.
        text.detach()


def _parsed(reader: Iterator[list[str]], most: int, columns: int) -> Iterator[tuple[int, list[str]]]:
    number = 0
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            text = _("Row {number} is not well formed; perhaps a quotation mark never ends.")
            raise Invalid(text.format(number=number + 1)) from error
        number += 1
        if number > most:
            raise Invalid(_("The file has more than {most} rows: send it in parts.").format(most=most - 1))
        if len(cells) > columns:
            raise Invalid(_("Row {number} has more than {most} columns.").format(number=number, most=columns))
        yield number, cells
