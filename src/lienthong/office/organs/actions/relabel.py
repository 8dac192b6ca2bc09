"""Set how secret it is that a unit exists."""

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lienthong.kernel.labels import Level
from lienthong.office.core import scope
from lienthong.office.core.actor import Actor
from lienthong.office.core.audit import record
from lienthong.office.organs.actions.create import check_sight
from lienthong.office.organs.actions.holding import hold_tree, hold_units
from lienthong.office.organs.actions.paths import under
from lienthong.office.organs.actions.plans import Plan
from lienthong.office.organs.audit import OrganEvent
from lienthong.office.organs.models import Unit
from lienthong.office.organs.policies import require_shape


def plan_relabel(*, actor: Actor, unit: Unit, label: Level) -> Plan:
    """Say what follows from another label.

    Raises:
        Forbidden: it is not the actor's to do, or beyond their clearance.
    """
    require_shape(actor, unit)
    check_sight(actor, max(label, unit.level))
    plan = Plan(revisions={unit.pk: unit.revision})
    if label == unit.level:
        plan.refuse(_("Nothing would change."))
    if unit.parent and label < unit.parent.level:
        plan.refuse(_("What stands within {unit} is no less secret than it.").format(unit=unit.parent.name))
    if label > unit.level:
        below = Unit.objects.filter(under(unit.path), label__lt=label).exclude(pk=unit.pk).count()
        plan.number("units", below, gettext_lazy("Units below that get the same label: {count}."))
    if label >= Level.CONFIDENTIAL > unit.level:
        plan.follows(_("Only those cleared and named, or of its own organ, will still see that it exists."), grave=True)
    if label < Level.CONFIDENTIAL <= unit.level:
        plan.follows(_("Everybody signed in will see that it exists."), grave=True)
    return plan


@transaction.atomic
def relabel(*, actor: Actor, unit: Unit, label: Level, seen: dict[int, int]) -> Unit:
    """Set a unit's label; what stands below it becomes no less secret.

    Raises:
        Forbidden: it is not the actor's to do, or beyond their clearance.
        Invalid: lower than that of the unit above, or nothing new.
        Conflict: it was changed since it was looked at, or the tree is being changed.
    """
    with scope.system():
        hold_tree()
        unit = hold_units([unit.pk], seen)[unit.pk]
        plan = plan_relabel(actor=actor, unit=unit, label=label)
        plan.require()
        old = unit.level
        Unit.objects.filter(under(unit.path), label__lt=label).update(label=label)
        unit.label = label
        unit.revision += 1
        unit.save(update_fields=["label", "revision"])
        # The entry is as secret as the higher of both.
        record(
            actor=actor, kind=OrganEvent.RELABEL, obj=unit, old={"label": int(old)},
            new={"label": int(label), **plan.counts}, label=max(old, label),
        )  # fmt: skip
    return unit
