"""What an organ's documents bear: its notation and its place."""

from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _

from lienthong.kernel.labels import Level
from lienthong.office.core import scope
from lienthong.office.core.actor import Actor
from lienthong.office.core.audit import record
from lienthong.office.core.errors import Invalid
from lienthong.office.core.policies import Permission, require
from lienthong.office.core.text import tidy
from lienthong.office.documents.audit import ChainEvent
from lienthong.office.documents.models import Letterhead
from lienthong.office.organs.models import Unit

_NOTATION, _PLACE = 40, 200


@dataclass(frozen=True, slots=True)
class Head:
    """Notation and place; empty for what the profile proposes."""

    notation: str
    place: str


def set_letterhead(*, actor: Actor, organ: Unit, head: Head) -> None:
    """Choose notation and place of an organ, from the next number on.

    Raises:
        Forbidden: it is not the actor's to do.
        Invalid: one is too long.
    """
    notation, place = tidy(head.notation), tidy(head.place)
    if len(notation) > _NOTATION or len(place) > _PLACE:
        raise Invalid(_("Notation or place is too long."))
    with transaction.atomic(), scope.system():
        organ = Unit.objects.get(pk=organ.pk)
        require(actor, Permission.UNIT_MANAGE, organ)
        before = Letterhead.objects.select_for_update().filter(pk=organ.pk).first()
        old = {"notation": before.notation, "place": before.place} if before else None
        made, _created = Letterhead.objects.update_or_create(
            organ=organ, defaults={"notation": notation, "place": place}
        )
        new = {"notation": notation, "place": place}
        record(actor=actor, kind=ChainEvent.LETTERHEAD, obj=made, old=old, new=new, label=Level(organ.label))
