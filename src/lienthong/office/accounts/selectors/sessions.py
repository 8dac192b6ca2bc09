"""Where a person is signed in."""

from typing import Final

from allauth.usersessions.models import UserSession

from lienthong.office.core import scope
from lienthong.office.core.actor import SYSTEM
from lienthong.office.core.compiled import Compiled

RUNNING: Final = Compiled(
    lambda _reader, number: UserSession.objects.filter(user_id=number).order_by("-created_at")[:20]
)


def of(person_id: int) -> list[UserSession]:
    """Return the sessions of a person, the latest first; for their administrators."""
    with scope.system():
        return RUNNING.models(SYSTEM, number=person_id)
