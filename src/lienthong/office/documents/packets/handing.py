"""Hand a packet to the clerk who takes it along; the trail tells of it."""

from django.db import transaction
from django.utils import timezone

from lienthong.office.core import scope
from lienthong.office.core.actor import Actor
from lienthong.office.core.audit import record
from lienthong.office.core.errors import Forbidden
from lienthong.office.documents.audit import PacketEvent
from lienthong.office.documents.models import Answer, Dispatch, Document
from lienthong.office.documents.packets.answers import packet_of as written_answer
from lienthong.office.documents.packets.formats import packets
from lienthong.office.documents.packets.leaving import packet_of
from lienthong.office.documents.policies import parts_of
from lienthong.office.documents.states import Part


@transaction.atomic
def packet_taken(*, actor: Actor, dispatch: Dispatch) -> tuple[str, bytes]:
    """Return the packet of a dispatch, with a name for it.

    Args:
        actor: a clerk of the organ.
        dispatch: which.

    Raises:
        Forbidden: the actor is no clerk of the organ, or not cleared.
        Conflict: it is no packet, or its document was taken back or replaced.
        PacketUnwritable, OrganUncoded: it cannot be written any more.
    """
    with scope.system():
        _require_clerk(actor, dispatch.document)
        name, data = packet_of(dispatch)
        _tell(actor, dispatch.document, dispatch.audience)
    return name, data


@transaction.atomic
def answer_taken(*, actor: Actor, answer: Answer) -> tuple[str, bytes]:
    """Return what an organ is told, with a name for it.

    Args:
        actor: a clerk of the organ.
        answer: which.

    Raises:
        Forbidden: the actor is no clerk of the organ, or not cleared.
        PacketUnwritable, OrganUncoded: it cannot be said.
    """
    with scope.system():
        _require_clerk(actor, answer.document)
        data = written_answer(answer)
        Answer.objects.filter(pk=answer.pk, taken_at=None).update(taken_at=timezone.now())
        _tell(actor, answer.document, answer.to)
    return name_of_answer(answer), data


def name_of_answer(answer: Answer) -> str:
    """Return what the file with something that is told is called: nothing of the document in it."""
    return f"status-{answer.pk}-{answer.code}.{packets().suffix}"


def _require_clerk(actor: Actor, document: Document) -> None:
    if Part.CLERK not in parts_of(actor, document):
        raise Forbidden("packets")


def _tell(actor: Actor, document: Document, to: str) -> None:
    record(actor=actor, kind=PacketEvent.TAKE, obj=document, new={"to": to}, label=document.level)
