"""Reads of positions and of who holds them."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from django.db.models import Q
from django.utils.timezone import localdate

from lienthong.office.accounts.models import Appointment
from lienthong.office.core.actor import Actor, Role
from lienthong.office.core.errors import NotFound
from lienthong.office.core.policies import Permission, which
from lienthong.office.organs.models import Position, Unit
from lienthong.office.organs.policies import visible
from lienthong.office.organs.selectors import in_force


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Somebody who holds a position now."""

    person: int
    name: str
    # The first day on which it no longer holds; None: open.
    until: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """A position with its holders, as far as the reader may see them."""

    id: int
    unit: int
    title: str
    roles: tuple[Role, ...]
    rank: int
    closed_on: date | None
    holders: list[Holder] = field(default_factory=list)


def position(actor: Actor, number: int) -> Position:
    """Return a position with its unit.

    Raises:
        NotFound: there is none, or not for this actor.
    """
    found = Position.objects.select_related("unit__organ").filter(visible(actor, "unit__"), pk=number).first()
    if found is None:
        raise NotFound(str(number))
    return found


def posts(actor: Actor, of: Iterable[Unit | int], *, on: date | None = None) -> list[Post]:
    """Return the positions that are open in some units on a day, by rank, with their holders: two queries."""
    day = on or localdate()
    ids = [each.pk if isinstance(each, Unit) else each for each in of]
    still = Q(closed_on=None) | Q(closed_on__gt=day)
    rows = Position.objects.filter(still, visible(actor, "unit__"), unit__in=ids).order_by("unit_id", "rank", "pk")
    found = {
        row.pk: Post(
            id=row.pk, unit=row.unit_id, title=row.title, roles=tuple(map(Role, row.roles)), rank=row.rank,
            closed_on=row.closed_on,
        )
        for row in rows
    }  # fmt: skip
    seen = which(actor, Permission.PERSON_VIEW, "person__organ_path") | Q(person=actor.person_id)
    held = Appointment.objects.filter(seen, in_force(day), position__in=found).order_by("person__sort_key", "pk")
    for place, person, name, until in held.values_list("position_id", "person_id", "person__name", "valid_to"):
        found[place].holders.append(Holder(person=person, name=name, until=until))
    return list(found.values())
