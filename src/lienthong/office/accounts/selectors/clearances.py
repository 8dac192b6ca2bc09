"""Clearances, and labelled units named to somebody."""

from django.db.models import QuerySet
from django.utils.timezone import localdate

from lienthong.kernel.labels import Level
from lienthong.office.accounts.models import Clearance, NeedToKnow
from lienthong.office.core import scope
from lienthong.office.core.actor import Actor
from lienthong.office.core.errors import NotFound
from lienthong.office.core.policies import Permission, which
from lienthong.office.organs.models import Unit


def level_of(person_id: int) -> Level:
    """Return up to which level a person is cleared today. Knows no reader."""
    today = localdate()
    with scope.system():
        held = Clearance.objects.filter(
            person_id=person_id, revoked_at=None, valid_from__lte=today, valid_to__gt=today
        ).first()
    return Level(held.level) if held else Level.INTERNAL


def history_of(person_id: int) -> QuerySet[Clearance, Clearance]:
    """Return all clearances of a person, the latest first."""
    return Clearance.objects.filter(person_id=person_id).select_related("granted_by").order_by("-valid_from", "-pk")


def units_named_to(person_id: int) -> QuerySet[NeedToKnow, NeedToKnow]:
    """Return the labelled units that are named to a person, of those that the reader may know of."""
    named = NeedToKnow.objects.filter(person_id=person_id, valid_to__gt=localdate())
    return named.select_related("unit").order_by("unit__sort_key")


def nameable_by(actor: Actor) -> QuerySet[Unit, Unit]:
    """Return the labelled units that somebody may name to others."""
    return Unit.objects.filter(
        which(actor, Permission.CLEARANCE_GRANT), label__gte=Level.CONFIDENTIAL, label__lte=actor.clearance,
        valid_to=None,
    ).order_by("organ_path", "sort_key")  # fmt: skip


def nameable(actor: Actor, unit_id: int) -> Unit:
    """Return one of these.

    Raises:
        NotFound: there is none of that number.
    """
    with scope.act_for(actor):
        unit = nameable_by(actor).filter(pk=unit_id).first()
    if unit is None:
        raise NotFound(f"unit {unit_id}")
    return unit
