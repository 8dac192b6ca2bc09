"""Clients that want to wear the web server out: each is cut off, and the others are served meanwhile."""

import asyncio
import logging
import socket
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest
from starlette.types import Receive, Scope, Send

from lienthong.exchange.rest import hall
from lienthong.exchange.rest.bounds import Bounds
from lienthong.exchange.rest.server import WebServer
from tests.support.web import HEAD, PATIENCE, Shown, ask, port_of, say, serving

GET = b"GET / HTTP/1.1\r\n" + HEAD
CLOSING = GET + b"Connection: close\r\n\r\n"
BAD = "Client.BadRequest"


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look at the deadlines often, so that they can be short."""
    monkeypatch.setattr(hall, "TICK", 0.02)


async def _trickle(port: int, head: bytes, piece: bytes, every: float = 0.05) -> tuple[bytes, float]:
    """Send a piece now and then until the server has had enough; returns its answer and the seconds it took."""
    begun = time.monotonic()
    async with asyncio.timeout(PATIENCE):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(head)
        reading = asyncio.create_task(reader.read())
        while not reading.done():
            writer.write(piece)
            await asyncio.sleep(every)
        writer.close()
        return await reading, time.monotonic() - begun


@pytest.mark.parametrize("piece", [b"a", b"X-A: b\r\n"])
async def test_a_head_that_trickles_is_cut_off(piece: bytes) -> None:
    app = Shown()
    async with serving(app, head_seconds=0.4) as port:
        slow = asyncio.create_task(_trickle(port, b"GET / HTTP/1.1\r\n", piece))
        assert (await ask(port, CLOSING)).status == 200
        data, seconds = await slow
    assert data.startswith(b"HTTP/1.1 408 ")
    assert b"no whole head within 0.4 seconds" in data
    assert seconds < 5
    assert len(app.requests) == 1


@pytest.mark.parametrize(
    ("head", "piece"),
    [
        (b"Content-Length: 100000\r\n\r\n", b"x"),
        (b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
        # Bytes that are no body do not count, however fast they come.
        (b"Transfer-Encoding: chunked\r\n\r\n1;", b"x" * 4000),
        (b"Content-Length: 100000\r\n\r\n", b""),
    ],
)
async def test_a_body_that_trickles_is_cut_off(head: bytes, piece: bytes) -> None:
    app = Shown()
    async with serving(app, rate=1000, grace_seconds=0.4) as port:
        slow = asyncio.create_task(_trickle(port, b"POST / HTTP/1.1\r\n" + HEAD + head, piece))
        assert (await ask(port, CLOSING)).status == 200
        data, seconds = await slow
    assert data.startswith(b"HTTP/1.1 408 ")
    assert b"slower than 1000 bytes per second" in data
    assert seconds < 5
    assert app.left.is_set()


async def test_a_body_at_the_lowest_pace_comes_through() -> None:
    app = Shown()
    pieces = [b"x" * 100] * 20
    head = b"POST / HTTP/1.1\r\n" + HEAD + b"Connection: close\r\nContent-Length: 2000\r\n\r\n"
    async with serving(app, rate=1000, grace_seconds=0.5) as port:
        told = await ask(port, head, *pieces, pause=0.04)
    assert told.status == 200


async def test_an_idle_connection_is_closed() -> None:
    async with serving(Shown(), idle_seconds=0.3) as port:
        assert await say(port, b"") == b""
        assert (await say(port, GET + b"\r\n")).startswith(b"HTTP/1.1 200 OK")


async def test_an_answer_that_takes_long_is_not_idle() -> None:
    app = Shown()
    app.open.clear()
    async with serving(app, idle_seconds=0.1, head_seconds=0.1, grace_seconds=0.1) as port:
        asking = asyncio.create_task(ask(port, CLOSING))
        await asyncio.sleep(0.5)
        app.open.set()
        assert (await asking).status == 200


async def test_a_million_headers_are_refused() -> None:
    async with serving(Shown(), header_lines=100) as port:
        told = await ask(port, GET + b"".join(b"X-%d: y\r\n" % number for number in range(1_000_000)))
        assert told.error == (431, BAD, _invalid("more than 100 headers"))
        assert (await ask(port, CLOSING)).status == 200


@pytest.mark.parametrize("rest", [b"X-A: ", b"X", b"X-A: b\r\n" * 3])
async def test_a_huge_head_is_refused_while_it_comes(rest: bytes) -> None:
    async with serving(Shown(), head_bytes=10_000) as port:
        told = await ask(port, GET + rest, *[b"y" * 30_000] * 100)
        assert told.error == (431, BAD, _invalid("a head of over 10000 bytes"))


async def test_a_huge_trailer_is_refused() -> None:
    head = b"POST / HTTP/1.1\r\n" + HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\n"
    async with serving(Shown(), head_bytes=10_000) as port:
        told = await ask(port, head + b"X-A: b\r\n" * 10_000)
        assert told.error == (431, BAD, _invalid("a head of over 10000 bytes"))


async def test_a_huge_target_is_refused() -> None:
    async with serving(Shown()) as port:
        told = await ask(port, b"GET /" + b"a" * 17_000 + b" HTTP/1.1\r\n" + HEAD + b"\r\n")
        assert told.error == (414, BAD, _invalid("a target of over 16384 bytes"))


def _invalid(text: str) -> str:
    return f"The request is not well formed: {text}. Compare it with the X-Road REST protocol; the detail says what is missing."  # noqa: E501 - one message


async def test_requests_cannot_be_piled_up() -> None:
    app = Shown()
    app.open.clear()
    async with serving(app, pipelined=4) as port, asyncio.timeout(PATIENCE):
        asking = asyncio.create_task(say(port, (GET + b"\r\n") * 2000))
        await asyncio.sleep(0.2)
        app.open.set()
        data = await asking
    assert data.count(b"HTTP/1.1 200 ") == len(app.requests) == 5
    assert data.count(b"HTTP/1.1 400 ") == 1


async def test_an_address_has_so_many_connections_and_no_more(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    async with serving(Shown(), connections_per_address=3) as port, asyncio.timeout(PATIENCE):
        held = [await asyncio.open_connection("127.0.0.1", port) for _ in range(3)]
        await asyncio.sleep(0.1)
        for _ in range(20):
            with pytest.raises((ConnectionResetError, BrokenPipeError, ValueError)):
                # Nothing comes back, or not even that.
                await ask(port, CLOSING)
        other = await asyncio.to_thread(_from, "127.0.0.2", port)
        assert other.startswith(b"HTTP/1.1 200 ")
        held.pop()[1].close()
        await asyncio.sleep(0.1)
        assert (await ask(port, CLOSING)).status == 200
        for _, writer in held:
            writer.close()
    # One line for many.
    assert "connections too many" in caplog.text
    assert len(caplog.records) < 20


async def test_all_have_so_many_connections_and_no_more() -> None:
    async with serving(Shown(), connections=2) as port, asyncio.timeout(PATIENCE):
        writers = [(await asyncio.open_connection("127.0.0.1", port))[1] for _ in range(2)]
        await asyncio.sleep(0.1)
        assert await asyncio.to_thread(_from, "127.0.0.2", port) == b""
        for writer in writers:
            writer.close()


def _from(address: str, port: int) -> bytes:
    try:
        with socket.create_connection(("127.0.0.1", port), PATIENCE, source_address=(address, 0)) as connection:
            connection.sendall(CLOSING)
            return connection.recv(100)
    except ConnectionResetError:
        return b""


@pytest.mark.parametrize("size", [3_000_000, 300_000_000])
async def test_who_does_not_read_its_answer_is_cut_off(size: int) -> None:
    async def app(_: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "http.response.start", "status": 200})
        for _number in range(size // 1_000_000):
            await send({"type": "http.response.body", "body": b"x" * 1_000_000, "more_body": True})
            sent.append(1)
        await send({"type": "http.response.body", "body": b""})

    sent: list[int] = []
    bounds = Bounds(grace_seconds=0.3, idle_seconds=0.3)
    async with WebServer(app, host="127.0.0.1", port=0, bounds=bounds) as server, asyncio.timeout(PATIENCE):
        with socket.socket() as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            connection.connect(("127.0.0.1", port_of(server)))
            connection.sendall(GET + b"\r\n")
            await server._hall.empty.wait()
    # What nobody read was not made either.
    assert len(sent) < 20


@asynccontextmanager
async def _crowd(port: int, number: int, data: bytes) -> AsyncGenerator[None]:
    writers = []
    for _ in range(number):
        writers.append((await asyncio.open_connection("127.0.0.1", port))[1])
        writers[-1].write(data)
    try:
        yield
    finally:
        for writer in writers:
            writer.close()


@pytest.mark.parametrize("data", [b"", b"GET / HT", b"POST / HTTP/1.1\r\n" + HEAD + b"Content-Length: 9\r\n\r\nx"])
async def test_a_crowd_that_waits_does_not_keep_others_waiting(data: bytes) -> None:
    async with serving(Shown()) as port, _crowd(port, 200, data):
        await asyncio.sleep(0.1)
        begun = time.monotonic()
        for _ in range(10):
            assert (await ask(port, CLOSING)).status == 200
        assert time.monotonic() - begun < 2
