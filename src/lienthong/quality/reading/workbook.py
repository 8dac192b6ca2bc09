"""Spreadsheets (Office Open XML), row by row."""

import zipfile
from collections.abc import Generator, Sequence
from datetime import date, datetime, time
from pathlib import Path
from typing import Any, Final

import openpyxl
import pyarrow as pa
from openpyxl.utils.exceptions import InvalidFileException
from pyarrow import parquet

from lienthong.quality.reading.places import Place, refused, shown

MAX_UNPACKED: Final = 4 << 30
"""Bytes of everything in a file: a million rows of thirty columns are less than one GB."""
_MAX_RATIO: Final = 200
_BATCH: Final = 20_000
_HINT: Final = "Save it as XLSX again, or as CSV in UTF-8."


class Workbook:
    """The first sheet of one file."""

    def __init__(self, path: Path) -> None:
        """Read the headings: the first row.

        Raises:
            RecordsRefused: it is not such a file, or it unpacks to too much.
        """
        self.path = path
        self._refuse_bombs()
        rows = self._rows()
        self.headings = [_text(cell) or "" for cell in next(rows, [])]
        rows.close()
        while self.headings and not self.headings[-1]:
            self.headings.pop()
        if not self.headings:
            raise refused(Place(file=path, line=1), "the first sheet is empty", hint="Write a row of headings first.")
        for at, heading in enumerate(self.headings):
            if not heading:
                place = Place(file=path, line=1, column=at + 1)
                raise refused(place, "the heading is empty", hint="Give every column a heading.")

    def write(self, selection: Sequence[tuple[str, str]], to: Path) -> None:
        """Write columns into a Parquet file, every value as text.

        Raises:
            RecordsRefused: a cell is a formula or an error; the error names it.
        """
        columns = [(self.headings.index(heading), name) for heading, name in selection]
        schema = pa.schema([(name, pa.string()) for _, name in columns])
        with parquet.ParquetWriter(to, schema) as writer:
            batch: list[list[str | None]] = [[] for _ in columns]
            for number, row in enumerate(self._rows(), start=1):
                if number == 1 or all(cell.value is None for cell in row):
                    continue
                for values, (at, name) in zip(batch, columns, strict=True):
                    values.append(self._value(row, at, number, name))
                if len(batch[0]) == _BATCH:
                    writer.write_table(pa.table([pa.array(values, pa.string()) for values in batch], schema=schema))
                    batch = [[] for _ in columns]
            writer.write_table(pa.table([pa.array(values, pa.string()) for values in batch], schema=schema))

    def line_of(self, record: int) -> int:
        """Return the row of a record; records count from 0. Only for errors: it reads the file anew."""
        filled = (
            number for number, row in enumerate(self._rows(), start=1) if any(cell.value is not None for cell in row)
        )
        return [number for _, number in zip(range(record + 2), filled, strict=False)][-1]

    def _value(self, row: Sequence[Any], at: int, number: int, name: str) -> str | None:
        if at >= len(row):
            return None
        cell = row[at]
        if cell.data_type in {"f", "e"}:
            kind = "a formula" if cell.data_type == "f" else "an error"
            place = Place(file=self.path, line=number, column=self.headings[at])
            raise refused(place, f"{kind}: {shown(str(cell.value))} ({name})", hint="Replace it by its value.")
        return _text(cell)

    def _rows(self) -> Generator[Any]:
        try:
            book = openpyxl.load_workbook(self.path, read_only=True, data_only=False)
        except (OSError, InvalidFileException, zipfile.BadZipFile, KeyError, ValueError) as error:
            raise refused(Place(file=self.path), "this is no XLSX file", hint=_HINT) from error
        try:
            yield from book.worksheets[0].iter_rows()
        except (zipfile.BadZipFile, SyntaxError, ValueError, EOFError) as error:
            raise refused(Place(file=self.path), "the file is damaged", hint=_HINT) from error
        finally:
            book.close()

    def _refuse_bombs(self) -> None:
        try:
            with zipfile.ZipFile(self.path) as archive:
                unpacked = sum(entry.file_size for entry in archive.infolist())
        except (OSError, zipfile.BadZipFile) as error:
            raise refused(Place(file=self.path), "this is no XLSX file, or it is cut off", hint=_HINT) from error
        if unpacked > MAX_UNPACKED or unpacked > _MAX_RATIO * max(self.path.stat().st_size, 1 << 20):
            raise refused(Place(file=self.path), "the file unpacks to too much", hint=_HINT)


def _text(cell: Any) -> str | None:  # noqa: ANN401 - cells of both modes of openpyxl
    value = cell.value
    match value:
        case None | "":
            return None
        case bool():
            return "1" if value else "0"
        case datetime():
            return value.date().isoformat() if value.time() == time() else value.isoformat(sep=" ")
        case date():
            return value.isoformat()
        case float() if value.is_integer():
            return str(int(value))
        case _:
            return str(value)
