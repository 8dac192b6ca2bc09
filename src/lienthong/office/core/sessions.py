"""Sessions in the database, as Django keeps them; reading one, which every page does, keeps its SQL."""

from datetime import datetime
from typing import Any, Final

from django.contrib.sessions.backends.db import SessionStore as DatabaseSessions
from django.contrib.sessions.models import Session
from django.db.models import QuerySet
from django.utils.timezone import now

from lienthong.office.core.actor import NOBODY, Actor
from lienthong.office.core.compiled import Compiled, Reader


def _running(_reader: Actor | Reader, *, key: str, at: datetime) -> QuerySet[Session, Any]:
    return Session.objects.filter(session_key=key, expire_date__gt=at).values_list("session_data")


RUNNING: Final = Compiled(_running)


class SessionStore(DatabaseSessions):
    """Django's own; it derives a key from the class's name."""

    def load(self) -> dict[str, Any]:
        """Return what is in the session; nothing, and no key either, if it is over or there is none."""
        found = RUNNING(NOBODY, key=self.session_key, at=now())
        if not found:
            self._session_key = None
            return {}
        return self.decode(found[0][0])
