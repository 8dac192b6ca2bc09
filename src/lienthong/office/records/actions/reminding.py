"""Tell makers that their files are due at the archive."""

from datetime import date, timedelta
from typing import Final

from django.db import transaction
from django.db.models import Q

from lienthong.office.core import scope
from lienthong.office.documents.selectors.people import persons_of
from lienthong.office.records.models import WorkFile
from lienthong.office.records.notices import Notice, tell
from lienthong.office.records.states import State

AHEAD: Final = timedelta(days=30)
AGAIN: Final = timedelta(days=30)
"""Until it is submitted, once a month."""
_AT_ONCE: Final = 500


def remind(today: date) -> int:
    """Tell the makers of files that are due within 30 days, or late, and were not told within as many; return how many.

    Args:
        today: the day it is.
    """
    told = 0
    while True:
        with transaction.atomic(), scope.system():
            due = WorkFile.objects.filter(state=State.CLOSED, submit_by__lte=today + AHEAD)
            due = due.filter(Q(reminded_on=None) | Q(reminded_on__lte=today - AGAIN)).order_by("submit_by", "pk")
            # Locked: another process leaves them alone.
            found = list(due.select_for_update(skip_locked=True, of=("self",))[:_AT_ONCE])
            for file in found:
                tell(Notice.TO_SUBMIT, file, persons_of([file.maker_id]))
            WorkFile.objects.filter(pk__in=[file.pk for file in found]).update(reminded_on=today)
        if not found:
            return told
        told += len(found)
