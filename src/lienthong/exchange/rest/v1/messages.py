"""``/v1/messages``: what the caller's organ sends, and what has become of it."""

from typing import Annotated, Final
from uuid import UUID

import msgspec
from msgspec import Meta

from lienthong.exchange.errors import MessageUnknown, RequestInvalid
from lienthong.exchange.mail.sender import Attachment, Dispatch, Draft
from lienthong.exchange.rest.v1.endpoint import AnyEndpoint, Asked, Endpoint, Nothing
from lienthong.exchange.rest.v1.errors import AboveCeiling, NobodyReached
from lienthong.exchange.rest.v1.values import Identifier, Time
from lienthong.kernel.clock import DAY, SECOND, iso
from lienthong.kernel.identifiers import OrganId, parse_client
from lienthong.kernel.labels import Label
from lienthong.trust.header import ReceiptState

MAX_INLINE: Final = 8 * 1024 * 1024
"""Bytes of a message as JSON, contents in base64 among them."""
_STEPS: Final = tuple(ReceiptState)
_LONGEST: Final = 90 * DAY // SECOND


class NewContent(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A content to be sent."""

    data: Annotated[bytes, Meta(description="The content, base64.")]
    name: Annotated[str, Meta(max_length=255)] = ""
    media_type: Annotated[str, Meta(max_length=255)] = "application/octet-stream"


class NewMessage(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A message to be sent."""

    receivers: Annotated[list[Identifier], Meta(min_length=1, max_length=10_000)]
    subject: Annotated[str, Meta(max_length=1000)] = ""
    contents: Annotated[list[NewContent], Meta(max_length=64)] = []
    label: Annotated[str, Meta(max_length=600, description="LEVEL or LEVEL/CAVEAT,…")] = "internal"
    urgency: Annotated[int, Meta(ge=0, le=9, description="0 is normal; the profile names the higher ones.")] = 0
    purpose: Annotated[str, Meta(max_length=255)] = ""
    conversation: UUID | None = None
    # For how long it may be under way.
    term_seconds: Annotated[int, Meta(ge=1, le=_LONGEST)] = 30 * DAY // SECOND


class SentMessage(msgspec.Struct, frozen=True, kw_only=True):
    """What has become of a message when it is sealed, recorded and durable."""

    id: UUID
    # Receivers whose envelope the carrier has.
    published: int
    # Receivers whose envelope waits here, durably, until the carrier can be reached.
    queued: int
    # Receivers to whom nothing may be sent, with the code of the reason.
    refused: dict[str, str]


class ReceiptView(msgspec.Struct, frozen=True, kw_only=True):
    """A sealed statement of a receiver."""

    state: ReceiptState
    at: Time
    note: str
    # The seal itself, as evidence (docs/protocol.md).
    sealed: bytes


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """How far a message has come at one receiver."""

    receiver: str
    sent: Time
    # The last receipt's state; null where there is none yet.
    state: ReceiptState | None
    receipts: list[ReceiptView]


class MessageStatus(msgspec.Struct, frozen=True, kw_only=True):
    """How far a message has come."""

    id: UUID
    sender: str
    deliveries: list[Delivery]


class MessageParams(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which message."""

    id: UUID


async def _send(asked: Asked[Nothing, NewMessage]) -> SentMessage:
    label = Label.parse(asked.body.label)
    if not label <= asked.caller.ceiling:
        raise AboveCeiling(f"{label} from {asked.caller.client}")
    dispatch = await asked.gateway.sender.send(_draft(asked, label))
    if dispatch.published + dispatch.queued == 0:
        raise NobodyReached({str(receiver): error.code for receiver, error in dispatch.refused.items()})
    return _sent(dispatch)


def _draft(asked: Asked[Nothing, NewMessage], label: Label) -> Draft:
    body = asked.body
    return Draft(
        sender=asked.caller.client,
        receivers=[_receiver(text) for text in body.receivers],
        subject=body.subject,
        contents=tuple(
            Attachment(name=content.name, media_type=content.media_type, data=content.data) for content in body.contents
        ),
        label=label,
        urgency=body.urgency,
        purpose=body.purpose,
        conversation=body.conversation,
        term=body.term_seconds * SECOND,
    )


def _receiver(text: str) -> OrganId:
    # Mailboxes belong to organs, whichever of their systems is named.
    return parse_client(text).organ


def _sent(dispatch: Dispatch) -> SentMessage:
    return SentMessage(
        id=dispatch.message,
        published=dispatch.published,
        queued=dispatch.queued,
        refused={str(receiver): error.code for receiver, error in dispatch.refused.items()},
    )


async def _status(asked: Asked[MessageParams, Nothing]) -> MessageStatus:
    message = asked.params.id
    rows = asked.gateway.node.journal.read(
        "SELECT receiver, sender, at FROM sent WHERE message = ? ORDER BY receiver", (message.bytes,)
    )
    ours = [row for row in rows if parse_client(row[1]).organ == asked.caller.organ.id]
    if not ours or not _may_see(asked, message):
        raise MessageUnknown(str(message))
    receipts: dict[str, list[ReceiptView]] = {}
    # Two may have come in one millisecond: how far they say it is decides.
    for item in sorted(asked.gateway.store.receipts(message), key=lambda item: (item.at, _STEPS.index(item.state))):
        view = ReceiptView(state=item.state, at=iso(item.at), note=item.note, sealed=item.sealed)
        receipts.setdefault(item.receiver, []).append(view)
    return MessageStatus(
        id=message,
        sender=ours[0][1],
        deliveries=[
            Delivery(
                receiver=receiver,
                sent=iso(at),
                state=receipts[receiver][-1].state if receiver in receipts else None,
                receipts=receipts.get(receiver, []),
            )
            for receiver, _, at in ours
        ],
    )


def _may_see(asked: Asked[MessageParams, Nothing], message: UUID) -> bool:
    """Tell whether the label of a sent message is one that the caller may handle."""
    journal, organ = asked.gateway.node.journal, str(asked.caller.organ.id)
    entries = (journal.entry(index) for index in journal.find(str(message)))
    labels = {entry.label for entry in entries if entry.organ == organ and entry.direction == "out"}
    return bool(labels) and all(Label.parse(label) <= asked.caller.ceiling for label in labels if label)


ENDPOINTS: Final[tuple[AnyEndpoint, ...]] = (
    Endpoint(
        method="POST",
        path="/v1/messages",
        handler=_send,
        summary="Send a message; when this is answered it is sealed, recorded and durable.",
        params=Nothing,
        body=NewMessage,
        answer=SentMessage,
        status=201,
        max_body=MAX_INLINE,
        errors=(AboveCeiling, NobodyReached, RequestInvalid),
    ),
    Endpoint(
        method="GET",
        path="/v1/messages/{id}",
        handler=_status,
        summary="Tell how far a sent message has come, receiver by receiver, with their sealed receipts.",
        params=MessageParams,
        body=Nothing,
        answer=MessageStatus,
        errors=(MessageUnknown,),
    ),
)
