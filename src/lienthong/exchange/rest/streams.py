"""Large bodies between an information system and its gateway, over plain ASGI."""

import asyncio
import logging
from contextlib import aclosing
from typing import Final

from starlette.types import Message, Receive, Send

from lienthong.exchange.errors import RequestInvalid
from lienthong.exchange.http import LargeBody
from lienthong.exchange.limits import Ticket
from lienthong.exchange.packet import INLINE_LIMIT
from lienthong.exchange.spool import Spool, Spooled
from lienthong.kernel.errors import LienthongError

# Of a length in bytes: more than there is room for anywhere.
_DIGITS: Final = 18

_log = logging.getLogger(__name__)


async def take_body(  # noqa: PLR0913 - by keyword
    spool: Spool, first: Message, receive: Receive, *, peer: str, announced: str | None, ticket: Ticket
) -> bytes | Spooled:
    """Take a request's body of several pieces: as it is when it is small, into the spool when it is large.

    Args:
        spool: where large ones go.
        first: the first piece, as ASGI brings it.
        receive: brings the others.
        peer: on whose account.
        announced: the ``Content-Length``, if there is one.
        ticket: counts what is held in memory; what lies in the spool is counted there.

    Raises:
        RequestInvalid: the connection was closed in the middle, or the length is another than was announced.
        BodyTooLarge, SpoolFull, StorageFailed, LimitExceeded: there is no room for it.
    """
    length = _length(announced)
    event = first
    # Taken out: whoever holds the message must not hold these bytes as long as the body takes.
    begun = [first.pop("body", b"")]
    size = len(begun[0])
    while event.get("more_body") and size <= INLINE_LIMIT:
        event = await _next(receive)
        begun.append(event.pop("body", b""))
        ticket.add(len(begun[-1]))
        size += len(begun[-1])
    if size <= INLINE_LIMIT:
        return b"".join(begun)
    writer = spool.writer(peer, sha512=True)
    try:
        while begun:
            await writer.write(begun.pop(0))
        while event.get("more_body"):
            event = await _next(receive)
            await writer.write(event.pop("body", b""))
        if length not in {None, writer.size}:
            raise RequestInvalid(f"a body of {writer.size} bytes where {length} were announced")
        return await writer.finish()
    except BaseException:
        writer.discard()
        raise


def check_announced(spool: Spool, announced: str) -> None:
    """Check that a body of an announced length could be taken.

    Raises:
        RequestInvalid: the length is none.
        BodyTooLarge: there is no room for so much.
    """
    spool.check(_length(announced) or 0)


async def send_body(body: LargeBody, receive: Receive, send: Send) -> None:
    """Send an answer's body piece by piece, as the client takes it.

    What breaks off is left unfinished: the server then breaks the connection, so that nobody takes half an answer for
    the whole. When the client is gone, no more is fetched.
    """
    gone = asyncio.ensure_future(_departure(receive))
    try:
        async with aclosing(body.pieces()) as pieces:
            async for piece in pieces:
                if gone.done():
                    return
                await send({"type": "http.response.body", "body": piece, "more_body": True})
    except LienthongError as error:
        _log.warning("an answer of %s bytes broke off: %s", body.size, error)
    else:
        await send({"type": "http.response.body", "body": b""})
    finally:
        gone.cancel()
        await asyncio.gather(gone, return_exceptions=True)


def broken_off() -> RequestInvalid:
    """Return what is wrong with a request of which no more comes."""
    return RequestInvalid("the connection was closed in the middle of the body")


async def _departure(receive: Receive) -> None:
    # What is left of the request, if only that there is none, comes before the word that the client is gone.
    while (await receive())["type"] != "http.disconnect":
        pass


async def _next(receive: Receive) -> Message:
    event = await receive()
    if event["type"] == "http.disconnect":
        raise broken_off()
    return event


def _length(announced: str | None) -> int | None:
    if announced is None:
        return None
    if not announced.isdecimal() or len(announced) > _DIGITS:
        raise RequestInvalid(f"a content-length of {announced[:20]!r}")
    return int(announced)
