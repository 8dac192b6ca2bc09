"""A table out of a spreadsheet: columns found by their heads in any of our languages, rows as text."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import IO, Final

from django.conf import settings
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from lienthong.office.core.errors import Invalid
from lienthong.office.core.sheets import delimited, workbooks
from lienthong.office.core.text import search_key, tidy

MIB: Final = 1024 * 1024
_XLSX: Final = b"PK\x03\x04"
_OLD: Final = b"\xd0\xcf\x11\xe0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much of a file is read at most; what is beyond is refused, not cut."""

    # Of the file as it was sent.
    size: int = 24 * MIB
    rows: int = 200_000
    columns: int = 64
    # Characters in a cell.
    cell: int = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """A column that is looked for."""

    key: str
    # How it may be called; letters and digits are compared, without case and marks. First in the languages of the
    # office, in their order.
    names: Sequence[str]
    required: bool = False

    @property
    def title(self) -> str:
        """What it is called in the reader's language."""
        languages = [code for code, _name in settings.LANGUAGES]
        place = languages.index(get_language() or settings.LANGUAGE_CODE)
        return self.names[place] if place < len(self.names) else self.names[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row with anything in it."""

    # As the spreadsheet numbers it: the head is 1.
    number: int
    # Tidied texts by key of the column; "" where a cell is empty or its column is missing.
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A spreadsheet whose head was understood."""

    rows: Iterator[Row]
    # Heads that mean nothing to us, as they stand in the file.
    unknown: Sequence[str]
    # Keys of the columns that are there.
    known: Sequence[str]


def read_table(file: IO[bytes], heads: Sequence[Head], limits: Limits | None = None) -> Table:
    """Open a spreadsheet and understand its head; the rows are read as they are asked for.

    Args:
        file: what was sent, at its beginning; must be seekable.
        heads: the columns looked for.
        limits: how much is read at most.

    Raises:
        Invalid: it is no spreadsheet, too big, or lacks a column; while reading too, with the row and what to do.
    """
    limits = limits or Limits()
    rows = _rows(file, limits)
    number, first = next(((number, cells) for number, cells in rows if any(cells)), (0, []))
    if not number:
        raise Invalid(_("The file is empty."))
    places, unknown = _places(first, heads)
    missing = [head.title for head in heads if head.required and head.key not in places]
    if missing:
        text = _("Row {number} should name the columns, but lacks: {names}.")
        raise Invalid(text.format(number=number, names=", ".join(missing)))
    return Table(rows=_read(rows, places, heads, limits), unknown=unknown, known=list(places))


def _rows(file: IO[bytes], limits: Limits) -> Iterator[tuple[int, list[str]]]:
    """Return numbered rows of tidied cells, whichever kind of file it is."""
    file.seek(0, 2)
    if file.tell() > limits.size:
        raise Invalid(_("The file is larger than {size} MB: send it in parts.").format(size=limits.size // MIB))
    file.seek(0)
    begin = file.read(len(_XLSX))
    file.seek(0)
    if begin == _OLD:
        raise Invalid(_("This is an old Excel file (.xls). Save it as .xlsx or as CSV UTF-8."))
    read = workbooks.rows if begin == _XLSX else delimited.rows
    return ((number, [tidy(cell) for cell in cells]) for number, cells in read(file, limits.rows + 1, limits.columns))


def _places(cells: Sequence[str], heads: Sequence[Head]) -> tuple[dict[str, int], list[str]]:
    """Return where each column stands, and the heads that mean nothing."""
    by_name = {_plain(name): head.key for head in heads for name in (head.key, *head.names)}
    places: dict[str, int] = {}
    unknown = []
    for place, cell in enumerate(cells):
        key = by_name.get(_plain(cell))
        if key is None:
            unknown += [cell] if cell else []
        elif key in places:
            raise Invalid(_("Two columns are called {name}.").format(name=cell))
        else:
            places[key] = place
    return places, unknown


def _plain(text: str) -> str:
    return "".join(character for character in search_key(text) if character.isalnum())


def _read(
    rows: Iterator[tuple[int, list[str]]], places: Mapping[str, int], heads: Sequence[Head], limits: Limits
) -> Iterator[Row]:
    for number, cells in rows:
        if not any(cells):
            continue
        if too_long := next((cell for cell in cells if len(cell) > limits.cell), None):
            text = _("Row {number} has a cell with more than {most} characters: {begin}…")
            raise Invalid(text.format(number=number, most=limits.cell, begin=too_long[:40]))
        found = {key: cells[place] if place < len(cells) else "" for key, place in places.items()}
        yield Row(number=number, values={head.key: found.get(head.key, "") for head in heads})
