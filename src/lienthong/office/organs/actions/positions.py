"""Positions of a unit: create, change, close."""

from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lienthong.office.accounts.models import Substitution
from lienthong.office.core import scope
from lienthong.office.core.actor import ROLE_ORDER, Actor, Role
from lienthong.office.core.audit import Json, record
from lienthong.office.core.errors import Conflict, Forbidden, Invalid
from lienthong.office.core.policies import Permission, require
from lienthong.office.core.text import tidy
from lienthong.office.organs.actions.close import end_positions, held_after
from lienthong.office.organs.actions.holding import hold_tree
from lienthong.office.organs.actions.plans import Plan
from lienthong.office.organs.actions.times import spoken
from lienthong.office.organs.audit import OrganEvent
from lienthong.office.organs.models import NAME_LENGTH, Position, Unit
from lienthong.office.organs.policies import SEPARATED, may_give


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What a position is."""

    title: str
    roles: frozenset[Role] = frozenset()
    rank: int = 100


@transaction.atomic
def create_position(*, actor: Actor, unit: Unit, shape: Shape) -> Position:
    """Create a position in a unit.

    Raises:
        Forbidden: it is not the actor's to do, or they cannot give one of the roles.
        Invalid: it has no title, or the unit has ended.
        Conflict: the tree is being changed.
    """
    with scope.system():
        # The path that is written must not be rewritten meanwhile.
        hold_tree(shared=True)
        unit = Unit.objects.get(pk=unit.pk)
        require(actor, Permission.UNIT_MANAGE, unit)
        _check(actor, unit.organ_path, shape, shape.roles)
        if unit.valid_to and unit.valid_to <= localdate():
            raise Invalid(_("{unit} ended on {day}.").format(unit=unit.name, day=spoken(unit.valid_to)))
        position = Position.objects.create(
            unit=unit, title=tidy(shape.title), roles=ordered(shape.roles), rank=shape.rank, organ_path=unit.organ_path
        )
        record(actor=actor, kind=OrganEvent.POSITION_CREATE, obj=position, new=_facts(position), label=unit.level)
    return position


@transaction.atomic
def change_position(*, actor: Actor, position: Position, shape: Shape, seen: Shape) -> Position:
    """Give a position another title, rank or roles; whoever holds it has the new roles from the next click on.

    Args:
        actor: an administrator of the organ or above; roles that are added or taken away must be theirs to give.
        position: which.
        shape: what it shall be.
        seen: what it was when it was looked at.

    Raises:
        Forbidden: it is not the actor's to do, or they cannot give or take one of the roles.
        Invalid: it has no title, or is closed.
        Conflict: somebody else changed it meanwhile.
    """
    with scope.system():
        hold_tree(shared=True)
        position = Position.objects.select_for_update(of=("self",)).select_related("unit").get(pk=position.pk)
        require(actor, Permission.UNIT_MANAGE, position)
        if shape_of(position) != seen:
            raise Conflict(position.title)
        if position.closed_on:
            raise Invalid(_("This position is closed."))
        _check(actor, position.organ_path, shape, shape.roles ^ seen.roles)
        old = _facts(position)
        position.title, position.roles, position.rank = tidy(shape.title), ordered(shape.roles), shape.rank
        position.save(update_fields=["title", "roles", "rank"])
        record(
            actor=actor, kind=OrganEvent.POSITION_CHANGE, obj=position, old=old, new=_facts(position),
            label=position.unit.level,
        )  # fmt: skip
    return position


def plan_close_position(*, actor: Actor, position: Position, day: date) -> Plan:
    """Say what follows from closing a position on a day.

    Raises:
        Forbidden: it is not the actor's to do.
    """
    require(actor, Permission.UNIT_MANAGE, position)
    plan = Plan(revisions={})
    if position.closed_on:
        plan.refuse(_("This position is closed."))
    if not may_give(actor, map(Role, position.roles), position.organ_path):
        plan.refuse(_("Only an administrator of an organ above may close a position with these roles."))
    if day < localdate():
        plan.refuse(_("A position closes today or later."))
    held = held_after(Position.objects.filter(pk=position.pk), day)
    text = gettext_lazy("Persons who lose a position: {count}.")
    plan.number("holders", held.values("person").distinct().count(), text, grave=True)
    acting = Substitution.objects.filter(appointment__in=held, ended_at=None, valid_to__gt=day).count()
    plan.number("substitutions", acting, gettext_lazy("Substitutions that end: {count}."), grave=True)
    return plan


@transaction.atomic
def close_position(*, actor: Actor, position: Position, day: date, seen: Shape) -> Position:
    """Close a position: whoever holds it does so until the day before.

    Raises:
        Forbidden: it is not the actor's to do.
        Invalid: it is closed already, or the day is over.
        Conflict: somebody else changed it meanwhile.
    """
    with scope.system():
        hold_tree(shared=True)
        position = Position.objects.select_for_update(of=("self",)).select_related("unit").get(pk=position.pk)
        plan = plan_close_position(actor=actor, position=position, day=day)
        if shape_of(position) != seen:
            raise Conflict(position.title)
        plan.require()
        end_positions(Position.objects.filter(pk=position.pk), day)
        new: dict[str, Json] = {"closed_on": day.isoformat(), **plan.counts}
        record(
            actor=actor, kind=OrganEvent.POSITION_CLOSE, obj=position, old={"closed_on": None}, new=new,
            label=position.unit.level,
        )  # fmt: skip
        position.refresh_from_db()
    return position


def shape_of(position: Position) -> Shape:
    """Return what a position is now."""
    return Shape(title=position.title, roles=frozenset(map(Role, position.roles)), rank=position.rank)


def mixed(roles: frozenset[Role]) -> bool:
    """Tell whether roles would let one position both administer and watch over whoever does."""
    return Role.ADMINISTRATOR in roles and bool(SEPARATED & roles)


def ordered(roles: frozenset[Role]) -> list[str]:
    """Return roles as they are stored: in one order."""
    return [role.value for role in sorted(roles, key=ROLE_ORDER.__getitem__)]


def _check(actor: Actor, organ_path: str, shape: Shape, given: frozenset[Role]) -> None:
    if given and not may_give(actor, given, organ_path):
        raise Forbidden(_("only an administrator of an organ above gives or takes these roles"))
    if mixed(shape.roles):
        raise Invalid(_("One position cannot both administer an organ and watch over it."))
    if not tidy(shape.title):
        raise Invalid(_("A position needs a title."))
    if len(tidy(shape.title)) > NAME_LENGTH:
        raise Invalid(_("A title has at most {number} characters.").format(number=NAME_LENGTH))


def _facts(position: Position) -> dict[str, Json]:
    return {"title": position.title, "roles": list(position.roles), "rank": position.rank, "unit": position.unit_id}
