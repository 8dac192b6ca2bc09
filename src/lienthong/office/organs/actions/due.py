"""Bring into force what was decided for a day: names, types and parents from the versions, and mergers.

The versions are the truth; a unit's own row and all paths are what they say for today. Doing it twice changes nothing.
"""

from collections.abc import Callable
from datetime import date

from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Length, Now
from django.utils.timezone import localdate

from lienthong.office.core import scope
from lienthong.office.core.actor import SYSTEM
from lienthong.office.core.audit import record
from lienthong.office.core.errors import Invalid, OfficeError
from lienthong.office.core.models import AuditEntry
from lienthong.office.core.text import search_key, sort_key
from lienthong.office.organs import estates
from lienthong.office.organs.actions.holding import hold_tree
from lienthong.office.organs.actions.paths import follow, refuse_place, rehouse, replant
from lienthong.office.organs.actions.times import version_on
from lienthong.office.organs.audit import OrganEvent, day, facts
from lienthong.office.organs.models import Kind, Position, Succession, Unit, UnitVersion
from lienthong.office.organs.selectors import in_force


def bring_into_force(unit: Unit) -> bool:
    """Make a unit what its versions say for today, or for its first day if it has not begun; tell whether it changed.

    Needs the whole tree's lock.

    Raises:
        Invalid: it cannot stand where it should.
    """
    today = localdate()
    version = version_on(unit, max(unit.valid_from or today, today))
    if version is None:
        return False
    changed = (unit.name, unit.type, unit.parent_id) != (version.name, version.type, version.parent_id)
    unit.name, unit.type = version.name, version.type
    unit.sort_key, unit.search_key = sort_key(unit.name), search_key(unit.name)
    if changed:
        unit.revision += 1
    unit.save(update_fields=["name", "type", "sort_key", "search_key", "revision"])
    if unit.parent_id != version.parent_id:
        if reasons := list(refuse_place(unit, version.parent, unit.kind)):
            raise Invalid(" ".join(reasons))
        replant(unit, version.parent)
    return changed


def carry(succession: Succession) -> None:
    """Hand positions, their holders and accounts over to a successor, and let it keep what is left.

    What stood below it moves by its versions.
    """
    source, target = succession.predecessor, succession.successor
    if source is None:
        return
    still = Q(closed_on=None) | Q(closed_on__gt=localdate())
    ids = list(Position.objects.filter(still, unit=source).values_list("pk", flat=True))
    positions = Position.objects.filter(pk__in=ids)
    positions.update(unit=target)
    follow(positions, source.organ_id, target)
    if source.kind == Kind.ORGAN:
        # Those of no department, and those who have no position.
        rehouse(source.persons.all(), target)
    # What it left stays where it is; those it had taken up before it leaves, too.
    kept = Unit.objects.filter(Q(pk=source.pk) | Q(keeper=source))
    left = sorted(kept.values_list("pk", flat=True))
    Unit.objects.filter(pk__in=left).update(keeper=target)
    record(actor=SYSTEM, kind=OrganEvent.KEEP, obj=target, new={"of": [*left]}, label=max(source.level, target.level))
    estates.hand_over(source, target)
    Succession.objects.filter(pk=succession.pk).update(carried_at=Now())


def bring_all_into_force() -> int:
    """Do everything that is due today; return how many units changed. One that cannot is noted and left as it is."""
    with scope.system(), transaction.atomic():
        hold_tree()
        units = _behind()
        done = sum(_attempt(unit, _bring_and_record) for unit in units)
        waiting = Succession.objects.filter(carries=True, carried_at=None, since__lte=localdate())
        for succession in waiting.exclude(predecessor=None).select_related("predecessor", "successor").order_by("pk"):
            carry(succession)
            done += 1
    return done


def _behind() -> list[Unit]:
    """Return the units that are not what their versions say for today; those further up first."""
    alike = Q(name=F("unit__name"), type=F("unit__type"))
    placed = Q(parent=F("unit__parent")) | Q(parent=None, unit__parent=None)
    rows = UnitVersion.objects.filter(in_force(localdate()), in_force(localdate(), "unit__")).exclude(alike & placed)
    return [row.unit for row in rows.select_related("unit").order_by(Length("unit__path"), "unit_id")]


def _attempt(unit: Unit, do: Callable[[Unit], None]) -> int:
    try:
        with transaction.atomic():
            # Another one may have taken it along.
            do(Unit.objects.select_for_update().get(pk=unit.pk))
    except OfficeError as error:
        _note_failure(unit, error)
        return 0
    return 1


def _bring_and_record(unit: Unit) -> None:
    old = facts(unit)
    bring_into_force(unit)
    new = facts(unit)
    differing = {name for name in old if old[name] != new[name]}
    record(
        actor=SYSTEM, kind=OrganEvent.DUE, obj=unit, label=unit.level,
        old={name: old[name] for name in differing}, new={name: new[name] for name in differing},
    )  # fmt: skip


def _note_failure(unit: Unit, error: OfficeError) -> None:
    """Tell in the trail why a unit stays as it is; once for each planned change."""
    version = version_on(unit)
    since: date | None = version.valid_from if version else None
    noted = AuditEntry.objects.filter(
        kind=OrganEvent.DUE_FAILED, object_type="organs.unit", object_id=unit.pk, new__since=day(since)
    )
    if not noted.exists():
        new = {"since": day(since), "reason": str(error)}
        record(actor=SYSTEM, kind=OrganEvent.DUE_FAILED, obj=unit, new=new, label=unit.level)
