"""What a reader asks a list for, from the address and back into one."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, Self
from urllib.parse import urlencode

from django.db.models import Q
from django.http import QueryDict

from lienthong.office.core.lists.pages import ListPage

SIZES: Final = (50, 100, 200)
"""How many rows a page may have; the first unless asked otherwise."""
DEPTH: Final = 10_000
"""Only so many rows can be leafed through: nobody reads more, and the last pages would cost the most."""
AHEAD: Final = 2_000
"""In such steps rows are counted: to the next one after the page, as every counted row is looked at."""
_NUMBER_LENGTH: Final = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """Filter, order and page, each valid for its list."""

    list_page: ListPage
    # By parameter of the address; none that is empty.
    values: Mapping[str, str]
    sort: str
    page: int = 1
    size: int = SIZES[0]

    @classmethod
    def of(cls, list_page: ListPage, given: QueryDict) -> Self:
        """Read an address. What is malformed, unknown or out of bounds counts as not said."""
        values = {}
        for each in list_page.filters:
            for name in each.parameters:
                if read := each.read(name, given.get(name) or ""):
                    values[name] = read
        sort, size = given.get("sort") or "", _number(given.get("size") or "")
        page, size = _number(given.get("page") or ""), size if size in SIZES else SIZES[0]
        return cls(
            list_page=list_page,
            values=values,
            sort=sort if list_page.ordering(sort) else list_page.sort,
            page=min(max(page, 1), DEPTH // size),
            size=size,
        )

    def predicate(self, *, without: str = "") -> Q:
        """Return what rows must meet, but for one filter: its choices are counted among the others' rows."""
        found = Q()
        for each in self.list_page.filters:
            if each.key != without:
                found &= each.predicate(self.values)
        return found

    @property
    def counted(self) -> int:
        """How far rows are counted."""
        return min((self.page * self.size // AHEAD + 1) * AHEAD, DEPTH)

    def turned(self, page: int) -> Self:
        """Return the same on another page."""
        return replace(self, page=page)

    def sorted(self, sort: str) -> Self:
        """Return the same in another order, on its first page."""
        return replace(self, sort=sort, page=1)

    def pairs(self, *, filters: bool = True) -> list[tuple[str, str]]:
        """Return what is not as it would be anyway, in one fixed order: the parameters of an address.

        Args:
            filters: whether with those that the filter form has itself.
        """
        found = list(self.values.items()) if filters else []
        if self.sort != self.list_page.sort:
            found.append(("sort", self.sort))
        if self.size != SIZES[0]:
            found.append(("size", str(self.size)))
        if self.page > 1:
            found.append(("page", str(self.page)))
        return found

    def query(self, **more: str) -> str:
        """Return the address's query with its question mark; for nothing but the usual "?", which leads there too."""
        return "?" + urlencode([*self.pairs(), *more.items()])


def _number(text: str) -> int:
    """Return a number of the address; 0 for none. Only plain digits: int() also reads those of other scripts."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= _NUMBER_LENGTH else 0
