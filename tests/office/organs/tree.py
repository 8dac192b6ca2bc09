"""What tests of the tree share: fresh rows, revisions, and whether everything that is kept twice agrees."""

from datetime import date
from itertools import pairwise

from django.db.models import F
from django.utils.timezone import localdate

from lienthong.office.accounts.models import Appointment, Person, PersonKey, Token
from lienthong.office.core import scope
from lienthong.office.core.models import AuditEntry
from lienthong.office.organs.models import Kind, Position, Unit, UnitVersion


def fresh(unit: Unit) -> Unit:
    """Return a unit as the database has it now."""
    with scope.system():
        return Unit.objects.select_related("organ", "parent").get(pk=unit.pk)


def revisions(*units: Unit) -> dict[int, int]:
    """Return what somebody has seen who has just looked at some units."""
    return {unit.pk: fresh(unit).revision for unit in units}


def trail(kind: str) -> list[AuditEntry]:
    """Return the entries of a kind, latest first."""
    with scope.system():
        return list(AuditEntry.objects.filter(kind=kind))


def versions(unit: Unit) -> list[tuple[date | None, date | None, str, int | None]]:
    """Return a unit's versions, earliest first: from, until, name, parent."""
    with scope.system():
        rows = UnitVersion.objects.filter(unit=unit).order_by(F("valid_from").asc(nulls_first=True))
        return [(row.valid_from, row.valid_to, row.name, row.parent_id) for row in rows]


def check_tree() -> None:
    """Fail unless paths, organs, versions and labels are what the links to parents say."""
    with scope.system():
        units = {unit.pk: unit for unit in Unit.objects.select_related("organ")}
        rows: dict[int, list[UnitVersion]] = {number: [] for number in units}
        for row in UnitVersion.objects.order_by(F("valid_from").asc(nulls_first=True)):
            row.parent = units.get(row.parent_id or 0)
            rows[row.unit_id].append(row)
        for unit in units.values():
            _check_place(unit, units.get(unit.parent_id or 0))
            _check_versions(unit, rows[unit.pk])
        for position in Position.objects.select_related("unit"):
            assert position.organ_path == position.unit.organ_path, position
        for person in Person.objects.select_related("organ"):
            assert person.organ_path == person.organ.path, person
            assert person.organ.kind == Kind.ORGAN
        assert not PersonKey.objects.exclude(organ_path=F("person__organ_path")).exists()
        assert not Token.objects.exclude(organ_path=F("appointment__position__organ_path")).exists()
        closed = Appointment.objects.exclude(position__closed_on=None)
        assert not closed.filter(valid_to=None).exists(), "somebody holds a closed position for ever"


def _check_place(unit: Unit, parent: Unit | None) -> None:
    assert unit.path == f"{parent.path if parent else ''}{unit.pk}/", unit
    organ = unit if unit.kind == Kind.ORGAN else parent and parent.organ
    assert organ is not None
    assert (unit.organ_id, unit.organ_path) == (organ.pk, organ.path), unit
    if parent:
        assert unit.kind == Kind.DEPARTMENT or parent.kind == Kind.ORGAN, unit
        assert unit.label >= parent.label, unit


def _check_versions(unit: Unit, rows: list[UnitVersion]) -> None:
    assert (rows[0].valid_from, rows[-1].valid_to) == (unit.valid_from, unit.valid_to), unit
    assert all(earlier.valid_to == later.valid_from for earlier, later in pairwise(rows)), unit
    for row in rows:
        if row.parent and row.parent.valid_to:
            assert row.valid_to, f"{unit} stands under {row.parent}, which ends"
            assert row.valid_to <= row.parent.valid_to
        if row.parent and row.parent.valid_from:
            assert row.valid_from, f"{unit} stands under {row.parent}, which begins later"
            assert row.valid_from >= row.parent.valid_from
    today = max(localdate(), unit.valid_from or localdate())
    for row in rows:
        if (row.valid_from is None or row.valid_from <= today) and (row.valid_to is None or row.valid_to > today):
            assert (unit.name, unit.type, unit.parent_id) == (row.name, row.type, row.parent_id), unit
