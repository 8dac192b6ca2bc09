"""The queries of a list: its rows, how many there are, how many at each choice. One predicate for all."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import BooleanField, Count, ExpressionWrapper, QuerySet

from lienthong.office.core.actor import Actor
from lienthong.office.core.lists.asking import DEPTH, Ask
from lienthong.office.core.lists.columns import names_of
from lienthong.office.core.lists.filters import ChoiceFilter
from lienthong.office.core.lists.kept import ids_of, in_order, shown

_CHUNK: Final = 2000
_LARGEST_ID: Final = 2**63 - 1
_ID_LENGTH: Final = 19


_LOOKED: Final = 1000
"""So many rows are asked whether they fit before all are that might, where a list says so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """One page of a list."""

    # What was asked for, on a page that there is.
    ask: Ask
    # Id, then the fields of all columns.
    rows: list[tuple[Any, ...]]
    # Of all pages, as far as they were counted: never beyond ``ask.counted``.
    total: int
    # Whether there may be more than were counted.
    more: bool


def matching(actor: Actor, ask: Ask, *, without: str = "") -> QuerySet[Any, Any]:
    """Return the rows that the actor sees and the filter lets through."""
    return ask.list_page.rows(actor).filter(ask.predicate(without=without))


def read(actor: Actor, ask: Ask) -> Rows:
    """Read a page, in two queries; in three where few of the first rows fit."""
    # In order, and as far as is counted: what is asked of rows is asked of each once, for the page and for the total.
    most = ask.counted + 1
    if not ask.values:
        found, more = ids_of(ask.list_page, actor, ask.sort, most), False
    elif (first := _of_first(actor, ask)) is not None:
        found, more = first
    else:
        found, more = list(in_order(ask.list_page, matching(actor, ask), ask.sort)[:most]), False
    total, more = min(len(found), ask.counted), more or len(found) == most
    ask = ask.turned(min(ask.page, max(1, -(-total // ask.size))))
    here = found[(ask.page - 1) * ask.size :][: ask.size]
    return Rows(ask=ask, rows=shown(ask.list_page, actor, here, ask.sort), total=total, more=more)


def _of_first(actor: Actor, ask: Ask) -> tuple[list[int], bool] | None:
    """Return which of the first rows fit, and whether there are others; None where they do not fill the page."""
    page = ask.list_page
    if not page.begun or ask.sort.removeprefix("-") != page.sort.removeprefix("-"):
        return None
    fits = ExpressionWrapper(ask.predicate(), BooleanField())
    asked = in_order(page, page.rows(actor), ask.sort).values_list("pk", fits)[:_LOOKED]
    answers = list(asked)
    found = [number for number, fitting in answers if fitting]
    whole = len(answers) < _LOOKED
    return (found, not whole) if whole or len(found) > ask.page * ask.size else None


def count(found: QuerySet[Any, Any], most: int) -> int:
    """Count rows, but no further than ``most``."""
    # The id alone: what the columns annotate would be worked out for every counted row.
    return found.order_by().values("pk")[:most].count()


def facet(actor: Actor, ask: Ask, chosen: ChoiceFilter) -> dict[str, int | str]:
    """Return how many rows there are at each choice of a filter, as the other filters stand.

    Of more than ``DEPTH`` rows only so many are looked at; a number then has a plus.
    """
    slugs = {choice.value: choice.slug for choice in chosen.choices()}
    found = matching(actor, ask, without=chosen.key).order_by()
    if chosen.lookup != "exact":
        # An array's rows count at several choices: one number each, in one query.
        numbers = found.aggregate(
            **{
                f"n{place}": Count("pk", filter=chosen.predicate({chosen.key: slug}))
                for place, slug in enumerate(slugs.values())
            }
        )
        return {slug: numbers[f"n{place}"] for place, slug in enumerate(slugs.values())}
    values = list(found.values_list(chosen.column, flat=True)[: DEPTH + 1])
    counted = Counter(slugs[value] for value in values if value in slugs)
    if len(values) <= DEPTH:
        return dict(counted)
    return {slug: f"{counted[slug]}+" for slug in slugs.values()}


def selected(actor: Actor, ask: Ask, given: list[str]) -> QuerySet[Any, Any]:
    """Return the rows of these ids that the actor sees, whatever the filter; what is no id is passed over."""
    ids = {int(one) for one in given if one.isascii() and one.isdecimal() and len(one) <= _ID_LENGTH}
    return ask.list_page.rows(actor).filter(pk__in=[one for one in ids if one <= _LARGEST_ID])


def everything(actor: Actor, ask: Ask, most: int) -> Iterator[tuple[Any, ...]]:
    """Yield all rows of a filter in its order, from a cursor on the server: memory for one chunk only."""
    ordered = matching(actor, ask).order_by(*ask.list_page.ordering(ask.sort))
    yield from ordered.values_list(*names_of(ask.list_page.columns))[:most].iterator(chunk_size=_CHUNK)


def row_names(actor: Actor, ask: Ask, ids: list[int]) -> list[str]:
    """Return what the rows of these ids are called."""
    column = ask.list_page.columns[0]
    rows = ask.list_page.rows(actor).filter(pk__in=ids).values_list(*column.fields)
    return [str(column.value(*row)) for row in rows]
