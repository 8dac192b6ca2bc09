"""Text with delimiters: CSV in the widest sense."""

import csv
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import duckdb

from lienthong.quality.reading import encodings
from lienthong.quality.reading.places import Place, refused, shown
from lienthong.quality.tables import literal, quoted

DELIMITERS: Final = ",;\t|"
_HEAD: Final = 1 << 20
# What DuckDB says where a line cannot be read.
_LINE: Final = re.compile(r"on Line: (\d+)")
_REASON: Final = re.compile(r"on Line: \d+\s*\n(?:Original Line:.*\n)?(.*)")


class Delimited:
    """One file of text with delimiters, as UTF-8."""

    def __init__(self, path: Path, scratch: Path) -> None:
        """Find encoding, delimiter and headings.

        Args:
            path: the file; errors name it.
            scratch: a folder for a copy in UTF-8, where the file is in another encoding.

        Raises:
            RecordsRefused: it is not such a file.
        """
        self.path = path
        self._text = path
        encoding = encodings.survey(path).encoding
        if encoding != encodings.UTF_8:
            self._text = scratch / f"{len(list(scratch.iterdir()))}.csv"
            encodings.convert(path, encoding, self._text)
        self.delimiter, self.headings = self._head()

    def write(self, connection: duckdb.DuckDBPyConnection, selection: Sequence[tuple[str, str]], to: Path) -> None:
        """Write columns into a Parquet file, every value as text, empty ones as NULL.

        Args:
            connection: that does it.
            selection: heading and new name of each column.
            to: the Parquet file.

        Raises:
            RecordsRefused: a line has too many or too few values, or an open quote; the error names it.
        """
        types = ", ".join(f"{literal(heading)}: 'VARCHAR'" for heading in self.headings)
        chosen = ", ".join(f"{_unwrapped(heading)} AS {quoted(name)}" for heading, name in selection)
        source = (
            f"read_csv({literal(str(self._text))}, columns = {{{types}}}, delim = {literal(self.delimiter)},"
            " quote = '\"', escape = '\"', header = true, auto_detect = false, strict_mode = true,"
            f" max_line_size = {encodings.MAX_LINE * 2})"
        )
        try:
            connection.execute(
                f"COPY (SELECT {chosen} FROM {source}) TO {literal(str(to))} (FORMAT parquet, COMPRESSION snappy)"
            )
        except duckdb.Error as error:
            raise self._unreadable(str(error)) from error

    def line_of(self, record: int) -> int:
        """Return the line on which a record begins; records count from 0. Only for errors: it reads the file anew."""
        before = 1
        for at, (line, _) in enumerate(self._records()):
            if at == record + 1:
                return before + 1
            before = line
        return before + 1

    def _records(self) -> Iterator[tuple[int, list[str]]]:
        csv.field_size_limit(min(sys.maxsize, encodings.MAX_LINE * 4))
        with self._text.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, delimiter=self.delimiter)
            for row in reader:
                yield reader.line_num, row

    def _head(self) -> tuple[str, list[str]]:
        with self._text.open(encoding="utf-8-sig", newline="") as file:
            first = file.read(_HEAD)
        if not first.strip():
            raise refused(Place(file=self.path, line=1), "the file is empty", hint="Write a line of headings first.")
        bare = re.sub(r'"[^"]*"', "", first.partition("\n")[0])
        delimiter = max(DELIMITERS, key=bare.count)
        headings = [
            heading.strip() for heading in next(csv.reader(first.splitlines(keepends=True), delimiter=delimiter))
        ]
        for at, heading in enumerate(headings):
            if not heading:
                place = Place(file=self.path, line=1, column=at + 1)
                raise refused(place, "the heading is empty", hint="Give every column a heading.")
        return delimiter, headings

    def _unreadable(self, message: str) -> Exception:
        line, reason = _LINE.search(message), _REASON.search(message)
        what = reason.group(1).strip() if reason else message.partition("\n")[0]
        place = Place(file=self.path, line=int(line.group(1)) if line else None)
        return refused(
            place, shown(what)[1:-1], hint=f"The line must have {len(self.headings)} values; close every quote."
        )


def _unwrapped(heading: str) -> str:
    """Return the value, without what keeps a spreadsheet from eating leading zeros: ``="0012"``."""
    column = quoted(heading)
    return (
        f"CASE WHEN starts_with({column}, '=\"') AND ends_with({column}, '\"') AND length({column}) > 3"
        f" THEN {column}[3:-2] ELSE {column} END"
    )
