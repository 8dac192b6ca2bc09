"""``/v1/messages``: what the caller's organ sends, and what has become of it."""

import hashlib
from typing import Annotated, Final
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType
from starlette.responses import Response

from lienthong.exchange.errors import (
    CarrierUnavailable,
    LabelAboveCeiling,
    MessageUnknown,
    NobodyAddressed,
    RequestInvalid,
    UploadConflict,
    UploadUnknown,
)
from lienthong.exchange.mail.address import Address
from lienthong.exchange.mail.draft import Attachment, Dispatch, Draft, Uploaded
from lienthong.exchange.mail.ledger import Ledger
from lienthong.exchange.rest.v1.endpoint import AnyEndpoint, Asked, Endpoint, Nothing
from lienthong.exchange.rest.v1.errors import InputInvalid, KeyReused, NobodyReached
from lienthong.exchange.rest.v1.keys import HEADER, key_of
from lienthong.exchange.rest.v1.reading import JSON
from lienthong.exchange.rest.v1.receivers import MessageParams, MessageStatus, may_see, status_view
from lienthong.exchange.rest.v1.values import Addressee, Term
from lienthong.kernel.clock import DAY, SECOND
from lienthong.kernel.labels import Label

MAX_INLINE: Final = 8 * 1024 * 1024
"""Bytes of a message as JSON, contents in base64 among them."""
_REPLAYED: Final = "idempotent-replayed"
_CREATED: Final = 201


class NewContent(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A content to be sent: either its data or what was uploaded before."""

    data: Annotated[bytes, Meta(description="The content, base64.")] | UnsetType = UNSET
    upload: UUID | UnsetType = UNSET
    name: Annotated[str, Meta(max_length=255)] = ""
    media_type: Annotated[str, Meta(max_length=255)] = "application/octet-stream"


class NewMessage(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A message to be sent."""

    receivers: Annotated[list[Addressee], Meta(min_length=1, max_length=10_000)]
    subject: Annotated[str, Meta(max_length=1000)] = ""
    contents: Annotated[list[NewContent], Meta(max_length=64)] = []
    label: Annotated[str, Meta(max_length=600, description="LEVEL or LEVEL/CAVEAT,…")] = "internal"
    urgency: Annotated[int, Meta(ge=0, le=9, description="0 is normal; the profile names the higher ones.")] = 0
    purpose: Annotated[str, Meta(max_length=255)] = ""
    # Messages of one conversation are handed over in the order in which they were sent.
    conversation: UUID | None = None
    # For how long it may be under way.
    term_seconds: Term = 30 * DAY // SECOND


class SentMessage(msgspec.Struct, frozen=True, kw_only=True):
    """What has become of a message when it is sealed, recorded and durable."""

    id: UUID
    # Receivers whose envelope the carrier has had already.
    published: int
    # Receivers whose envelope is durable here and on its way.
    queued: int
    # Receivers to whom nothing may be sent, with the code of the reason.
    refused: dict[str, str]


async def _send(asked: Asked[Nothing, NewMessage]) -> SentMessage | Response:
    label = Label.parse(asked.body.label)
    if not label <= asked.caller.ceiling:
        raise LabelAboveCeiling(f"{label} from {asked.caller.client}")
    key = key_of(asked.request.headers.get(HEADER))
    if key is None:
        return sent_view(await asked.gateway.sender.send(_draft(asked, label, None), carried=False))
    keys, client = asked.face.keys, str(asked.caller.client)
    async with keys.lock(client, key):
        claim = await keys.claim(client, key, hashlib.sha256(msgspec.json.encode(asked.body)).digest())
        if claim.answer is not None:
            return Response(claim.answer, _CREATED, {_REPLAYED: "true"}, JSON)
        dispatch = await asked.gateway.sender.send(_draft(asked, label, claim.message), carried=False)
        # Where the first attempt was cut off, part of the receivers had got it then.
        sent = _whole(asked, claim.message, dispatch) if claim.again else sent_view(dispatch)
        await keys.answered(client, key, msgspec.json.encode(sent))
        return sent


def _draft(asked: Asked[Nothing, NewMessage], label: Label, id_: UUID | None) -> Draft:
    body = asked.body
    return Draft(
        sender=asked.caller.client,
        to=Address.parse(body.receivers),
        subject=body.subject,
        contents=tuple(_content(content, number) for number, content in enumerate(body.contents)),
        label=label,
        urgency=body.urgency,
        purpose=body.purpose,
        conversation=body.conversation,
        term=body.term_seconds * SECOND,
        id=id_,
    )


def _content(content: NewContent, number: int) -> Attachment | Uploaded:
    match content:
        case NewContent(data=bytes() as data, upload=UnsetType()):
            return Attachment(name=content.name, media_type=content.media_type, data=data)
        case NewContent(data=UnsetType(), upload=UUID() as upload):
            return Uploaded(name=content.name, media_type=content.media_type, upload=upload)
    raise InputInvalid(f"$.contents[{number}] has not exactly one of `data` and `upload`")


def _whole(asked: Asked[Nothing, NewMessage], message: UUID, dispatch: Dispatch) -> SentMessage:
    sent = {each.receiver: each.attempts for each in Ledger(asked.gateway.node.journal).sent(message)}
    if not sent:
        return sent_view(dispatch)
    return SentMessage(
        id=message,
        published=sum(attempts != 0 for attempts in sent.values()),
        queued=sum(attempts == 0 for attempts in sent.values()),
        refused={str(receiver): error.code for receiver, error in dispatch.refused.items()},
    )


def sent_view(dispatch: Dispatch) -> SentMessage:
    """Return what has become of a message.

    Raises:
        NobodyReached: it was sent to nobody.
    """
    refused = {str(receiver): error.code for receiver, error in dispatch.refused.items()}
    if dispatch.published + dispatch.queued == 0:
        raise NobodyReached(refused)
    return SentMessage(id=dispatch.message, published=dispatch.published, queued=dispatch.queued, refused=refused)


async def _status(asked: Asked[MessageParams, Nothing]) -> MessageStatus:
    gateway, message = asked.gateway, asked.params.id
    status = gateway.sender.status(message, organ=asked.caller.organ.id)
    if not may_see(asked, message):
        raise MessageUnknown(str(message))
    return status_view(status, gateway.store.receipts(message))


ENDPOINTS: Final[tuple[AnyEndpoint, ...]] = (
    Endpoint(
        method="POST",
        path="/v1/messages",
        handler=_send,
        summary="Send a message; when this is answered it is sealed, recorded and durable.",
        params=Nothing,
        body=NewMessage,
        answer=SentMessage,
        status=_CREATED,
        max_body=MAX_INLINE,
        headers={HEADER: "The same request with the same key is one message, however often it comes."},
        errors=(
            LabelAboveCeiling,
            NobodyReached,
            NobodyAddressed,
            RequestInvalid,
            KeyReused,
            UploadUnknown,
            UploadConflict,
            CarrierUnavailable,
        ),
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
