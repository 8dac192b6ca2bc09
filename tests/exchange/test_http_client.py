"""The lean HTTP client, against servers on real sockets that are slow, broken or hostile."""

import asyncio
import ssl
import subprocess
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from lienthong.exchange import http_client as module
from lienthong.exchange.http_client import HttpClient, HttpFailure, Origin, fetch

OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi"

type Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@dataclass(slots=True)
class Server:
    """Answers each request with the next of its answers; None closes the connection instead."""

    answers: list[bytes | None]
    requests: list[bytes] = field(default_factory=list)
    connections: int = 0
    url: str = ""
    # Close after each answer.
    close: bool = False

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                size = next((int(line.split(b":")[1]) for line in head.split(b"\r\n") if b"content-length" in line), 0)
                self.requests.append(head + await reader.readexactly(size))
                answer = self.answers.pop(0)
                if answer is None:
                    return
                writer.write(answer)
                await writer.drain()
                if self.close:
                    return
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def serving(
    *answers: bytes | None, close: bool = False, tls: ssl.SSLContext | None = None
) -> AsyncGenerator[Server]:
    server = Server(list(answers), close=close)
    listener = await asyncio.start_server(server.serve, "127.0.0.1", 0, ssl=tls)
    host, port = listener.sockets[0].getsockname()
    server.url = f"{'https' if tls else 'http'}://{'localhost' if tls else host}:{port}"
    try:
        yield server
    finally:
        listener.close()
        listener.close_clients()


@pytest.fixture
async def client() -> AsyncGenerator[HttpClient]:
    made = HttpClient()
    yield made
    made.close()
    await asyncio.sleep(0)


async def get(client: HttpClient, server: Server, method: str = "GET", body: bytes = b"") -> module.Answer:
    return await asyncio.wait_for(client.request(Origin.of(server.url), method, "/a%3B/?", (("x-a", "1"),), body), 5)


async def test_path_and_headers_are_sent_as_they_are(client: HttpClient) -> None:
    async with serving(OK) as server:
        answer = await get(client, server)
        assert (answer.status, answer.body, answer.header("content-length")) == (200, b"hi", "2")
        host = server.url.removeprefix("http://").encode()
        assert server.requests == [b"GET /a%3B/? HTTP/1.1\r\nhost: " + host + b"\r\nx-a: 1\r\n\r\n"]


async def test_a_connection_is_used_again(client: HttpClient) -> None:
    async with serving(OK, OK, OK) as server:
        assert [(await get(client, server, "POST", b"abc")).body for _ in range(3)] == [b"hi"] * 3
        assert server.connections == 1
        assert server.requests[2].endswith(b"content-length: 3\r\n\r\nabc")


async def test_one_that_rested_too_long_is_not(client: HttpClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_IDLE_SECONDS", 0.0)
    async with serving(OK, OK) as server:
        await get(client, server)
        await get(client, server)
        assert server.connections == 2


async def test_what_closes_after_its_answer_is_not_used_again(client: HttpClient) -> None:
    said = b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
    async with serving(said, OK) as server:
        await get(client, server)
        await get(client, server)
        assert server.connections == 2


async def test_an_idempotent_call_survives_a_connection_that_was_closed(client: HttpClient) -> None:
    async with serving(OK, None, OK) as server:
        await get(client, server)
        assert (await get(client, server)).body == b"hi"
        assert server.connections == 2


async def test_another_call_is_not_sent_twice(client: HttpClient) -> None:
    async with serving(OK, None, OK) as server:
        await get(client, server)
        with pytest.raises(HttpFailure):
            await get(client, server, "POST", b"x")
        assert len(server.requests) == 2


@pytest.mark.parametrize(
    ("answer", "body"),
    [
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhi\r\n3\r\n yo\r\n0\r\n\r\n", b"hi yo"),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n" + OK, b"hi"),
        (b"HTTP/1.1 204 No Content\r\n\r\n", b""),
        (b"HTTP/1.1 304 Not Modified\r\ncontent-length: 7\r\n\r\n", b""),
    ],
)
async def test_every_form_of_a_body(client: HttpClient, answer: bytes, body: bytes) -> None:
    async with serving(answer, OK) as server:
        given = await get(client, server)
        assert (given.body, given.header("link")) == (body, "")
        assert (await get(client, server)).body == b"hi"


async def test_a_body_that_ends_with_the_connection(client: HttpClient) -> None:
    async with serving(b"HTTP/1.1 200 OK\r\nx-a: b\r\n\r\nto the end", OK, close=True) as server:
        assert (await get(client, server)).body == b"to the end"


async def test_head_has_no_body_whatever_its_length_says(client: HttpClient) -> None:
    async with serving(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n", OK) as server:
        answer = await get(client, server, "HEAD")
        assert (answer.status, answer.body, answer.header("content-length")) == (200, b"", "1000")
        assert (await get(client, server)).body == b"hi"


@pytest.mark.parametrize(
    "answer",
    [
        b"rubbish\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhi",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\nhi",
        b"HTTP/1.1 200 OK\r\nx: " + b"y" * 300_000 + b"\r\n\r\n",
        b"HTTP/1.1 200",
        None,
    ],
)
async def test_a_broken_answer_is_a_failure(client: HttpClient, answer: bytes | None) -> None:
    async with serving(answer, answer, close=True) as server:
        with pytest.raises(HttpFailure):
            await get(client, server)


async def test_a_body_over_the_limit_is_a_failure(client: HttpClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_BODY", 1)
    async with serving(OK) as server:
        with pytest.raises(HttpFailure):
            await get(client, server)


async def test_bytes_nobody_asked_for_answer_no_later_call(client: HttpClient) -> None:
    forged = b"HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nforged"
    async with serving(OK + forged, OK, OK) as server:
        await get(client, server)
        await asyncio.sleep(0.05)
        assert (await get(client, server)).body == b"hi"


async def test_closing_ends_who_waits(client: HttpClient) -> None:
    async with serving(b"") as server:
        call = asyncio.create_task(get(client, server))
        while not server.requests:  # noqa: ASYNC110 - what another task has received
            await asyncio.sleep(0.01)
        client.close()
        with pytest.raises(HttpFailure):
            await call


async def test_no_more_connections_than_allowed() -> None:
    client = HttpClient(connections=2)
    async with serving(*[OK] * 20) as server:
        await asyncio.gather(*(get(client, server) for _ in range(20)))
        assert server.connections <= 2
    client.close()


async def test_over_tls_with_a_certificate_that_is_trusted(tmp_path: Path) -> None:
    files = ["-keyout", str(tmp_path / "key.pem"), "-out", str(tmp_path / "cert.pem")]
    subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-days", "1"]
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    await asyncio.to_thread(subprocess.run, [*command, *subject, *files], check=True, capture_output=True)
    offered = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    offered.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    async with serving(OK, OK, tls=offered) as server:
        trusting = HttpClient(tls=ssl.create_default_context(cafile=tmp_path / "cert.pem"))
        assert (await get(trusting, server)).body == b"hi"
        trusting.close()
        with pytest.raises(ssl.SSLCertVerificationError):
            await get(HttpClient(), server)


async def test_nobody_there() -> None:
    with pytest.raises(OSError, match=r"127\.0\.0\.1"):
        await fetch("http://127.0.0.1:9/x")


async def test_fetching_one_address() -> None:
    async with serving(OK) as server:
        assert (await fetch(f"{server.url}/a?b=c", (("x", "y"),))).body == b"hi"
        assert server.requests[0].startswith(b"GET /a?b=c HTTP/1.1\r\n")


@pytest.mark.parametrize("url", ["ftp://host/", "http:///x", "host", "http://host:port/"])
def test_what_is_no_address(url: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        Origin.of(url)


def test_an_address_is_taken_apart() -> None:
    origin = Origin.of("https://user@host:8443/base/")
    assert (origin.host, origin.port, origin.secure, origin.authority, origin.base) == (
        "host",
        8443,
        True,
        "host:8443",
        "/base/",
    )
