"""Answers that are a content: in pieces, from where the client wants it (RFC 9110, section 14)."""

import base64
import re
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Final
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from lienthong.exchange.errors import RangeInvalid
from lienthong.trust.header import Content

OCTETS: Final = "application/octet-stream"
_TOKEN: Final = r"[A-Za-z0-9!#$&^_.+-]{1,127}"  # noqa: S105 - of a media type (RFC 6838, section 4.2)
_MEDIA_TYPE: Final = re.compile(rf"{_TOKEN}/{_TOKEN}(?:; ?charset=[A-Za-z0-9-]{{1,40}})?\Z")
_RANGE: Final = re.compile(r"bytes=([0-9]{0,19})-([0-9]{0,19})\Z")


def headers_of(content: Content) -> dict[str, str]:
    """Return what is said of a content; name and media type are the sender's and are not trusted."""
    return {
        "content-type": content.media_type if _MEDIA_TYPE.match(content.media_type) else OCTETS,
        "content-disposition": f"attachment; filename*=UTF-8''{quote(content.name, safe='')}",
        "x-content-type-options": "nosniff",
        "accept-ranges": "bytes",
        "etag": f'"{content.digest.hex()}"',
        "repr-digest": f"sha-256=:{base64.b64encode(content.digest).decode()}:",
    }


def asked_range(request: Request, content: Content) -> range | None:
    """Return which bytes are asked for, None for all of them.

    Several ranges, other units and a range of another content (``If-Range``) are answered with everything, as the
    standard permits.

    Raises:
        RangeInvalid: it begins behind the end.
    """
    matched = _RANGE.match(request.headers.get("range", ""))
    if matched is None or matched[1] == matched[2] == "":
        return None
    if request.headers.get("if-range", f'"{content.digest.hex()}"') != f'"{content.digest.hex()}"':
        return None
    if matched[1] == "":
        start, stop = max(0, content.size - int(matched[2])), content.size
    else:
        start = int(matched[1])
        stop = min(content.size, int(matched[2]) + 1) if matched[2] else content.size
    if matched[2] and matched[1] and int(matched[2]) < int(matched[1]):
        return None
    if start >= content.size:
        raise RangeInvalid(f"{start} of {content.size} bytes")
    return range(start, stop)


async def streamed(request: Request, content: Content, read: Callable[[int, int], AsyncGenerator[bytes]]) -> Response:
    """Answer with a content, or the part of it that is asked for, piece by piece.

    Args:
        request: what may ask for a range.
        content: what was sealed of it.
        read: returns the bytes from a first one to before a last one.

    Raises:
        RangeInvalid: a range behind the end.
        LienthongError: as for ``read``, if it is told before the first piece.
    """
    headers, wanted = headers_of(content), asked_range(request, content)
    if wanted is not None:
        headers["content-range"] = f"bytes {wanted.start}-{wanted.stop - 1}/{content.size}"
    part = range(content.size) if wanted is None else wanted
    headers["content-length"] = str(len(part))
    pieces = read(part.start, part.stop)
    # What is not there must be told before the answer's head is on its way.
    first = await anext(pieces, b"")
    return StreamingResponse(_all(first, pieces), status_code=200 if wanted is None else 206, headers=headers)


async def _all(first: bytes, rest: AsyncGenerator[bytes]) -> AsyncGenerator[bytes]:
    async with aclosing(rest):
        yield first
        async for piece in rest:
            yield piece
