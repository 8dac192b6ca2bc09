"""Take what is in an organ's mailbox: documents are entered with their files, wholly or not at all, and once.

A mailbox belongs to all information systems of its organ. An office takes what offices have sent; all else is left.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import structlog
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from lienthong.client import GatewayUnreachable, MailboxItem, Message, NotFound, Problem, Unavailable
from lienthong.kernel.errors import IdentifierInvalid, LabelInvalid, LienthongError
from lienthong.kernel.identifiers import SubsystemId
from lienthong.kernel.labels import Label, Level
from lienthong.office.core import scope
from lienthong.office.core.actor import SYSTEM
from lienthong.office.core.audit import record
from lienthong.office.core.errors import Invalid
from lienthong.office.documents import profile
from lienthong.office.documents.actions.files import keep
from lienthong.office.documents.actions.recalling import asked_back
from lienthong.office.documents.actions.receiving import Arrival, arrive
from lienthong.office.documents.exchange import packet
from lienthong.office.documents.exchange.errors import PacketInvalid, words
from lienthong.office.documents.exchange.link import Exchange, Link
from lienthong.office.documents.models import Delivery, Document, File, Relation
from lienthong.office.documents.models.document import NOTE_LENGTH
from lienthong.office.documents.states import Direction
from lienthong.office.organs.models import Unit
from lienthong.office.vault.errors import FileInfected
from lienthong.office.vault.events import VaultEvent

_PAGE: Final = 200
# Of one look; what is more comes at the next.
_PAGES: Final = 50
_GONE: Final = 410
_NOTE: Final = 500
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """An organ's mailbox."""

    exchange: Exchange
    link: Link
    organ: Unit


def look(post: Post, *, whole: bool) -> int:
    """Look into a mailbox and take what offices have sent.

    Args:
        post: whose.
        whole: compare also what was opened before with what is entered.

    Returns:
        How many messages were taken or refused.

    Raises:
        ClientError, OfficeError, OSError: something did not work; what was not taken comes again. Others were taken.
    """
    taken = 0
    troubles: list[Exception] = []
    for state in ("opened", "delivered") if whole else ("delivered",):
        for item in _items(post, state):
            try:
                taken += take(post, item)
            except (GatewayUnreachable, Unavailable):
                raise
            except (LienthongError, OSError) as error:
                # The others need not wait for this one; it comes again.
                troubles.append(error)
    if troubles:
        raise troubles[0]
    return taken


def take(post: Post, item: MailboxItem) -> bool:
    """Take one message. What is not as it should be is refused, and the sender reads why.

    Returns:
        Whether it was this office's to take.

    Raises:
        ClientError, OfficeError, OSError: as for ``look``.
    """
    try:
        message = post.link.open(item.id, sender=item.sender)
    except Problem as error:
        if _is_gone(error):
            return False
        raise
    try:
        _enter(post, message)
    except (PacketInvalid, Invalid) as error:
        if isinstance(error, FileInfected):
            # What the vault wrote down of it went with everything else that had come.
            with transaction.atomic(), scope.system():
                record(actor=SYSTEM, kind=VaultEvent.FILE_INFECTED, obj=post.organ, new={"found": error.where})
        _log.warning("document_refused", message=str(item.id), organ=post.organ.code, code=error.code)
        reason = words(error)[:_NOTE]
        post.link.refuse(item.id, reason=reason, key=key_of(item.id), sender=item.sender)
    return True


def key_of(message: object) -> str:
    """Return by what the gateway knows an office's decision on a message again."""
    return f"documents.{message}"


def _items(post: Post, state: str) -> Iterator[MailboxItem]:
    """Yield what is in the mailbox for offices, and not entered."""
    after: str | None = None
    for _page in range(_PAGES):
        page = post.link.mailbox_page(state=state, after=after, limit=_PAGE)
        ours = [item for item in page.messages if item.sender.endswith(f"/{post.exchange.system}")]
        with scope.system():
            known = set(
                Document.objects.filter(organ=post.organ, message__in=[item.id for item in ours]).values_list(
                    "message", "author_code"
                )
            )
        yield from (item for item in ours if (item.id, _code(item.sender)) not in known)
        after = page.next
        if after is None:
            return


def _enter(post: Post, message: Message) -> None:
    if not message.contents:
        raise PacketInvalid("it has no content")
    first, *_files = message.contents
    media = packet.kind_of(first.media_type)
    author = _author(post, message)
    if first.size > packet.MAX_PACKET:
        raise PacketInvalid(f"{first.size} bytes of description")
    found = packet.decode(media, post.link.content(message.id, 0, sender=message.sender))
    match found:
        case packet.Paper():
            _arrive(post, message, found, author)
        case packet.Status():
            _note_status(post, found, author)
            post.link.accept(message.id, key=key_of(message.id), sender=message.sender)
        case packet.Recall():
            asked_back(organ_id=post.organ.pk, uid=found.uid, author_code=author, reason=found.reason)
            post.link.accept(message.id, key=key_of(message.id), sender=message.sender)


def _author(post: Post, message: Message) -> str:
    """Return the code of the organ that has sealed a message: who sends is not what the packet says."""
    try:
        organ = SubsystemId.parse(message.sender).organ
    except IdentifierInvalid as error:
        raise PacketInvalid(f"its sender is {message.sender[:100]!r}") from error
    if post.exchange.organ(organ.member) != organ:
        raise PacketInvalid(f"{organ} is not known to this office")
    return organ.member


def _arrive(post: Post, message: Message, paper: packet.Paper, author: str) -> None:
    if paper.author_code != author:
        raise PacketInvalid(f"it says that it comes from {paper.author_code!r}")
    packet.check_contents(paper, message.contents[1:])
    arrival = _arrival(message, paper)
    with transaction.atomic(), scope.system():
        document = arrive(organ=post.organ, arrival=arrival)
        if document is None:
            _once(post, message, author)
            return
        document.pages, document.copies = paper.pages, paper.copies
        document.save(update_fields=["pages", "copies"])
        _relate(document, paper)
        for number, file in enumerate(paper.files, start=1):
            chunks = post.link.pieces(message.id, number, sender=message.sender)
            role = File.Role(file.role)
            keep(document=document, role=role, name=file.name, chunks=chunks, media_type=file.media_type)


def _once(post: Post, message: Message, author: str) -> None:
    """Refuse what bears the number of somebody else's message: it would never be entered."""
    same = Document.objects.filter(organ=post.organ, message=message.id)
    if not same.filter(author_code=author).exists():
        raise PacketInvalid(f"another organ has sent {message.id}")


def _arrival(message: Message, paper: packet.Paper) -> Arrival:
    urgency = profile.urgencies().get(paper.urgency)
    if urgency is None or urgency.order != message.urgency:
        raise PacketInvalid(f"the urgency {paper.urgency!r} in a message of urgency {message.urgency}")
    return Arrival(
        uid=paper.uid, message=message.id, label=_level(message), type=paper.type, urgency=paper.urgency,
        subject=paper.subject, number=paper.number, dated=paper.dated, author_code=paper.author_code,
        author=paper.author, signer=paper.signer, place=paper.place, due=paper.due, note=paper.note,
    )  # fmt: skip


def _level(message: Message) -> Level:
    try:
        label = Label.parse(message.label)
    except LabelInvalid as error:
        raise PacketInvalid(f"the label {message.label[:80]!r}") from error
    if label.caveats:
        # Who may see it would have to be asked by more than the level.
        raise PacketInvalid(f"the label {label}: offices take levels only")
    return label.level


def _relate(document: Document, paper: packet.Paper) -> None:
    uids = [related.uid for related in paper.related if related.uid is not None]
    here = {found.uid: found for found in Document.objects.filter(organ=document.organ_id, uid__in=uids)}
    rows = [
        Relation(
            document=document,
            kind=related.kind,
            other=here.get(related.uid) if related.uid else None,
            other_number=related.number,
            other_uid=related.uid,
        )
        for related in paper.related
    ]
    Relation.objects.bulk_create(rows, ignore_conflicts=True)


def _note_status(post: Post, status: packet.Status, receiver: str) -> None:
    with transaction.atomic(), scope.system():
        rows = Delivery.objects.select_for_update(of=("self",)).filter(
            dispatch__document__uid=status.uid,
            dispatch__document__organ=post.organ,
            dispatch__document__direction=Direction.OUTGOING,
            organ_code=receiver,
        )
        if not rows.update(code=status.code, changed_at=timezone.now(), **_said(status)):
            raise PacketInvalid(_("no such document was sent to {organ}").format(organ=receiver))


def _said(status: packet.Status) -> dict[str, str]:
    return {"note": status.note[:NOTE_LENGTH]} if status.note else {}


def _code(sender: str) -> str:
    try:
        return SubsystemId.parse(sender).organ.member
    except IdentifierInvalid:
        return ""


def _is_gone(error: Problem) -> bool:
    """Tell whether a message was taken back, or has expired, since it was listed."""
    return isinstance(error, NotFound) or error.status == _GONE
