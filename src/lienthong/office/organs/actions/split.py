"""Split a unit into new ones beside it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lienthong.office.core import scope
from lienthong.office.core.actor import Actor
from lienthong.office.core.audit import Json, record
from lienthong.office.core.policies import Permission, require
from lienthong.office.organs import estates
from lienthong.office.organs.actions.close import open_positions, standing_under
from lienthong.office.organs.actions.create import check_name, plant
from lienthong.office.organs.actions.holding import hold_tree, hold_units
from lienthong.office.organs.actions.merge import hand_over, like
from lienthong.office.organs.actions.plans import Plan
from lienthong.office.organs.actions.times import check_day, spoken
from lienthong.office.organs.audit import OrganEvent
from lienthong.office.organs.models import Kind, Unit
from lienthong.office.organs.policies import require_shape, visible

MOST = 20
"""Into so many at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Division:
    """How a unit is split."""

    unit: Unit
    # Names of the new units; the first one takes up the positions.
    names: Sequence[str]
    # By id of a unit directly below: place in ``names``; the first where nothing is said.
    places: Mapping[int, int]
    # The first day on which the unit no longer exists.
    day: date
    decision: str = ""


def plan_split(*, actor: Actor, division: Division) -> Plan:
    """Say what follows from splitting a unit.

    Raises:
        Forbidden: it is not the actor's to do.
    """
    unit = division.unit
    require_shape(actor, unit)
    if unit.parent is None:
        require(actor, Permission.OPERATE)
    plan = Plan(revisions={unit.pk: unit.revision})
    for reason in _refusals(actor, division):
        plan.refuse(reason)
    plan.follows(_("{unit} ends on {day}.").format(unit=unit.name, day=spoken(division.day)), grave=True)
    children = standing_under(unit, division.day)
    for place, name in enumerate(division.names):
        number = sum(1 for child in children if _place(division, child) == place)
        made = _("{unit} is made. Units that go there: {count}.")
        plan.follows(made.format(unit=name, count=number))
    positions = open_positions(unit, division.day).count()
    text = gettext_lazy("Positions that go to the first of them: {count}. Move them on from there.")
    plan.number("positions", positions, text)
    if unit.kind == Kind.ORGAN:
        estates.tell(plan, unit)
    if division.day > localdate():
        plan.follows(_("The change comes into force by itself on {day}.").format(day=spoken(division.day)))
    return plan


def _place(division: Division, child: int) -> int:
    return division.places.get(child, 0)


def _refusals(actor: Actor, division: Division) -> list[str]:
    unit, names = division.unit, division.names
    reasons = [check_day(unit, division.day)] if check_day(unit, division.day) else []
    if unit.valid_from and division.day <= unit.valid_from:
        reasons.append(_("A unit ends at least a day after it began."))
    if not 1 < len(names) <= MOST:
        reasons.append(_("Name between two and {most} new units.").format(most=MOST))
    reasons += [reason for name in names for reason in check_name(name)]
    if any(not 0 <= place < len(names) for place in division.places.values()):
        reasons.append(_("Say for each unit below into which of the new ones it goes."))
    children = standing_under(unit, division.day)
    if Unit.objects.filter(visible(actor), pk__in=children).count() < len(children):
        reasons.append(_("Something here is beyond your clearance: somebody cleared for it must do this."))
    return reasons


@transaction.atomic
def split(*, actor: Actor, division: Division, seen: dict[int, int]) -> list[Unit]:
    """Let a unit become several on a day, past or future; return them.

    Raises:
        Forbidden: it is not the actor's to do.
        Invalid: it cannot be split so.
        Conflict: it was changed since it was looked at, or the tree is being changed.
    """
    with scope.system():
        hold_tree()
        unit = hold_units([division.unit.pk], seen)[division.unit.pk]
        division = Division(
            unit=unit, names=division.names, places=division.places, day=division.day, decision=division.decision
        )
        plan = plan_split(actor=actor, division=division)
        plan.require()
        children = standing_under(unit, division.day)
        parts = [
            plant(unit.parent, like(unit, name, division.day, division.decision, [unit])) for name in division.names
        ]
        where = {child: parts[_place(division, child)] for child in children}
        hand_over(unit, parts, where, division.day, division.decision)
        new: dict[str, Json] = {
            "parts": [part.pk for part in parts],
            "names": [part.name for part in parts],
            "day": division.day.isoformat(),
            "decision": division.decision,
            **plan.counts,
        }
        record(actor=actor, kind=OrganEvent.SPLIT, obj=unit, old={"name": unit.name}, new=new, label=unit.level)
    return parts
