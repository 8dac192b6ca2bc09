"""The web server in a loop of its own program."""

import asyncio
import contextlib
import socket

import pytest
from starlette.types import Receive, Scope, Send

from lienthong.embedded.errors import PortTaken
from lienthong.exchange.rest import server as module
from lienthong.exchange.rest.server import WebServer


async def hello(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": scope["path"].encode()})


async def _get(port: int) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET /hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    answer = await reader.read()
    writer.close()
    return answer


def _port_of(server: WebServer) -> int:
    return int(server.url.rpartition(":")[2])


async def test_it_serves_until_it_ends() -> None:
    async with WebServer(hello, host="127.0.0.1", port=0) as server:
        port = _port_of(server)
        assert (await _get(port)).endswith(b"/hello")
    with pytest.raises(ConnectionRefusedError):
        await _get(port)


async def test_port_that_is_taken_is_told_even_though_somebody_answers() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PortTaken, match=str(port)):
            async with WebServer(hello, host="127.0.0.1", port=port):
                pass


async def test_request_that_never_ends_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_GRACE", 0.1)
    async with asyncio.timeout(10), WebServer(hello, host="127.0.0.1", port=0) as server:
        _, writer = await asyncio.open_connection("127.0.0.1", _port_of(server))
        writer.write(b"GET / HTTP/1.1\r\nHo")
        await writer.drain()
        # The next connection is taken after this one.
        await _get(_port_of(server))
    # Ended in time although that request never did, and nobody listens any more.
    with pytest.raises(ConnectionRefusedError):
        await _get(_port_of(server))
    writer.close()


async def test_an_answer_that_never_comes_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_GRACE", 0.1)
    given_up = asyncio.Event()

    async def never(_: Scope, __: Receive, ___: Send) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            given_up.set()

    async with asyncio.timeout(10):
        async with WebServer(never, host="127.0.0.1", port=0) as server:
            reader, writer = await asyncio.open_connection("127.0.0.1", _port_of(server))
            writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            await asyncio.sleep(0.1)
        assert given_up.is_set()
        with contextlib.suppress(ConnectionResetError):
            assert not (await reader.read()).startswith(b"HTTP/1.1 200 ")
        writer.close()


async def test_what_is_being_answered_is_finished_when_it_ends() -> None:
    begun = asyncio.Event()

    async def slow(_: Scope, __: Receive, send: Send) -> None:
        begun.set()
        await asyncio.sleep(0.3)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"done"})

    async with asyncio.timeout(10):
        async with WebServer(slow, host="127.0.0.1", port=0) as server:
            asking = asyncio.create_task(_get(_port_of(server)))
            await begun.wait()
        assert (await asking).endswith(b"done")
