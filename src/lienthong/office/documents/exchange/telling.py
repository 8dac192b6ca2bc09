"""Tell the author of a document what became of it here, and its receivers that it is asked for."""

from datetime import datetime
from typing import Final

import structlog
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from lienthong.client import Conflict, NewContent, NotFound, Problem
from lienthong.kernel.identifiers import OrganId, SubsystemId
from lienthong.office.core import scope
from lienthong.office.documents.exchange import mailboxes, packet
from lienthong.office.documents.exchange.errors import OrganUnserved
from lienthong.office.documents.exchange.gateways import connected
from lienthong.office.documents.exchange.link import Link
from lienthong.office.documents.exchange.taking import key_of
from lienthong.office.documents.models import Delivery, Dispatch, Document
from lienthong.office.documents.states import DEEDS, Deed

_NOTE: Final = 500
_GONE: Final = 410
_UNOPENED: Final = (Delivery.State.SENT, Delivery.State.DELIVERED)
_OVER: Final = (Delivery.State.DEAD, Delivery.State.REFUSED)
_log = structlog.get_logger(__name__)


def tell_author(*, document_id: int, code: str, note: str, at: datetime, key: str) -> None:
    """Tell the author of an incoming document what was done to it: by a receipt, or by a message of its own.

    Args:
        document_id: which.
        code: what was done (``states.CODES``).
        note: in words.
        at: when.
        key: the same whenever the same is told.

    Raises:
        ClientError, OrganUnserved, GatewaysInvalid: it could not be told.
    """
    with scope.system():
        document = Document.objects.select_related("organ").get(pk=document_id)
    exchange = connected()
    link, author = exchange.link(document.organ.code), exchange.organ(document.author_code)
    if author is None:
        raise OrganUnserved(document.author_code)
    if code in {DEEDS[Deed.ACCEPT].code, DEEDS[Deed.REFUSE].code}:
        system = SubsystemId(author.instance, author.member_class, author.member, exchange.system)
        _decide(link, document, str(system), accepted=code == DEEDS[Deed.ACCEPT].code, note=note)
        return
    status = packet.Status(uid=document.uid, code=code, note=note, at=at)
    _say(link, [str(author)], status, document, key)
    mailboxes.wake([document.author_code])


def ask_back(*, document_id: int, reason: str) -> None:
    """Ask all receivers of a document for it; from those who have not opened it, it is taken back by their gateways.

    Args:
        document_id: outgoing.
        reason: why.

    Raises:
        ClientError, OrganUnserved, GatewaysInvalid: they could not be asked; those who were are not asked twice.
    """
    with scope.system():
        document = Document.objects.select_related("organ").get(pk=document_id)
        exchange = connected()
        link = exchange.link(document.organ.code)
        for dispatch in Dispatch.objects.filter(document=document, state=Dispatch.State.SENT, message__isnull=False):
            receivers = dict(Delivery.objects.filter(dispatch=dispatch).values_list("organ_code", "state"))
            named = {code: organ for code in receivers if (organ := exchange.organ(code)) is not None}
            _take_back(link, dispatch, [named[code] for code in named if receivers[code] in _UNOPENED], reason)
            asked = [str(organ) for code, organ in named.items() if receivers[code] not in _OVER]
            if asked:
                key = f"documents.recall.{document.uid}.{dispatch.pk}"
                _say(link, asked, packet.Recall(uid=document.uid, reason=reason), document, key)
            Dispatch.objects.filter(pk=dispatch.pk).update(follow_at=timezone.now())
            mailboxes.wake(named)


def _take_back(link: Link, dispatch: Dispatch, receivers: list[OrganId], reason: str) -> None:
    if receivers and dispatch.message is not None:
        link.recall(dispatch.message, reason=reason[:_NOTE], receivers=[str(organ) for organ in receivers])


def _say(link: Link, receivers: list[str], found: packet.Packet, document: Document, key: str) -> None:
    content = NewContent(data=packet.encode(found), name="packet.json", media_type=packet.media_of(found))
    link.send(
        receivers,
        contents=[content],
        label=document.level.slug,
        # What is told of one document comes in the order in which it was told.
        conversation=document.uid,
        key=key,
    )


def _decide(link: Link, document: Document, sender: str, *, accepted: bool, note: str) -> None:
    message = document.message
    if message is None:
        return
    try:
        if accepted:
            with override(settings.LANGUAGE_CODE):
                said = _("Registered as {number}").format(number=document.entry)
            link.accept(message, note=said, key=key_of(message), sender=sender)
        else:
            link.refuse(message, reason=note[:_NOTE], key=key_of(message), sender=sender)
    except Problem as error:
        if not isinstance(error, Conflict | NotFound) and error.status != _GONE:
            raise
        # Its sender took it back, or it has expired: the gateway has told the sender so, and ours stays as it is.
        _log.warning("document_decided_elsewhere", message=str(message), code=error.code)
