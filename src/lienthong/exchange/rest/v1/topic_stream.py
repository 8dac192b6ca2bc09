"""``/v1/topics/stream``: the events of a topic as they come (server-sent events).

An event's id is its sequence, so that a client that comes back with ``Last-Event-ID`` misses none. What ends a
stream before the client does is told by an event ``problem``.
"""

import contextlib
from collections.abc import AsyncIterator
from typing import Annotated, Final

import msgspec
from msgspec import Meta
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from lienthong.exchange.rest.language import preferred
from lienthong.exchange.rest.v1.endpoint import AnyEndpoint, Asked, Endpoint, Nothing
from lienthong.exchange.rest.v1.errors import InputInvalid, Interrupted, TooMany
from lienthong.exchange.rest.v1.events import BEAT
from lienthong.exchange.rest.v1.problems import problem
from lienthong.exchange.rest.v1.topic_values import Sequence, SubscriptionName, TopicName
from lienthong.exchange.rest.v1.topics import event_of, subscription_of
from lienthong.exchange.rest.v1.waiting import LOOK_EVERY, while_there
from lienthong.exchange.topics.errors import EventForked, EventsMissing, NotGranted, SubscriptionUnknown, TopicRestarted
from lienthong.exchange.topics.subscription import Subscription
from lienthong.kernel.errors import LienthongError

_HEADER: Final = "Last-Event-ID"
_STREAM: Final = "text/event-stream"
_RETRY: Final = 1000
_PAGE: Final = 200


class TopicStreamParams(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which subscription, and from where on."""

    topic: TopicName
    name: SubscriptionName = ""
    after: Annotated[
        Sequence | None,
        Meta(description="Behind this event; Last-Event-ID goes before it; else the last acknowledged."),
    ] = None


async def _stream(asked: Asked[TopicStreamParams, Nothing]) -> Response:
    subscription = subscription_of(asked, asked.params.topic, asked.params.name)
    asked.face.crowd.check(str(asked.caller.organ.id))
    after = _position(asked)
    # Refused while it still can be: the stream itself begins with its status.
    subscription.read(after=after, limit=1)
    return _Stream(asked, subscription, after)


def _position(asked: Asked[TopicStreamParams, Nothing]) -> int | None:
    said = asked.request.headers.get(_HEADER)
    if said is None:
        return asked.params.after
    if not (said.isascii() and said.isdecimal() and len(said) <= len(str(2**53))):
        raise InputInvalid(f"the header {_HEADER} is {said[:40]!r}")
    return int(said)


class _Stream(Response):
    """An answer that goes on until the client or the gateway ends it."""

    media_type = _STREAM

    def __init__(self, asked: Asked[TopicStreamParams, Nothing], subscription: Subscription, after: int | None) -> None:
        super().__init__(headers={"cache-control": "no-store", "x-accel-buffering": "no"})
        del self.headers["content-length"]
        self._asked = asked
        self._subscription = subscription
        self._after = after

    async def __call__(self, _: Scope, receive: Receive, send: Send) -> None:
        with self._asked.face.crowd.admitted(str(self._asked.caller.organ.id)):
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            with contextlib.suppress(Interrupted):
                await while_there(receive, self._send_all(send))

    async def _send_all(self, send: Send) -> None:
        try:
            async for block in self._blocks():
                await send({"type": "http.response.body", "body": block, "more_body": True})
        except LienthongError as error:
            languages = ",".join(self._asked.request.headers.getlist("accept-language"))
            told = msgspec.json.encode(problem(error, language=preferred(languages)))
            await send(
                {"type": "http.response.body", "body": b"event: problem\ndata: %s\n\n" % told, "more_body": True}
            )
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _blocks(self) -> AsyncIterator[bytes]:
        """Yield events as they come, and now and then a sign of life."""
        face, bell = self._asked.face, self._asked.gateway.bell
        told = face.time()
        yield b"retry: %d\n\n" % _RETRY
        while not bell.closed:
            batch = self._subscription.read(after=self._after, limit=_PAGE)
            for delivery in batch.deliveries:
                data = msgspec.json.encode(event_of(delivery))
                yield b"id: %d\nevent: topic.event\ndata: %s\n\n" % (delivery.sequence, data)
                self._after, told = delivery.sequence, face.time()
            if not batch.deliveries:
                await self._subscription.wait(after=self._after, timeout=LOOK_EVERY)
            if face.time() - told >= BEAT:
                told = face.time()
                yield b": still here\n\n"


ENDPOINTS: Final[tuple[AnyEndpoint, ...]] = (
    Endpoint(
        method="GET",
        path="/v1/topics/stream",
        handler=_stream,
        summary="Follow a topic (server-sent events).",
        params=TopicStreamParams,
        body=Nothing,
        media_type=_STREAM,
        headers={_HEADER: "Go on after this event."},
        errors=(SubscriptionUnknown, NotGranted, TopicRestarted, EventsMissing, EventForked, TooMany),
    ),
)
