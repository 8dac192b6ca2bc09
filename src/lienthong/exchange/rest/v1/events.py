"""``/v1/events``: what happens to the organ's messages, as it happens (server-sent events).

Events are read from the journal of evidence, and an event's id is how many entries had been read with it. So a
client that comes back with ``Last-Event-ID`` gets every event once, after a restart of the gateway as well.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Annotated, Final

import msgspec
from msgspec import Meta
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from lienthong.exchange.errors import Expired
from lienthong.exchange.mail.ledger import Ledger
from lienthong.exchange.mail.ordering import HANDED_OVER
from lienthong.exchange.rest.v1.endpoint import AnyEndpoint, Asked, Caller, Endpoint, Nothing
from lienthong.exchange.rest.v1.errors import InputInvalid, Interrupted, TooMany
from lienthong.exchange.rest.v1.evidence import may_see
from lienthong.exchange.rest.v1.values import Time
from lienthong.exchange.rest.v1.waiting import LOOK_EVERY, while_there
from lienthong.kernel.clock import iso
from lienthong.trust.header import Header, Kind, ReceiptState
from lienthong.trust.journal import Entry, Journal
from lienthong.trust.seal import header_of

BEAT: Final = 15.0
"""Seconds after which a stream says that it is still there, and up to where it has read."""
_WINDOW: Final = 2000
_HEADER: Final = "Last-Event-ID"
_STREAM: Final = "text/event-stream"
# After so many milliseconds a client that has lost its connection comes back.
_RETRY: Final = 1000
# Direction, kind and verdict of the entries that are events, and what these are called.
_EVENTS: Final = {
    ("in", Kind.MESSAGE.value, "ok"): "message.arrived",
    # It waited for an earlier one of its conversation.
    ("own", "state", HANDED_OVER): "message.arrived",
    ("in", Kind.RECALL.value, "ok"): "message.recalled",
    ("in", Kind.RECEIPT.value, "ok"): "message.receipt",
    ("out", "failure", Expired.code): "message.expired",
}
# Entries of these kinds have ids of their own; their headers name the message.
_ABOUT: Final = frozenset({Kind.RECEIPT.value, Kind.RECALL.value})
type Position = Annotated[
    int, Meta(ge=0, le=2**53, description="Begin after the event with this id; Last-Event-ID goes before it.")
]


class EventParams(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """From where on."""

    after: Position | None = None


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """Something that has happened to a message."""

    # message.arrived, message.recalled, message.receipt, message.expired …
    type: str
    # The message.
    id: str
    # Who is at the other end.
    peer: str
    label: str
    at: Time
    # Of a receipt: how far the message has come, and what its receiver said with it. Of a recall: why.
    state: str
    note: str


def event_of(entry: Entry, journal: Journal) -> Event | None:
    """Return the event that an entry of the journal is, if it is one."""
    type_ = _EVENTS.get((entry.direction, entry.kind, entry.verdict))
    # A message that is held back, or came again or too late, has not arrived; the detail says so.
    if type_ is None or (entry.kind == Kind.MESSAGE and entry.detail):
        return None
    if entry.kind == Kind.RECALL and not entry.detail.startswith(ReceiptState.RECALLED):
        return None
    message, state, note = entry.id, "", ""
    if entry.kind in _ABOUT:
        # Its seal was checked before it was recorded.
        header = header_of(entry.seals[0])
        message, state, note = _message_of(header, journal), header.status, header.note
    return Event(type=type_, id=message, peer=entry.peer, label=entry.label, at=iso(entry.at), state=state, note=note)


def _message_of(header: Header, journal: Journal) -> str:
    """Return the message that a recall, a receipt, or a receipt for a recall is about."""
    about = header.conversation
    if about is not None and header.kind is Kind.RECEIPT:
        recalled = Ledger(journal).recalled(about, receiver=header.sender, sender=header.receiver)
        about = about if recalled is None else recalled[0]
    return str(about)


async def _events(asked: Asked[EventParams, Nothing]) -> Response:
    # Refused while it still can be: the stream itself begins with its status.
    asked.face.crowd.check(str(asked.caller.organ.id))
    return _Stream(asked, _position(asked))


def _position(asked: Asked[EventParams, Nothing]) -> int:
    """Return how many entries the client has read, all there are if it is new."""
    size = asked.gateway.node.journal.size
    said = asked.request.headers.get(_HEADER)
    if said is not None and not (said.isascii() and said.isdecimal() and len(said) <= len(str(2**53))):
        raise InputInvalid(f"the header {_HEADER} is {said[:40]!r}")
    position = int(said) if said is not None else asked.params.after
    if position is None:
        return size
    if position > size:
        raise InputInvalid(f"event {position} of {size}", hint="Begin anew without a position: the journal is another.")
    return position


class _Stream(Response):
    """An answer that goes on until the client or the gateway ends it."""

    media_type = _STREAM

    def __init__(self, asked: Asked[EventParams, Nothing], position: int) -> None:
        super().__init__(headers={"cache-control": "no-store", "x-accel-buffering": "no"})
        del self.headers["content-length"]
        self._asked = asked
        self._position = position

    async def __call__(self, _: Scope, receive: Receive, send: Send) -> None:
        face, organ = self._asked.face, str(self._asked.caller.organ.id)
        with face.crowd.admitted(organ):
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            with contextlib.suppress(Interrupted):
                await while_there(receive, self._send_all(send))

    async def _send_all(self, send: Send) -> None:
        async for block in self._blocks():
            await send({"type": "http.response.body", "body": block, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _blocks(self) -> AsyncIterator[bytes]:
        """Yield events as they come, and now and then the position alone."""
        asked, journal = self._asked, self._asked.gateway.node.journal
        bell, organ, told = asked.gateway.bell, str(asked.caller.organ.id), asked.face.time()
        yield f"retry: {_RETRY}\nid: {self._position}\n\n".encode()
        while not bell.closed:
            while self._position < journal.size:
                block = self._read(journal, asked.caller)
                if block:
                    told = asked.face.time()
                    yield block
                # A long way to catch up must not keep others waiting.
                await asyncio.sleep(0)
            if asked.face.time() - told >= BEAT:
                told = asked.face.time()
                yield f"id: {self._position}\n\n".encode()
            if self._position >= journal.size:
                await bell.wait(organ, seconds=LOOK_EVERY)

    def _read(self, journal: Journal, caller: Caller) -> bytes:
        """Return the events of the next stretch of the journal, and move behind it."""
        stop = min(self._position + _WINDOW, journal.size)
        rows = journal.read(
            "SELECT idx, body FROM entries WHERE idx >= ? AND idx < ? AND organ = ? ORDER BY idx",
            (self._position, stop, str(caller.organ.id)),
        )
        self._position = stop
        entries = [(index, Entry.from_bytes(body)) for index, body in rows]
        return b"".join(_block(index, event_of(entry, journal)) for index, entry in entries if may_see(caller, entry))


def _block(index: int, event: Event | None) -> bytes:
    if event is None:
        return b""
    return b"id: %d\nevent: %s\ndata: %s\n\n" % (index + 1, event.type.encode(), msgspec.json.encode(event))


ENDPOINTS: Final[tuple[AnyEndpoint, ...]] = (
    Endpoint(
        method="GET",
        path="/v1/events",
        handler=_events,
        summary="Follow what happens to the organ's messages (server-sent events).",
        params=EventParams,
        body=Nothing,
        media_type=_STREAM,
        headers={_HEADER: "Go on after this event."},
        errors=(TooMany,),
    ),
)
