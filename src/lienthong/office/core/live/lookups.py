"""What the open streams ask the database, in a thread of its own: the event loop must not wait."""

from collections.abc import Callable, Collection, Iterable, Mapping
from importlib import import_module

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import connection
from django.db.models import Count
from django.db.utils import Error
from django.http import HttpRequest
from django.utils.timezone import now

from lienthong.office.accounts.acting import signed_in
from lienthong.office.accounts.models import Person, State
from lienthong.office.core import scope
from lienthong.office.core.models import Notification


def who(session: str) -> tuple[int, int] | None:
    """Return the person whose session this is, and how much they have not read; None for nobody.

    Args:
        session: the cookie's value.
    """

    def ask() -> tuple[int, int] | None:
        request = HttpRequest()
        request.session = import_module(settings.SESSION_ENGINE).SessionStore(session)
        found = signed_in(request)
        return (found.actor.person_id, found.unread) if found else None

    return _asked(ask)


def unread(persons: Collection[int]) -> dict[int, int]:
    """Return how many notifications each of some persons has not read."""

    def ask() -> dict[int, int]:
        open_ones = Notification.objects.filter(person_id__in=persons, read_at=None, done_at=None)
        counted = dict(open_ones.order_by().values_list("person_id").annotate(Count("pk")))
        return {person: counted.get(person, 0) for person in persons}

    return _asked(ask)


def ended(sessions: Mapping[str, int]) -> set[str]:
    """Return which sessions are over: signed out, expired, or of persons who may no longer sign in."""

    def ask() -> set[str]:
        active = _ids(
            Person.objects.filter(pk__in=set(sessions.values()), state=State.ACTIVE).values_list("pk", flat=True)
        )
        there = set(
            Session.objects.filter(session_key__in=sessions, expire_date__gt=now()).values_list(
                "session_key", flat=True
            )
        )
        return {key for key, person in sessions.items() if key not in there or person not in active}

    return _asked(ask)


def _ids(rows: Iterable[int]) -> set[int]:
    return set(rows)


def _asked[T](ask: Callable[[], T]) -> T:
    """Ask as the system; a connection that has failed is not asked again."""
    try:
        with scope.system():
            return ask()
    except Error:
        connection.close()
        raise
