"""What each row of a list of persons would do, found out for many rows at a time."""

import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import batched
from typing import Final

from django.utils.translation import gettext as _

from lienthong.office.accounts.actions.rules import may_control, may_fill
from lienthong.office.accounts.importing.columns import HEADS, Column, Read, Wrong, read
from lienthong.office.accounts.models import Effect, Person
from lienthong.office.accounts.selectors import persons, positions
from lienthong.office.core import scope
from lienthong.office.core.actor import Actor
from lienthong.office.core.errors import Invalid
from lienthong.office.core.sheets.tables import MIB, Limits, Row, read_table
from lienthong.office.core.text import search_key
from lienthong.office.organs.models import Position, Unit

LIMITS: Final = Limits(size=20 * MIB, columns=50)
"""More than within one request: persons are written in the background."""
_BATCH: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A row and what it would do."""

    number: int
    effect: Effect
    values: Read | None = None
    organ_id: int | None = None
    position_id: int | None = None
    # Of a wrong one: which column, and what to do. Of others empty.
    column: str = ""
    trouble: str = ""


@dataclass(slots=True)
class _Known:
    """What many rows have in common, asked for once."""

    organs: dict[str, Unit | None] = field(default_factory=dict)
    # By path of the organ and title as it is compared; several of one title: none.
    positions: dict[str, dict[str, list[Position]]] = field(default_factory=dict)
    emails: dict[str, int] = field(default_factory=dict)


def check(actor: Actor, content: bytes) -> Iterator[Checked]:
    """Yield what each row of a file would do, in order; nothing is written.

    Args:
        actor: who imports.
        content: of the file.

    Raises:
        Invalid: the file as a whole will not do.
    """
    table = read_table(io.BytesIO(content), HEADS, LIMITS)
    known, any_row = _Known(), False
    for batch in batched(table.rows, _BATCH, strict=False):
        any_row = True
        yield from _batch(actor, batch, known)
    if not any_row:
        raise Invalid(_("The file has no rows below the names of the columns."))


def _batch(actor: Actor, rows: Iterable[Row], known: _Known) -> Iterator[Checked]:
    read_rows: list[tuple[int, Read | Wrong]] = []
    for row in rows:
        try:
            read_rows.append((row.number, read(row.values)))
        except Wrong as wrong:
            read_rows.append((row.number, wrong))
    addresses = [each.email for _number, each in read_rows if isinstance(each, Read)]
    with scope.system():
        there = {person.email: person for person in Person.objects.filter(email__in=addresses)}
    for number, each in read_rows:
        if isinstance(each, Wrong):
            yield Checked(number=number, effect=Effect.WRONG, column=each.column, trouble=each.text)
            continue
        try:
            yield _row(actor, number, each, there.get(each.email), known)
        except Wrong as wrong:
            yield Checked(number=number, effect=Effect.WRONG, values=each, column=wrong.column, trouble=wrong.text)


def _row(actor: Actor, number: int, values: Read, there: Person | None, known: _Known) -> Checked:
    first = known.emails.setdefault(values.email, number)
    if first != number:
        raise Wrong(Column.EMAIL, _("Row %(row)d has the same address.") % {"row": first})
    if there is not None:
        return _present(actor, number, values, there)
    organ = _organ(actor, values.organ, known)
    position = _position(actor, organ, values.position, known) if values.position else None
    return Checked(
        number=number,
        effect=Effect.INVITE,
        values=values,
        organ_id=organ.pk,
        position_id=position.pk if position else None,
    )


def _present(actor: Actor, number: int, values: Read, person: Person) -> Checked:
    if not may_control(actor, person):
        raise Wrong(Column.EMAIL, _("This address belongs to an account that you do not look after."))
    same = person.name == values.name and (not values.phone or person.phone == values.phone)
    return Checked(number=number, effect=Effect.SAME if same else Effect.CHANGE, values=values)


def _organ(actor: Actor, code: str, known: _Known) -> Unit:
    if code not in known.organs:
        with scope.act_for(actor):
            organs = persons.organs_managed_by(actor)
            known.organs[code] = organs.filter(code=code).first() if code else organs.filter(pk=actor.organ_id).first()
    organ = known.organs[code]
    if organ is None:
        raise Wrong(Column.ORGAN, _("You look after no organ of this code."))
    return organ


def _position(actor: Actor, organ: Unit, title: str, known: _Known) -> Position:
    if organ.path not in known.positions:
        found: dict[str, list[Position]] = {}
        with scope.act_for(actor):
            for position in positions.fillable_by(actor, organ.pk):
                found.setdefault(search_key(position.title), []).append(position)
        known.positions[organ.path] = found
    fitting = known.positions[organ.path].get(search_key(title), [])
    if len(fitting) != 1:
        text = _("Several positions of the organ are called so: appoint on the person's page.")
        raise Wrong(Column.POSITION, text if fitting else _("The organ has no position of this title."))
    if not may_fill(actor, fitting[0]):
        raise Wrong(Column.POSITION, _("Into this position only an administrator of an organ above may appoint."))
    return fitting[0]
