"""Answers that are a content: in pieces, from where the client wants it (RFC 9110, section 14)."""

import base64
import re
from typing import Final
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from lienthong.exchange.rest.v1.errors import RangeInvalid
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


def whole(request: Request, content: Content, data: bytes) -> Response:
    """Answer with a content that is in memory, or the part of it that is asked for."""
    headers, wanted = headers_of(content), asked_range(request, content)
    if wanted is None:
        return Response(data, headers=headers)
    headers["content-range"] = f"bytes {wanted.start}-{wanted.stop - 1}/{content.size}"
    return Response(data[wanted.start : wanted.stop], status_code=206, headers=headers)
