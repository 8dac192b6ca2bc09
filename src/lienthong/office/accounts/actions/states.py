"""Suspending, reactivating and dismissing."""

from allauth.mfa.models import Authenticator
from django.db import transaction
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _

from lienthong.office.accounts.actions.passwords import end_access
from lienthong.office.accounts.actions.rules import controlled
from lienthong.office.accounts.events import Kind
from lienthong.office.accounts.models import Appointment, Clearance, Invitation, NeedToKnow, Person, State, Substitution
from lienthong.office.accounts.selectors.positions import open_on
from lienthong.office.core import audit, scope
from lienthong.office.core.actor import Actor
from lienthong.office.core.errors import Invalid


@transaction.atomic
def suspend(*, actor: Actor, person_id: int, revision: int | None, reason: str = "") -> Person:
    """Keep a person out for a time: signed out everywhere at once, positions stay.

    Raises:
        NotFound, Forbidden, Conflict: as ``rules.controlled``.
        Invalid: the account is not active.
    """
    person = controlled(actor=actor, person_id=person_id, revision=revision)
    if person.state != State.ACTIVE:
        raise Invalid(person.name, hint=_("Only an active account can be suspended."))
    with scope.system():
        _go(actor, person, State.SUSPENDED, Kind.SUSPEND, reason)
        end_access(person.pk)
    return person


@transaction.atomic
def reactivate(*, actor: Actor, person_id: int, revision: int | None, reason: str = "") -> Person:
    """Let a suspended person in again.

    Raises:
        NotFound, Forbidden, Conflict: as ``rules.controlled``.
        Invalid: the account is not suspended.
    """
    person = controlled(actor=actor, person_id=person_id, revision=revision)
    if person.state != State.SUSPENDED:
        raise Invalid(person.name, hint=_("Only a suspended account can be reactivated."))
    with scope.system():
        _go(actor, person, State.ACTIVE, Kind.REACTIVATE, reason)
    return person


@transaction.atomic
def dismiss(*, actor: Actor, person_id: int, revision: int | None, reason: str = "") -> Person:
    """End an account: positions, substitutions, clearance, tokens, sessions and the way in. The name stays.

    Raises:
        NotFound, Forbidden, Conflict: as ``rules.controlled``.
        Invalid: it has ended already.
    """
    person = controlled(actor=actor, person_id=person_id, revision=revision)
    if person.state == State.DISMISSED:
        raise Invalid(person.name, hint=_("This account has ended already."))
    with scope.system():
        person.set_unusable_password()
        person.save(update_fields=["password"])
        _go(actor, person, State.DISMISSED, Kind.DISMISS, reason)
        end_access(person.pk)
        _end_holdings(person.pk)
        Clearance.objects.filter(person=person, revoked_at=None).update(revoked_at=now())
        NeedToKnow.objects.filter(person=person).delete()
        Invitation.objects.filter(person=person, used_at=None).delete()
        Authenticator.objects.filter(user_id=person.pk).delete()
    return person


def _end_holdings(person_id: int) -> None:
    today = localdate()
    open_ones = Appointment.objects.filter(open_on(today), person_id=person_id)
    for of_person in ({"appointment__person_id": person_id}, {"substitute_id": person_id}):
        Substitution.objects.filter(ended_at=None, valid_to__gt=today, **of_person).update(ended_at=now())
    # What has not begun never was.
    open_ones.filter(valid_from__gt=today).delete()
    open_ones.update(valid_to=today)


def _go(actor: Actor, person: Person, state: State, kind: Kind, reason: str) -> None:
    before, person.state = person.state, state
    person.revision += 1
    person.save(update_fields=["state", "revision"])
    new = {"state": str(state)} | ({"reason": reason} if reason else {})
    audit.record(actor=actor, kind=kind, obj=person, old={"state": before}, new=new)
