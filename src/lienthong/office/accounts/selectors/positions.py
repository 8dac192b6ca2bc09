"""Positions and who holds them, or substitutes in them."""

from datetime import date
from typing import Final

from django.db.models import Q, QuerySet
from django.utils.timezone import localdate

from lienthong.office.accounts.models import Appointment, Substitution
from lienthong.office.core import scope
from lienthong.office.core.actor import NOBODY, SYSTEM, Actor
from lienthong.office.core.compiled import Compiled, Reader
from lienthong.office.core.errors import NotFound
from lienthong.office.core.policies import Permission, which
from lienthong.office.organs.models import Position


def open_on(day: date, prefix: str = "") -> Q:
    """Return the predicate of what still holds on a day, or will hold later."""
    return Q(**{f"{prefix}valid_to": None}) | Q(**{f"{prefix}valid_to__gt": day})


def _reach(_reader: Actor | Reader, *, number: int, today: date) -> QuerySet[Position]:
    own = Appointment.objects.filter(open_on(today), person_id=number)
    # Two queries by their indexes: one with "or" would read the appointments of a country.
    instead = Appointment.objects.filter(
        open_on(today),
        substitutions__substitute_id=number,
        substitutions__ended_at=None,
        substitutions__valid_to__gt=today,
    )
    return Position.objects.filter(pk__in=own.values("position_id").union(instead.values("position_id")))


REACH: Final = Compiled(_reach)


def reach_of(person_id: int) -> list[Position]:
    """Return all positions that a person holds or substitutes in, now or later. Knows no reader."""
    with scope.system():
        return REACH.models(SYSTEM, number=person_id, today=localdate())


def appointments_of(person_id: int) -> QuerySet[Appointment, Appointment]:
    """Return a person's appointments, the open ones first."""
    return (
        Appointment.objects.filter(person_id=person_id)
        .select_related("position__unit__organ")
        .order_by("-valid_to", "-is_main", "-valid_from")
    )


HELD: Final = Compiled(lambda _reader, number: appointments_of(number))
"""The same, kept; by ``number``."""


def appointment(actor: Actor, appointment_id: int) -> Appointment:
    """Return an appointment of a person whom somebody may see.

    Raises:
        NotFound: there is none of that number that they may see.
    """
    with scope.act_for(actor):
        found = (
            Appointment.objects.filter(
                which(actor, Permission.PERSON_VIEW, "person__organ_path")
                | which(actor, Permission.PERSON_VIEW, "position__organ_path")
                | Q(person_id=actor.person_id),
                pk=appointment_id,
            )
            .select_related("position__unit", "person")
            .first()
        )
    if found is None:
        raise NotFound(f"appointment {appointment_id}")
    return found


def fillable_by(actor: Actor, organ_id: int) -> QuerySet[Position, Position]:
    """Return the positions of an organ into which somebody may appoint, by unit and rank."""
    return (
        Position.objects.filter(
            which(actor, Permission.PERSON_MANAGE), unit__organ_id=organ_id, closed_on=None, unit__valid_to=None
        )
        .select_related("unit")
        .order_by("unit__sort_key", "rank", "pk")
    )


def _about(_reader: Actor | Reader, *, number: int, today: date) -> QuerySet[Substitution]:
    return (
        Substitution.objects.filter(
            Q(appointment__person_id=number) | Q(substitute_id=number),
            ended_at=None,
            valid_to__gt=today,
        )
        .select_related("appointment__position", "appointment__person", "substitute")
        .order_by("valid_from", "pk")
    )


ABOUT: Final = Compiled(_about)


def substitutions_about(person_id: int) -> list[Substitution]:
    """Return the substitutions that are not over, in which a person is substituted or substitutes."""
    return ABOUT.models(NOBODY, number=person_id, today=localdate())


def substitution(actor: Actor, substitution_id: int) -> Substitution:
    """Return a substitution that somebody may see.

    Raises:
        NotFound: there is none of that number that they may see.
    """
    with scope.act_for(actor):
        found = (
            Substitution.objects.filter(
                which(actor, Permission.PERSON_VIEW, "appointment__position__organ_path")
                | Q(substitute_id=actor.person_id)
                | Q(appointment__person_id=actor.person_id),
                pk=substitution_id,
            )
            .select_related("appointment__position", "appointment__person", "substitute")
            .first()
        )
    if found is None:
        raise NotFound(f"substitution {substitution_id}")
    return found
