"""Invitations: how a person comes to a first password."""

import hashlib
import secrets
from datetime import timedelta
from typing import Final

from django.db import transaction
from django.utils.timezone import now

from lienthong.office.accounts.acting import actor_of
from lienthong.office.accounts.events import Kind
from lienthong.office.accounts.models import Invitation, Person, State
from lienthong.office.core import audit, scope
from lienthong.office.core.errors import NotFound

LIFETIME: Final = timedelta(days=7)
TOKEN_BYTES: Final = 32


def digest_of(token: str) -> bytes:
    """Return what is stored of a token."""
    return hashlib.sha256(token.encode()).digest()


def open_invitation(person: Person) -> Invitation:
    """Make a new invitation of a person; earlier ones are over. Part of other actions.

    Nobody knows its token: the one in the link is made when it is sent (``new_token``).
    """
    Invitation.objects.filter(person=person, used_at=None).delete()
    return Invitation.objects.create(
        person=person, digest=secrets.token_bytes(TOKEN_BYTES), expires_at=now() + LIFETIME
    )


@transaction.atomic
def new_token(invitation_id: int) -> tuple[Invitation, str] | None:
    """Give an open invitation a new token, for the mail that takes it; None when it is over.

    Needs the scope of the system.
    """
    invitation = (
        Invitation.objects.select_for_update(of=("self",))
        .select_related("person__organ")
        .filter(pk=invitation_id, used_at=None, expires_at__gt=now(), person__state=State.INVITED)
        .first()
    )
    if invitation is None:
        return None
    token = secrets.token_urlsafe(TOKEN_BYTES)
    invitation.digest = digest_of(token)
    invitation.save(update_fields=["digest"])
    return invitation, token


@transaction.atomic
def accept_invitation(*, token: str, password: str, address: str | None) -> Person:
    """Use an invitation: its person gets the password and may sign in.

    Args:
        token: from the link.
        password: chosen by the person, checked already.
        address: where from, for the audit trail.

    Raises:
        NotFound: there is no such invitation, it was used, or it is over.
    """
    with scope.system():
        invitation = Invitation.objects.select_for_update().filter(digest=digest_of(token), used_at=None).first()
        if invitation is None or invitation.expires_at <= now():
            raise NotFound("invitation")
        person = Person.objects.select_for_update().get(pk=invitation.person_id)
        if person.state != State.INVITED:
            raise NotFound("invitation")
        invitation.used_at = now()
        invitation.save(update_fields=["used_at"])
        person.set_password(password)
        person.state = State.ACTIVE
        person.revision += 1
        person.save(update_fields=["password", "state", "revision"])
        audit.record(
            actor=actor_of(person, address=address),
            kind=Kind.ACCEPT,
            obj=person,
            old={"state": State.INVITED},
            new={"state": State.ACTIVE},
        )
    return person
