"""What an organ's documents bear: its notation and its place."""

from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _

from lienthong.kernel.errors import AgencyCodeInvalid
from lienthong.kernel.labels import Level
from lienthong.office.core import scope
from lienthong.office.core.actor import Actor
from lienthong.office.core.audit import record
from lienthong.office.core.errors import Invalid
from lienthong.office.core.policies import Permission, require
from lienthong.office.core.text import tidy
from lienthong.office.documents.audit import ChainEvent
from lienthong.office.documents.models import Letterhead
from lienthong.office.documents.packets.errors import WRONG_CODE
from lienthong.office.documents.packets.formats import packets
from lienthong.office.organs.models import Unit

_NOTATION, _PLACE = 40, 200


@dataclass(frozen=True, slots=True)
class Head:
    """Notation and place; empty for what the profile proposes. The agency code; empty for the organ's own code."""

    notation: str
    place: str
    agency_code: str = ""


def set_letterhead(*, actor: Actor, organ: Unit, head: Head) -> None:
    """Choose notation and place of an organ, from the next number on, and its agency code in packets.

    Raises:
        Forbidden: it is not the actor's to do.
        Invalid: one is too long, or the code is none.
    """
    notation, place = tidy(head.notation), tidy(head.place)
    if len(notation) > _NOTATION or len(place) > _PLACE:
        raise Invalid(_("Notation or place is too long."))
    code = _agency_code(head.agency_code)
    with transaction.atomic(), scope.system():
        organ = Unit.objects.get(pk=organ.pk)
        require(actor, Permission.UNIT_MANAGE, organ)
        before = Letterhead.objects.select_for_update().filter(pk=organ.pk).first()
        old = _facts(before) if before else None
        made, _created = Letterhead.objects.update_or_create(
            organ=organ, defaults={"notation": notation, "place": place, "agency_code": code}
        )
        new = _facts(made)
        record(actor=actor, kind=ChainEvent.LETTERHEAD, obj=made, old=old, new=new, label=Level(organ.label))


def _facts(head: Letterhead) -> dict[str, str]:
    return {"notation": head.notation, "place": head.place, "agency_code": head.agency_code}


def _agency_code(text: str) -> str:
    try:
        return packets().code(text.strip().upper()) if text.strip() else ""
    except AgencyCodeInvalid as error:
        raise Invalid("code", hint=_(WRONG_CODE)) from error
