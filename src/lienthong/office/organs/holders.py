"""Reads of positions and of who holds them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from django.db.models import FilteredRelation, Q, QuerySet
from django.utils.timezone import localdate

from lienthong.office.core.actor import Actor, Role
from lienthong.office.core.compiled import Compiled, Reader
from lienthong.office.core.errors import NotFound
from lienthong.office.core.policies import Permission, may
from lienthong.office.organs.models import Position, Unit
from lienthong.office.organs.policies import Place, visible
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


def _held(reader: Actor | Reader, *, ids: Sequence[int], day: date) -> QuerySet[Position, Any]:
    still = Q(closed_on=None) | Q(closed_on__gt=day)
    return (
        Position.objects.annotate(held=FilteredRelation("appointments", condition=in_force(day, "appointments__")))
        .filter(still, visible(reader, "unit__"), unit__in=ids)
        .order_by("unit_id", "rank", "pk", "held__person__sort_key", "held__pk")
        .values_list("pk", "unit_id", "title", "roles", "rank", "closed_on", "held__person_id", "held__person__name",
                     "held__valid_to", "held__person__organ_path")
    )  # fmt: skip


HELD: Final = Compiled(_held, many=frozenset({"ids"}))


def posts(actor: Actor, of: Iterable[Unit | int], *, on: date | None = None) -> list[Post]:
    """Return the positions that are open in some units on a day, by rank, with their holders: one query."""
    ids = [each.pk if isinstance(each, Unit) else each for each in of]
    rows = HELD(actor, ids=ids, day=on or localdate())
    found: dict[int, Post] = {}
    for number, unit, title, roles, rank, closed_on, person, name, until, path in rows:
        post = found.setdefault(
            number,
            Post(id=number, unit=unit, title=title, roles=tuple(map(Role, roles)), rank=rank, closed_on=closed_on),
        )
        # The same rule as for a list of persons; a row the database hides has no name.
        if name is not None and (may(actor, Permission.PERSON_VIEW, Place(path)) or person == actor.person_id):
            post.holders.append(Holder(person=person, name=name, until=until))
    return list(found.values())
