"""When which mailbox is looked into.

Soon where something comes, seldom where nothing does, at once where this very office has just sent something.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from django.db import connection, transaction
from django.db.models import Case, F, Value, When
from django.utils import timezone

from lienthong.office.core import scope
from lienthong.office.documents.models import Mailbox
from lienthong.office.organs.models import Kind, Unit

BUSY: Final = 1.0
"""Seconds until the next look where something was, or is about to be."""
IDLE: Final = 5.0
"""Seconds between two looks where nothing comes, in an office of few organs."""
LOOKS_A_SECOND: Final = 20.0
"""So many idle mailboxes are looked into in a second: with thousands of organs a look at each takes minutes."""
_SELDOM: Final = 240.0
_FAILED_FIRST: Final = 5.0
_FAILED_LAST: Final = 300.0
# Longer than a look takes; whoever dies meanwhile leaves it to another one.
_LEASE: Final = timedelta(minutes=10)
_WHOLE: Final = timedelta(days=1)
_SETTLE: Final = """
UPDATE documents_mailbox AS old
SET pause = new.pause, due_at = new.due_at, checked_at = new.checked_at, unsettled = false
FROM unnest(%s::bigint[], %s::float8[], %s::timestamptz[], %s::timestamptz[]) AS new (id, pause, due_at, checked_at)
WHERE old.organ_id = new.id
"""


def sync(codes: Collection[str]) -> None:
    """Have a row for each organ served, and for no other."""
    with scope.system(), transaction.atomic():
        served = Unit.objects.filter(kind=Kind.ORGAN, code__in=list(codes)).values_list("pk", flat=True)
        ids = set(served)
        known = set(Mailbox.objects.values_list("organ", flat=True))
        Mailbox.objects.filter(organ__in=known - ids).delete()
        # Not all at once: whoever starts with thousands of organs has other things to do as well.
        idle, now = _idle(len(ids)), timezone.now()
        rows = [
            Mailbox(organ_id=pk, pause=idle, due_at=now + timedelta(seconds=idle * number / len(ids)))
            for number, pk in enumerate(sorted(ids - known))
        ]
        Mailbox.objects.bulk_create(rows, ignore_conflicts=True)


def claim(limit: int) -> list[Mailbox]:
    """Take mailboxes that are due, the longest waiting first, so that nobody else takes them.

    Returns:
        They as they were before; ``unsettled`` says that an earlier look did not come to its end.
    """
    now = timezone.now()
    with scope.system(), transaction.atomic():
        due = Mailbox.objects.select_for_update(of=("self",), skip_locked=True).select_related("organ")
        found = list(due.filter(due_at__lte=now).order_by("due_at")[:limit])
        Mailbox.objects.filter(pk__in=[row.pk for row in found]).update(due_at=now + _LEASE, unsettled=True)
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """A look that came to its end."""

    # As it was claimed.
    row: Mailbox
    # There was something.
    found: bool
    # What had been opened was looked through as well.
    whole: bool


def looked(looks: Sequence[Looked], *, served: int) -> None:
    """Note looks that came to their end.

    Args:
        looks: they.
        served: how many organs this office has.
    """
    by_id, idle, now = {each.row.pk: each for each in looks}, _idle(served), timezone.now()
    with scope.system(), transaction.atomic():
        # As they are now: somebody may have woken them meanwhile.
        held = list(Mailbox.objects.select_for_update().filter(pk__in=by_id).order_by("pk"))
        for row in held:
            look = by_id[row.pk]
            row.pause = BUSY if look.found else min(max(row.pause * 2, BUSY), idle)
            row.due_at = now + timedelta(seconds=row.pause)
            row.checked_at = now if look.whole else row.checked_at
        with connection.cursor() as cursor:
            cursor.execute(
                _SETTLE,
                [
                    [row.pk for row in held],
                    [row.pause for row in held],
                    [row.due_at for row in held],
                    [row.checked_at for row in held],
                ],
            )


def failed(row: Mailbox) -> None:
    """Note that a look did not come to its end: later again, then with what was opened."""
    pause = min(max(row.pause * 2, _FAILED_FIRST), _FAILED_LAST)
    with scope.system():
        Mailbox.objects.filter(pk=row.pk).update(pause=pause, due_at=timezone.now() + timedelta(seconds=pause))


def is_whole_due(row: Mailbox) -> bool:
    """Tell whether what was opened before is to be looked through, not only what is new."""
    return row.unsettled or row.checked_at is None or timezone.now() - row.checked_at > _WHOLE


def wake(codes: Iterable[str]) -> None:
    """Have the mailboxes of organs looked into at once, those that are of this office."""
    now = timezone.now()
    with scope.system():
        rows = Mailbox.objects.filter(organ__code__in=list(codes))
        # One that is being looked into is left to it: it comes again soon, as its pause is short.
        rows.update(
            pause=BUSY / 2,
            due_at=Case(When(due_at__gt=now, due_at__lt=now + _LEASE / 2, then=Value(now)), default=F("due_at")),
        )


def _idle(served: int) -> float:
    """Return the seconds between two looks where nothing comes."""
    return min(max(IDLE, served / LOOKS_A_SECOND), _SELDOM)
