"""Send one document of the centre to the whole country, and watch until it is everywhere; JSON on the last line.

A process of its own, as Django is set up once per process; its environment is that of the office. It looks with one
cheap query, ten times a second.
"""

import json
import secrets
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Final

import django

django.setup()

from django.db import connection
from django.db.models.functions import Now
from django.utils.timezone import localdate

from lienthong.kernel.labels import Level
from lienthong.office.accounts.acting import actor_of
from lienthong.office.accounts.models import Appointment, Person
from lienthong.office.core import scope
from lienthong.office.core.actor import Actor, Role
from lienthong.office.documents.actions.dispatching import dispatch
from lienthong.office.documents.actions.files import keep
from lienthong.office.documents.exchange import audience
from lienthong.office.documents.models import Dispatch, Document, File, Mailbox
from lienthong.office.documents.states import Direction, State
from lienthong.office.organs.models import Unit

_PATIENCE: Final = 600.0
_EVERY: Final = 0.1
_CENTRE: Final = "A01"
_BUSY: Final = "SELECT count(*) FROM procrastinate_jobs WHERE status IN ('todo', 'doing') AND scheduled_at IS NULL"


def settle(mailboxes: int) -> int:
    """Wait until the office has looked into so many mailboxes once; returns how many there are."""

    def settled() -> bool:
        found = Mailbox.objects.filter(unsettled=False, checked_at__isnull=False)
        return found.count() >= mailboxes

    with scope.system():
        _until(lambda: Mailbox.objects.count() >= mailboxes)
        # An office spreads its first looks over minutes; here nobody waits for them.
        waiting = Mailbox.objects.filter(due_at__gt=Now(), due_at__lt=Now() + timedelta(minutes=5))
        waiting.filter(unsettled=True).update(due_at=Now())
        _until(settled)
        return Mailbox.objects.count()


def send(organs: int, size: int) -> dict[str, float]:
    """Send, and return the seconds from the click until each step was done everywhere."""
    with scope.system():
        document, actor = _issued(size), _clerk()
        _until(_idle)
        began = time.perf_counter()
        with scope.act_for(actor):
            made = dispatch(actor=actor, document=document, audience=audience.everybody())
        seconds = {"sent": 0.0, "delivered": 0.0, "opened": 0.0, "entered": 0.0}
        while not all(seconds.values()):
            now = time.perf_counter() - began
            if now > _PATIENCE:
                raise SystemExit(f"not at its end after {_PATIENCE:g} s: {seconds}")
            for name, there in _seen(made, document, organs).items():
                seconds[name] = seconds[name] or (now if there else 0.0)
            time.sleep(_EVERY)
    return seconds


def _seen(made: Dispatch, document: Document, organs: int) -> dict[str, bool]:
    now = Dispatch.objects.get(pk=made.pk)
    if now.state == Dispatch.State.FAILED:
        raise SystemExit(now.trouble)
    counts: dict[str, int] = now.counts
    opened = counts.get("opened", 0)
    entered = Document.objects.filter(uid=document.uid, direction=Direction.INCOMING).count() if opened else 0
    return {
        "sent": now.state == Dispatch.State.SENT,
        "delivered": opened + counts.get("delivered", 0) == organs,
        "opened": opened == organs,
        "entered": entered == organs,
    }


def _issued(size: int) -> Document:
    """Return a document that was signed and numbered, with its file."""
    organ = Unit.objects.get(code=_CENTRE)
    document = Document.objects.create(
        organ=organ, direction=Direction.OUTGOING, state=State.ISSUED, label=Level.CONFIDENTIAL, type="chi-thi",
        subject="Chỉ thị", number="90001-CT/TW", dated=localdate(), entered_on=localdate(),
        entry=90_001, author_code=organ.code, author=organ.name, at_desk=True,
    )  # fmt: skip
    content = b"%PDF-1.7\n" + secrets.token_bytes(size - 9)
    keep(document=document, role=File.Role.MAIN, name="Chi thi.pdf", chunks=[content], media_type="application/pdf")
    return document


def _clerk() -> Actor:
    """Return somebody who may send it."""
    position = Appointment.objects.filter(
        person__clearances__level__gte=Level.CONFIDENTIAL, position__roles__contains=[Role.CLERK], valid_to=None,
        position__organ_path=Unit.objects.get(code=_CENTRE).path,
    ).order_by("pk").first()  # fmt: skip
    if position is None:
        raise SystemExit("the centre has no clerk")
    return actor_of(Person.objects.get(pk=position.person_id))


def _idle() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(_BUSY)
        return int(cursor.fetchone()[0]) == 0


def _until(there: Callable[[], bool]) -> None:
    end = time.monotonic() + _PATIENCE
    while not there():
        if time.monotonic() > end:
            raise SystemExit("the office does not come to rest")
        time.sleep(_EVERY)


if __name__ == "__main__":
    what, *given = sys.argv[1:]
    numbers = list(map(int, given))
    print(json.dumps(settle(*numbers) if what == "settle" else send(*numbers)))
