"""The records of a file or a folder, as one view."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import duckdb

from lienthong.quality.description import Registry
from lienthong.quality.errors import RecordsRefused
from lienthong.quality.reading.columnar import Columnar
from lienthong.quality.reading.delimited import Delimited
from lienthong.quality.reading.headings import Headings, check_mapping, match
from lienthong.quality.reading.places import Place, refused, shown
from lienthong.quality.reading.workbook import Workbook
from lienthong.quality.tables import RECORD_ID, literal, quoted

VIEW: Final = "records"
"""The view: record_id, every column of the registry, and extra ones, as text."""
_TEXT: Final = frozenset({".csv", ".tsv", ".txt"})
_SUFFIXES: Final = _TEXT | {".parquet", ".xlsx"}
_MOST_FILES: Final = 10_000
# What spreadsheets would compute: a formula in disguise, not a sign before a number.
FORMULA: Final = r"^(=|[@+\-][A-Za-z]+[A-Za-z0-9._]*[(!])"

type Reader = Delimited | Workbook | Columnar


@dataclass(frozen=True, slots=True, kw_only=True)
class Records:
    """What was read."""

    count: int
    files: tuple[Path, ...]
    # Column of the registry to the heading it was read from (the first file's); None: no file has it.
    columns: dict[str, str | None]
    # Headings that mean nothing to the registry.
    ignored: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """One file, and the statement that reads it."""

    reader: Reader
    headings: Headings
    # What is scanned: the file itself if it is Parquet, else what it was turned into.
    source: str


def read(  # noqa: PLR0913 - what to read, of what, into where
    connection: duckdb.DuckDBPyConnection,
    registry: Registry,
    source: Path,
    *,
    scratch: Path,
    mapping: Mapping[str, str] | None = None,
    extra: Sequence[str] = (),
) -> Records:
    """Make the view ``records`` of a file or a folder.

    Args:
        connection: in which the view is made.
        registry: of which the records are.
        source: a CSV, Parquet or XLSX file, or a folder of them.
        scratch: an existing folder for what is converted; it must stay as long as the view.
        mapping: column of the registry, or ``record_id``, to the heading it has here.
        extra: further headings, kept under their own names.

    Raises:
        RecordsRefused: the error names file, line and column.
    """
    check_mapping(registry, mapping or {})
    folder = scratch / "read"
    folder.mkdir()
    readers = [(path, opened(connection, path, folder)) for path in files_of(source)]
    parts = [
        _part(connection, reader, match(path, reader.headings, registry, mapping or {}, extra), folder)
        for path, reader in readers
    ]
    present = [RECORD_ID, *(column.name for column in registry.columns), *extra]
    union = " UNION ALL ".join(_aligned(part, present) for part in parts)
    connection.execute(f"CREATE OR REPLACE VIEW {VIEW} AS {union}")
    for part in parts:
        _refuse_formulas(connection, part)
    count = _refuse_doubles(connection, parts)
    return Records(
        count=count,
        files=tuple(part.reader.path for part in parts),
        columns={column.name: _heading(parts, column.name) for column in registry.columns},
        ignored=tuple(sorted({heading for part in parts for heading in part.headings.ignored})),
    )


def files_of(source: Path) -> tuple[Path, ...]:
    """Return the files that are read, by name.

    Raises:
        RecordsRefused: there is none.
    """
    kinds = "CSV (.csv, .tsv, .txt), Parquet (.parquet) or XLSX (.xlsx)"
    if source.is_file():
        if source.suffix.lower() not in _SUFFIXES:
            raise RecordsRefused(str(source), hint=f"Name a file in one of these formats: {kinds}.")
        return (source,)
    if not source.is_dir():
        raise RecordsRefused(str(source), hint="There is no such file or folder.")
    found = sorted(path for path in source.iterdir() if path.suffix.lower() in _SUFFIXES and path.name[0] not in "._~")
    if not 0 < len(found) <= _MOST_FILES:
        raise RecordsRefused(str(source), hint=f"Name a folder with at least one file: {kinds}.")
    return tuple(found)


def opened(connection: duckdb.DuckDBPyConnection, path: Path, folder: Path) -> Reader:
    """Return what reads a file, with its headings.

    Raises:
        RecordsRefused: it is not such a file.
    """
    match path.suffix.lower():
        case ".parquet":
            return Columnar(path, connection)
        case ".xlsx":
            return Workbook(path)
        case _:
            return Delimited(path, folder)


def selected(
    connection: duckdb.DuckDBPyConnection, reader: Reader, selection: Sequence[tuple[str, str]], folder: Path
) -> str:
    """Return the statement that reads columns of a file, every value as text, empty ones as NULL.

    Args:
        connection: that reads it.
        reader: of the file.
        selection: heading and new name of each column.
        folder: for what is converted; it must stay as long as the statement is used.

    Raises:
        RecordsRefused: a line cannot be read; the error names it.
    """
    if isinstance(reader, Columnar):
        return reader.source(selection)
    to = folder / f"{len(list(folder.iterdir()))}.parquet"
    if isinstance(reader, Delimited):
        reader.write(connection, selection, to)
    else:
        reader.write(selection, to)
    return f"SELECT * FROM read_parquet({literal(str(to))})"


def _part(connection: duckdb.DuckDBPyConnection, reader: Reader, headings: Headings, folder: Path) -> _Part:
    selection = [(heading, name) for name, heading in headings.of.items()]
    return _Part(reader=reader, headings=headings, source=selected(connection, reader, selection, folder))


def _aligned(part: _Part, names: Sequence[str]) -> str:
    chosen = ", ".join(
        quoted(name) if name in part.headings.of else f"CAST(NULL AS VARCHAR) AS {quoted(name)}" for name in names
    )
    return f"SELECT {chosen} FROM ({part.source})"


def _heading(parts: Sequence[_Part], name: str) -> str | None:
    return next((part.headings.of[name] for part in parts if name in part.headings.of), None)


def _refuse_formulas(connection: duckdb.DuckDBPyConnection, part: _Part) -> None:
    """Refuse what a spreadsheet would compute when somebody opens a list made of these records."""
    names = list(part.headings.of)
    signs = "('=', '@', '+', '-')"
    # The first character decides nearly always, and costs nothing.
    tests = {
        name: f"(left({quoted(name)}, 1) IN {signs} AND regexp_matches({quoted(name)}, '{FORMULA}'))" for name in names
    }
    found = connection.execute(
        f"SELECT {', '.join(f'coalesce(bool_or({test}), false)' for test in tests.values())} FROM ({part.source})"
    ).fetchall()[0]
    for name, has in zip(names, found, strict=True):
        if has:
            numbered = f"SELECT {quoted(name)} AS value, row_number() OVER () - 1 AS record FROM ({part.source})"
            test = tests[name].replace(quoted(name), "value")
            value, record = connection.execute(
                f"SELECT * FROM ({numbered}) WHERE {test} ORDER BY record LIMIT 1"
            ).fetchall()[0]
            place = Place(file=part.reader.path, line=part.reader.line_of(record), column=part.headings.of[name])
            raise refused(place, f"a formula: {shown(value)}", hint="Replace it by its value.")


def _refuse_doubles(connection: duckdb.DuckDBPyConnection, parts: Sequence[_Part]) -> int:
    """Return how many records there are, all with an id of their own."""
    total, filled, different = connection.execute(
        f"SELECT count(*), count({RECORD_ID}), count(DISTINCT {RECORD_ID}) FROM {VIEW}"
    ).fetchall()[0]
    if filled < total:
        place = _places(connection, parts, f"{RECORD_ID} IS NULL", 1)[0]
        raise refused(place, "the record has no id", hint="Give every record an id of its own.")
    if different < total:
        twice = f"SELECT {RECORD_ID} FROM {VIEW} GROUP BY 1 HAVING count(*) > 1 ORDER BY 1 LIMIT 1"
        value = connection.execute(twice).fetchall()[0][0]
        first, second = _places(connection, parts, f"{RECORD_ID} = {literal(value)}", 2)
        raise refused(
            second, f"the id {shown(value)} is that of {first} too", hint="Give every record an id of its own."
        )
    return int(total)


def _places(connection: duckdb.DuckDBPyConnection, parts: Sequence[_Part], test: str, most: int) -> list[Place]:
    places: list[Place] = []
    for part in parts:
        numbered = f"SELECT {RECORD_ID}, row_number() OVER () - 1 AS record FROM ({part.source})"
        found = connection.execute(
            f"SELECT record FROM ({numbered}) WHERE {test} ORDER BY record LIMIT {most - len(places)}"
        ).fetchall()
        column = part.headings.of[RECORD_ID]
        places += [Place(file=part.reader.path, line=part.reader.line_of(row[0]), column=column) for row in found]
        if len(places) == most:
            break
    return places
