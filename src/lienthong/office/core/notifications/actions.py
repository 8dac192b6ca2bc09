"""Tell persons something, and take it back when it is done or read."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now

from lienthong.kernel.labels import Level
from lienthong.office.core import scope
from lienthong.office.core.actor import Actor
from lienthong.office.core.errors import Invalid, NotFound
from lienthong.office.core.models import MailChoice, Notification, NotificationChoice
from lienthong.office.core.notifications.kinds import Facts, kind_of

_BATCH = 1000


def notify(  # noqa: PLR0913 - each by its name
    *, person_ids: Iterable[int], kind: str, facts: Facts, url: str, about: str, label: Level = Level.INTERNAL
) -> None:
    """Tell persons something, once each; part of the transaction of the action that it follows from.

    Args:
        person_ids: whom. Not asked: whether they may see it; that is the caller's to know.
        kind: as registered.
        facts: what the text is made of.
        url: where it leads, a path within this site.
        about: what it is about, ``app.model:id``, so that ``done`` finds it.
        label: how secret that is: from confidential up a mail says nothing of it.

    Raises:
        ValueError: the kind is not registered, or the address leads out of this site.
    """
    notify_all([Note(person_ids=tuple(person_ids), kind=kind, facts=facts, url=url, about=about, label=label)])


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """What persons are told of one thing; each field as ``notify`` takes it."""

    person_ids: Sequence[int]
    kind: str
    facts: Facts
    url: str
    about: str
    label: Level = Level.INTERNAL


def notify_all(notes: Iterable[Note]) -> None:
    """Tell persons of several things, in one statement; all else as for ``notify``."""
    rows = [row for note in notes for row in _rows(note)]
    # The rows belong to others.
    with transaction.atomic(), scope.system():
        Notification.objects.bulk_create(rows, batch_size=_BATCH)


def _rows(note: Note) -> list[Notification]:
    if kind_of(note.kind) is None:
        message = f"no kind {note.kind} is registered"
        raise ValueError(message)
    if not note.url.startswith("/") or note.url.startswith("//"):
        message = f"{note.url} is not within this site"
        raise ValueError(message)
    return [
        Notification(
            person_id=person, kind=note.kind, facts=dict(note.facts), url=note.url, about=note.about, label=note.label
        )
        for person in dict.fromkeys(note.person_ids)
    ]


def done(*about: str) -> int:
    """End all notifications about things that are done: nobody is told any more. Return how many there were."""
    with scope.system():
        return Notification.objects.filter(about__in=about, done_at=None).update(done_at=Now())


def read(*, actor: Actor, note: int) -> str:
    """Mark a notification of one's own as read, and return where it leads.

    Raises:
        NotFound: there is none of that number that is the actor's own.
    """
    found = Notification.objects.filter(pk=note, person_id=actor.person_id).values_list("url", flat=True).first()
    if found is None:
        raise NotFound(str(note))
    Notification.objects.filter(pk=note, person_id=actor.person_id, read_at=None).update(read_at=Now())
    return found


def read_all(*, actor: Actor, up_to: int) -> int:
    """Mark one's notifications as read, up to the newest that was shown; return how many there were."""
    unread = Q(person_id=actor.person_id, read_at=None, done_at=None, pk__lte=up_to)
    return Notification.objects.filter(unread).update(read_at=Now())


def choose_mail(*, actor: Actor, choice: str) -> None:
    """Choose when one is told by mail.

    Raises:
        Invalid: there is no such choice.
    """
    if choice not in MailChoice.values:
        raise Invalid(choice)
    NotificationChoice.objects.update_or_create(person_id=actor.person_id, defaults={"mail": choice})
