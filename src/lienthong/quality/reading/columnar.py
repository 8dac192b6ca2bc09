"""Parquet files."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import duckdb

from lienthong.quality.reading.places import Place, refused
from lienthong.quality.tables import literal, quoted

_MAGIC: Final = b"PAR1"
_SMALLEST: Final = 12
_HINT: Final = "Copy or write the file again."


class Columnar:
    """One Parquet file."""

    def __init__(self, path: Path, connection: duckdb.DuckDBPyConnection) -> None:
        """Read the names of its columns.

        Raises:
            RecordsRefused: it is damaged or cut off.
        """
        self.path = path
        with path.open("rb") as file:
            start = file.read(4)
            file.seek(max(path.stat().st_size - 4, 0))
            end = file.read(4)
        if start != _MAGIC:
            raise refused(Place(file=path), "this is no Parquet file", hint=_HINT)
        if end != _MAGIC or path.stat().st_size < _SMALLEST:
            raise refused(Place(file=path), "the file is cut off: it has no footer", hint=_HINT)
        try:
            described = connection.execute(f"DESCRIBE SELECT * FROM read_parquet({literal(str(path))})").fetchall()
        except duckdb.Error as error:
            raise refused(Place(file=path), "the footer of the file is damaged", hint=_HINT) from error
        self.headings = [str(row[0]) for row in described]

    def source(self, selection: Sequence[tuple[str, str]]) -> str:
        """Return the statement that reads columns, every value as text, empty ones as NULL."""
        chosen = ", ".join(
            f"nullif(CAST({quoted(heading)} AS VARCHAR), '') AS {quoted(name)}" for heading, name in selection
        )
        return f"SELECT {chosen} FROM read_parquet({literal(str(self.path))})"

    def line_of(self, record: int) -> int:
        """Return the number of a record, from 1."""
        return record + 1
