"""Versions: what a unit is called, is, and stands under, from day to day, without gaps and overlaps."""

from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from django.db.models import F, Q
from django.utils.formats import date_format
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from lienthong.office.core.errors import Invalid
from lienthong.office.organs.models import Unit, UnitVersion

FIELDS: Final = ("name", "type", "parent_id")
"""What changes in time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class When:
    """From which day on something counts, past or future, and by which decision."""

    day: date
    decision: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """New values of some of ``FIELDS`` from a day on, by a decision."""

    day: date
    values: dict[str, Any]
    decision: str = ""


def spoken(day: date) -> str:
    """Return a day as the reader's language writes it."""
    return date_format(day, "DATE_FORMAT")


def versions_of(unit: Unit) -> list[UnitVersion]:
    """Return a unit's versions, earliest first."""
    return list(UnitVersion.objects.filter(unit=unit).order_by(F("valid_from").asc(nulls_first=True)))


def check_day(unit: Unit, day: date) -> str:
    """Return why a unit cannot change on a day, or ""."""
    if unit.valid_from and day < unit.valid_from:
        return _("{unit} begins only on {day}.").format(unit=unit.name, day=spoken(unit.valid_from))
    if unit.valid_to and day >= unit.valid_to:
        return _("{unit} ended on {day}.").format(unit=unit.name, day=spoken(unit.valid_to))
    return ""


def change_from(unit: Unit, change: Change) -> None:
    """Write a change into the versions: from its day until the day on which the same value changes again anyway.

    What is in force today is not written into the unit itself: ``due.bring_up_to_date`` does that.

    Raises:
        Invalid: the unit does not exist on that day.
    """
    if reason := check_day(unit, change.day):
        raise Invalid(reason)
    rows = versions_of(unit)
    place = max(index for index, row in enumerate(rows) if row.valid_from is None or row.valid_from <= change.day)
    first = rows[place]
    before = {name: getattr(first, name) for name in change.values}
    if first.valid_from != change.day:
        first = _split(first, change.day)
    running = dict(change.values)
    for row in [first, *rows[place + 1 :]]:
        # A value that was changed again later keeps that later change.
        running = {name: value for name, value in running.items() if getattr(row, name) == before[name]}
        if not running:
            break
        for name, value in running.items():
            setattr(row, name, value)
        if row is first:
            row.decision = change.decision
        row.save()


def _split(row: UnitVersion, day: date) -> UnitVersion:
    """End a version on a day and return the one that goes on from there."""
    after = UnitVersion(
        unit=row.unit, valid_from=day, valid_to=row.valid_to, name=row.name, type=row.type, parent_id=row.parent_id
    )
    row.valid_to = day
    row.save()
    after.save()
    return after


def end_on(unit: Unit, day: date) -> None:
    """End a unit: what was planned for later no longer comes.

    Raises:
        Invalid: the unit does not exist on the day before.
    """
    if reason := check_day(unit, day):
        raise Invalid(reason)
    if unit.valid_from and day <= unit.valid_from:
        raise Invalid(_("A unit ends at least a day after it began."))
    UnitVersion.objects.filter(unit=unit, valid_from__gte=day).delete()
    UnitVersion.objects.filter(Q(valid_to=None) | Q(valid_to__gt=day), unit=unit).update(valid_to=day)
    unit.valid_to = day
    unit.revision += 1
    unit.save()


def version_on(unit: Unit, day: date | None = None) -> UnitVersion | None:
    """Return what is in force on a day, today unless told."""
    day = day or localdate()
    begun = Q(valid_from=None) | Q(valid_from__lte=day)
    return UnitVersion.objects.filter(begun & (Q(valid_to=None) | Q(valid_to__gt=day)), unit=unit).first()
