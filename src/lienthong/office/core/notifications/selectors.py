"""Read one's own notifications."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from lienthong.office.core.actor import Actor
from lienthong.office.core.compiled import Compiled, Reader
from lienthong.office.core.models import MailChoice, Notification, NotificationChoice
from lienthong.office.core.notifications.kinds import Facts, kind_of

SHOWN: Final = 100
"""How many are shown; older ones are of no more use."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A notification as it is shown."""

    id: int
    text: str
    at: datetime
    unread: bool


def _open(reader: Actor | Reader) -> QuerySet[Notification, Any]:
    found = Notification.objects.filter(person_id=reader.person_id, done_at=None)
    return found.order_by("-pk").values_list("pk", "kind", "facts", "at", "read_at")[:SHOWN]


OPEN: Final = Compiled(_open)


def recent(actor: Actor) -> list[Note]:
    """Return the actor's newest notifications but those that are done, newest first."""
    return [
        Note(id=number, text=text_of(kind, facts), at=at, unread=read_at is None)
        for number, kind, facts, at, read_at in OPEN(actor)
    ]


def text_of(kind: str, facts: Facts) -> str:
    """Return what a notification says, in the language that is active."""
    known = kind_of(kind)
    return known.text(facts) if known else _("Something that this office no longer knows")


def mail_choice(actor: Actor) -> MailChoice:
    """Return when the actor wants to be told by mail."""
    found = NotificationChoice.objects.filter(person_id=actor.person_id).values_list("mail", flat=True).first()
    return MailChoice(found) if found else MailChoice.SOON
