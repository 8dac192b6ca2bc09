"""Tell by mail what somebody has not read in the office.

A mail is written when it is sent, from what is still unread then: nothing that was read or done meanwhile is in it. Of
what is labelled confidential or higher it says only that there is something.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urljoin

from django.conf import settings
from django.core.mail import EmailMessage, mailers
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.timezone import localtime
from django.utils.translation import ngettext, override

from lienthong.kernel.labels import Level
from lienthong.office.accounts.models import Person, State
from lienthong.office.core import scope
from lienthong.office.core.models import MailChoice, Notification, NotificationChoice
from lienthong.office.core.notifications.kinds import mailed_kinds
from lienthong.office.core.notifications.selectors import text_of

WAIT: Final = timedelta(minutes=3)
"""Whoever is in the office reads it there first."""
DAILY_HOUR: Final = 7
LISTED: Final = 20
"""How many a mail names; of the others it says how many there are."""
_AT_ONCE: Final = 1000
# Nobody's absence note should answer a machine (RFC 3834).
_HEADERS: Final = {"Auto-Submitted": "auto-generated"}


def send_due(now: datetime) -> int:
    """Send what is due, one mail per person, and return how many were sent.

    Args:
        now: those who want it once a day get it in the first run after ``DAILY_HOUR``.

    Raises:
        OSError: the mail server does not answer, or refuses; what was not sent is tried again in the next run.
    """
    sent = 0
    connection = mailers["default"]
    connection.open()
    try:
        for person in _persons(now):
            sent += _send(person, now, connection)
    finally:
        connection.close()
    return sent


def _unread(now: datetime) -> Q:
    """Return the predicate of what would be told now."""
    return Q(done_at=None, read_at=None, mailed_at=None, kind__in=mailed_kinds(), at__lte=now - WAIT)


def _persons(now: datetime) -> Iterator[int]:
    """Yield whom something is to be told, a thousand at a time."""
    daily = localtime(now).hour == DAILY_HOUR
    others = [MailChoice.NEVER] if daily else [MailChoice.NEVER, MailChoice.DAILY]
    last = 0
    while True:
        with scope.system():
            quiet = NotificationChoice.objects.filter(mail__in=others).values("person_id")
            waiting = Notification.objects.filter(_unread(now), person__state=State.ACTIVE, person_id__gt=last)
            found = list(
                waiting.exclude(person_id__in=quiet)
                .order_by("person_id")
                .values_list("person_id", flat=True)
                .distinct()[:_AT_ONCE]
            )
        if not found:
            return
        yield from found
        last = found[-1]


def _send(person_id: int, now: datetime, connection: BaseEmailBackend) -> int:
    """Send one person's mail, unless there is nothing to tell any more; return how many were sent."""
    with transaction.atomic(), scope.system():
        # Locked until it is sent: another process leaves it alone, and what fails stays due.
        waiting = Notification.objects.select_for_update(skip_locked=True).filter(_unread(now), person_id=person_id)
        notes = list(waiting.order_by("-pk").values_list("pk", "kind", "facts", "label"))
        if not notes:
            return 0
        person = Person.objects.get(pk=person_id)
        with override(person.language):
            message = _message(person, [(kind, facts, label) for _pk, kind, facts, label in notes])
        Notification.objects.filter(pk__in=[note[0] for note in notes]).update(mailed_at=Now())
        connection.send_messages([message])
    return 1


def _message(person: Person, notes: list[tuple[str, dict[str, str], int]]) -> EmailMessage:
    open_ones = [text_of(kind, facts) for kind, facts, label in notes if label < Level.CONFIDENTIAL]
    number = len(notes)
    context = {
        "person": person,
        "texts": open_ones[:LISTED],
        "others": number - min(len(open_ones), LISTED),
        "url": urljoin(settings.PUBLIC_URL, reverse("notifications")),
    }
    subject = ngettext("{number} new notification", "{number} new notifications", number).format(number=number)
    body = render_to_string("core/mail/notifications.txt", context)
    return EmailMessage(subject=f"[Liên thông] {subject}", body=body, to=[person.email], headers=_HEADERS)
