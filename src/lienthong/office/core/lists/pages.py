"""How a room declares a list.

PERSONS = ListPage(
    name="persons",
    title=_("Persons"),
    rows=selectors.seen_by,          # already restricted with ``policies.which``
    url="/persons/",                 # a row's address: this, its id and a slash
    columns=(Column(key="name", title=_("Name"), fields=("name",), sort=("sort_key",)), …),
    filters=(TextFilter(key="q", title=_("Name"), where=contains("search_key")), …),
    sort="name",
)

def persons(request: HttpRequest) -> HttpResponseBase:
    return respond(request, PERSONS)
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.utils.functional import Promise

from lienthong.office.core.actor import Actor
from lienthong.office.core.lists.columns import Column
from lienthong.office.core.lists.filters import Filter
from lienthong.office.core.policies import Permission

type Text = Promise | str


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkAction:
    """Something that can be done to many rows at once."""

    # In the form; unique in the list.
    name: str
    # On the button: a verb.
    title: Text
    # Rows to which the actor may not do it are not touched.
    permission: Permission
    # Does it to the rows with these ids, in one transaction, and returns to how many it was done.
    run: Callable[[Actor, Sequence[int]], int]
    # Hard to undo: marked, and asked about once more.
    grave: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ListPage:
    """A list as a room declares it."""

    # Unique in the office: saved views and audit entries name it.
    name: str
    title: Text
    # What somebody may see of it at all: the one predicate of page, count, facets, selection and export.
    rows: Callable[..., QuerySet[Any, Any]]
    # The first one names the row and links to it.
    columns: tuple[Column, ...]
    # What the list is sorted by unless the reader says otherwise: a column's key, after "-" for descending.
    sort: str
    # What stands before the id in a row's address; empty: rows have no page of their own.
    url: str = ""
    filters: tuple[Filter, ...] = ()
    bulk: tuple[BulkAction, ...] = ()
    # The column with the path of a row's organ, for the permissions of bulk actions.
    path: str = "organ_path"
    # Whether its queries are kept (core.lists.kept): ``rows`` then takes a ``Reader`` too, and writes
    # no moments into the query.
    kept: bool = False
    # Whether a filter is asked of the first rows before it is of all: in an order that an index has, of rows of which
    # many fit what is usually asked. A page that they fill then costs the same however many there are.
    begun: bool = False
    exported: bool = True
    # Whether it is a register, which is printed too: as PDF, with its head on every page.
    printed: bool = False
    # What is said where there is nothing at all, and what to do then.
    empty_title: Text = ""
    empty_text: Text = ""
    empty_url: str = ""
    empty_action: Text = ""

    def __post_init__(self) -> None:
        """Refuse a declaration that could not be asked for."""
        keys = [column.key for column in self.columns]
        names = [name for each in self.filters for name in each.parameters]
        if len(set(keys)) < len(keys) or len(set(names)) < len(names) or RESERVED & set(names):
            message = f"list {self.name}: a column or filter has the name of another, or of a parameter of all lists"
            raise ValueError(message)
        if not self.ordering(self.sort):
            message = f"list {self.name} cannot be sorted by {self.sort}"
            raise ValueError(message)

    @property
    def kinds(self) -> tuple[str, ...]:
        """As what it can be taken out."""
        return (*(("xlsx", "csv") if self.exported else ()), *(("pdf",) if self.printed else ()))

    def ordering(self, sort: str) -> tuple[str, ...]:
        """Return the fields to order by; nothing for what the list cannot be sorted by."""
        key, down = sort.removeprefix("-"), sort.startswith("-")
        for column in self.columns:
            if column.key == key and column.sort:
                # The id last, so that every order is total and no page repeats a row.
                return tuple(_turned(name) if down else name for name in (*column.sort, "pk"))
        return ()


RESERVED = frozenset({"sort", "page", "size", "export", "facets"})
"""Names in the address that all lists read."""


def _turned(name: str) -> str:
    return name.removeprefix("-") if name.startswith("-") else f"-{name}"
