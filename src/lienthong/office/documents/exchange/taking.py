"""Take what is in an organ's mailbox: documents are opened, their files kept, and then entered (``entering``).

A mailbox belongs to all information systems of its organ. An office takes what offices have sent; all else is left.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

import structlog
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from lienthong.client import GatewayUnreachable, MailboxItem, Message, NotFound, Problem, Unavailable
from lienthong.kernel.errors import IdentifierInvalid, LabelInvalid, LienthongError
from lienthong.kernel.identifiers import SubsystemId
from lienthong.kernel.labels import Label, Level
from lienthong.office.core import scope
from lienthong.office.core.actor import SYSTEM
from lienthong.office.core.errors import Invalid
from lienthong.office.documents import profile
from lienthong.office.documents.actions.arriving import Arrival, Enclosed, Parcel, Related
from lienthong.office.documents.actions.recalling import asked_back
from lienthong.office.documents.exchange import packet
from lienthong.office.documents.exchange.errors import PacketInvalid, words
from lienthong.office.documents.exchange.link import Exchange, Link
from lienthong.office.documents.models import Delivery, Document, File, Relation
from lienthong.office.documents.models.document import NOTE_LENGTH
from lienthong.office.documents.states import Direction
from lienthong.office.organs.models import Unit
from lienthong.office.vault.actions.files import bring_to

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Came:
    """A document that was opened, its files in the vault already: it is to be entered (``entering``)."""

    post: Post
    message: Message
    parcel: Parcel


@dataclass(slots=True, kw_only=True)
class Gathered:
    """What a look into a mailbox brought."""

    came: list[Came] = field(default_factory=list)
    # Messages that were taken or refused already.
    done: int = 0
    # What did not work; it comes again.
    troubles: list[Exception] = field(default_factory=list)


def gather(post: Post, *, whole: bool) -> Gathered:
    """Look into a mailbox and open what offices have sent. What is not as it should be is refused.

    Args:
        post: whose.
        whole: compare also what was opened before with what is entered.
    """
    found = Gathered()
    try:
        for state in ("opened", "delivered") if whole else ("delivered",):
            for item, is_used in _items(post, state):
                _take(post, item, found, is_used=is_used)
    except (LienthongError, OSError) as error:
        found.troubles.append(error)
    return found


def _take(post: Post, item: MailboxItem, found: Gathered, *, is_used: bool) -> None:
    try:
        message = post.link.open(item.id, sender=item.sender)
    except (GatewayUnreachable, Unavailable):
        raise
    except Problem as error:
        if not _is_gone(error):
            found.troubles.append(error)
        return
    try:
        if is_used or any(each.message.id == item.id for each in found.came):
            # It would never be entered: a register has a message's number once.
            raise PacketInvalid(f"another organ has sent {item.id}")
        came = _read(post, message)
    except (PacketInvalid, Invalid) as error:
        refuse(post, message, error)
    except (GatewayUnreachable, Unavailable):
        raise
    except (LienthongError, OSError) as error:
        # The others need not wait for this one; it comes again.
        found.troubles.append(error)
        return
    else:
        if came is not None:
            found.came.append(came)
            return
    found.done += 1


def refuse(post: Post, message: Message, error: PacketInvalid | Invalid) -> None:
    """Refuse a message that is not as it should be; the sender reads why."""
    _log.warning("document_refused", message=str(message.id), organ=post.organ.code, code=error.code)
    post.link.refuse(message.id, reason=words(error)[:_NOTE], key=key_of(message.id), sender=message.sender)


def key_of(message: object) -> str:
    """Return by what the gateway knows an office's decision on a message again."""
    return f"documents.{message}"


def _items(post: Post, state: str) -> Iterator[tuple[MailboxItem, bool]]:
    """Yield what is in the mailbox for offices and not entered, and whether another sender has used its number."""
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
        used = {message for message, _author in known}
        for item in ours:
            if (item.id, _code(item.sender)) not in known:
                yield item, item.id in used
        after = page.next
        if after is None:
            return


def _read(post: Post, message: Message) -> Came | None:
    """Return a document that came; None for what was done already."""
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
            return _came(post, message, found, author)
        case packet.Status():
            _note_status(post, found, author)
        case packet.Recall():
            asked_back(organ_id=post.organ.pk, uid=found.uid, author_code=author, reason=found.reason)
    post.link.accept(message.id, key=key_of(message.id), sender=message.sender)
    return None


def _author(post: Post, message: Message) -> str:
    """Return the code of the organ that has sealed a message: who sends is not what the packet says."""
    try:
        organ = SubsystemId.parse(message.sender).organ
    except IdentifierInvalid as error:
        raise PacketInvalid(f"its sender is {message.sender[:100]!r}") from error
    if post.exchange.organ(organ.member) != organ:
        raise PacketInvalid(f"{organ} is not known to this office")
    return organ.member


def _came(post: Post, message: Message, paper: packet.Paper, author: str) -> Came:
    if paper.author_code != author:
        raise PacketInvalid(f"it says that it comes from {paper.author_code!r}")
    packet.check_contents(paper, message.contents[1:])
    arrival = _arrival(message, paper)
    parcel = Parcel(
        organ=post.organ,
        arrival=arrival,
        pages=paper.pages,
        copies=paper.copies,
        related=tuple(
            Related(kind=Relation.Kind(each.kind), uid=each.uid, number=each.number) for each in paper.related
        ),
        files=tuple(_enclosed(post, message, number, file) for number, file in enumerate(paper.files, start=1)),
    )
    return Came(post=post, message=message, parcel=parcel)


def _enclosed(post: Post, message: Message, number: int, file: packet.File) -> Enclosed:
    """Bring a file into the vault, with no transaction open: it may take long to come."""
    chunks = post.link.pieces(message.id, number, sender=message.sender)
    brought = bring_to(organ=post.organ, chunks=chunks, limit=settings.LIENTHONG_FILE_LIMIT, actor=SYSTEM)
    return Enclosed(role=File.Role(file.role), name=file.name, media_type=file.media_type, brought=brought)


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
