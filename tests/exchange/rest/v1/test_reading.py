"""Bodies: taken piece by piece up to a bound, and given up where the client goes away."""

from collections.abc import Iterable

import pytest
from starlette.requests import Request
from starlette.types import Message

from lienthong.exchange.rest.v1.errors import BodyTooLarge, Interrupted
from lienthong.exchange.rest.v1.reading import pieces


def request(messages: Iterable[Message], *headers: tuple[bytes, bytes]) -> Request:
    """A request whose body comes in these messages."""
    coming = iter(messages)

    async def receive() -> Message:
        return next(coming)

    return Request({"type": "http", "headers": list(headers)}, receive)


def body(*parts: bytes) -> list[Message]:
    last = len(parts) - 1
    return [{"type": "http.request", "body": part, "more_body": at < last} for at, part in enumerate(parts)]


async def test_a_body_is_yielded_as_it_comes() -> None:
    assert [piece async for piece in pieces(request(body(b"ab", b"", b"c")), at_most=3)] == [b"ab", b"c"]


async def test_a_body_that_turns_out_too_large_is_given_up() -> None:
    coming = pieces(request(body(b"ab", b"cd", b"never read")), at_most=3)
    assert await anext(coming) == b"ab"
    with pytest.raises(BodyTooLarge, match="more than 3 bytes"):
        await anext(coming)


@pytest.mark.parametrize("length", [b"4", b"99999999999999999999"])
async def test_a_body_that_is_announced_too_large_is_not_read(length: bytes) -> None:
    with pytest.raises(BodyTooLarge, match="bytes where 3 are allowed"):
        await anext(pieces(request([], (b"content-length", length)), at_most=3))


async def test_a_body_that_never_ends_is_an_interruption() -> None:
    coming = pieces(request([body(b"a", b"")[0], {"type": "http.disconnect"}]), at_most=3)
    assert await anext(coming) == b"a"
    with pytest.raises(Interrupted):
        await anext(coming)
