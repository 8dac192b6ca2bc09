"""Give a unit another name or type, from a day on."""

from datetime import date

from django.db import transaction
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from lienthong.office.core import scope
from lienthong.office.core.actor import Actor
from lienthong.office.core.audit import Json, record
from lienthong.office.core.errors import Invalid
from lienthong.office.core.text import tidy
from lienthong.office.organs.actions.create import check_name
from lienthong.office.organs.actions.due import bring_into_force
from lienthong.office.organs.actions.holding import hold_tree, hold_units
from lienthong.office.organs.actions.plans import Plan
from lienthong.office.organs.actions.times import Change, change_from, check_day, spoken, versions_of
from lienthong.office.organs.audit import OrganEvent
from lienthong.office.organs.models import Unit
from lienthong.office.organs.policies import require_shape


def plan_rename(*, actor: Actor, unit: Unit, change: Change) -> Plan:
    """Say what follows from another name or type.

    Raises:
        Forbidden: it is not the actor's to do.
    """
    require_shape(actor, unit)
    plan = Plan(revisions={unit.pk: unit.revision})
    if reason := check_day(unit, change.day):
        plan.refuse(reason)
    for reason in check_name(str(change.values.get("name", unit.name))):
        plan.refuse(reason)
    plan.follows(_when(change.day))
    later = [row for row in versions_of(unit) if row.valid_from and row.valid_from > change.day]
    if later and later[0].valid_from:
        text = _("On {day} it changes again, as decided before.")
        plan.follows(text.format(day=spoken(later[0].valid_from)), grave=True)
    return plan


@transaction.atomic
def rename(*, actor: Actor, unit: Unit, change: Change, seen: dict[int, int]) -> Unit:
    """Change name or type (``change.values``) from a day on, past or future.

    Raises:
        Forbidden: it is not the actor's to do.
        Invalid: not on that day, or no name.
        Conflict: the unit was changed since it was looked at.
    """
    with scope.system():
        hold_tree()
        unit = hold_units([unit.pk], seen)[unit.pk]
        values = {name: tidy(value) if name == "name" else value for name, value in change.values.items()}
        change = Change(day=change.day, values=values, decision=change.decision)
        plan_rename(actor=actor, unit=unit, change=change).require()
        old: dict[str, Json] = {name: getattr(unit, name) for name in values}
        if old == values and change.day >= localdate():
            raise Invalid(_("Nothing would change."))
        change_from(unit, change)
        if not bring_into_force(unit):
            unit.revision += 1
            unit.save(update_fields=["revision"])
        new: dict[str, Json] = {**values, "from": change.day.isoformat(), "decision": change.decision}
        record(actor=actor, kind=OrganEvent.RENAME, obj=unit, old=old, new=new, label=unit.level)
    return unit


def _when(day: date) -> str:
    if day > localdate():
        return _("The change comes into force by itself on {day}.").format(day=spoken(day))
    return _("The change counts from {day} on.").format(day=spoken(day))
