"""Bodies read to their end, and packets with whatever is in them."""

from contextlib import aclosing
from typing import Any, cast

from lienthong.exchange.http import Body
from lienthong.exchange.packet import CallPacket, CallPart, HeldRef, Packet, Part


async def whole(body: Body) -> bytes:
    """Read a body to its end, however large."""
    if isinstance(body, bytes):
        return body
    async with aclosing(body.pieces()) as pieces:
        return b"".join([piece async for piece in pieces])


def packed(sealed: bytes, parts: tuple[Part | CallPart, ...]) -> bytes:
    """A packet of a message or of a call, whichever has such parts."""
    kind = CallPacket if any(isinstance(part, HeldRef) for part in parts) else Packet
    return kind(sealed=sealed, parts=cast("Any", parts)).to_bytes()
