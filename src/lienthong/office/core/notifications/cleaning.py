"""Forget notifications that are of no more use."""

from datetime import datetime, timedelta
from typing import Final

from django.db.models import Q

from lienthong.office.core import scope
from lienthong.office.core.models import Notification

KEPT: Final = timedelta(days=90)
"""After that nobody looks for what was read or done; what happened stands in the audit trail."""
_LONGEST: Final = timedelta(days=365)


def forget(now: datetime) -> int:
    """Delete what was read or done long ago, and what nobody has read for a year; return how many."""
    old = Q(at__lt=now - KEPT) & ~Q(read_at=None, done_at=None)
    with scope.system():
        number, _kinds = Notification.objects.filter(old | Q(at__lt=now - _LONGEST)).delete()
    return number
