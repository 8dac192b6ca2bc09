"""What core/list.html shows of a list."""

from dataclasses import dataclass
from typing import Final

from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from lienthong.office.core.actor import Actor
from lienthong.office.core.lists.asking import DEPTH, SIZES, Ask
from lienthong.office.core.lists.columns import Column, rows_markup
from lienthong.office.core.lists.filters import Field
from lienthong.office.core.lists.pages import BulkAction, ListPage
from lienthong.office.core.lists.reading import Rows
from lienthong.office.core.models import SavedView
from lienthong.office.core.policies import may

type Text = Promise | str
_AROUND: Final = 2
"""How many pages before and after the present one are linked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The head of a column."""

    title: Text
    # Sorts by it; empty where it cannot be sorted by.
    url: str
    # As ARIA says it: ascending, descending or nothing.
    sort: str
    css: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A link with its text; ``current`` for what is shown now."""

    title: Text
    url: str
    current: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A saved view."""

    id: int
    title: str
    url: str
    current: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PageLink:
    """A numbered page; without address: a gap between numbers."""

    number: str
    url: str
    current: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FilterForm:
    """The controls of all filters."""

    visible_fields: list[Field]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A list with everything around it."""

    name: str
    caption: Text
    columns: tuple[Head, ...]
    # The written rows; empty if there are none.
    rows: SafeString
    total: str
    first: int
    last: int
    filters: FilterForm | None
    filtered: bool
    reset_url: str
    hidden: list[tuple[str, str]]
    # Where the number of rows at each choice is asked for.
    counts_url: str
    views: tuple[View, ...]
    save_url: str
    # The view that is saved: filter and order, without the page.
    query: str
    exports: tuple[Link, ...]
    bulk: tuple[BulkAction, ...]
    bulk_url: str
    # There are more rows than this page selects.
    more: bool
    previous: str
    next: str
    pages: tuple[PageLink, ...]
    sizes: tuple[Link, ...]
    # There are more rows than can be leafed through.
    cut: bool
    empty_title: Text
    empty_text: Text
    empty_url: str
    empty_action: Text


def table(actor: Actor, found: Rows, path: str, views: tuple[SavedView, ...]) -> Table:
    """Return a list as the template shows it.

    Args:
        actor: who looks; what they may not do to any row is not offered.
        found: the page's rows.
        path: the list's own address.
        views: the reader's own saved ones.
    """
    ask, page = found.ask, found.ask.list_page
    bulk = tuple(each for each in page.bulk if may(actor, each.permission))
    pick = _("Select {}") if bulk else ""
    first = (ask.page - 1) * ask.size
    last_page = -(-found.total // ask.size)
    total = _grouped(found.total)
    filter_fields = [control for each in page.filters for control in each.fields(ask.values)]
    query = ask.turned(1).query()
    return Table(
        name=page.name,
        caption=page.title,
        columns=tuple(_head(ask, column) for column in page.columns),
        rows=rows_markup(page.columns, found.rows, page.url, pick=pick) if found.rows else SafeString(),
        total=_("more than {number}").format(number=total) if found.more else total,
        first=first + 1,
        last=first + len(found.rows),
        filters=FilterForm(visible_fields=filter_fields) if filter_fields else None,
        filtered=bool(ask.values),
        reset_url=path,
        hidden=ask.turned(1).pairs(filters=False),
        counts_url=f"{path}{query}",
        views=tuple(
            View(id=view.pk, title=view.name, url=f"{path}{view.query}", current=view.query == query) for view in views
        ),
        save_url=path,
        query=query,
        exports=_exports(page, ask, path),
        bulk=bulk,
        bulk_url=f"{path}{ask.query()}",
        more=found.total > len(found.rows),
        previous=f"{path}{ask.turned(ask.page - 1).query()}" if ask.page > 1 else "",
        next=f"{path}{ask.turned(ask.page + 1).query()}" if ask.page < last_page else "",
        pages=_pages(ask, path, last_page),
        sizes=_sizes(ask, path) if found.total > SIZES[0] else (),
        cut=found.more and found.total == DEPTH and ask.page == last_page,
        empty_title="" if ask.values else page.empty_title,
        empty_text="" if ask.values else page.empty_text,
        empty_url=page.empty_url,
        empty_action=page.empty_action,
    )


def _grouped(number: int) -> str:
    """Return a number as the reader writes it: 10,000 or 10.000."""
    return number_format(number, use_l10n=True, force_grouping=True)


def _head(ask: Ask, column: Column) -> Head:
    key, down = ask.sort.removeprefix("-"), ask.sort.startswith("-")
    sort, url = "", ""
    if column.sort:
        if column.key == key:
            sort = "descending" if down else "ascending"
        url = ask.sorted(f"-{column.key}" if sort == "ascending" else column.key).query()
    return Head(title=column.title, url=url, sort=sort, css=column.css)


def _exports(page: ListPage, ask: Ask, path: str) -> tuple[Link, ...]:
    wanted = ask.turned(1)
    titles = {"xlsx": _("Excel (XLSX)"), "csv": _("Text (CSV)"), "pdf": _("To print (PDF)")}
    return tuple(Link(title=titles[kind], url=f"{path}{wanted.query(export=kind)}") for kind in page.kinds)


def _sizes(ask: Ask, path: str) -> tuple[Link, ...]:
    return tuple(
        Link(
            title=str(size),
            url=f"{path}{Ask(list_page=ask.list_page, values=ask.values, sort=ask.sort, size=size).query()}",
            current=size == ask.size,
        )
        for size in SIZES
    )


def _pages(ask: Ask, path: str, last: int) -> tuple[PageLink, ...]:
    """Return the first page, those around the present one and the last, with gaps between."""
    near = range(max(1, ask.page - _AROUND), min(last, ask.page + _AROUND) + 1)
    links: list[PageLink] = []
    before = 0
    for number in sorted({1, last, *near} - {0}):
        if number > before + 1:
            links.append(PageLink(number="…", url=""))
        links.append(
            PageLink(number=str(number), url=f"{path}{ask.turned(number).query()}", current=number == ask.page)
        )
        before = number
    return tuple(links)
