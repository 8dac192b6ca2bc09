"""Two lists as rooms declare them, and their addresses (``pytest.mark.urls``)."""

from collections.abc import Sequence
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.urls import include, path

from lienthong.office.accounts.models import Person, State
from lienthong.office.core.actor import Actor
from lienthong.office.core.lists.answer import respond
from lienthong.office.core.lists.columns import Column, named
from lienthong.office.core.lists.filters import ChoiceFilter, DateFilter, TextFilter, choices_of, contains, level_filter
from lienthong.office.core.lists.pages import BulkAction, ListPage
from lienthong.office.core.policies import Permission, which
from lienthong.office.core.templatetags.look import label
from lienthong.office.organs.models import Kind, Unit

DONE: list[list[int]] = []
"""To which rows something was done."""


def _persons(actor: Actor) -> QuerySet[Any, Any]:
    return Person.objects.filter(which(actor, Permission.PERSON_VIEW) | Q(pk=actor.person_id))


def _forgetful(actor: Actor) -> QuerySet[Any, Any]:
    """What a selector returns that forgets the predicate: the database's own must hold."""
    return Person.objects.all()


def _units(actor: Actor) -> QuerySet[Any, Any]:
    return Unit.objects.all()


def _run(actor: Actor, ids: Sequence[int]) -> int:
    DONE.append(list(ids))
    return len(ids)


PERSONS = ListPage(
    name="persons",
    title="Persons",
    rows=_persons,
    url="/persons/",
    columns=(
        Column(key="name", title="Name", fields=("name",), sort=("sort_key",)),
        Column(key="email", title="Address", fields=("email",), sort=("email",), wide_only=True),
        Column(key="organ", title="Organ", fields=("organ__name",), sort=("organ__sort_key",)),
        Column(key="state", title="State", fields=("state",), value=named(dict(State.choices)), sort=("state",)),
        Column(key="since", title="Since", fields=("created_at",), sort=("created_at",)),
        Column(key="revision", title="Revision", fields=("revision",), number=True),
    ),
    filters=(
        TextFilter(key="q", title="Name", where=contains("search_key")),
        ChoiceFilter(key="state", title="State", column="state", choices=choices_of(State.choices)),
        DateFilter(key="since", title_from="Since", title_to="Until", column="created_at", moment=True),
    ),
    bulk=(
        BulkAction(name="greet", title="Greet", permission=Permission.PERSON_MANAGE, run=_run),
        BulkAction(name="suspend", title="Suspend", permission=Permission.PERSON_MANAGE, run=_run, grave=True),
    ),
    sort="name",
)
FORGETFUL = ListPage(
    name="forgetful", title="Persons", rows=_forgetful, columns=PERSONS.columns, filters=PERSONS.filters, sort="name"
)
UNITS = ListPage(
    name="units",
    title="Units",
    rows=_units,
    url="/units/",
    columns=(
        Column(key="name", title="Name", fields=("name",), sort=("sort_key",)),
        Column(key="code", title="Code", fields=("code",), sort=("code",)),
        Column(key="label", title="Level", fields=("label",), html=label, sort=("label",)),
    ),
    filters=(
        ChoiceFilter(key="kind", title="Kind", column="kind", choices=choices_of(Kind.choices)),
        level_filter(),
    ),
    sort="name",
)


def _view(page: ListPage) -> Any:  # noqa: ANN401 - as login_required returns it
    @login_required
    def view(request: HttpRequest) -> HttpResponseBase:
        return respond(request, page)

    return view


urlpatterns = [
    path("example/persons/", _view(PERSONS)),
    path("example/forgetful/", _view(FORGETFUL)),
    path("example/units/", _view(UNITS)),
    path("", include("lienthong.office.urls")),
]
