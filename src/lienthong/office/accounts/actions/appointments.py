"""Who holds which position, from when until when."""

from collections.abc import Sequence
from datetime import date

from django.db import IntegrityError, transaction
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _

from lienthong.office.accounts.actions.rules import controlled, lock, require_above_guards, require_filling
from lienthong.office.accounts.events import Kind
from lienthong.office.accounts.models import Appointment, Person, State, Substitution
from lienthong.office.accounts.selectors import positions
from lienthong.office.core import audit, scope
from lienthong.office.core.actor import Actor
from lienthong.office.core.errors import Forbidden, Invalid
from lienthong.office.core.policies import Permission, require
from lienthong.office.organs.models import Position


@transaction.atomic
def appoint(  # noqa: PLR0913 - a decision has that many parts, each by its name
    *,
    actor: Actor,
    person_id: int,
    revision: int,
    position: Position,
    valid_from: date,
    valid_to: date | None = None,
    is_main: bool = False,
) -> Appointment:
    """Put a person into a position.

    Raises:
        NotFound, Forbidden, Conflict: as ``rules.controlled`` and ``rules.require_filling``.
        Invalid: the account has ended, the period is wrong, or they hold it then already.
    """
    person = controlled(actor=actor, person_id=person_id, revision=revision)
    if person.state == State.DISMISSED:
        raise Invalid(person.name, hint=_("This account has ended: invite the person again first."))
    return begin(
        actor=actor, person=person, position=position, valid_from=valid_from, valid_to=valid_to, is_main=is_main
    )


def begin(  # noqa: PLR0913 - the same
    *,
    actor: Actor,
    person: Person,
    position: Position,
    valid_from: date | None = None,
    valid_to: date | None = None,
    is_main: bool = False,
) -> Appointment:
    """Do the same with a person who is locked. Part of other actions."""
    require_filling(actor=actor, person=person, position=position)
    first = valid_from or localdate()
    if valid_to is not None and valid_to <= first:
        raise Invalid(position.title, hint=_("The last day must come after the first."))
    with scope.system():
        held = Appointment.objects.filter(positions.open_on(localdate()), person=person)
        main = is_main or not held.exists()
        if main:
            held.update(is_main=False)
        try:
            with transaction.atomic():
                appointment = Appointment.objects.create(
                    person=person, position=position, valid_from=first, valid_to=valid_to, is_main=main
                )
        except IntegrityError:
            raise Invalid(position.title, hint=_("They hold this position in that time already.")) from None
        _record(actor, Kind.APPOINT, person, new=_facts(position, first, valid_to))
    return appointment


@transaction.atomic
def end_appointment(*, actor: Actor, appointment_id: int, revision: int, last: date) -> Appointment:
    """End an appointment; substitutions in it end with it.

    Args:
        actor: an administrator of person and position.
        appointment_id: which.
        revision: of the person, as the actor last saw it.
        last: the first day on which it no longer holds, from today on.

    Raises:
        NotFound, Forbidden, Conflict: as ``rules.controlled``.
        Invalid: it is over, or the day lies before its beginning or in the past.
    """
    appointment = positions.appointment(actor, appointment_id)
    person = controlled(actor=actor, person_id=appointment.person_id, revision=revision)
    _end(actor, person, appointment, last)
    return appointment


def _end(actor: Actor, person: Person, appointment: Appointment, last: date) -> None:
    today, position = localdate(), appointment.position
    require(actor, Permission.PERSON_MANAGE, position)
    require_above_guards(actor, position)
    if appointment.valid_to is not None and appointment.valid_to <= today:
        raise Invalid(position.title, hint=_("This appointment is over."))
    if last < max(today, appointment.valid_from):
        raise Invalid(position.title, hint=_("Choose today or a later day, not before the appointment begins."))
    with scope.system():
        before = _facts(position, appointment.valid_from, appointment.valid_to)
        appointment.valid_to = last
        appointment.save(update_fields=["valid_to"])
        open_ones = Substitution.objects.filter(appointment=appointment, ended_at=None, valid_to__gt=last)
        open_ones.filter(valid_from__gte=last).update(ended_at=now())
        open_ones.filter(valid_from__lt=last).update(valid_to=last)
        if last <= today and appointment.is_main:
            _choose_main(person)
        after = _facts(position, appointment.valid_from, last)
        _record(actor, Kind.END_APPOINTMENT, person, old=before, new=after)


def _choose_main(person: Person) -> None:
    Appointment.objects.filter(person=person).update(is_main=False)
    left = (
        Appointment.objects.filter(positions.open_on(localdate()), person=person).order_by("valid_from", "pk").first()
    )
    if left is not None:
        left.is_main = True
        left.save(update_fields=["is_main"])


@transaction.atomic
def make_main(*, actor: Actor, appointment_id: int, revision: int) -> Appointment:
    """Let a person act in this position after signing in; their own to choose, or an administrator's.

    Raises:
        NotFound, Forbidden, Conflict: as ``rules.controlled``.
        Invalid: the appointment is over.
    """
    appointment = positions.appointment(actor, appointment_id)
    if appointment.person_id == actor.person_id:
        person = lock(actor.person_id, revision)
    else:
        person = controlled(actor=actor, person_id=appointment.person_id, revision=revision)
    if appointment.valid_to is not None and appointment.valid_to <= localdate():
        raise Invalid(appointment.position.title, hint=_("This appointment is over."))
    with scope.system():
        Appointment.objects.filter(person=person).update(is_main=False)
        appointment.is_main = True
        appointment.save(update_fields=["is_main"])
        _record(actor, Kind.MAIN_APPOINTMENT, person, new={"position": appointment.position.title})
    return appointment


@transaction.atomic
def hand_over(  # noqa: PLR0913 - the same
    *, actor: Actor, person_id: int, revision: int, appointment_ids: Sequence[int], successor_id: int, on: date
) -> list[Appointment]:
    """Let another person take over positions: on that day the one no longer holds them and the other does.

    Args:
        actor: an administrator of both persons and of the positions.
        person_id: who holds them.
        revision: of that person, as the actor last saw it.
        appointment_ids: which, all theirs.
        successor_id: who takes over.
        on: the day, from today on.

    Raises:
        NotFound, Forbidden, Conflict, Invalid: as for ending an appointment and for appointing.
    """
    if successor_id == person_id or not appointment_ids:
        raise Invalid("", hint=_("Choose at least one position and another person."))
    person = controlled(actor=actor, person_id=person_id, revision=revision)
    successor = controlled(actor=actor, person_id=successor_id, revision=None)
    if successor.state not in {State.ACTIVE, State.INVITED}:
        raise Invalid(successor.name, hint=_("Whoever takes over needs an account that is active or invited."))
    begun = []
    for number in appointment_ids:
        appointment = positions.appointment(actor, number)
        if appointment.person_id != person.pk:
            raise Forbidden(str(number))
        _end(actor, person, appointment, on)
        begun.append(begin(actor=actor, person=successor, position=appointment.position, valid_from=on))
    return begun


def _facts(position: Position, first: date, last: date | None) -> dict[str, str]:
    return {"position": position.title, "from": first.isoformat(), "until": last.isoformat() if last else ""}


def _record(
    actor: Actor, kind: Kind, person: Person, *, old: dict[str, str] | None = None, new: dict[str, str]
) -> None:
    person.revision += 1
    person.save(update_fields=["revision"])
    audit.record(actor=actor, kind=kind, obj=person, old=old, new=new)
