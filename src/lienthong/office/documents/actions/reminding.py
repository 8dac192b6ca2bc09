"""Tell those who carry something out, once each, that it is due tomorrow, and that it is late."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

from django.db import transaction
from django.db.models import QuerySet

from lienthong.office.core import scope
from lienthong.office.core.actor import Role
from lienthong.office.core.models import Notification
from lienthong.office.documents.actions.change import held_document
from lienthong.office.documents.models import Assignment, Document
from lienthong.office.documents.notices import Notice, about, remind_of
from lienthong.office.documents.selectors.people import persons_of, with_role
from lienthong.office.documents.states import State

_AHEAD: Final = timedelta(days=1)
_LATE: Final = timedelta(days=7)
"""What has been late for longer was told of, or nobody was there to do so: it is no news any more."""
_CARRIED_OUT: Final = (State.ASSIGNED, State.PROCESSING)


def remind(today: date) -> int:
    """Tell of what is due today or tomorrow, and of what is late since the week before; return how many were told.

    What is done, given back or recalled, nobody is told of; what is put off is told of anew.

    Args:
        today: the day it is.
    """
    return sum(
        _tell(notice, document, first, last)
        for notice, first, last in (
            (Notice.DUE, today, today + _AHEAD),
            (Notice.LATE, today - _LATE, today - timedelta(days=1)),
        )
        for document in _concerned(first, last)
    )


def _concerned(first: date, last: date) -> list[int]:
    """Return the ids of documents of which something is due from one day to another, and not done."""
    with scope.system():
        assigned = _open(first, last).filter(document__state__in=_CARRIED_OUT).values_list("document", flat=True)
        nobody = Document.objects.filter(state=State.REGISTERED, completed_at=None, due__range=(first, last))
        return sorted({*assigned, *nobody.values_list("pk", flat=True)})


def _tell(notice: Notice, number: int, first: date, last: date) -> int:
    # One transaction for each: whoever works on a document waits for no other.
    with transaction.atomic(), scope.system():
        document = held_document(number)
        told = 0
        for due, persons in _whom(document, first, last):
            known = Notification.objects.filter(
                person__in=persons, about=about(document), kind=notice, facts__due=due.isoformat()
            )
            wanted = set(persons) - set(known.values_list("person", flat=True))
            remind_of(notice, document, sorted(wanted), due)
            told += len(wanted)
        return told


def _whom(document: Document, first: date, last: date) -> Iterator[tuple[date, list[int]]]:
    """Yield by when, and who is to do it: those it is assigned to; the heads, where it is assigned to nobody."""
    if document.state == State.REGISTERED and document.due is not None and first <= document.due <= last:
        heads = with_role(Role.LEADER, document.organ.bearer_id, document.level)
        yield document.due, persons_of(heads.values_list("pk", flat=True))
    if document.state not in _CARRIED_OUT:
        return
    holders: dict[date, list[int]] = {}
    for each in _open(first, last).filter(document=document):
        if each.due is not None:
            holders.setdefault(each.due, []).append(each.holder)
    for due, mine in sorted(holders.items()):
        yield due, persons_of([one for one in mine if one > 0], [-one for one in mine if one < 0])


def _open(first: date, last: date) -> QuerySet[Assignment]:
    return Assignment.objects.filter(done_at=None, ended_at=None, due__range=(first, last))
