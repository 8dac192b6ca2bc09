"""The queries of a list: which rows there are in an order, and what their columns show; kept where the list says so.

Only of lists that declare it (``ListPage.kept``), and of filters none: they have too many shapes to keep.
"""

from collections.abc import Sequence
from typing import Any, Final

from django.contrib.postgres.fields import ArrayField
from django.db.models import BigIntegerField, BooleanField, F, Func, QuerySet, Value

from lienthong.office.core.actor import Actor
from lienthong.office.core.compiled import Compiled
from lienthong.office.core.lists.columns import names_of
from lienthong.office.core.lists.pages import ListPage


class Among(Func):
    """The condition that a number is one of a list, which the planner begins with: ``Among(F("pk"), Value([1, 2]))``.

    What it is told by ``IN`` it puts together with what it believes of other conditions, and reads the index of a whole
    organ to look up fifty rows.
    """

    arg_joiner = " IN (SELECT unnest("
    template = "%(expressions)s))"
    output_field = BooleanField()


_IDS: Final[dict[tuple[str, str, int], Compiled]] = {}
_SHOWN: Final[dict[tuple[str, str], Compiled]] = {}


def ids_of(page: ListPage, actor: Actor, sort: str, most: int) -> list[int]:
    """Return the ids of a list's first rows, nothing filtered.

    Args:
        page: the list.
        actor: who looks.
        sort: one of its orders.
        most: so many.
    """
    if page.kept:
        return [number for (number,) in _ids(page, sort, most)(actor)]
    return list(in_order(page, page.rows(actor), sort)[:most])


def shown(page: ListPage, actor: Actor, ids: Sequence[int], sort: str) -> list[tuple[Any, ...]]:
    """Return rows by their ids, in the same order: id, then the fields of all columns."""
    # What a row shows is read only for those of a page: what is joined or looked up for a column would otherwise be so
    # for all rows before it.
    if not ids:
        return []
    if page.kept:
        return _shown(page, sort)(actor, ids=list(ids))
    listed = Value(list(ids), output_field=ArrayField(BigIntegerField()))
    return list(_columns(page, page.rows(actor).filter(Among(F("pk"), listed)), sort))


def in_order(page: ListPage, found: QuerySet[Any, Any], sort: str) -> QuerySet[Any, Any]:
    """Return the ids of rows in one of the list's orders."""
    return found.order_by(*page.ordering(sort)).values_list("pk", flat=True)


def _columns(page: ListPage, found: QuerySet[Any, Any], sort: str) -> QuerySet[Any, Any]:
    return found.order_by(*page.ordering(sort)).values_list(*names_of(page.columns))


def _ids(page: ListPage, sort: str, most: int) -> Compiled:
    key = (page.name, sort, most)
    if key not in _IDS:
        # Planned anew: for an organ's few rows another way is good than for the whole country's.
        _IDS[key] = Compiled(
            lambda reader: in_order(page, page.rows(reader), sort)[:most], daily=True, planned_once=False
        )
    return _IDS[key]


def _shown(page: ListPage, sort: str) -> Compiled:
    key = (page.name, sort)
    if key not in _SHOWN:
        _SHOWN[key] = Compiled(
            lambda reader, ids: _columns(page, page.rows(reader).filter(pk__in=ids), sort),
            daily=True,
            many=frozenset({"ids"}),
        )
    return _SHOWN[key]
