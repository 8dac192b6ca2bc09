"""The first page of a list that nothing is filtered in: most readers ask for no other, so its queries are kept.

Only of lists that declare it (``ListPage.kept``). What filters ask for has too many shapes to keep.
"""

from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from django.db.models import QuerySet

from lienthong.office.core.actor import Actor
from lienthong.office.core.compiled import Compiled, Reader
from lienthong.office.core.lists.columns import names_of
from lienthong.office.core.lists.pages import ListPage


@dataclass(frozen=True, slots=True)
class FirstPage:
    """The queries of a first page: of its rows and one more, and of how many there are, up to some number."""

    rows: Compiled
    counted: Compiled


_KEPT: Final[dict[tuple[str, str, int, int], FirstPage]] = {}


def first_page(page: ListPage, sort: str, size: int, most: int) -> FirstPage:
    """Return the queries of a list's first page.

    Args:
        page: the list.
        sort: one of its orders.
        size: rows of the page.
        most: where counting ends.
    """
    key = (page.name, sort, size, most)
    if key not in _KEPT:
        # Planned anew: for an organ's few rows another way is good than for the whole country's.
        keep = partial(Compiled, daily=True, planned_once=False)
        _KEPT[key] = FirstPage(
            keep(lambda reader: page_of(page, reader, page.rows(reader), sort, slice(size + 1))),
            keep(lambda reader: page.rows(reader).order_by().values_list("pk")[:most]),
        )
    return _KEPT[key]


def page_of(
    page: ListPage, actor: Actor | Reader, found: QuerySet[Any, Any], sort: str, part: slice
) -> QuerySet[Any, Any]:
    """Return the rows of one page, with the fields of all columns.

    Args:
        page: the list.
        actor: who looks.
        found: all its rows that a filter lets through.
        sort: one of its orders.
        part: which of them in this order.
    """
    # What a row shows is read only for those of the page: what is joined or looked up for a column would otherwise be
    # so for all rows before it.
    ordering = page.ordering(sort)
    here = found.order_by(*ordering).values("pk")[part]
    shown = page.rows(actor).filter(pk__in=here).order_by(*ordering)
    return shown.values_list(*names_of(page.columns))
