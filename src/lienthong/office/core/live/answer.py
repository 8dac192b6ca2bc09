"""Answer ``/live``: server-sent events (HTML standard, section 9.2) over ASGI, beside Django's pages."""

import asyncio
import contextlib
import secrets
from collections.abc import Awaitable, Callable, MutableMapping
from http.cookies import CookieError, SimpleCookie
from typing import Any, Final

from django.conf import settings
from django.db.utils import Error as DjangoError

from lienthong.office.core.live.hub import Hub, Stream

type Message = MutableMapping[str, Any]
type Receive = Callable[[], Awaitable[Message]]
type Send = Callable[[Message], Awaitable[None]]

PATH: Final = "/live"
HEARTBEAT_SECONDS: Final = 20.0
"""Proxies close what says nothing for a minute."""
# After a stream has broken off, browsers come back within this time, not all at once.
_SOONEST_MS, _LATEST_MS = 5_000, 15_000
_HEADERS: Final = [
    (b"content-type", b"text/event-stream"),
    (b"cache-control", b"no-store"),
    # nginx would keep it back otherwise.
    (b"x-accel-buffering", b"no"),
    (b"x-content-type-options", b"nosniff"),
]
_hub: Hub | None = None


async def serve(scope: Message, receive: Receive, send: Send) -> None:
    """Tell an open page how many notifications are unread, whenever that changes, until one side ends it.

    Whoever is not signed in, or has too many open, gets 204, after which a browser does not ask again by itself.
    """
    if scope["method"] != "GET":
        await _refuse(send, 405)
        return
    session = session_of(scope["headers"])
    try:
        stream = await _the_hub().join(session) if session else None
    except DjangoError:
        await _refuse(send, 503)
        return
    if stream is None:
        await _refuse(send, 204)
        return
    gone = asyncio.create_task(_until_gone(receive))
    telling = asyncio.create_task(_tell(stream, send))
    try:
        await asyncio.wait({gone, telling}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        _the_hub().leave(stream)
        for task in (gone, telling):
            task.cancel()
        await asyncio.gather(gone, telling, return_exceptions=True)


def session_of(headers: list[tuple[bytes, bytes]]) -> str:
    """Return the key of the session from a request's cookies; empty if there is none."""
    for name, value in headers:
        if name.lower() == b"cookie":
            with contextlib.suppress(CookieError):
                morsel = SimpleCookie(value.decode("latin-1")).get(settings.SESSION_COOKIE_NAME)
                if morsel is not None:
                    return morsel.value
    return ""


def _the_hub() -> Hub:
    global _hub  # noqa: PLW0603 - one per process, made in the loop that uses it
    if _hub is None:
        _hub = Hub()
    return _hub


async def _tell(stream: Stream, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
    text = f"retry: {_SOONEST_MS + secrets.randbelow(_LATEST_MS - _SOONEST_MS)}\n{_event(stream)}"
    while True:
        await send({"type": "http.response.body", "body": text.encode(), "more_body": True})
        try:
            await asyncio.wait_for(stream.changed.wait(), HEARTBEAT_SECONDS)
        except TimeoutError:
            text = ":\n\n"
            continue
        if stream.over:
            break
        stream.changed.clear()
        text = _event(stream)
    await send({"type": "http.response.body", "body": b""})


def _event(stream: Stream) -> str:
    return f"event: unread\ndata: {stream.unread}\n\n"


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _refuse(send: Send, status: int) -> None:
    await send({"type": "http.response.start", "status": status, "headers": [(b"cache-control", b"no-store")]})
    await send({"type": "http.response.body", "body": b""})
