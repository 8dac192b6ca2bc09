"""A WSGI application answers through the event loop: whole pages at once, long answers piece by piece."""

import asyncio
import threading
from collections.abc import Iterable, Iterator
from typing import Any

import pytest

from lienthong.office.threads import Message, Threads, Wsgi

_PAGE = {"type": "http", "method": "GET", "path": "/é", "query_string": b"a=1", "http_version": "1.1", "headers": []}


def _ask(application: Wsgi, body: Iterable[bytes] = (b"",), **scope: Any) -> list[Message]:  # noqa: ANN401 - of ASGI
    sent: list[Message] = []
    rest = list(body)

    async def receive() -> Message:
        return {"type": "http.request", "body": rest.pop(0), "more_body": bool(rest)}

    async def send(message: Message) -> None:
        sent.append(message)

    asyncio.run(Threads(application, number=1)({**_PAGE, **scope}, receive, send))
    return sent


def _body(sent: list[Message]) -> bytes:
    return b"".join(each["body"] for each in sent[1:])


def test_a_page_comes_whole() -> None:
    def page(environ: Any, start: Any) -> list[bytes]:  # noqa: ANN401 - WSGI
        start("404 Not Found", [("Content-Type", "text/plain"), ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")])
        return [environ["PATH_INFO"].encode("latin1"), environ["QUERY_STRING"].encode()]

    start, body = _ask(page)
    assert start["status"] == 404
    assert start["headers"] == [(b"content-type", b"text/plain"), (b"set-cookie", b"a=1"), (b"set-cookie", b"b=2")]
    assert body == {"type": "http.response.body", "body": "/éa=1".encode(), "more_body": False}


@pytest.mark.parametrize("number", [0, 1, 15, 16, 17, 40])
def test_a_long_answer_comes_in_order_and_ends_once(number: int) -> None:
    def long(_environ: object, start: Any) -> Iterator[bytes]:  # noqa: ANN401 - WSGI
        start("200 OK", [])
        for place in range(number):
            yield b"%05d" % place

    sent = _ask(long)
    assert _body(sent) == b"".join(b"%05d" % place for place in range(number))
    assert [each["more_body"] for each in sent[1:]] == [True] * (len(sent) - 2) + [False]


def test_a_large_answer_is_not_kept_in_memory() -> None:
    made: list[int] = []
    seen: list[int] = []

    def large(_environ: object, start: Any) -> Iterator[bytes]:  # noqa: ANN401 - WSGI
        start("200 OK", [])
        for place in range(40):
            made.append(place)
            yield bytes(1 << 17)

    async def receive() -> Message:
        return {}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.body":
            seen.append(len(message["body"]) >> 17)
            # Of what was made all but one handful has gone out.
            assert len(made) - sum(seen) <= 16

    asyncio.run(Threads(large, number=1)(dict(_PAGE), receive, send))
    assert sum(seen) == 40


def test_an_answer_is_closed_in_the_thread_that_made_it_also_when_nobody_takes_it() -> None:
    threads: list[int] = []

    class Answer:
        def __iter__(self) -> Iterator[bytes]:
            threads.append(threading.get_ident())
            yield from [b"x"] * 100

        def close(self) -> None:
            threads.append(threading.get_ident())

    def application(_environ: object, start: Any) -> Answer:  # noqa: ANN401 - WSGI
        start("200 OK", [])
        return Answer()

    async def gone(_message: Message) -> None:
        raise ConnectionError

    async def nothing() -> Message:
        return {}

    with pytest.raises(ConnectionError):
        asyncio.run(Threads(application, number=1)(dict(_PAGE), nothing, gone))
    assert len(threads) == 2
    assert len(set(threads)) == 1
    assert threading.get_ident() not in threads


def test_what_is_sent_along_is_read() -> None:
    def echo(environ: Any, start: Any) -> list[bytes]:  # noqa: ANN401 - WSGI
        start("200 OK", [])
        return [environ["wsgi.input"].read()]

    assert _body(_ask(echo, [b"ab", b"cd", b""], method="POST")) == b"abcd"
