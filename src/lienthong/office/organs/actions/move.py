"""Put a unit, with all below it, under another one, from a day on."""

from datetime import date

from django.db import transaction
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lienthong.office.accounts.models import Person, Substitution
from lienthong.office.core import scope
from lienthong.office.core.actor import Actor
from lienthong.office.core.audit import Json, record
from lienthong.office.core.policies import Permission, require
from lienthong.office.organs.actions.create import refuse_begin
from lienthong.office.organs.actions.due import bring_into_force
from lienthong.office.organs.actions.holding import hold_tree, hold_units
from lienthong.office.organs.actions.paths import refuse_cycle, refuse_place, under
from lienthong.office.organs.actions.plans import Plan
from lienthong.office.organs.actions.times import Change, When, change_from, check_day, spoken
from lienthong.office.organs.audit import OrganEvent
from lienthong.office.organs.models import Position, Unit
from lienthong.office.organs.policies import require_shape, visible


def plan_move(*, actor: Actor, unit: Unit, parent: Unit, day: date) -> Plan:
    """Say what follows from a move.

    Args:
        actor: who decides on the unit's place and on what stands under the other one.
        unit: which.
        parent: under what.
        day: from when on.

    Raises:
        Forbidden: it is not the actor's to do.
    """
    require_shape(actor, unit)
    require(actor, Permission.UNIT_MANAGE, parent)
    plan = Plan(revisions={unit.pk: unit.revision, parent.pk: parent.revision})
    for reason in refuse_move(unit, parent, day):
        plan.refuse(reason)
    if unit.parent_id == parent.pk and day >= localdate():
        plan.refuse(_("{unit} stands there already.").format(unit=unit.name))
    _tell(plan, actor, unit, parent)
    if day > localdate():
        plan.follows(_("The change comes into force by itself on {day}.").format(day=spoken(day)))
    return plan


def refuse_move(unit: Unit, parent: Unit, day: date) -> list[str]:
    """Return why a unit cannot stand under another from a day on."""
    early = check_day(unit, day)
    return [
        *([early] if early else []),
        *refuse_place(unit, parent, unit.kind),
        *refuse_begin(parent, day),
        *refuse_cycle(unit, parent, day),
    ]


def _tell(plan: Plan, actor: Actor, unit: Unit, parent: Unit) -> None:
    """Say who and what goes along, counting only what the actor sees."""
    below = Unit.objects.filter(visible(actor), under(unit.path)).exclude(pk=unit.pk)
    plan.number("units", below.count(), gettext_lazy("Units below that move along: {count}."))
    positions = Position.objects.filter(visible(actor, "unit__"), unit__in=Unit.objects.filter(under(unit.path)))
    plan.number("positions", positions.count(), gettext_lazy("Positions that keep their holders: {count}."))
    persons = Person.objects.filter(under(unit.organ_path, "organ_path"))
    if unit.pk == unit.organ_id:
        plan.number("persons", persons.count(), gettext_lazy("Persons who are looked after from there: {count}."))
    elif unit.organ_id != parent.organ_id:
        follow = _("Accounts of those who hold their main position here go to {organ}.")
        plan.follows(follow.format(organ=parent.organ.name if parent.organ else ""))
        acting = Substitution.objects.filter(ended_at=None, valid_to__gt=localdate())
        held = acting.filter(appointment__position__in=positions).count()
        text = gettext_lazy("Substitutions that go on across two organs: {count}.")
        plan.number("substitutions", held, text, grave=True)


@transaction.atomic
def move(*, actor: Actor, unit: Unit, parent: Unit, when: When, seen: dict[int, int]) -> Unit:
    """Put a unit under another one from a day on, past or future.

    Raises:
        Forbidden: it is not the actor's to do.
        Invalid: under itself, under something of the wrong kind, too deep, or not on that day.
        Conflict: one of both was changed since they were looked at, or the tree is being changed.
    """
    with scope.system():
        hold_tree()
        held = hold_units([unit.pk, parent.pk], seen)
        unit, parent = held[unit.pk], held[parent.pk]
        plan = plan_move(actor=actor, unit=unit, parent=parent, day=when.day)
        plan.require()
        old: dict[str, Json] = {"parent": unit.parent_id, "path": unit.path}
        change_from(unit, Change(day=when.day, values={"parent_id": parent.pk}, decision=when.decision))
        if not bring_into_force(unit):
            unit.revision += 1
            unit.save(update_fields=["revision"])
        new: dict[str, Json] = {"parent": parent.pk, "path": unit.path, "from": when.day.isoformat()}
        new |= {"decision": when.decision}
        record(actor=actor, kind=OrganEvent.MOVE, obj=unit, old=old, new={**new, **plan.counts}, label=unit.level)
    return unit
