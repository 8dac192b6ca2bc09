"""A document leaves as a packet for organs without this office: what is issued, up to what may travel unencrypted."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from django.utils import timezone
from django.utils.translation import gettext as _
from procrastinate.contrib.django import app

from lienthong.kernel.errors import LienthongError
from lienthong.office.accounts.models import Appointment
from lienthong.office.core import scope
from lienthong.office.core.actor import Actor
from lienthong.office.core.errors import Conflict, Invalid
from lienthong.office.documents.actions.change import doing, held_document
from lienthong.office.documents.exchange.enclosures import enclosed
from lienthong.office.documents.models import Correspondent, Delivery, Dispatch, Document, File
from lienthong.office.documents.models.document import NAME_LENGTH
from lienthong.office.documents.names import safe_name
from lienthong.office.documents.packets.descriptions import letter_of, media_type_of
from lienthong.office.documents.packets.errors import LabelTooHigh, PacketUnwritable, unwritable
from lienthong.office.documents.packets.formats import code_of, packets
from lienthong.office.documents.packets.places import has_folder
from lienthong.office.documents.states import Deed, State
from lienthong.office.vault.selectors import read
from lienthong.profiles.packets import Enclosure, Party

TASK: Final = "documents.packets.dispatch"


def export(*, actor: Actor, document: Document, partners: Sequence[Correspondent]) -> Dispatch:
    """Make a packet of a document, for some organs without this office. It is written whole to see that it can be.

    Args:
        actor: a clerk of the organ.
        document: issued.
        partners: whom it goes to.

    Returns:
        The dispatch; ``packet_of`` writes its packet.

    Raises:
        Forbidden: the actor is no clerk of the organ, or not cleared.
        Conflict: it is not, or no longer, issued.
        LabelTooHigh: it must not leave unencrypted.
        PacketUnwritable, OrganUncoded: something is missing, or it is too large.
        Invalid: there is nobody it goes to.
    """
    with doing(actor=actor, document=document, deed=Deed.DISPATCH) as change:
        held = change.document
        if held.level > packets().highest:
            raise LabelTooHigh(held.level.slug)
        chosen = list(
            Correspondent.objects.filter(pk__in=[one.pk for one in partners], organ=held.organ, closed_at=None)
        )
        if not chosen:
            raise Invalid("organs", hint=_("Choose at least one organ."))
        now, posted = timezone.now(), has_folder(held.organ.code)
        words = ", ".join(one.name for one in chosen)
        made = Dispatch.objects.create(
            document=held, receivers=[one.code for one in chosen], at=now, sent_at=None if posted else now,
            state=Dispatch.State.WAITING if posted else Dispatch.State.SENT,
            audience=words if len(words) <= NAME_LENGTH else words[: NAME_LENGTH - 1] + "…",
            by=Appointment(pk=actor.appointment_id), packet_id=_id(held), total=len(chosen),
            counts={Delivery.State.SENT.value: len(chosen)},
        )  # fmt: skip
        Delivery.objects.bulk_create(Delivery(dispatch=made, organ_code=one.code, organ=one.name) for one in chosen)
        digest = hashlib.sha256(written(made)).hexdigest()
        change.new = {"to": made.audience, "packet": digest}
        if posted:
            app.configure_task(TASK).defer(dispatch_id=made.pk)
    return made


def packet_of(dispatch: Dispatch) -> tuple[str, bytes]:
    """Return the packet of a dispatch and a name for it, as long as its document is issued. Read as the system.

    Raises:
        Conflict: it was taken back or replaced.
        PacketUnwritable, OrganUncoded: it cannot be written any more.
    """
    with scope.system():
        document = held_document(dispatch.document_id)
        if document.state != State.ISSUED or not dispatch.packet_id:
            raise Conflict(str(document))
        return name_of(document), written(dispatch)


def name_of(document: Document) -> str:
    """Return what the file with a document's packet is called."""
    return safe_name(f"{document.number.replace('/', '_')}.{packets().suffix}")


def written(dispatch: Dispatch) -> bytes:
    """Write the packet of a dispatch: always the same bytes. Read as the system.

    Raises:
        PacketUnwritable, OrganUncoded: it cannot be written.
    """
    document = dispatch.document
    files = enclosed(document)
    if sum(file.size for file in files) > packets().room:
        raise PacketUnwritable(_("its files are larger than fits into a packet"))
    rows = Delivery.objects.filter(dispatch=dispatch).order_by("pk")
    receivers = [Party(code=row.organ_code, name=row.organ) for row in rows]
    letter = letter_of(document, receivers, dispatch.packet_id, dispatch.at)
    try:
        return packets().write(replace(letter, files=tuple(_enclosure(file) for file in files)))
    except LienthongError as error:
        raise unwritable(error) from error


def _enclosure(file: File) -> Enclosure:
    return Enclosure(name=file.name, media_type=media_type_of(file), data=b"".join(read(file.blob_id)))


def _id(document: Document) -> str:
    if document.dated is None or not document.number:
        raise PacketUnwritable(_("it has no number or no date"))
    return packets().same_id(packets().id_of(code_of(document.organ), document.dated, document.number))
