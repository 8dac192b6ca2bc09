"""Saved views: a person's own names for what they often ask a list for."""

from typing import Final

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from lienthong.office.core.actor import Actor
from lienthong.office.core.compiled import Compiled, Reader
from lienthong.office.core.errors import Invalid, NotFound
from lienthong.office.core.lists.asking import Ask
from lienthong.office.core.models import SavedView
from lienthong.office.core.text import tidy

MOST: Final = 50
"""How many views of one list a person may keep: a menu's length."""
NAME_LENGTH: Final = 80
_QUERY_LENGTH: Final = 1000


def _views(reader: Actor | Reader, *, page: str) -> QuerySet[SavedView]:
    return SavedView.objects.filter(person_id=reader.person_id, page=page).order_by("name")[:MOST]


VIEWS: Final = Compiled(_views)


def views_of(actor: Actor, page: str) -> tuple[SavedView, ...]:
    """Return the actor's views of a list, by name."""
    return tuple(VIEWS.models(actor, page=page))


@transaction.atomic
def save_view(*, actor: Actor, ask: Ask, name: str) -> None:
    """Keep a filter and order under a name; one of the same name is replaced.

    Not in the audit trail: it is a reader's own bookmark, and changes nothing for anybody.

    Raises:
        Invalid: without a name, or there are too many, or the filter is too long to keep.
    """
    name = tidy(name)
    query = ask.turned(1).query()
    if not name or len(name) > NAME_LENGTH:
        raise Invalid(name, hint=_("Give the view a name of at most 80 characters."))
    if len(query) > _QUERY_LENGTH:
        raise Invalid(name, hint=_("Shorten the texts you filter by."))
    kept = SavedView.objects.filter(person_id=actor.person_id, page=ask.list_page.name)
    if kept.exclude(name=name).count() >= MOST:
        raise Invalid(name, hint=_("Delete a view that you no longer need."))
    SavedView.objects.update_or_create(
        person_id=actor.person_id, page=ask.list_page.name, name=name, defaults={"query": query}
    )


def delete_view(*, actor: Actor, page: str, view: int) -> None:
    """Forget a view.

    Raises:
        NotFound: there is none of that number that is the actor's own.
    """
    deleted, _kinds = SavedView.objects.filter(pk=view, person_id=actor.person_id, page=page).delete()
    if not deleted:
        raise NotFound(str(view))
