"""Whom a document concerns: who holds a position, who keeps an organ's registers. Read as the system."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from django.db.models import Q, QuerySet
from django.utils.timezone import localdate

from lienthong.kernel.labels import Level
from lienthong.office.accounts.models import Appointment, Clearance, State, Substitution
from lienthong.office.core.actor import Role
from lienthong.office.organs.models import Unit


def in_force() -> Q:
    """Return the predicate of appointments that hold today, of persons whose account is open."""
    today = localdate()
    return Q(valid_from__lte=today, person__state=State.ACTIVE) & (Q(valid_to=None) | Q(valid_to__gt=today))


def holding(position_ids: Iterable[int]) -> QuerySet[Appointment]:
    """Return the appointments to positions that hold today."""
    return Appointment.objects.filter(in_force(), position__in=list(position_ids)).order_by("pk")


def with_role(role: Role, organ_id: int, label: Level) -> QuerySet[Appointment]:
    """Return the appointments of an organ that bring a role, of persons cleared for a level."""
    found = Appointment.objects.filter(in_force(), position__roles__contains=[role.value], position__closed_on=None)
    found = found.filter(Q(position__unit=organ_id) | Q(position__unit__organ=organ_id))
    return cleared(found, label).order_by("pk")


def cleared(found: QuerySet[Appointment], label: Level) -> QuerySet[Appointment]:
    """Return those of appointments whose persons are cleared for a level today."""
    if label <= Level.INTERNAL:
        return found
    today = localdate()
    valid = Clearance.objects.filter(revoked_at=None, valid_from__lte=today, valid_to__gt=today, level__gte=label)
    return found.filter(person__in=valid.values("person"))


def persons_of(appointments: Iterable[int], units: Iterable[int] = ()) -> list[int]:
    """Return the persons who act in appointments today, substitutes too, and all who hold one in the units."""
    today = localdate()
    mine, places = list(appointments), list(units)
    if places:
        # Whoever keeps what a unit left carries on what was asked of it.
        places += [unit.bearer_id for unit in Unit.objects.filter(pk__in=places, keeper__isnull=False)]
    named = Appointment.objects.filter(in_force()).filter(Q(pk__in=mine) | Q(position__unit__in=places))
    acting = Substitution.objects.filter(
        appointment__in=mine, ended_at=None, valid_from__lte=today, valid_to__gt=today
    ).values_list("substitute", flat=True)
    return list(dict.fromkeys([*named.values_list("person", flat=True), *acting]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Clerks:
    """Who keeps the registers of an organ, or has other roles in it."""

    # Ids: of appointments, and of the persons who act in them today, substitutes too.
    appointments: tuple[int, ...] = ()
    persons: tuple[int, ...] = ()


def clerks_of(organ_ids: Collection[int], label: Level) -> dict[int, Clerks]:
    """Return the clerks of organs who are cleared for a level; an organ without any is not in it."""
    return in_roles((Role.CLERK,), organ_ids, label)


def in_roles(roles: Collection[Role], organ_ids: Collection[int], label: Level) -> dict[int, Clerks]:
    """Return who has one of some roles in organs and is cleared for a level; an organ without any is not in it."""
    found = Appointment.objects.filter(
        in_force(), position__roles__overlap=[role.value for role in roles], position__closed_on=None
    )
    # Two queries that an index answers, where one for both would read all positions.
    rows = [
        row
        for where in ("position__unit", "position__unit__organ")
        for row in cleared(found.filter(**{f"{where}__in": organ_ids}), label).values_list(where, "pk", "person")
    ]
    today = localdate()
    acting: dict[int, list[int]] = {}
    standing_in = Substitution.objects.filter(
        appointment__in=[pk for _organ, pk, _person in rows], ended_at=None, valid_from__lte=today, valid_to__gt=today
    )
    for appointment, person in standing_in.values_list("appointment", "substitute"):
        acting.setdefault(appointment, []).append(person)
    clerks: dict[int, Clerks] = {}
    for organ, pk, person in sorted(set(rows)):
        before = clerks.get(organ, Clerks())
        persons = (*before.persons, person, *acting.get(pk, ()))
        clerks[organ] = Clerks(appointments=(*before.appointments, pk), persons=tuple(dict.fromkeys(persons)))
    return clerks
