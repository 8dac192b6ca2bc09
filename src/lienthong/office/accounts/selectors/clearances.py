"""Clearances, and labelled units named to somebody."""

from datetime import date
from typing import Any, Final

from django.db.models import QuerySet
from django.utils.timezone import localdate

from lienthong.kernel.labels import Level
from lienthong.office.accounts.models import Clearance, NeedToKnow
from lienthong.office.core import scope
from lienthong.office.core.actor import NOBODY, SYSTEM, Actor
from lienthong.office.core.compiled import Compiled, Reader
from lienthong.office.core.errors import NotFound
from lienthong.office.core.policies import Permission, which
from lienthong.office.organs.models import Unit


def _level(_reader: Actor | Reader, *, number: int, today: date) -> QuerySet[Clearance, Any]:
    held = Clearance.objects.filter(person_id=number, revoked_at=None, valid_from__lte=today, valid_to__gt=today)
    return held.values_list("level")


LEVEL: Final = Compiled(_level)


def level_of(person_id: int) -> Level:
    """Return up to which level a person is cleared today. Knows no reader."""
    with scope.system():
        held = LEVEL(SYSTEM, number=person_id, today=localdate())
    return Level(held[0][0]) if held else Level.INTERNAL


def opens_top_secret(person_id: int) -> bool:
    """Tell whether a person's account is marked for top secret documents today. Knows no reader."""
    today = localdate()
    held = Clearance.objects.filter(person_id=person_id, revoked_at=None, valid_from__lte=today, valid_to__gt=today)
    with scope.system():
        return held.filter(opens_top_secret=True).exists()


def history_of(person_id: int) -> QuerySet[Clearance, Clearance]:
    """Return all clearances of a person, the latest first."""
    return Clearance.objects.filter(person_id=person_id).select_related("granted_by").order_by("-valid_from", "-pk")


HISTORY: Final = Compiled(lambda _reader, number: history_of(number))
"""The same, kept; by ``number``."""


def _named(_reader: Actor | Reader, *, number: int, today: date) -> QuerySet[NeedToKnow]:
    named = NeedToKnow.objects.filter(person_id=number, valid_to__gt=today)
    return named.select_related("unit").order_by("unit__sort_key")


NAMED: Final = Compiled(_named)


def units_named_to(person_id: int) -> list[NeedToKnow]:
    """Return the labelled units that are named to a person, of those that the reader may know of."""
    return NAMED.models(NOBODY, number=person_id, today=localdate())


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
