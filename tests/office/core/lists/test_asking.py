"""What an address asks a list for: whatever stands in it, the answer is a valid question."""

from datetime import date
from typing import Any

import pytest
from django.db.models import QuerySet
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st

from lienthong.office.core.actor import Actor
from lienthong.office.core.lists.asking import DEPTH, SIZES, Ask
from lienthong.office.core.lists.columns import Column
from lienthong.office.core.lists.filters import (
    ChoiceFilter,
    DateFilter,
    TextFilter,
    choices_of,
    contains,
    level_filter,
)
from lienthong.office.core.lists.pages import ListPage
from lienthong.office.organs.models import Kind, Unit


def _rows(actor: Actor) -> QuerySet[Any, Any]:
    return Unit.objects.all()


PAGE = ListPage(
    name="units",
    title="Units",
    rows=_rows,
    columns=(
        Column(key="name", title="Name", fields=("name",), sort=("sort_key",)),
        Column(key="code", title="Code", fields=("code",), sort=("code",)),
        Column(key="bloc", title="Bloc", fields=("bloc",)),
    ),
    filters=(
        TextFilter(key="q", title="Name", where=contains("search_key")),
        ChoiceFilter(key="kind", title="Kind", column="kind", choices=choices_of(Kind.choices)),
        DateFilter(key="since", title_from="Since", title_to="Until", column="valid_from"),
        level_filter(),
    ),
    sort="name",
)
PARAMETERS = ["q", "kind", "since_from", "since_to", "label", "sort", "page", "size", "export", "other"]
VALUES = st.one_of(
    st.text(max_size=300),
    st.integers().map(str),
    st.dates().map(date.isoformat),
    st.sampled_from(
        ["organ", "secret", "-name", "name", "-code", "bloc", "50", "200", "٣", "1e3", "0", "-1", "\x00", "a\x00b"]
    ),
)


@given(st.lists(st.tuples(st.sampled_from(PARAMETERS), VALUES), max_size=12))
def test_any_address_is_read_and_its_own_address_means_the_same(pairs: list[tuple[str, str]]) -> None:
    given_ = QueryDict(mutable=True)
    for name, value in pairs:
        given_.appendlist(name, value)
    ask = Ask.of(PAGE, given_)
    assert ask.size in SIZES
    assert ask.page >= 1
    assert ask.page * ask.size <= DEPTH
    assert PAGE.ordering(ask.sort)
    assert Ask.of(PAGE, QueryDict(ask.query().removeprefix("?"))) == ask
    # PostgreSQL takes no zero character.
    assert "\x00" not in str(Unit.objects.filter(ask.predicate()).query)


@pytest.mark.parametrize(
    ("query", "values"),
    [
        ("q=%20Ph%C6%B0%E1%BB%9Dng%20%201", {"q": "Phường 1"}),
        ("kind=organ&kind=department", {"kind": "department"}),
        ("kind=nothing", {}),
        ("since_from=2026-02-30", {}),
        ("since_from=0001-01-01&since_to=9999-12-31", {}),
        ("since_to=20260101", {"since_to": "2026-01-01"}),
        ("label=3", {}),
        ("label=secret", {"label": "secret"}),
    ],
)
def test_filters_take_what_is_well_formed(query: str, values: dict[str, str]) -> None:
    assert Ask.of(PAGE, QueryDict(query)).values == values


@pytest.mark.parametrize(
    ("query", "fields"),
    [
        ("", ("sort_key", "pk")),
        ("sort=-name", ("-sort_key", "-pk")),
        ("sort=code", ("code", "pk")),
        ("sort=bloc", ("sort_key", "pk")),
        ("sort=password", ("sort_key", "pk")),
        ("sort=--name", ("sort_key", "pk")),
    ],
)
def test_only_columns_that_say_so_are_sorted_by(query: str, fields: tuple[str, ...]) -> None:
    assert PAGE.ordering(Ask.of(PAGE, QueryDict(query)).sort) == fields


@pytest.mark.parametrize("number", ["0", "-1", "1.5", "", "٣", "1e9", "99999999999999999999", "x"])
def test_a_page_that_is_none_is_the_first_and_none_is_too_deep(number: str) -> None:
    assert Ask.of(PAGE, QueryDict(f"page={number}")).page == 1
    assert Ask.of(PAGE, QueryDict("page=999999")).page == DEPTH // SIZES[0]


def test_an_address_has_only_what_differs_from_the_usual() -> None:
    ask = Ask.of(PAGE, QueryDict("sort=name&page=1&size=50&kind=organ&export=csv"))
    assert ask.query() == "?kind=organ"
    assert ask.sorted("-name").turned(3).query(export="csv") == "?kind=organ&sort=-name&page=3&export=csv"


def test_a_list_that_could_not_be_asked_for_is_refused() -> None:
    name = PAGE.columns[0]
    with pytest.raises(ValueError, match="has the name of another"):
        ListPage(name="x", title="X", rows=_rows, columns=(name, name), sort="name")
    with pytest.raises(ValueError, match="parameter of all lists"):
        ListPage(name="x", title="X", rows=_rows, columns=(name,), sort="name", filters=(level_filter(key="page"),))
    with pytest.raises(ValueError, match="cannot be sorted by"):
        ListPage(name="x", title="X", rows=_rows, columns=(name,), sort="code")
