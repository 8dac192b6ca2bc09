"""Send what was dispatched. However often it is tried, and wherever it was cut off, it stays one message."""

from datetime import timedelta
from typing import Final
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from lienthong.client import NewContent, Sent, Standings
from lienthong.kernel.identifiers import OrganId
from lienthong.kernel.labels import Level
from lienthong.office.core import scope
from lienthong.office.documents import profile
from lienthong.office.documents.exchange import mailboxes, packet
from lienthong.office.documents.exchange.enclosures import enclosed, opened
from lienthong.office.documents.exchange.following import MANY, STANDINGS
from lienthong.office.documents.exchange.gateways import connected
from lienthong.office.documents.exchange.link import Link
from lienthong.office.documents.models import Delivery, Dispatch, Document, File, Relation
from lienthong.office.documents.models.document import NAME_LENGTH, NOTE_LENGTH
from lienthong.office.documents.states import State
from lienthong.office.organs.models import Unit

INLINE: Final = 256 * 1024
"""Bytes of a file up to which it travels within the request; what is larger is uploaded before."""
INLINE_TOTAL: Final = 2 * 1024 * 1024
_FIRST_LOOK: Final = timedelta(seconds=0.5)
_AT_ONCE: Final = 1000


def send(dispatch_id: int) -> None:
    """Send a dispatch that waits; nothing where it was sent or has failed.

    Raises:
        ClientError: the gateway says no, or does not answer.
        OrganUnserved, GatewaysInvalid: there is no gateway.
        PacketInvalid: it cannot be described.
        OfficeError, OSError: its files cannot be read now.
    """
    with scope.system():
        dispatch = Dispatch.objects.select_related("document__organ").get(pk=dispatch_id)
        document = dispatch.document
        if dispatch.state != Dispatch.State.WAITING:
            return
        if document.state != State.ISSUED:
            failed(dispatch_id, document.get_state_display(), sent_nothing=True)
            return
        link = connected().link(document.organ.code)
        sent = link.send(
            dispatch.receivers,
            contents=_contents(dispatch, link),
            subject=subject_of(document),
            label=document.level.slug,
            urgency=profile.urgencies()[document.urgency].order,
            key=f"documents.dispatch.{document.uid}.{dispatch.pk}.{dispatch.tries}",
        )
        codes = _record(dispatch, sent, link.standings(sent.id))
    mailboxes.wake(codes)


def failed(dispatch_id: int, trouble: str, *, final: bool = True, sent_nothing: bool = False) -> None:
    """Note why a dispatch was not sent.

    Args:
        dispatch_id: which.
        trouble: what happened, for the clerk.
        final: it is not tried again by itself.
        sent_nothing: it is certain that nothing left: when it is sent again, it is as new.
    """
    with scope.system(), transaction.atomic():
        found = Dispatch.objects.select_for_update().filter(pk=dispatch_id, state=Dispatch.State.WAITING).first()
        if found is None:
            return
        found.trouble = trouble[:NOTE_LENGTH]
        if final:
            found.state = Dispatch.State.FAILED
        if sent_nothing:
            found.prepared, found.tries = None, found.tries + 1
        found.save(update_fields=["trouble", "state", "prepared", "tries"])


def subject_of(document: Document) -> str:
    """Return what a message says of a document before it is opened: its number, and of what is labelled nothing."""
    return document.number if document.level < Level.CONFIDENTIAL else ""


def describe(document: Document) -> packet.Paper:
    """Return a document as it travels, with the files that leave with it."""
    return packet.Paper(
        uid=document.uid,
        type=document.type,
        urgency=document.urgency,
        subject=document.subject,
        number=document.number,
        dated=document.dated,
        author_code=document.organ.code,
        author=document.author or document.organ.name,
        signer=document.signer,
        place=document.place,
        due=document.due,
        pages=document.pages,
        copies=document.copies,
        note=document.note,
        related=tuple(_related(document)),
        files=tuple(
            packet.File(
                name=file.name,
                role="main" if file.role == File.Role.MAIN else "appendix",
                media_type=file.media_type,
                size=file.size,
                sha256=file.digest,
            )
            for file in enclosed(document)
        ),
    )


def _related(document: Document) -> list[packet.Related]:
    rows = Relation.objects.filter(document=document).select_related("other").order_by("pk")[:100]
    return [
        packet.Related(
            kind=row.kind,  # type: ignore[arg-type]  # its choices are those kinds
            uid=row.other.uid if row.other else row.other_uid,
            number=row.other.number if row.other else row.other_number,
        )
        for row in rows
    ]


def _contents(dispatch: Dispatch, link: Link) -> list[NewContent]:
    document = dispatch.document
    if dispatch.prepared is None:
        # From here on the same bytes, whatever becomes of the rows: the key stands for them.
        dispatch.prepared = {"paper": packet.encode(describe(document)).decode(), "uploads": {}}
        dispatch.save(update_fields=["prepared"])
    written = dispatch.prepared["paper"].encode()
    paper = packet.paper(written)
    contents = [NewContent(data=written, name="document.json", media_type=packet.Media.DOCUMENT)]
    room = INLINE_TOTAL
    for number, file in enumerate(paper.files):
        # Outside of what is encrypted a name would be read by every gateway on the way: a number is enough.
        name = str(number + 1)
        if file.size <= min(INLINE, room):
            room -= file.size
            with opened(_kept(document, file)) as reader:
                contents.append(NewContent(data=reader.read(), name=name))
        else:
            contents.append(NewContent(upload=_uploaded(dispatch, link, number, file), name=name))
    return contents


def _uploaded(dispatch: Dispatch, link: Link, number: int, file: packet.File) -> UUID:
    prepared = dispatch.prepared or {}
    known: dict[str, str] = prepared["uploads"]
    if str(number) not in known:
        with opened(_kept(dispatch.document, file)) as reader:
            known[str(number)] = str(link.upload(reader, size=file.size, digest=file.sha256).id)
        dispatch.save(update_fields=["prepared"])
    return UUID(known[str(number)])


def _kept(document: Document, file: packet.File) -> File:
    """Return the file that a packet names."""
    return File.objects.get(document=document, current=True, name=file.name, digest=file.sha256)


def _record(dispatch: Dispatch, sent: Sent, status: Standings) -> list[str]:
    """Write down whom it went to; returns the codes of those whose mailboxes are to be looked into at once."""
    standings = {OrganId.parse(each.receiver).member: STANDINGS[each.standing] for each in status.standings}
    refused = {OrganId.parse(receiver).member: code for receiver, code in sent.refused.items()}
    codes = sorted(standings.keys() | refused.keys())
    called = dict(Unit.objects.filter(code__in=codes).values_list("code", "name"))
    now = timezone.now()
    rows = [
        Delivery(
            dispatch=dispatch,
            organ_code=code,
            organ=called.get(code, code)[:NAME_LENGTH],
            state=Delivery.State.DEAD if code in refused else standings[code],
            note=refused.get(code, ""),
            changed_at=now,
        )
        for code in codes
    ]
    with transaction.atomic():
        held = Dispatch.objects.select_for_update().get(pk=dispatch.pk)
        if held.state != Dispatch.State.WAITING:
            return []
        Delivery.objects.bulk_create(rows, batch_size=_AT_ONCE)
        held.state, held.message, held.sent_at, held.trouble = Dispatch.State.SENT, sent.id, now, ""
        held.total, held.prepared, held.follow_at = len(rows), None, now + _FIRST_LOOK
        held.counts = {state: sum(row.state == state for row in rows) for state in sorted({row.state for row in rows})}
        held.save()
    # Of many, those where it has arrived are woken as that becomes known.
    return sorted(standings) if len(standings) <= MANY else []
