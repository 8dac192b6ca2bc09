"""Locks: whoever changes the shape of the tree does so alone, and on what they have seen."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from django.db import OperationalError, connection
from psycopg.errors import LockNotAvailable

from lienthong.office.core import scope
from lienthong.office.core.errors import Conflict
from lienthong.office.organs.models import Unit

# "tree" in ASCII: one number for all processes.
_TREE: Final = 0x74726565


def hold_tree(*, shared: bool = False) -> None:
    """Keep others from changing the tree until the transaction ends.

    One lock for the whole tree: two moves that each look harmless can make a cycle together, and whoever writes a
    path (of a person, of a position) must not do so while it is being rewritten.

    Args:
        shared: for those who only write paths they read: any number of them at once, but none while it changes.

    Raises:
        Conflict: somebody else is changing it for longer than the database waits.
    """
    function = "pg_advisory_xact_lock_shared" if shared else "pg_advisory_xact_lock"
    with waiting("the tree of units"), connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(%s)", [_TREE])


@contextmanager
def waiting(what: str) -> Iterator[None]:
    """Tell whoever has waited for a lock for too long what it was for.

    Raises:
        Conflict: the database waits no longer.
    """
    try:
        yield
    except OperationalError as error:
        if isinstance(error.__cause__, LockNotAvailable):
            raise Conflict(what) from error
        raise


def held_path(organ: Unit) -> str:
    """Return an organ's path as it stays until the transaction ends: for whoever writes it down elsewhere.

    Raises:
        Conflict: the tree is being changed for longer than the database waits.
    """
    hold_tree(shared=True)
    with scope.system():
        return Unit.objects.values_list("path", flat=True).get(pk=organ.pk)


def hold_units(numbers: Iterable[int], seen: Mapping[int, int] | None = None) -> dict[int, Unit]:
    """Lock units, in the order of their ids, and return them by id as they are now.

    Args:
        numbers: their ids.
        seen: the revisions whoever asks has looked at; None where a program asks that has just read them.

    Raises:
        Conflict: one was changed since, or is gone.
    """
    wanted = sorted(set(numbers))
    rows = Unit.objects.select_for_update().filter(pk__in=wanted).order_by("pk")
    found = {row.pk: row for row in rows}
    for number in wanted:
        unit = found.get(number)
        if unit is None or (seen is not None and seen.get(number) != unit.revision):
            raise Conflict(unit.name if unit else str(number))
    return found


def hold_organs(numbers: Iterable[int]) -> None:
    """Keep others who ask the same from what is given to organs until the transaction ends.

    Raises:
        Conflict: somebody else holds one of them for longer than the database waits.
    """
    # Rows that refer to them are written meanwhile.
    rows = Unit.objects.select_for_update(no_key=True).filter(pk__in=sorted(set(numbers))).order_by("pk")
    with waiting("organs"):
        list(rows.values_list("pk"))
