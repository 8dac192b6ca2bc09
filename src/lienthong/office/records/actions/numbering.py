"""Numbers of work files and certificates: per organ and year, without gaps, each once.

A number is taken in the transaction of what it is for: if that fails, it was never taken. Whoever takes one holds the
row of its series until then, so others of the same series wait.
"""

from django.db import transaction
from django.db.models import F

from lienthong.office.records.models import FileSeries


def take_number(organ_id: int, register: FileSeries.Register, year: int) -> int:
    """Return the next number of a series.

    Args:
        organ_id: whose.
        register: of what.
        year: of the calendar.
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("a number is taken in the transaction of what it is for")
    facts = {"organ_id": organ_id, "register": register, "year": year}
    # Two at once: one of them makes it, both then lock the same row.
    FileSeries.objects.bulk_create([FileSeries(**facts)], ignore_conflicts=True)
    series = FileSeries.objects.select_for_update().get(**facts)
    FileSeries.objects.filter(pk=series.pk).update(next=F("next") + 1)
    return series.next
