"""Merge units into one, which may be one of them, another, or new."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.db.models import Q
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lienthong.office.accounts.models import Person
from lienthong.office.core import scope
from lienthong.office.core.actor import Actor
from lienthong.office.core.audit import Json, record
from lienthong.office.core.errors import Invalid
from lienthong.office.core.policies import Permission, require
from lienthong.office.organs import estates
from lienthong.office.organs.actions.close import held_after, open_positions, standing_under
from lienthong.office.organs.actions.create import NewUnit, check_name, plant, refuse_begin
from lienthong.office.organs.actions.due import bring_into_force, carry
from lienthong.office.organs.actions.holding import hold_tree, hold_units
from lienthong.office.organs.actions.move import refuse_move
from lienthong.office.organs.actions.plans import Plan
from lienthong.office.organs.actions.times import Change, change_from, check_day, end_on, spoken
from lienthong.office.organs.audit import OrganEvent
from lienthong.office.organs.models import Kind, Succession, Unit, UnitVersion
from lienthong.office.organs.policies import require_shape, visible


@dataclass(frozen=True, slots=True, kw_only=True)
class Merger:
    """Which units become one, and when."""

    # Those that end by it.
    sources: Sequence[Unit]
    # The one they go into; for a new one where it stands.
    target: Unit
    # Name of a new unit under ``target``; "": ``target`` itself takes them up.
    new_name: str = ""
    # The first day on which the sources no longer exist.
    day: date
    decision: str = ""

    @property
    def involved(self) -> list[Unit]:
        """All units that must be as they were when it was decided."""
        return [*self.sources, self.target]


def plan_merge(*, actor: Actor, merger: Merger) -> Plan:
    """Say what follows from a merger.

    Raises:
        Forbidden: one of the units is not the actor's to do that to.
    """
    require_shape(actor, *merger.sources)
    require(actor, Permission.UNIT_MANAGE, merger.target)
    plan = Plan(revisions={unit.pk: unit.revision for unit in merger.involved})
    for reason in _refusals(actor, merger):
        plan.refuse(reason)
    for source in merger.sources:
        _tell(plan, source, merger)
    moving = [number for numbers in children_of(merger).values() for number in numbers]
    below = Unit.objects.filter(visible(actor), pk__in=moving).count()
    plan.number("units", below, gettext_lazy("Units below that move along: {count}."))
    if any(source.label > merger.target.label for source in merger.sources):
        plan.follows(_("Positions of a labelled unit go to one with a lower label."), grave=True)
    if merger.day > localdate():
        plan.follows(_("The change comes into force by itself on {day}.").format(day=spoken(merger.day)))
    return plan


def children_of(merger: Merger) -> dict[int, list[int]]:
    """Return, per source, the ids of what stands under it and goes to the target."""
    gone = {source.pk for source in merger.sources}
    keeping = {merger.target.pk} if not merger.new_name else set()
    return {
        source.pk: [number for number in standing_under(source, merger.day) if number not in gone | keeping]
        for source in merger.sources
    }


def _refusals(actor: Actor, merger: Merger) -> list[str]:
    sources, target = merger.sources, merger.target
    reasons = []
    if not sources or (len(sources) == 1 and merger.new_name):
        reasons.append(_("Choose the units that become one: at least two."))
    if target.pk in {source.pk for source in sources}:
        reasons.append(_("{unit} cannot go into itself.").format(unit=target.name))
    kind = Kind(sources[0].kind) if sources else Kind.ORGAN
    if len({source.kind for source in sources} | ({target.kind} if not merger.new_name else set())) > 1:
        reasons.append(_("Organs merge with organs, departments with departments."))
    if merger.new_name:
        reasons += check_name(merger.new_name)
        if kind == Kind.ORGAN and target.kind != Kind.ORGAN:
            reasons.append(_("An organ cannot stand under a department: {unit}.").format(unit=target.name))
    reasons += refuse_begin(target, merger.day)
    for source in sources:
        reasons += [check_day(source, merger.day)] if check_day(source, merger.day) else []
        if source.valid_from and merger.day <= source.valid_from:
            text = _("{unit} begins only on {day}.")
            reasons.append(text.format(unit=source.name, day=spoken(source.valid_from)))
        if target.pk != source.pk and target.path.startswith(source.path):
            reasons.append(_("{unit} stands below {source}, which ends.").format(unit=target.name, source=source.name))
    return [*reasons, *_refuse_children(actor, merger)]


def _refuse_children(actor: Actor, merger: Merger) -> list[str]:
    """Return why what stands below cannot come along."""
    numbers = [number for each in children_of(merger).values() for number in each]
    children = Unit.objects.filter(pk__in=numbers)
    if children.exclude(pk__in=Unit.objects.filter(visible(actor), pk__in=numbers).values("pk")).exists():
        return [_("Something here is beyond your clearance: somebody cleared for it must do this.")]
    if merger.new_name:
        return []
    return [reason for child in children for reason in refuse_move(child, merger.target, merger.day)]


def _tell(plan: Plan, source: Unit, merger: Merger) -> None:
    """Say what becomes of one source."""
    text = _("{unit} ends on {day}.").format(unit=source.name, day=spoken(merger.day))
    plan.follows(text, unit=source, grave=True)
    positions = open_positions(source, merger.day)
    plan.counts[f"positions_{source.pk}"] = number = positions.count()
    if number:
        text = _("Positions of {unit} that keep their holders in the new place: {count}.")
        plan.follows(text.format(count=number, unit=source.name))
    heads = positions.order_by("rank", "pk").first()
    if heads and held_after(positions.filter(pk=heads.pk), merger.day).exists():
        text = _("{title} of {unit} is still held: the merged unit may have two heads.")
        plan.follows(text.format(title=heads.title, unit=source.name), grave=True)
    if source.kind == Kind.ORGAN:
        persons = Person.objects.filter(organ=source).count()
        plan.counts[f"persons_{source.pk}"] = persons
        if persons:
            text = _("Accounts of {unit} that the merged organ looks after: {count}.")
            plan.follows(text.format(count=persons, unit=source.name))
        estates.tell(plan, source)


@transaction.atomic
def merge(*, actor: Actor, merger: Merger, seen: dict[int, int]) -> Unit:
    """Let units go into one on a day, past or future; return that one.

    Raises:
        Forbidden: one of them is not the actor's to do that to.
        Invalid: they cannot become one.
        Conflict: one was changed since it was looked at, or the tree is being changed.
    """
    with scope.system():
        hold_tree()
        held = hold_units([unit.pk for unit in merger.involved], seen)
        sources, target = [held[each.pk] for each in merger.sources], held[merger.target.pk]
        merger = Merger(
            sources=sources, target=target, new_name=merger.new_name, day=merger.day, decision=merger.decision
        )
        plan = plan_merge(actor=actor, merger=merger)
        plan.require()
        children = children_of(merger)
        if merger.new_name:
            target = _make(merger)
        for source in sources:
            hand_over(source, [target], dict.fromkeys(children[source.pk], target), merger.day, merger.decision)
        new: dict[str, Json] = {
            "sources": [source.pk for source in sources],
            "names": [source.name for source in sources],
            "day": merger.day.isoformat(),
            "decision": merger.decision,
            **plan.counts,
        }
        record(actor=actor, kind=OrganEvent.MERGE, obj=target, new=new, label=target.level)
        target.revision += 1
        target.save(update_fields=["revision"])
    return target


def _make(merger: Merger) -> Unit:
    """Create the unit that the sources become; it is what they were."""
    first = merger.sources[0]
    if merger.target.kind == Kind.DEPARTMENT and first.kind == Kind.ORGAN:
        raise Invalid(_("An organ cannot stand under a department: {unit}.").format(unit=merger.target.name))
    return plant(merger.target, like(first, merger.new_name, merger.day, merger.decision, merger.sources))


def like(first: Unit, name: str, day: date, decision: str, sources: Sequence[Unit]) -> NewUnit:
    """Return what a successor is: of the kind, type, bloc and tier of the first, as secret as the most secret."""
    return NewUnit(
        kind=Kind(first.kind), name=name, type=first.type, bloc=first.bloc, tier=first.tier,
        label=max(source.level for source in sources), valid_from=day, decision=decision,
    )  # fmt: skip


def hand_over(source: Unit, successors: Sequence[Unit], children: dict[int, Unit], day: date, decision: str) -> None:
    """End a unit in favour of others: the first of them takes up its positions.

    Args:
        source: which ends.
        successors: into which.
        children: where each unit directly below goes, by its id.
        day: the first day on which the source no longer exists.
        decision: the decision behind it.
    """
    for number in sorted(children):
        child = Unit.objects.get(pk=number)
        for begin in _days_under(child, source, day):
            change_from(child, Change(day=begin, values={"parent_id": children[number].pk}, decision=decision))
        bring_into_force(child)
    for place, successor in enumerate(successors):
        succession, _made = Succession.objects.update_or_create(
            predecessor=source, old_code="", successor=successor,
            defaults={"old_name": source.name, "since": day, "decision": decision, "carries": place == 0},
        )  # fmt: skip
        if place == 0 and day <= localdate():
            source.refresh_from_db()
            carry(Succession.objects.select_related("predecessor", "successor").get(pk=succession.pk))
    source.refresh_from_db()
    end_on(source, day)


def _days_under(child: Unit, source: Unit, day: date) -> list[date]:
    """Return from which days on, not before ``day``, a unit would stand under one that ends."""
    rows = UnitVersion.objects.filter(Q(valid_to=None) | Q(valid_to__gt=day), unit=child, parent=source)
    return [max(day, row.valid_from) if row.valid_from else day for row in rows.order_by("valid_from")]
