"""Who works on seeded documents: the organs with their departments and officials."""

from dataclasses import dataclass, field

from lienthong.office.accounts.models import Appointment
from lienthong.office.core.actor import Role
from lienthong.office.organs.models import Kind, Unit

# How many documents an organ has beside a commune's: the topmost one, those without an organ above, those below it.
_TOP, _CENTRAL, _PROVINCIAL = 150, 40, 25


@dataclass(frozen=True, slots=True, kw_only=True)
class Official:
    """Somebody in a position."""

    appointment_id: int
    position_id: int
    unit_id: int


@dataclass(slots=True, kw_only=True)
class Organ:
    """One organ."""

    unit: Unit
    # How many documents it has, beside a commune's one.
    weight: int
    departments: list[Unit] = field(default_factory=list)
    officials: list[Official] = field(default_factory=list)
    leaders: list[Official] = field(default_factory=list)


def organs_at_work() -> list[Organ]:
    """Return the organs, those above first."""
    units = list(Unit.objects.filter(valid_to=None).order_by("path"))
    depth = {unit.pk: unit.path.count("/") for unit in units}
    parents = {unit.parent_id for unit in units if unit.kind == Kind.ORGAN}
    organs: dict[int, Organ] = {}
    for unit in units:
        if unit.kind == Kind.ORGAN:
            organs[unit.pk] = Organ(unit=unit, weight=_weight(depth[unit.pk], below=unit.pk in parents))
        elif unit.organ_id in organs:
            organs[unit.organ_id].departments.append(unit)
    for organ_id, official, roles in _officials():
        if organ_id in organs:
            organs[organ_id].officials.append(official)
            if Role.LEADER in roles:
                organs[organ_id].leaders.append(official)
    return list(organs.values())


def _weight(depth: int, *, below: bool) -> int:
    if depth == 1:
        return _TOP if below else _CENTRAL
    return _PROVINCIAL if below else 1


def _officials() -> list[tuple[int, Official, list[str]]]:
    rows = Appointment.objects.filter(valid_to=None).values_list(
        "pk", "position_id", "position__unit_id", "position__unit__organ_id", "position__roles"
    )
    return [
        (organ or unit, Official(appointment_id=pk, position_id=position, unit_id=unit), roles)
        for pk, position, unit, organ, roles in rows.order_by("pk")
    ]
