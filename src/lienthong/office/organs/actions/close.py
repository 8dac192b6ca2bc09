"""Close a unit: its positions end with it."""

from datetime import date

from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lienthong.office.accounts.models import Appointment, Person, State, Substitution
from lienthong.office.core import scope
from lienthong.office.core.actor import Actor
from lienthong.office.core.audit import Json, record
from lienthong.office.organs.actions.holding import hold_tree, hold_units
from lienthong.office.organs.actions.plans import Plan
from lienthong.office.organs.actions.times import When, check_day, end_on
from lienthong.office.organs.audit import OrganEvent
from lienthong.office.organs.models import Kind, Position, Unit, UnitVersion
from lienthong.office.organs.policies import require_shape, visible


def plan_close(*, actor: Actor, unit: Unit, day: date) -> Plan:
    """Say what follows from closing a unit on a day.

    Raises:
        Forbidden: it is not the actor's to do.
    """
    require_shape(actor, unit)
    plan = Plan(revisions={unit.pk: unit.revision})
    for reason in refuse_end(actor, unit, day):
        plan.refuse(reason)
    positions = open_positions(unit, day)
    plan.number("positions", positions.count(), gettext_lazy("Positions that are closed: {count}."), grave=True)
    held = held_after(positions, day)
    text = gettext_lazy("Persons who lose a position: {count}.")
    plan.number("holders", held.values("person").distinct().count(), text, grave=True)
    substitutions = Substitution.objects.filter(appointment__in=held, ended_at=None, valid_to__gt=day).count()
    plan.number("substitutions", substitutions, gettext_lazy("Substitutions that end: {count}."), grave=True)
    if unit.kind == Kind.ORGAN:
        persons = Person.objects.filter(organ=unit).exclude(state=State.DISMISSED).count()
        text = gettext_lazy("Accounts that stay with the closed organ until they are moved to another one: {count}.")
        plan.number("persons", persons, text, grave=True)
    return plan


def refuse_end(actor: Actor, unit: Unit, day: date) -> list[str]:
    """Return why a unit cannot end on a day: it must exist, and nothing may stand under it from then on."""
    reasons = [check_day(unit, day)] if check_day(unit, day) else []
    if unit.valid_from and day <= unit.valid_from:
        reasons.append(_("A unit ends at least a day after it began."))
    children = standing_under(unit, day)
    seen = list(Unit.objects.filter(visible(actor), pk__in=children).order_by("sort_key", "pk")[:3])
    if seen:
        text = _("Units still stand under it: {units}. Move or close them first.")
        reasons.append(text.format(units=", ".join(each.name for each in seen)))
    elif children:
        reasons.append(_("Something here is beyond your clearance: somebody cleared for it must do this."))
    return reasons


def standing_under(unit: Unit, day: date) -> list[int]:
    """Return the ids of the units that stand directly under one on a day or later, as decided up to now."""
    later = Q(valid_to=None) | Q(valid_to__gt=day)
    still = Q(unit__valid_to=None) | Q(unit__valid_to__gt=day)
    return list(UnitVersion.objects.filter(later, still, parent=unit).values_list("unit_id", flat=True).distinct())


def open_positions(unit: Unit, day: date) -> QuerySet[Position]:
    """Return the positions of a unit that are still open on a day."""
    return Position.objects.filter(Q(closed_on=None) | Q(closed_on__gt=day), unit=unit)


def held_after(positions: QuerySet[Position], day: date) -> QuerySet[Appointment]:
    """Return who holds positions on a day or later."""
    return Appointment.objects.filter(Q(valid_to=None) | Q(valid_to__gt=day), position__in=positions)


def end_positions(positions: QuerySet[Position], day: date) -> int:
    """Close positions on a day: holders end then, and so do those who act for them; return how many holders.

    Not before today: who acted until now did so.
    """
    day = max(day, localdate())
    ids = list(positions.values_list("pk", flat=True))
    held = held_after(Position.objects.filter(pk__in=ids), day)
    acting = Substitution.objects.filter(appointment__in=held, ended_at=None, valid_to__gt=day)
    acting.filter(valid_from__gte=day).update(ended_at=Now())
    acting.filter(valid_from__lt=day).update(valid_to=day)
    # What was to begin later never does.
    number = held.count()
    held.filter(valid_from__gte=day).delete()
    held.update(valid_to=day)
    Position.objects.filter(pk__in=ids).update(closed_on=day)
    return number


@transaction.atomic
def close(*, actor: Actor, unit: Unit, when: When, seen: dict[int, int]) -> Unit:
    """Close a unit; ``when.day`` is the first on which it no longer exists, past or future.

    Raises:
        Forbidden: it is not the actor's to do.
        Invalid: something stands under it, or not on that day.
        Conflict: it was changed since it was looked at, or the tree is being changed.
    """
    with scope.system():
        hold_tree()
        unit = hold_units([unit.pk], seen)[unit.pk]
        plan = plan_close(actor=actor, unit=unit, day=when.day)
        plan.require()
        end_positions(open_positions(unit, when.day), when.day)
        end_on(unit, when.day)
        new: dict[str, Json] = {"valid_to": when.day.isoformat(), "decision": when.decision, **plan.counts}
        record(actor=actor, kind=OrganEvent.CLOSE, obj=unit, old={"valid_to": None}, new=new, label=unit.level)
    return unit
