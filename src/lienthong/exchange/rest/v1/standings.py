"""``/v1/messages/{id}/standings``: how far a sent message has come, without seals: for whoever asks often, of many."""

from typing import Annotated, Final
from uuid import UUID

import msgspec
from msgspec import Meta

from lienthong.exchange.errors import MessageUnknown
from lienthong.exchange.mail.status import Progress, Standing
from lienthong.exchange.rest.v1.endpoint import AnyEndpoint, Asked, Endpoint, Nothing
from lienthong.exchange.rest.v1.evidence import may_see
from lienthong.exchange.rest.v1.values import Time
from lienthong.kernel.clock import SECOND, iso
from lienthong.trust.header import Kind
from lienthong.trust.journal import Entry

SETTLED: Final = 5 * SECOND
"""A receipt bears the time at which it was checked; that long afterwards it is recorded for certain."""
type _Position = Annotated[
    int, Meta(ge=0, le=2**53, description="The position of the answer before: only what has moved since.")
]


class StandingsParams(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which message, and since when."""

    id: UUID
    after: _Position = 0


class ReceiverStanding(msgspec.Struct, frozen=True, kw_only=True):
    """How far a message has come at one receiver."""

    receiver: str
    standing: Standing
    # When its last receipt came; null before the first.
    at: Time | None
    # Why it was refused or given up, as a code; what a person has said with the last receipt.
    refusal: str
    note: str


class MessageStandings(msgspec.Struct, frozen=True, kw_only=True):
    """How far a message has come at all its receivers, or at those where it has moved."""

    id: UUID
    # Ask with it next time. What moved in the last seconds before may be told twice.
    position: int
    standings: list[ReceiverStanding]


async def _standings(asked: Asked[StandingsParams, Nothing]) -> MessageStandings:
    gateway, message = asked.gateway, asked.params.id
    position = max(0, gateway.node.clock.now() - SETTLED)
    status = gateway.sender.status(message, organ=asked.caller.organ.id, since=asked.params.after)
    if not _may_see(asked, message):
        raise MessageUnknown(str(message))
    return MessageStandings(id=message, position=position, standings=[_standing(each) for each in status.receivers])


def _standing(progress: Progress) -> ReceiverStanding:
    last = max(progress.receipts.values(), default=0)
    return ReceiverStanding(
        receiver=progress.receiver,
        standing=progress.standing,
        at=iso(last) if last else None,
        refusal=progress.refusal,
        note=progress.note,
    )


def _may_see(asked: Asked[StandingsParams, Nothing], message: UUID) -> bool:
    """Tell whether the caller may handle the message: all that was sealed of one bears the same label."""
    rows = asked.gateway.node.journal.read(
        "SELECT body FROM entries WHERE id = ? AND organ = ? AND direction = 'out' AND kind = ? LIMIT 1",
        (str(message), str(asked.caller.organ.id), Kind.MESSAGE.value),
    )
    return any(may_see(asked.caller, Entry.from_bytes(body)) for (body,) in rows)


ENDPOINTS: Final[tuple[AnyEndpoint, ...]] = (
    Endpoint(
        method="GET",
        path="/v1/messages/{id}/standings",
        handler=_standings,
        summary="Tell how far a sent message has come, receiver by receiver, without seals; only what has moved.",
        params=StandingsParams,
        body=Nothing,
        answer=MessageStandings,
        errors=(MessageUnknown,),
    ),
)
