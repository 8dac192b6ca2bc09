"""What a sender does about a message afterwards: take it back, see what did not arrive, send that anew."""

from typing import Annotated, Final
from uuid import UUID

import msgspec
from msgspec import Meta

from lienthong.exchange.errors import MessageUnknown, StorageFailed
from lienthong.exchange.mail.status import DeadLetter
from lienthong.exchange.rest.v1.endpoint import AnyEndpoint, Asked, Endpoint, Nothing
from lienthong.exchange.rest.v1.errors import NobodyReached
from lienthong.exchange.rest.v1.messages import SentMessage, sent_view
from lienthong.exchange.rest.v1.receivers import MessageParams, may_see
from lienthong.exchange.rest.v1.values import Identifier, Limit, Term, Time
from lienthong.kernel.clock import DAY, SECOND, iso
from lienthong.kernel.identifiers import OrganId, parse_client

type Receivers = Annotated[list[Identifier], Meta(max_length=10_000, description="Only at these; at all if not given.")]


class RecallRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why a message is taken back, and from whom."""

    reason: Annotated[str, Meta(min_length=1, max_length=1000)]
    receivers: Receivers | None = None


class RecallAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What has been done to take a message back."""

    id: UUID
    # They are asked to give it back; their answers come as receipts.
    asked: list[str]
    # They had accepted or refused it already, or never got it.
    concluded: list[str]


class DeadLetterParams(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many."""

    limit: Limit = 100


class DeadLetterItem(msgspec.Struct, frozen=True, kw_only=True):
    """A message that will not reach one of its receivers by itself."""

    message: UUID
    sender: str
    receiver: str
    # When it was given up.
    at: Time
    # A code, and a text for a person.
    reason: str
    detail: str
    # The message that was sent in its place.
    redriven: UUID | None


class DeadLetterList(msgspec.Struct, frozen=True, kw_only=True):
    """Dead letters, the newest first."""

    letters: list[DeadLetterItem]


class Redrive(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """To whom a message is sent anew, and for how long."""

    receivers: Receivers | None = None
    term_seconds: Term = 30 * DAY // SECOND


async def _recall(asked: Asked[MessageParams, RecallRequest]) -> RecallAnswer:
    _check(asked, asked.params.id)
    done = await asked.gateway.sender.recall(
        asked.params.id,
        reason=asked.body.reason,
        receivers=_organs(asked.body.receivers),
        organ=asked.caller.organ.id,
    )
    return RecallAnswer(id=done.message, asked=list(done.asked), concluded=list(done.concluded))


async def _dead(asked: Asked[DeadLetterParams, Nothing]) -> DeadLetterList:
    found = asked.gateway.sender.dead_letters(asked.caller.organ.id, limit=asked.params.limit)
    return DeadLetterList(letters=[_letter(each) for each in found if may_see(asked, each.message)])


def _letter(letter: DeadLetter) -> DeadLetterItem:
    return DeadLetterItem(
        message=letter.message,
        sender=letter.sender,
        receiver=letter.receiver,
        at=iso(letter.at),
        reason=letter.reason,
        detail=letter.detail,
        redriven=letter.redriven,
    )


async def _redrive(asked: Asked[MessageParams, Redrive]) -> SentMessage:
    _check(asked, asked.params.id)
    dispatch = await asked.gateway.sender.redrive(
        asked.params.id,
        receivers=_organs(asked.body.receivers),
        term=asked.body.term_seconds * SECOND,
        organ=asked.caller.organ.id,
    )
    return sent_view(dispatch)


def _check[P, B](asked: Asked[P, B], message: UUID) -> None:
    if not may_see(asked, message):
        raise MessageUnknown(str(message))


def _organs(texts: list[str] | None) -> list[OrganId] | None:
    return None if texts is None else [parse_client(text).organ for text in texts]


ENDPOINTS: Final[tuple[AnyEndpoint, ...]] = (
    Endpoint(
        method="POST",
        path="/v1/messages/{id}/recall",
        handler=_recall,
        summary="Take a message back from those who have not accepted or refused it.",
        params=MessageParams,
        body=RecallRequest,
        answer=RecallAnswer,
        errors=(MessageUnknown,),
    ),
    Endpoint(
        method="GET",
        path="/v1/dead-letters",
        handler=_dead,
        summary="List what will not reach its receivers by itself, the newest first.",
        params=DeadLetterParams,
        body=Nothing,
        answer=DeadLetterList,
    ),
    Endpoint(
        method="POST",
        path="/v1/messages/{id}/redrive",
        handler=_redrive,
        summary="Send the dead letters of a message anew; what arrived after all does not arrive twice.",
        params=MessageParams,
        body=Redrive,
        answer=SentMessage,
        status=201,
        errors=(MessageUnknown, NobodyReached, StorageFailed),
    ),
)
