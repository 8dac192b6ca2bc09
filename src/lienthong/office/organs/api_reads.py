"""What the API reads of units and positions; every query starts from what the reader may see."""

from dataclasses import dataclass
from typing import Final

from django.db.models import F, Q, QuerySet
from django.utils import timezone

from lienthong.office.core.actor import Actor
from lienthong.office.core.errors import NotFound
from lienthong.office.core.text import search_key
from lienthong.office.organs.models import Position, Unit, UnitVersion
from lienthong.office.organs.policies import visible

_SEARCH_LENGTH: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitFilter:
    """Which units; empty: all."""

    q: str = ""
    kind: str = ""
    tier: str = ""
    bloc: str = ""
    type: str = ""
    code: str = ""
    parent: int | None = None
    # Also those that exist no longer.
    closed: bool = False


def units(actor: Actor, wanted: UnitFilter) -> QuerySet[Unit]:
    """Return the units that are asked for."""
    query = Unit.objects.filter(visible(actor)).select_related("organ")
    exact = {"kind": wanted.kind, "tier": wanted.tier, "bloc": wanted.bloc, "type": wanted.type, "code": wanted.code}
    query = query.filter(**{field: value for field, value in exact.items() if value})
    if wanted.parent is not None:
        query = query.filter(parent_id=wanted.parent)
    if wanted.q:
        key = search_key(wanted.q[:_SEARCH_LENGTH])
        query = query.filter(Q(search_key__contains=key) | Q(code=wanted.q.strip()))
    return query if wanted.closed else query.filter(_open())


def unit(actor: Actor, unit_id: int) -> Unit:
    """Return one unit.

    Raises:
        NotFound: there is none, or it is not for this reader.
    """
    found = Unit.objects.filter(visible(actor), pk=unit_id).select_related("organ").first()
    if found is None:
        raise NotFound(f"unit {unit_id}")
    return found


def versions(actor: Actor, unit_id: int) -> list[UnitVersion]:
    """Return what a unit was called over time, oldest first; parents that are not for this reader are left out.

    Raises:
        NotFound: there is no such unit, or it is not for this reader.
    """
    unit(actor, unit_id)
    found = list(UnitVersion.objects.filter(unit_id=unit_id).order_by(F("valid_from").asc(nulls_first=True)))
    parents = {version.parent_id for version in found if version.parent_id}
    seen = set(Unit.objects.filter(visible(actor), pk__in=parents).values_list("pk", flat=True))
    for version in found:
        version.parent_id = version.parent_id if version.parent_id in seen else None
    return found


def positions(actor: Actor, *, unit_id: int | None = None, closed: bool = False) -> QuerySet[Position]:
    """Return positions of the units somebody may see."""
    query = Position.objects.filter(visible(actor, "unit__")).select_related("unit")
    if unit_id is not None:
        query = query.filter(unit_id=unit_id)
    return query if closed else query.filter(closed_on=None)


def position(actor: Actor, position_id: int) -> Position:
    """Return one position.

    Raises:
        NotFound: there is none, or it is not for this reader.
    """
    found = positions(actor, closed=True).filter(pk=position_id).first()
    if found is None:
        raise NotFound(f"position {position_id}")
    return found


def _open() -> Q:
    return Q(valid_to=None) | Q(valid_to__gt=timezone.localdate())
