"""What signing in must know of a person before it is known who acts."""

from typing import Final

from allauth.mfa.models import Authenticator
from django.db.models import Q
from django.utils.timezone import localdate, now

from lienthong.kernel.labels import Level
from lienthong.office.accounts.models import Appointment, Clearance, Invitation, Person, State
from lienthong.office.core import scope
from lienthong.office.core.actor import Role

POWERS: Final = (Role.ADMINISTRATOR, Role.SECURITY, Role.AUDITOR)
"""Whoever acts in a position with one of these needs a second factor."""
FACTORS: Final = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


def person_by_email(email: str) -> Person | None:
    """Return the person of an address, whatever its case."""
    with scope.using(scope.SIGN_IN):
        return Person.objects.filter(email=email.strip().lower()).first()


def has_second_factor(person_id: int, *, besides: int = 0) -> bool:
    """Tell whether a person has a second factor.

    Args:
        person_id: who.
        besides: the id of one that does not count.
    """
    with scope.using(scope.SIGN_IN):
        factors = Authenticator.objects.filter(user_id=person_id, type__in=FACTORS).exclude(pk=besides)
        found: bool = factors.exists()
    return found


def needs_second_factor(person_id: int) -> bool:
    """Tell whether a person must have a second factor in anything they may act as."""
    today = localdate()
    holds = Q(valid_from__lte=today) & (Q(valid_to=None) | Q(valid_to__gt=today))
    own = Q(person_id=person_id) | Q(
        substitutions__substitute_id=person_id,
        substitutions__ended_at=None,
        substitutions__valid_from__lte=today,
        substitutions__valid_to__gt=today,
    )
    with scope.system():
        return (
            Person.objects.filter(pk=person_id, is_staff=True).exists()
            or Clearance.objects.filter(
                person_id=person_id, revoked_at=None, valid_from__lte=today, valid_to__gt=today,
                level__gte=Level.CONFIDENTIAL,
            ).exists()
            or Appointment.objects.filter(holds, own, position__roles__overlap=list(POWERS)).exists()
        )  # fmt: skip


def person_by_id(person_id: int) -> Person:
    """Return a person who is signed in."""
    with scope.using(scope.SIGN_IN):
        return Person.objects.get(pk=person_id)


def invited(token_digest: bytes) -> Person | None:
    """Return the person of an open invitation; None when there is none, it was used, or it is over."""
    with scope.using(scope.SIGN_IN):
        invitation = (
            Invitation.objects.select_related("person__organ")
            .filter(digest=token_digest, used_at=None, expires_at__gt=now(), person__state=State.INVITED)
            .first()
        )
    return invitation.person if invitation else None
