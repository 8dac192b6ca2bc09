"""Passwords, and what ends with them."""

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db import transaction
from django.utils.timezone import now

from lienthong.office.accounts.events import Kind
from lienthong.office.accounts.models import Person, Token
from lienthong.office.core import audit, scope
from lienthong.office.core.actor import Actor


@transaction.atomic
def set_password(*, actor: Actor, person: Person, password: str) -> None:
    """Give a person a password; every session and token of before ends.

    Args:
        actor: the person themselves: nobody sets another's.
        person: whose. Changed in place.
        password: readable; checked by whoever asked for it (``AUTH_PASSWORD_VALIDATORS``).
    """
    if actor.person_id != person.pk:
        raise ValueError("a password is set by its owner")
    with scope.system():
        person.set_password(password)
        # Nothing else: what an administrator changed meanwhile must stay.
        person.save(update_fields=["password"])
        end_access(person.pk)
        audit.record(actor=actor, kind=Kind.PASSWORD, obj=person)


def end_access(person_id: int) -> None:
    """End every session of a person and revoke every token, at once.

    Part of other actions: needs their transaction and the scope of the system.
    """
    sessions = UserSession.objects.filter(user_id=person_id)
    Session.objects.filter(session_key__in=sessions.values("session_key")).delete()
    sessions.delete()
    Token.objects.filter(person_id=person_id, revoked_at=None).update(revoked_at=now())
