"""Who may shape the tree, give roles, and see labelled units; ``core.policies`` has the rights themselves."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from django.db.models import Q

from lienthong.kernel.labels import Level
from lienthong.office.core.actor import SYSTEM, Actor, Role
from lienthong.office.core.compiled import Reader
from lienthong.office.core.errors import Forbidden
from lienthong.office.core.policies import Permission, between, may
from lienthong.office.organs.models import Kind, Unit

SEPARATED: Final = frozenset({Role.SECURITY, Role.AUDITOR})
"""Who clears and who audits is not chosen by those they look at: an organ's own administrator cannot give these."""


@dataclass(frozen=True, slots=True)
class Place:
    """An organ by its path: what a right is asked for where there is no object yet."""

    organ_path: str


def governing(unit: Unit) -> Place:
    """Return whose administrators decide on a unit's name, place and end.

    Of a department its organ's own. Of an organ those of the one above, so that none renames, moves or closes itself;
    a top organ has nobody above.
    """
    if unit.kind == Kind.DEPARTMENT:
        return Place(unit.organ_path)
    return Place(above(unit.path) or unit.path)


def above(path: str) -> str:
    """Return the path of what stands above; "" at the top."""
    return "".join(f"{step}/" for step in path.split("/")[:-2])


def may_shape(actor: Actor, unit: Unit) -> bool:
    """Tell whether the actor may rename, move, merge, split or close a unit."""
    return may(actor, Permission.UNIT_MANAGE, governing(unit))


def require_shape(actor: Actor, *units: Unit) -> None:
    """Refuse to change units that are not the actor's to shape.

    Raises:
        Forbidden: at least one is not.
    """
    for unit in units:
        if not may_shape(actor, unit):
            raise Forbidden(unit.name)


def above_guards(actor: Actor, roles: Iterable[Role], organ_path: str) -> bool:
    """Tell whether the actor may have a hand in who guards and audits an organ; in its other positions anybody may.

    Asked for giving the roles to a position, for putting somebody into one that has them and for taking them out, so
    that no way leads around the others. An administrator of an organ above may; where there is none, one who also
    operates the installation.
    """
    if actor is SYSTEM or SEPARATED.isdisjoint(roles):
        return True
    return organ_path != actor.organ_path or (actor.operator and not above(organ_path))


def may_give(actor: Actor, roles: Iterable[Role], organ_path: str) -> bool:
    """Tell whether the actor may attach roles to a position of an organ, or take them away."""
    return may(actor, Permission.UNIT_MANAGE, Place(organ_path)) and above_guards(actor, roles, organ_path)


def visible(actor: Actor | Reader, prefix: str = "") -> Q:
    """Return the predicate of the units an actor sees, the same as in the database's own policy.

    Args:
        actor: who asks, or the reader of a query that is kept.
        prefix: the relation that leads to the unit, such as ``unit__``.
    """
    if actor.system:
        return Q()
    near = between(f"{prefix}organ_path", actor.lo, actor.hi)
    if actor.known:
        near |= Q(**{f"{prefix}id__in": actor.known}) | Q(**{f"{prefix}organ_id__in": actor.known})
    open_to_all = Q(**{f"{prefix}label__lt": Level.CONFIDENTIAL})
    if actor.clearance < Level.CONFIDENTIAL:
        return open_to_all
    return open_to_all | (Q(**{f"{prefix}label__lte": actor.clearance}) & near)
