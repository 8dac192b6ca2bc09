"""Positions from a spreadsheet."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import IO, Final

from django.utils.translation import gettext as _

from lienthong.office.core.actor import Actor, Role
from lienthong.office.core.policies import Permission, may
from lienthong.office.core.sheets.tables import Head, Row, read_table
from lienthong.office.core.text import search_key
from lienthong.office.organs.actions.positions import Shape, mixed, shape_of
from lienthong.office.organs.imports.lines import LIMITS, Effect, Line, Report
from lienthong.office.organs.models import NAME_LENGTH, Position, Unit
from lienthong.office.organs.policies import may_give, visible

HEADS: Final = (
    Head(key="unit", names=("Mã đơn vị", "Code of the unit", "Code der Einheit", "Unit"), required=True),
    Head(key="title", names=("Chức vụ", "Position", "Stelle", "Title"), required=True),
    Head(key="roles", names=("Vai trò", "Roles", "Rollen")),
    Head(key="rank", names=("Thứ tự", "Rank", "Rang")),
)
_RANK: Final = 100
_MOST: Final = 32_767


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A row that was understood."""

    line: Line
    unit: Unit
    shape: Shape
    # The position of that title in the unit.
    position: Position | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What an import comes to."""

    report: Report
    wanted: Sequence[Wanted]


def understand(actor: Actor, file: IO[bytes]) -> Order:
    """Judge a spreadsheet of positions, without changing anything. Needs the scope of the system.

    Raises:
        Invalid: it is no spreadsheet, or too large.
    """
    table = read_table(file, HEADS, LIMITS)
    rows = list(table.rows)
    units = {
        unit.code: unit
        for unit in Unit.objects.filter(visible(actor), code__in={row.values["unit"] for row in rows}, valid_to=None)
    }
    here = Position.objects.filter(unit__in=units.values(), closed_on=None)
    positions = {(position.unit_id, position.title): position for position in here}
    lines, wanted, first = [], [], dict[tuple[int, str], int]()
    for row in rows:
        line = Line(number=row.number, subject=row.values["title"])
        lines.append(line)
        unit = units.get(row.values["unit"])
        if unit is None:
            line.wrong(_("You see no unit with the code {code}.").format(code=row.values["unit"][:40]))
            continue
        key = (unit.pk, row.values["title"])
        if key in first:
            line.wrong(_("The same position stands in row {number} too.").format(number=first[key]))
        first.setdefault(key, row.number)
        shape = _shape(row, line)
        found = positions.get(key)
        _judge(actor, line, unit, shape, found)
        wanted.append(Wanted(line=line, unit=unit, shape=shape, position=found))
    return Order(report=Report(lines=lines, unknown=table.unknown), wanted=wanted)


def _shape(row: Row, line: Line) -> Shape:
    title, rank = row.values["title"], row.values["rank"]
    if not title or len(title) > NAME_LENGTH:
        line.wrong(_("A title has between 1 and {most} characters.").format(most=NAME_LENGTH))
    number = int(rank) if rank.isascii() and rank.isdecimal() and int(rank[:9]) <= _MOST else _RANK
    if rank and str(number) != rank.lstrip("0").rjust(1, "0"):
        line.wrong(_("“{text}” is no rank: write a number up to {most}.").format(text=rank[:20], most=_MOST))
    roles = set()
    for text in filter(None, (part.strip() for part in row.values["roles"].split(","))):
        role = _ROLES.get(search_key(text))
        if role is None:
            known = ", ".join(Role)
            line.wrong(_("“{text}” is no role. There are: {known}.").format(text=text[:40], known=known))
        else:
            roles.add(role)
    return Shape(title=title, roles=frozenset(roles), rank=number)


_ROLES: Final = {role.value: role for role in Role}


def _judge(actor: Actor, line: Line, unit: Unit, shape: Shape, found: Position | None) -> None:
    if line.effect is Effect.WRONG:
        return
    before = shape_of(found) if found else None
    changing = shape.roles ^ before.roles if before else shape.roles
    if before == shape:
        line.effect = Effect.SAME
    elif not may(actor, Permission.UNIT_MANAGE, unit):
        line.wrong(_("You may not change positions of {unit}.").format(unit=unit.name))
    elif changing and not may_give(actor, changing, unit.organ_path):
        line.wrong(_("Only an administrator of an organ above gives or takes these roles."))
    elif mixed(shape.roles):
        line.wrong(_("One position cannot both administer an organ and watch over it."))
    elif before:
        line.effect = Effect.CHANGED
