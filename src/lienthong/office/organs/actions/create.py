"""Create a unit under another one, or a top organ."""

from dataclasses import dataclass
from datetime import date

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from lienthong.kernel.labels import Level
from lienthong.office.core import scope
from lienthong.office.core.actor import Actor
from lienthong.office.core.audit import record
from lienthong.office.core.errors import Forbidden, Invalid
from lienthong.office.core.policies import Permission, require
from lienthong.office.core.text import search_key, sort_key, tidy
from lienthong.office.organs.actions.holding import hold_tree
from lienthong.office.organs.actions.paths import refuse_place
from lienthong.office.organs.actions.times import spoken
from lienthong.office.organs.audit import OrganEvent, facts
from lienthong.office.organs.models import NAME_LENGTH, Kind, Unit, UnitVersion


@dataclass(frozen=True, slots=True, kw_only=True)
class NewUnit:
    """What a unit shall be."""

    kind: Kind
    name: str
    # "" lets the number become the code.
    code: str = ""
    type: str = ""
    bloc: str = ""
    tier: str = ""
    area_code: str = ""
    label: Level = Level.INTERNAL
    # None: it has always been there.
    valid_from: date | None = None
    decision: str = ""


@transaction.atomic
def create_unit(*, actor: Actor, parent: Unit | None, new: NewUnit) -> Unit:
    """Create a unit.

    Args:
        actor: an administrator of the organ it stands in or under; of the installation for a top one.
        parent: under which; None for the top.
        new: what it shall be. Within something secret it is no less secret.

    Raises:
        Forbidden: it is not the actor's to do.
        Invalid: it cannot stand there, its code is taken, or it would be hidden from whoever makes it.
        Conflict: the tree is being changed by somebody else.
    """
    require(actor, Permission.OPERATE if parent is None else Permission.UNIT_MANAGE, parent)
    with scope.system():
        hold_tree()
        if parent is not None:
            parent = Unit.objects.select_related("organ").get(pk=parent.pk)
            require(actor, Permission.UNIT_MANAGE, parent)
        unit = plant(parent, new)
        check_sight(actor, unit.level)
        record(actor=actor, kind=OrganEvent.CREATE, obj=unit, new=facts(unit), label=unit.level)
    return unit


def check_sight(actor: Actor, level: Level) -> None:
    """Refuse to make something that the actor is not cleared to see.

    Raises:
        Forbidden: the level is beyond the actor's clearance.
    """
    if level >= Level.CONFIDENTIAL and level > actor.clearance and actor.person_id:
        raise Forbidden(_("the label is above your clearance"))


def plant(parent: Unit | None, new: NewUnit) -> Unit:
    """Write a unit with its first version and its path. Needs the tree's lock.

    Raises:
        Invalid: it cannot stand there, has no name, or its code is taken.
    """
    place = [*refuse_place(None, parent, new.kind), *refuse_begin(parent, new.valid_from)]
    if reasons := [*check_name(new.name), *place]:
        raise Invalid(" ".join(reasons))
    name = tidy(new.name)
    organ = parent.organ if parent and new.kind == Kind.DEPARTMENT else None
    unit = Unit(
        kind=new.kind, code=new.code or f"new {name}"[:40], parent=parent, name=name, type=new.type,
        bloc=parent.bloc if organ and parent else new.bloc, tier=parent.tier if organ and parent else new.tier,
        area_code=new.area_code, label=max(new.label, parent.label) if parent else new.label, valid_from=new.valid_from,
        sort_key=sort_key(name), search_key=search_key(name),
    )  # fmt: skip
    try:
        with transaction.atomic():
            unit.save(force_insert=True)
    except IntegrityError as error:
        raise Invalid(_("The code {code} is taken.").format(code=unit.code)) from error
    unit.path = f"{parent.path if parent else ''}{unit.pk}/"
    unit.organ = organ or unit
    unit.organ_path = organ.path if organ else unit.path
    unit.code = new.code or _code(unit, parent)
    unit.save(update_fields=["path", "organ", "organ_path", "code"])
    UnitVersion.objects.create(
        unit=unit, valid_from=new.valid_from, name=name, type=new.type, parent=parent, decision=new.decision
    )
    return unit


def check_name(name: str) -> list[str]:
    """Return why a text is no unit's name."""
    if not tidy(name):
        return [_("A unit needs a name.")]
    if len(tidy(name)) > NAME_LENGTH:
        return [_("A name has at most {number} characters.").format(number=NAME_LENGTH)]
    return []


def refuse_begin(parent: Unit | None, begin: date | None) -> list[str]:
    """Return why something cannot begin under a unit on a day."""
    if parent is None:
        return []
    if parent.valid_to:
        text = _("{unit} ends on {day}: nothing new can stand under it.")
        return [text.format(unit=parent.name, day=spoken(parent.valid_to))]
    if parent.valid_from and (begin is None or begin < parent.valid_from):
        return [_("{unit} begins only on {day}.").format(unit=parent.name, day=spoken(parent.valid_from))]
    return []


def _code(unit: Unit, parent: Unit | None) -> str:
    """Return a code that nothing else has: the number, after the organ's code for a department."""
    if unit.kind == Kind.DEPARTMENT and parent and parent.organ:
        return f"{parent.organ.code}.{unit.pk}"[-40:]
    return f"N{unit.pk}"
