"""With which organs without this office an organ exchanges packets: its administrator decides."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from lienthong.kernel.errors import AgencyCodeInvalid
from lienthong.kernel.labels import Level
from lienthong.office.core import scope
from lienthong.office.core.actor import Actor
from lienthong.office.core.audit import record
from lienthong.office.core.errors import Invalid, NotFound
from lienthong.office.core.policies import Permission, require
from lienthong.office.core.text import tidy
from lienthong.office.documents.audit import PacketEvent
from lienthong.office.documents.models import Correspondent
from lienthong.office.documents.models.document import NAME_LENGTH
from lienthong.office.documents.packets.errors import WRONG_CODE
from lienthong.office.documents.packets.formats import packets
from lienthong.office.organs.models import Unit


def listed(organ_id: int) -> list[Correspondent]:
    """Return those of an organ, by name."""
    return list(Correspondent.objects.filter(organ=organ_id, closed_at=None))


def one(organ_id: int, number: int) -> Correspondent:
    """Return one of an organ.

    Raises:
        NotFound: it has none of that number.
    """
    found = Correspondent.objects.select_related("organ").filter(pk=number, organ=organ_id, closed_at=None).first()
    if found is None:
        raise NotFound(str(number))
    return found


@transaction.atomic
def add(*, actor: Actor, organ: Unit, code: str, name: str) -> Correspondent:
    """Exchange packets with an organ from now on.

    Args:
        actor: an administrator.
        organ: whose.
        code: the other's agency code, in any form.
        name: what it is called.

    Raises:
        Forbidden: it is not the actor's to do.
        Invalid: code or name is none, or it is one already.
    """
    with scope.system():
        organ = Unit.objects.select_for_update(of=("self",), no_key=True).get(pk=organ.pk)
        require(actor, Permission.UNIT_MANAGE, organ)
        called = tidy(name)
        if not called or len(called) > NAME_LENGTH:
            raise Invalid("name", hint=_("Say what the organ is called."))
        try:
            usual = packets().code(code.strip().upper())
        except AgencyCodeInvalid as error:
            raise Invalid("code", hint=_(WRONG_CODE)) from error
        if Correspondent.objects.filter(organ=organ, code=usual, closed_at=None).exists():
            raise Invalid("code", hint=_("Packets are exchanged with {code} already.").format(code=usual))
        made = Correspondent.objects.create(organ=organ, code=usual, name=called)
        new = {"code": usual, "name": called}
        record(actor=actor, kind=PacketEvent.CORRESPONDENT, obj=made, new=new, label=Level(organ.label))
    return made


@transaction.atomic
def close(*, actor: Actor, partner: Correspondent) -> None:
    """Exchange no more packets with an organ; what came and left stays.

    Raises:
        Forbidden: it is not the actor's to do.
        NotFound: it is none any more.
    """
    with scope.system():
        held = (
            Correspondent.objects.select_for_update(of=("self",)).select_related("organ").filter(pk=partner.pk).first()
        )
        if held is None or held.closed_at is not None:
            raise NotFound(str(partner.pk))
        require(actor, Permission.UNIT_MANAGE, held.organ)
        held.closed_at = timezone.now()
        held.save(update_fields=["closed_at"])
        old = {"code": held.code, "name": held.name}
        record(actor=actor, kind=PacketEvent.CORRESPONDENT_CLOSE, obj=held, old=old, label=Level(held.organ.label))
