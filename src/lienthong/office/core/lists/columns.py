"""What a list shows of a row, on the page and in an export."""

import html
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any, Final

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.timezone import localtime
from django.utils.translation import get_language

type Text = Promise | str
# A register has hundreds of cells, of which hardly one holds any of these.
_TO_ESCAPE: Final = re.compile(r"[&<>\"']").search
type Value = str | int | float | date | None
"""What stands in a cell: a moment or day is written in the reader's way on the page, and as ISO 8601 in an export."""


def _itself(value: Any) -> Value:  # noqa: ANN401 - whatever the column holds
    return value if value is None or isinstance(value, (str, int, float, date)) else str(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of a list."""

    # Unique in the list; names the column when sorting.
    key: str
    title: Text
    # What it is made of: fields of the query, through relations with "__", annotations too.
    fields: tuple[str, ...]
    # From the values of these fields to what stands in the cell.
    value: Callable[..., Value] = _itself
    # The same as markup, where a page shows more than text, such as a tag. Must escape what it is given.
    html: Callable[..., SafeString] | None = None
    # Fields to sort by, in this order; none: cannot be sorted by.
    sort: tuple[str, ...] = ()
    # Aligned to the right, with figures of one width.
    number: bool = False
    # Left out where the screen is narrow, as on a telephone.
    wide_only: bool = False
    # Holds sentences, for which the other columns make room.
    grows: bool = False
    # Never broken into lines, such as the number of a document.
    whole: bool = False

    @property
    def css(self) -> str:
        """The classes of its cells."""
        classes = {
            "number": self.number, "list-wide-only": self.wide_only, "list-grows": self.grows, "list-whole": self.whole
        }  # fmt: skip
        return " ".join(name for name, on in classes.items() if on)

    def markup(self, values: tuple[Any, ...]) -> SafeString:
        """Return a cell's content for a page."""
        if self.html is not None:
            return self.html(*values)
        return written(shown(self.value(*values)))


def written(text: str) -> SafeString:
    """Return a text as markup; Django's own ``escape`` asks whether it is lazy, and takes four times as long."""
    return SafeString(html.escape(text) if _TO_ESCAPE(text) else text)


def named(names: Mapping[Any, Text]) -> Callable[[Any], str]:
    """Return the function from a stored code to its name in the reader's language; the code itself if it has none."""
    return lambda code: str(names.get(code, code if code is not None else ""))


def shown(value: Value) -> str:
    """Return a cell's value as the reader writes it."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, date):
        return _date(localtime(value) if isinstance(value, datetime) else value, get_language() or "")
    return str(value)


@lru_cache(maxsize=4096)
def _date(value: date, language: str) -> str:
    """Write a day or moment; a list has the same few again and again."""
    del language
    return date_format(value, "SHORT_DATETIME_FORMAT" if isinstance(value, datetime) else "SHORT_DATE_FORMAT")


def rows_markup(columns: tuple[Column, ...], rows: list[tuple[Any, ...]], url: str, *, pick: str) -> SafeString:
    """Return the body of the table, written in one go: a template's loop would cost more than the query.

    Args:
        columns: the first one names the row and links to it.
        rows: id, then the fields of all columns in their order.
        url: what stands before the id in a row's address; empty if rows have no page.
        pick: what a box to select a row is called, with ``{}`` for the row's name; empty for no boxes.
    """
    first, *places = slices_of(columns)
    # Most columns have the same few values again and again.
    cells = [
        (f'<td class="{column.css}">' if column.css else "<td>", _remembered(column.markup), place)
        for column, place in zip(columns[1:], places, strict=True)
    ]
    lines: list[str] = []
    for row in rows:
        number, head = int(row[0]), columns[0].markup(row[first])
        box = ""
        if pick:
            # The name may hold markup, such as a tag; what the box is called is its text.
            name = escape(pick.format(shown(columns[0].value(*row[first]))))
            box = (
                f'<td class="pick"><input type="checkbox" class="form-check-input" name="selected" value="{number}"'
                f' aria-label="{name}"></td>'
            )
        link = f'<a href="{url}{number}/">{head}</a>' if url else head
        others = "".join([f"{start}{markup(row[place])}</td>" for start, markup, place in cells])
        lines.append(f'<tr>{box}<th scope="row">{link}</th>{others}</tr>\n')
    return mark_safe("".join(lines))  # noqa: S308 - every part was escaped above


def _remembered(markup: Callable[[tuple[Any, ...]], SafeString]) -> Callable[[tuple[Any, ...]], SafeString]:
    """Return the same function, which writes each of a page's values once."""
    known: dict[tuple[Any, ...], SafeString] = {}

    def write(values: tuple[Any, ...]) -> SafeString:
        try:
            text = known.get(values)
        except TypeError:
            # An array's values are a list.
            return markup(values)
        if text is None:
            text = known[values] = markup(values)
        return text

    return write


def slices_of(columns: tuple[Column, ...]) -> list[slice]:
    """Return where in a row each column's fields stand: the id is first."""
    places: list[slice] = []
    start = 1
    for column in columns:
        places.append(slice(start, start + len(column.fields)))
        start += len(column.fields)
    return places


def names_of(columns: tuple[Column, ...]) -> list[str]:
    """Return the fields that are read: the id, then those of all columns."""
    return ["pk", *(name for column in columns for name in column.fields)]
