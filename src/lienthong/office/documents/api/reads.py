"""What the API reads of documents; every query starts from the selectors of the pages."""

import dataclasses
from collections.abc import Callable, Mapping
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final

from django.db.models import Q, QuerySet

from lienthong.office.api.paging import Place, decode, encode
from lienthong.office.core.actor import Actor
from lienthong.office.core.errors import Forbidden, Invalid
from lienthong.office.documents.lists import REGISTERS, lists_of
from lienthong.office.documents.models import Assignment, Document
from lienthong.office.documents.selectors import choices, details, receivers
from lienthong.office.documents.selectors import documents as found
from lienthong.office.documents.states import Deed


class ListName(StrEnum):
    """The lists a program may read, by the names of their pages: all but the one of what is top secret."""

    MINE = "mine"
    # What waits for this very actor: to be approved, signed, numbered, registered, assigned, begun.
    WAITING = "waiting"
    ARRIVALS = "arrivals"
    INCOMING = "incoming"
    OUTGOING = "outgoing"
    SECRET_INCOMING = "secret-incoming"  # noqa: S105 - a list
    SECRET_OUTGOING = "secret-outgoing"  # noqa: S105 - a list
    DRAFTS = "drafts"
    KEPT_INCOMING = "kept-incoming"
    KEPT_OUTGOING = "kept-outgoing"


_FILTERS: Final = REGISTERS[ListName.MINE].filters
_ENTERED: Final = frozenset(
    {
        ListName.INCOMING, ListName.OUTGOING, ListName.SECRET_INCOMING, ListName.SECRET_OUTGOING,
        ListName.KEPT_INCOMING, ListName.KEPT_OUTGOING,
    }
)  # fmt: skip
_HANGING: Final = ("steps", "assignments", "comments", "relations", "related_by")
_WRONG_CURSOR: Final = "Take “next” of the page before as it is."


def documents(
    actor: Actor, name: ListName, given: Mapping[str, str], *, cursor: str, limit: int
) -> tuple[list[Document], str | None]:
    """Return a page of a list, and where the next one begins: registers by entry, others by id, the newest first.

    Args:
        actor: who reads.
        name: of the list.
        given: what to filter by, as in the address of the list's page.
        cursor: of the page before, or empty.
        limit: how many at most.

    Raises:
        Forbidden: it is no list of the actor's.
        Invalid: something to filter by is unknown, or the cursor is none.
    """
    if name is not ListName.WAITING and name not in lists_of(actor):
        raise Forbidden(name)
    rows: QuerySet[Document] = found.waiting(actor) if name is ListName.WAITING else REGISTERS[name].rows(actor)
    rows = rows.filter(_wanted(given)).defer("words")
    return _by_entry(rows, cursor, limit) if name in _ENTERED else newest(rows, cursor, limit)


def newest[M: (Document, Assignment)](rows: QuerySet[M], cursor: str, limit: int) -> tuple[list[M], str | None]:
    """Return a page of rows, the newest first, and where the next one begins.

    Raises:
        Invalid: the cursor is none.
    """
    if cursor:
        rows = rows.filter(pk__lt=decode(cursor).id)
    page = list(rows.order_by("-pk")[: limit + 1])
    return page[:limit], encode(Place("", page[limit - 1].pk)) if len(page) > limit else None


def _by_entry(rows: QuerySet[Document], cursor: str, limit: int) -> tuple[list[Document], str | None]:
    if cursor:
        day, entry, number = _place(cursor)
        # Up to that day first: an index ends there.
        rows = rows.filter(
            Q(entered_on__lt=day) | Q(entry__lt=entry) | Q(entry=entry, pk__lt=number), entered_on__lte=day
        )
    page = list(rows.order_by("-entered_on", "-entry", "-pk")[: limit + 1])
    if len(page) <= limit:
        return page, None
    last = page[limit - 1]
    return page[:limit], encode(Place(f"{last.entered_on}/{last.entry}", last.pk))


def _place(cursor: str) -> tuple[date, int, int]:
    last = decode(cursor)
    day, _, entry = last.key.partition("/")
    try:
        return date.fromisoformat(day), int(entry[:9]), last.id
    except ValueError:
        raise Invalid("cursor", hint=_WRONG_CURSOR) from None


def _wanted(given: Mapping[str, str]) -> Q:
    """Return the predicate of a list's own filters; unlike in a page, nothing that is asked for is passed over."""
    wanted = Q()
    for each in _FILTERS:
        asked = {name: given[name] for name in each.parameters if given.get(name)}
        read = {name: each.read(name, text) for name, text in asked.items()}
        if not all(read.values()):
            raise Invalid(", ".join(name for name, text in read.items() if not text))
        wanted &= each.predicate(read)
    return wanted


def tasks(actor: Actor, *, done: bool) -> QuerySet[Assignment]:
    """Return what is assigned to the reader or their unit, of documents they see; what is done only if asked for."""
    mine = Assignment.objects.filter(holder__in=actor.holders, ended_at=None, document__in=found.documents(actor))
    mine = mine.select_related("document").defer("document__words")
    return mine if done else mine.filter(done_at=None)


def whole(actor: Actor, document: Document) -> dict[str, Any]:
    """Return what hangs on a document that the reader sees."""
    all_of_it = details.of(document, actor)
    return {
        **{name: getattr(all_of_it, name) for name in _HANGING},
        "files": [*all_of_it.files, *all_of_it.older],
        "dispatches": [each.dispatch for each in all_of_it.sendings],
        "deeds": found.deeds(actor, document),
    }


@dataclasses.dataclass(frozen=True, slots=True)
class _Offer:
    """What can be chosen for a deed, and under which name it is told."""

    name: str
    pairs: Callable[[Actor, Document], list[tuple[Any, str]]]


_OFFERS: Final[Mapping[Deed, _Offer]] = MappingProxyType(
    {
        Deed.SUBMIT: _Offer("chains", lambda _, held: [(each.pk, each.name) for each in choices.chains(held)]),
        Deed.SHARE: _Offer("colleagues", lambda _, held: choices.colleagues(held)),
        # A key that somebody has stays with them: to a program's address it is not sent.
        Deed.SIGN: _Offer(
            "keys", lambda actor, held: [pair for pair in choices.keys(actor, held) if pair[0] != choices.OWN_KEY]
        ),
        Deed.ISSUE: _Offer("reserved", lambda _, held: choices.reserved(held)[1:]),
        Deed.DISPATCH: _Offer("audiences", lambda _, held: receivers.offered(held)),
        Deed.ASSIGN: _Offer("holders", lambda _, held: choices.assignable(held)),
    }
)


def offered(actor: Actor, document: Document) -> dict[str, list[dict[str, Any]]]:
    """Return what there is to choose from for what the reader may do to a document now."""
    may = found.deeds(actor, document)
    return {
        offer.name: [{"value": value, "name": name} for value, name in offer.pairs(actor, document)]
        if deed in may
        else []
        for deed, offer in _OFFERS.items()
    }
