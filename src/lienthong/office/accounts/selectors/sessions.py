"""Where a person is signed in."""

from allauth.usersessions.models import UserSession

from lienthong.office.core import scope


def of(person_id: int) -> list[UserSession]:
    """Return the sessions of a person, the latest first; for their administrators."""
    with scope.system():
        return list(UserSession.objects.filter(user_id=person_id).order_by("-created_at")[:20])
