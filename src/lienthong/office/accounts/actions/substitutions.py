"""Acting for somebody who is away."""

from datetime import date, timedelta
from typing import Final

from django.db import transaction
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _

from lienthong.office.accounts.actions.rules import lock, require_above_guards, require_apart
from lienthong.office.accounts.events import Kind
from lienthong.office.accounts.models import Person, State, Substitution
from lienthong.office.accounts.notices import forget_substitution, tell_substitution
from lienthong.office.accounts.selectors import persons, positions
from lienthong.office.core import audit, scope
from lienthong.office.core.actor import Actor
from lienthong.office.core.errors import Forbidden, Invalid
from lienthong.office.core.policies import Permission, require
from lienthong.office.core.text import tidy
from lienthong.office.organs.models import Position

LONGEST: Final = timedelta(days=366)


@transaction.atomic
def substitute(  # noqa: PLR0913 - a decision has that many parts, each by its name
    *, actor: Actor, appointment_id: int, substitute_id: int, valid_from: date, valid_to: date, reason: str = ""
) -> Substitution:
    """Let another person of the organ act in a position for some time.

    Args:
        actor: who holds the position, or an administrator.
        appointment_id: of whoever is away.
        substitute_id: who acts for them.
        valid_from: the first day, from today on.
        valid_to: the first day on which it no longer holds; at most a year later.
        reason: shown to both.

    Raises:
        NotFound: the actor sees no such appointment or person.
        Forbidden: it is neither the actor's own position nor theirs to look after; or they name themselves.
        Invalid: period or person will not do.
    """
    appointment = positions.appointment(actor, appointment_id)
    position = appointment.position
    _require_giving(actor, appointment.person_id, position)
    if substitute_id == actor.person_id:
        raise Forbidden("oneself")
    person = persons.seen(actor, substitute_id)
    lock(appointment.person_id)
    _check_person(person, appointment.person_id, position)
    _check_period(position, valid_from, valid_to)
    if appointment.valid_to is not None and valid_to > appointment.valid_to:
        raise Invalid(position.title, hint=_("The appointment itself ends before that day."))
    with scope.system():
        again = Substitution.objects.filter(
            appointment=appointment, substitute=person, ended_at=None, valid_from__lt=valid_to, valid_to__gt=valid_from
        )
        if again.exists():
            raise Invalid(person.name, hint=_("This person substitutes here in that time already."))
        made = Substitution.objects.create(
            appointment=appointment,
            substitute=person,
            valid_from=valid_from,
            valid_to=valid_to,
            reason=tidy(reason),
        )
        audit.record(actor=actor, kind=Kind.SUBSTITUTE, obj=appointment.person, new=_facts(made, position))
        tell_substitution(made, actor=actor)
    return made


@transaction.atomic
def end_substitution(*, actor: Actor, substitution_id: int) -> Substitution:
    """End a substitution at once: the next page of the substitute is already their own position's.

    Args:
        actor: who is substituted, who substitutes, or an administrator.
        substitution_id: which.

    Raises:
        NotFound: the actor sees no such substitution.
        Forbidden: it is none of theirs.
        Invalid: it is over.
    """
    made = positions.substitution(actor, substitution_id)
    absent, position = made.appointment.person, made.appointment.position
    if made.substitute_id != actor.person_id:
        _require_giving(actor, absent.pk, position)
    with scope.system():
        ended = Substitution.objects.filter(pk=made.pk, ended_at=None, valid_to__gt=localdate()).update(ended_at=now())
        if not ended:
            raise Invalid(position.title, hint=_("This substitution is over."))
        audit.record(actor=actor, kind=Kind.END_SUBSTITUTION, obj=absent, old=_facts(made, position))
        forget_substitution(made)
    return made


def may_substitute(actor: Actor, holder_id: int, position: Position) -> bool:
    """Tell whether somebody may name and end substitutes in a position that a person holds."""
    try:
        _require_giving(actor, holder_id, position)
    except Forbidden:
        return False
    return True


def may_end(actor: Actor, made: Substitution) -> bool:
    """Tell whether somebody may end a substitution."""
    appointment = made.appointment
    return made.substitute_id == actor.person_id or may_substitute(actor, appointment.person_id, appointment.position)


def _require_giving(actor: Actor, holder_id: int, position: Position) -> None:
    # Whoever holds a position may let it be held for them; whoever substitutes in it holds it not.
    if holder_id != actor.person_id:
        require(actor, Permission.SUBSTITUTION_MANAGE, position)
        require_above_guards(actor, position)


def _check_person(person: Person, absent_id: int, position: Position) -> None:
    if person.pk == absent_id:
        raise Invalid(person.name, hint=_("Choose another person than the one who is away."))
    if person.state != State.ACTIVE or person.organ_path != position.organ_path:
        raise Invalid(person.name, hint=_("A substitute has an active account of the same organ."))
    require_apart(person, position)


def _check_period(position: Position, first: date, last: date) -> None:
    if first < localdate() or last <= first:
        raise Invalid(position.title, hint=_("It begins today or later, and ends after it begins."))
    if last - first > LONGEST:
        raise Invalid(position.title, hint=_("A substitution lasts at most a year."))


def _facts(made: Substitution, position: Position) -> dict[str, str]:
    return {
        "position": position.title,
        "substitute": made.substitute.name,
        "from": made.valid_from.isoformat(),
        "until": made.valid_to.isoformat(),
        "reason": made.reason,
    }
