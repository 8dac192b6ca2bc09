"""What organs behind packets are told: what became of a document of theirs here, and that one of ours is asked back.

What is told stands in a table in the transaction of what it tells, and is written as a packet when somebody takes it
along, or into the organ's folder.
"""

from typing import Final

from django.utils import timezone
from procrastinate.contrib.django import app

from lienthong.kernel.errors import LienthongError
from lienthong.office.documents.models import Answer, Delivery, Dispatch, Document, Intake
from lienthong.office.documents.models.document import NOTE_LENGTH
from lienthong.office.documents.packets.errors import unwritable
from lienthong.office.documents.packets.formats import code_of, packets
from lienthong.office.documents.states import DEEDS, Deed
from lienthong.profiles.packets import News, Party, Reference

TASK: Final = "documents.packets.leave"
_RECALL: Final = DEEDS[Deed.RECALL].code
_OVER: Final = (Delivery.State.REFUSED, Delivery.State.RECALLED)


def answer(document: Document, code: str, note: str) -> None:
    """Have the sender of a document that came as a packet told what became of it; nobody where it came otherwise."""
    intake = Intake.objects.filter(document=document).first()
    if intake is not None:
        _say(document, Party(code=intake.sender_code, name=intake.sender), code, note)


def ask_back(document: Document, reason: str) -> None:
    """Have all receivers of packets with a document told that it is asked for."""
    for dispatch in Dispatch.objects.filter(document=document).exclude(packet_id=""):
        for row in Delivery.objects.filter(dispatch=dispatch).exclude(state__in=_OVER):
            _say(document, Party(code=row.organ_code, name=row.organ), _RECALL, reason, dispatch=dispatch)


def packet_of(found: Answer) -> bytes:
    """Write what is told as a packet: always the same of the same. Read as the system.

    Raises:
        PacketUnwritable, OrganUncoded: it cannot be said.
    """
    document = found.document
    own = code_of(document.organ)
    if found.dispatch is not None:
        issuer, id_ = own, found.dispatch.packet_id
    else:
        intake = Intake.objects.get(document=document)
        issuer, id_ = intake.sender_code, intake.packet_id
    told = News(
        sender=Party(code=own, name=document.organ.name),
        about=Reference(organ=issuer, number=document.number, dated=document.dated, id=id_),
        code=found.code,
        note=found.note,
        at=found.at,
    )
    try:
        return packets().write(told)
    except LienthongError as error:
        raise unwritable(error) from error


def _say(document: Document, to: Party, code: str, note: str, *, dispatch: Dispatch | None = None) -> None:
    made = Answer.objects.create(
        document=document, dispatch=dispatch, to_code=to.code, to=to.name, code=code, note=note[:NOTE_LENGTH],
        at=timezone.now(),
    )  # fmt: skip
    app.configure_task(TASK).defer(answer_id=made.pk)
