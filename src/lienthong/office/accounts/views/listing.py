"""The list of persons, as core.lists shows it."""

from collections.abc import Sequence
from functools import cache
from typing import Any

from django.conf import settings
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from lienthong.office.accounts.actions.rules import may_control
from lienthong.office.accounts.actions.states import reactivate, suspend
from lienthong.office.accounts.models import State
from lienthong.office.accounts.selectors import persons
from lienthong.office.core.actor import Actor
from lienthong.office.core.lists.columns import Column, named
from lienthong.office.core.lists.filters import ChoiceFilter, TextFilter, choices_of
from lienthong.office.core.lists.pages import BulkAction, ListPage
from lienthong.office.core.policies import Permission

_TAGS = {State.ACTIVE: "tag-good", State.INVITED: "tag-news", State.SUSPENDED: "tag-warn", State.DISMISSED: "tag-bad"}


def _state(value: str) -> SafeString:
    return _tag(State(value), get_language() or settings.LANGUAGE_CODE)


@cache
def _tag(state: State, language: str) -> SafeString:
    del language
    return format_html('<span class="tag {}">{}</span>', _TAGS[state], state.label)


def _each(action: Any, state: State) -> Any:  # noqa: ANN401 - one of two actions of this room
    """Return the bulk form of an action: done to those whom the actor controls and whose state fits."""

    def run(actor: Actor, ids: Sequence[int]) -> int:
        number = 0
        for person in persons.seen_by(actor).filter(pk__in=ids, state=state).order_by("pk"):
            if may_control(actor, person):
                action(actor=actor, person_id=person.pk, revision=None)
                number += 1
        return number

    return run


PERSONS = ListPage(
    name="persons",
    title=_("Persons"),
    rows=persons.listed,
    kept=True,
    url="/persons/",
    columns=(
        Column(key="name", title=_("Name"), fields=("name",), sort=("sort_key",)),
        Column(key="position", title=_("Position"), fields=("main_position",)),
        Column(key="organ", title=_("Organ"), fields=("organ__name",), wide_only=True),
        Column(key="email", title=_("Mail"), fields=("email",), sort=("email",), wide_only=True),
        Column(key="state", title=_("State"), fields=("state",), value=named(dict(State.choices)), html=_state),
    ),
    filters=(
        TextFilter(key="q", title=_("Name or mail address begins with"), where=persons.named),
        ChoiceFilter(key="state", title=_("State"), column="state", choices=choices_of(State.choices)),
    ),
    bulk=(
        BulkAction(
            name="suspend",
            title=_("Suspend"),
            permission=Permission.PERSON_MANAGE,
            run=_each(suspend, State.ACTIVE),
            grave=True,
        ),
        BulkAction(
            name="reactivate",
            title=_("Reactivate"),
            permission=Permission.PERSON_MANAGE,
            run=_each(reactivate, State.SUSPENDED),
        ),
    ),
    sort="name",
    empty_title=_("No persons"),
    empty_text=_("The position you act in shows you no persons."),
)
