"""``/v1/mailbox``: what has come for the caller's organ, and what it says about it."""

from collections.abc import AsyncGenerator
from typing import Annotated, Final
from uuid import UUID

import msgspec
from msgspec import Meta
from starlette.responses import Response

from lienthong.exchange.errors import (
    ContentGone,
    MessageHeld,
    MessageRecalled,
    MessageUnknown,
    RangeInvalid,
    StorageFailed,
)
from lienthong.exchange.mail import paging
from lienthong.exchange.mail.items import MailItem
from lienthong.exchange.mail.mailbox import Conclusion, View
from lienthong.exchange.mail.paging import Place
from lienthong.exchange.rest.v1.content import OCTETS, streamed
from lienthong.exchange.rest.v1.endpoint import AnyEndpoint, Asked, Endpoint, Nothing
from lienthong.exchange.rest.v1.errors import AlreadyDecided, TooMany
from lienthong.exchange.rest.v1.keys import HEADER, key_of
from lienthong.exchange.rest.v1.values import Cursor, Limit, Note, Seconds, Sender, Time
from lienthong.exchange.rest.v1.waiting import LOOK_EVERY, while_there
from lienthong.kernel.clock import iso
from lienthong.kernel.labels import Label
from lienthong.trust.header import ReceiptState

_KEYED: Final = "Of the application's choice: who says the same with another key learns that it is decided already."


class MailboxParams(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which messages."""

    state: Annotated[ReceiptState | None, Meta(description="Only those that have come so far and no further.")] = None
    after: Cursor = ""
    limit: Limit = 100
    wait: Seconds = 0


class LetterParams(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which message."""

    id: UUID
    sender: Sender = ""


class ContentParams(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which content of which message."""

    id: UUID
    n: Annotated[int, Meta(ge=0, le=63, description="Its place in the message, from 0.")]
    sender: Sender = ""


class Acceptance(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the sender is told with the acceptance."""

    note: Note = ""


class Refusal(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why the message is refused."""

    reason: Annotated[str, Meta(min_length=1, max_length=1000)]


class MailboxItem(msgspec.Struct, frozen=True, kw_only=True):
    """A message, as far as one sees without opening it."""

    id: UUID
    sender: str
    label: str
    urgency: int
    arrived: Time
    state: ReceiptState
    # Its conversation, its place in that, and how many before it did not come in time.
    conversation: UUID | None
    sequence: int
    missing: int
    # When it was accepted or refused, and with what words.
    concluded: Time | None
    note: str


class MailboxPage(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a mailbox, urgent messages first, then in order of arrival."""

    messages: list[MailboxItem]
    # Ask for what follows with it; null where nothing follows.
    next: str | None


class ContentItem(msgspec.Struct, frozen=True, kw_only=True):
    """A content, as it was sealed."""

    name: str
    media_type: str
    size: int
    # SHA-256, hexadecimal.
    digest: str


class OpenedMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A message, its seal checked."""

    id: UUID
    sender: str
    receiver: str
    subject: str
    label: str
    urgency: int
    purpose: str
    created: Time
    expires: Time
    conversation: UUID | None
    # Its place in the conversation, from 1; 0 without one.
    sequence: int
    # The message that this one was sent in place of.
    repeats: UUID | None
    state: ReceiptState
    contents: list[ContentItem]


async def _list(asked: Asked[MailboxParams, Nothing]) -> MailboxPage:
    organ = str(asked.caller.organ.id)
    found = _look(asked)
    if not found and asked.params.wait:
        with asked.face.crowd.admitted(organ):
            found = await while_there(asked.request.receive, _wait(asked, organ))
    shown = found[: asked.params.limit]
    return MailboxPage(
        messages=[_item(item) for item, _ in shown],
        next=str(shown[-1][1]) if len(found) > asked.params.limit else None,
    )


def _look(asked: Asked[MailboxParams, Nothing]) -> list[tuple[MailItem, Place]]:
    """Return a page and, to know whether anything follows, one more."""
    params = asked.params
    return paging.page(
        asked.gateway.node.journal,
        str(asked.caller.organ.id),
        ceiling=asked.caller.ceiling,
        state=params.state,
        after=Place.parse(params.after) if params.after else None,
        limit=params.limit + 1,
    )


async def _wait(asked: Asked[MailboxParams, Nothing], organ: str) -> list[tuple[MailItem, Place]]:
    until = asked.face.time() + asked.params.wait
    while not (found := _look(asked)) and (left := until - asked.face.time()) > 0 and not asked.gateway.bell.closed:
        await asked.gateway.bell.wait(organ, seconds=min(left, LOOK_EVERY))
    return found


async def _open(asked: Asked[LetterParams, Nothing]) -> OpenedMessage:
    view = await _view(asked, asked.params.id, asked.params.sender)
    header = view.header
    return OpenedMessage(
        id=header.id,
        sender=header.sender,
        receiver=header.receiver,
        subject=header.subject,
        label=str(header.label),
        urgency=header.urgency,
        purpose=header.purpose,
        created=iso(header.created),
        expires=iso(header.expires),
        conversation=header.conversation,
        sequence=header.sequence,
        repeats=header.repeats,
        state=view.item.state,
        contents=[
            ContentItem(name=each.name, media_type=each.media_type, size=each.size, digest=each.digest.hex())
            for each in header.contents
        ],
    )


async def _content(asked: Asked[ContentParams, Nothing]) -> Response:
    params = asked.params
    view = await _view(asked, params.id, params.sender)
    contents = view.header.contents
    if params.n >= len(contents):
        raise MessageUnknown(f"content {params.n} of {params.id}")
    mailbox, organ = asked.gateway.mailbox, asked.caller.organ.id

    def read(start: int, stop: int) -> AsyncGenerator[bytes]:
        return mailbox.read(organ, params.id, params.n, start=start, stop=stop, sender=view.item.sender)

    return await streamed(asked.request, contents[params.n], read)


async def _accept(asked: Asked[LetterParams, Acceptance]) -> MailboxItem:
    item = _find(asked, asked.params.id, asked.params.sender)
    concluded = await asked.gateway.mailbox.accept(
        asked.caller.organ.id, item.message, note=asked.body.note, key=_key(asked), sender=item.sender
    )
    return _concluded(asked, item, concluded)


async def _refuse(asked: Asked[LetterParams, Refusal]) -> MailboxItem:
    item = _find(asked, asked.params.id, asked.params.sender)
    concluded = await asked.gateway.mailbox.refuse(
        asked.caller.organ.id, item.message, reason=asked.body.reason, key=_key(asked), sender=item.sender
    )
    return _concluded(asked, item, concluded)


def _key[P, B](asked: Asked[P, B]) -> str:
    return key_of(asked.request.headers.get(HEADER)) or ""


def _concluded[P, B](asked: Asked[P, B], item: MailItem, concluded: Conclusion) -> MailboxItem:
    if not concluded.stands:
        raise AlreadyDecided(f"{item.message} is {concluded.state}")
    return _item(_find(asked, item.message, item.sender))


async def _view[P, B](asked: Asked[P, B], message: UUID, sender: str) -> View:
    item = _find(asked, message, sender)
    return await asked.gateway.mailbox.view(asked.caller.organ.id, message, sender=item.sender)


def _find[P, B](asked: Asked[P, B], message: UUID, sender: str) -> MailItem:
    """Return a message of the caller's mailbox, one that its information system may handle."""
    organ = asked.caller.organ.id
    letters = asked.gateway.store.letters(str(organ), message, sender)
    if len(letters) > 1:
        # They may not all be for this reader; who they are from is not said.
        raise MessageUnknown(str(message), hint="Name the sender: several have used this id.")
    if not letters or not Label.parse(letters[0][0].label) <= asked.caller.ceiling:
        raise MessageUnknown(f"{message} of {organ}")
    return letters[0][0]


def _item(item: MailItem) -> MailboxItem:
    return MailboxItem(
        id=item.message,
        sender=item.sender,
        label=item.label,
        urgency=item.urgency,
        arrived=iso(item.arrived),
        state=item.state,
        conversation=item.conversation,
        sequence=item.sequence,
        missing=max(0, item.gap),
        concluded=iso(item.concluded) if item.concluded else None,
        note=item.note,
    )


ENDPOINTS: Final[tuple[AnyEndpoint, ...]] = (
    Endpoint(
        method="GET",
        path="/v1/mailbox",
        handler=_list,
        summary="List the mailbox, urgent messages first; wait for one if there is none.",
        params=MailboxParams,
        body=Nothing,
        answer=MailboxPage,
        errors=(TooMany,),
    ),
    Endpoint(
        method="GET",
        path="/v1/mailbox/{id}",
        handler=_open,
        summary="Open a message; its sender gets the receipt 'opened' the first time.",
        params=LetterParams,
        body=Nothing,
        answer=OpenedMessage,
        errors=(MessageUnknown, MessageHeld, MessageRecalled),
    ),
    Endpoint(
        method="GET",
        path="/v1/mailbox/{id}/contents/{n}",
        handler=_content,
        summary="Read a content of a message, whole or from where a Range says.",
        params=ContentParams,
        body=Nothing,
        media_type=OCTETS,
        headers={"Range": "One range of bytes.", "If-Range": "The ETag that the range belongs to."},
        errors=(MessageUnknown, MessageHeld, MessageRecalled, ContentGone, StorageFailed, RangeInvalid),
    ),
    Endpoint(
        method="POST",
        path="/v1/mailbox/{id}/accept",
        handler=_accept,
        summary="Accept a message: the organ takes over what it asks. Saying it again changes nothing.",
        params=LetterParams,
        body=Acceptance,
        answer=MailboxItem,
        headers={HEADER: _KEYED},
        errors=(MessageUnknown, MessageHeld, MessageRecalled, AlreadyDecided),
    ),
    Endpoint(
        method="POST",
        path="/v1/mailbox/{id}/refuse",
        handler=_refuse,
        summary="Refuse a message and say why. Saying it again changes nothing.",
        params=LetterParams,
        body=Refusal,
        answer=MailboxItem,
        headers={HEADER: _KEYED},
        errors=(MessageUnknown, MessageHeld, MessageRecalled, AlreadyDecided),
    ),
)
