"""Large bodies through the HTTP client: as fast as the slower end, whole or visibly not."""

import asyncio
from collections.abc import AsyncGenerator

import pytest

from lienthong.exchange.http import LargeBody
from lienthong.exchange.http_client import Flow, HttpClient, HttpFailure, Origin
from lienthong.kernel.errors import LienthongError
from tests.exchange.test_http_client import OK, serving
from tests.support.whole import whole

MOST = 10_000


class Body(LargeBody):
    """Pieces, and an error where a test wants one."""

    def __init__(self, size: int, *pieces: bytes | Exception) -> None:
        self._size = size
        self._pieces = pieces
        self.taken = 0

    @property
    def size(self) -> int:
        return self._size

    async def pieces(self) -> AsyncGenerator[bytes]:
        for piece in self._pieces:
            if isinstance(piece, Exception):
                raise piece
            self.taken += len(piece)
            yield piece


@pytest.fixture
async def client() -> AsyncGenerator[HttpClient]:
    made = HttpClient(connections=1)
    yield made
    made.close()
    await asyncio.sleep(0)


async def call(client: HttpClient, url: str, body: bytes | LargeBody = b"", method: str = "POST") -> Flow:
    return await asyncio.wait_for(client.call(Origin.of(url), method, "/", (), body, most=MOST), 5)


def large(size: int, *headers: bytes) -> bytes:
    return b"\r\n".join([b"HTTP/1.1 200 OK", b"content-length: %d" % size, *headers, b"", b"x" * size])


# -- answers


@pytest.mark.parametrize("size", [0, 1, MOST, MOST + 1, 50 * MOST, 3_000_000])
async def test_an_answer_comes_whole_and_the_connection_stays(client: HttpClient, size: int) -> None:
    async with serving(large(size), large(size), OK) as server:
        for _ in range(2):
            answer = await call(client, server.url)
            assert isinstance(answer.body, bytes) is (size <= MOST)
            assert await whole(answer.body) == b"x" * size
        assert (await call(client, server.url)).body == b"hi"
        assert server.connections == 1


async def test_an_answer_of_unknown_length_comes_whole(client: HttpClient) -> None:
    pieces = b"".join(b"%x\r\n%b\r\n" % (5000, b"y" * 5000) for _ in range(20)) + b"0\r\n\r\n"
    async with serving(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n" + pieces) as server:
        assert await whole((await call(client, server.url)).body) == b"y" * 100_000


async def test_an_answer_until_the_connection_ends_comes_whole(client: HttpClient) -> None:
    async with serving(b"HTTP/1.0 200 OK\r\nx: y\r\n\r\n" + b"z" * 100_000, close=True) as server:
        assert await whole((await call(client, server.url)).body) == b"z" * 100_000


async def test_an_answer_that_breaks_off_is_a_failure(client: HttpClient) -> None:
    async with serving(large(100_000)[:-1], OK, close=True) as server:
        answer = await call(client, server.url)
        with pytest.raises(HttpFailure, match="closed in the middle"):
            await whole(answer.body)
        assert (await call(client, server.url)).body == b"hi"


async def test_a_slow_reader_holds_the_server_up(client: HttpClient) -> None:
    sent = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1000000000\r\n\r\n")
        try:
            while True:
                writer.write(bytes(100_000))
                await writer.drain()
                sent += 100_000
        except ConnectionError:
            writer.close()

    listener = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with listener:
        host, port = listener.sockets[0].getsockname()
        answer = await call(client, f"http://{host}:{port}")
        assert isinstance(answer.body, LargeBody)
        pieces = answer.body.pieces()
        await anext(pieces)
        await asyncio.sleep(0.3)
        # What fits into the buffers of both sides and the kernel's, not a gigabyte.
        assert sent < 20_000_000
        await pieces.aclose()
        listener.close_clients()


async def test_an_answer_left_unread_frees_its_place(client: HttpClient) -> None:
    async with serving(large(3_000_000), OK) as server:
        answer = await call(client, server.url)
        assert isinstance(answer.body, LargeBody)
        pieces = answer.body.pieces()
        await anext(pieces)
        await pieces.aclose()
        # On another connection: the rest of that answer must not pass for this one's.
        assert (await call(client, server.url)).body == b"hi"
        assert server.connections == 2


# -- requests


async def test_a_request_is_sent_with_its_length(client: HttpClient) -> None:
    body = Body(300_000, *[b"b" * 100_000] * 3)
    async with serving(OK, OK) as server:
        assert (await call(client, server.url, body)).body == b"hi"
        assert (await call(client, server.url)).body == b"hi"
        assert server.connections == 1
    head, _, rest = server.requests[0].partition(b"\r\n\r\n")
    assert b"content-length: 300000" in head
    assert rest == b"b" * 300_000


async def test_a_request_that_breaks_off_is_never_whole(client: HttpClient) -> None:
    async with serving(OK, OK) as server:
        with pytest.raises(LienthongError):
            await call(client, server.url, Body(300_000, b"b" * 200_000, LienthongError("no more")))
        assert (await call(client, server.url)).body == b"hi"
    # It saw a beginning and then the end of the connection.
    assert len(server.requests) == 1


async def test_a_server_that_answers_before_it_has_everything_is_believed(client: HttpClient) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 413 Too Large\r\ncontent-length: 2\r\n\r\nno")
        await writer.drain()
        await asyncio.sleep(5)

    listener = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with listener:
        host, port = listener.sockets[0].getsockname()
        body = Body(1 << 40, *[bytes(100_000)] * 10_000)
        answer = await call(client, f"http://{host}:{port}", body)
        assert (answer.status, answer.body) == (413, b"no")
        # It is not asked for the rest, nor is the next call sent behind half a request.
        assert body.taken < 50_000_000
        assert (await call(client, f"http://{host}:{port}")).status == 413
        listener.close_clients()


async def test_a_server_that_hangs_up_in_the_middle_is_a_failure(client: HttpClient) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(100_000)
        writer.transport.abort()

    listener = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with listener:
        host, port = listener.sockets[0].getsockname()
        with pytest.raises(HttpFailure):
            await call(client, f"http://{host}:{port}", Body(1 << 30, *[bytes(100_000)] * 10_000))


async def test_giving_up_frees_the_place(client: HttpClient) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        await asyncio.sleep(0.2)
        writer.close()

    listener = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with listener, serving(OK) as server:
        host, port = listener.sockets[0].getsockname()
        body = Body(1 << 30, *[bytes(100_000)] * 10_000)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(call(client, f"http://{host}:{port}", body), 0.1)
        assert (await call(client, server.url)).body == b"hi"
        listener.close_clients()
