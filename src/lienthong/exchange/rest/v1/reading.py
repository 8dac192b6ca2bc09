"""Parameters and bodies into values: bounded, typed, and nothing unknown among them."""

from collections.abc import AsyncIterator, Callable
from typing import Any, Final

import msgspec
from starlette.requests import ClientDisconnect, Request

from lienthong.exchange.rest.v1.endpoint import AnyEndpoint, Nothing
from lienthong.exchange.rest.v1.errors import BodyTooLarge, InputInvalid, Interrupted, MediaTypeInvalid

JSON: Final = "application/json"
MAX_QUERY: Final = 8192
"""Bytes of a query."""


def params_of[P](endpoint: AnyEndpoint, kind: type[P], request: Request) -> P:
    """Read what stands in path and query.

    Raises:
        InputInvalid: too long, a parameter that is unknown, missing, repeated or of the wrong form.
    """
    query = request.scope.get("query_string", b"")
    if len(query) > MAX_QUERY:
        raise InputInvalid(f"a query of {len(query)} bytes where {MAX_QUERY} are allowed")
    values: dict[str, Any] = {}
    for name, value in request.query_params.multi_items():
        if name in values or name in endpoint.in_path:
            raise InputInvalid(f"the parameter {name[:80]!r} is given twice")
        values[name] = value
    try:
        return msgspec.convert(values | request.path_params, kind, strict=False)
    except msgspec.ValidationError as error:
        raise InputInvalid(str(error)[:400]) from None


async def body_of[B](endpoint: AnyEndpoint, kind: type[B], request: Request, *, taken: Callable[[int], None]) -> B:
    """Read a JSON body.

    Args:
        endpoint: what it is for.
        kind: what it is to be.
        request: what brings it.
        taken: told of bytes that are held from now on; may refuse them.

    Raises:
        MediaTypeInvalid: it is said to be something else.
        BodyTooLarge: more bytes than the endpoint takes.
        InputInvalid: not JSON, or a field that is unknown, missing or of the wrong form.
        Interrupted: it never came to its end.
        LimitExceeded: the caller's requests would hold more than they may together.
    """
    if endpoint.streams or kind is Nothing:
        return msgspec.convert({}, kind)
    read: list[bytes] = []
    async for piece in pieces(request, at_most=endpoint.max_body):
        taken(len(piece))
        read.append(piece)
    data = b"".join(read)
    if data:
        check_media_type(request, JSON)
    else:
        # Where nothing has to be said, nothing need be sent.
        data = b"{}"
    try:
        return msgspec.json.decode(data, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InputInvalid(str(error)[:400]) from None


def check_media_type(request: Request, wanted: str) -> None:
    """Check what the body is said to be.

    Raises:
        MediaTypeInvalid: nothing, or something else.
    """
    said = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if said != wanted:
        raise MediaTypeInvalid(f"{said[:80]!r} instead of {wanted}")


async def pieces(request: Request, *, at_most: int) -> AsyncIterator[bytes]:
    """Yield a body as it comes.

    Raises:
        BodyTooLarge: more bytes than that; told before anything is read where the length is announced.
        Interrupted: it never came to its end.
    """
    announced = request.headers.get("content-length", "0")
    size = int(announced) if announced.isdecimal() else 0
    if size > at_most:
        raise BodyTooLarge(f"{size} bytes where {at_most} are allowed")
    taken = 0
    try:
        async for piece in request.stream():
            taken += len(piece)
            if taken > at_most:
                raise BodyTooLarge(f"more than {at_most} bytes")
            if piece:
                yield piece
    except ClientDisconnect:
        raise Interrupted from None
