"""Write a table as CSV (RFC 4180), UTF-8 with a byte order mark, without which Excel takes it for Latin-1."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import IO, Final

from lienthong.office.core.exports.cells import Cell, text_of
from lienthong.office.core.exports.neutral import neutral

TYPE: Final = "text/csv; charset=utf-8"


def write_csv(to: IO[bytes], rows: Iterable[Sequence[Cell]]) -> int:
    """Write rows, of which the first is the head; return how many there were.

    Args:
        to: where; stays open.
        rows: read one at a time.
    """
    text = io.TextIOWrapper(to, encoding="utf-8-sig", newline="", write_through=False)
    writer = csv.writer(text)
    number = 0
    for number, row in enumerate(rows, 1):  # noqa: B007 - how many there were is what is returned
        writer.writerow([cell if isinstance(cell, (int, float)) else neutral(text_of(cell)) for cell in row])
    text.flush()
    text.detach()
    return number
