"""The services behind a gateway, on real sockets."""

import asyncio
from collections.abc import AsyncGenerator, Iterator

import pytest

from lienthong.exchange.backend import HttpBackend
from lienthong.exchange.errors import BackendUnavailable, ServiceUnknown
from lienthong.exchange.http import Headers, HttpMessage
from lienthong.exchange.packet import INLINE_LIMIT
from lienthong.kernel.identifiers import ServiceId
from tests.support.sandbox import Backend, answer, backend
from tests.support.whole import whole

SERVICE = ServiceId("VN", "STATE", "G22", "Provider", "echo")
EMPTY = HttpMessage(headers=(), body=b"")


@pytest.fixture
def system() -> Iterator[Backend]:
    with backend() as running:
        yield running


@pytest.fixture
async def client(system: Backend) -> AsyncGenerator[HttpBackend]:
    made = HttpBackend(urls={SERVICE: system.url}, timeout=0.5)
    yield made
    await made.close()


async def test_service_without_url_is_unknown(client: HttpBackend) -> None:
    with pytest.raises(ServiceUnknown, match="no URL"):
        await client.call(ServiceId("VN", "STATE", "G22", "Provider", "other"), "GET", "", EMPTY)


@pytest.mark.parametrize(
    ("base", "path", "target"),
    [
        ("", "", "/"),
        ("", "?a=b", "/?a=b"),
        ("/", "/a", "/a"),
        ("/", "", "/"),
        ("/b", "//a", "/b//a"),
        ("/b/", "//a", "/b//a"),
        ("/b%2Fc", "/%41?%42", "/b%2Fc/%41?%42"),
    ],
)
async def test_path_is_appended_as_written(system: Backend, base: str, path: str, target: str) -> None:
    client = HttpBackend(urls={SERVICE: system.url + base})
    await client.call(SERVICE, "GET", path, EMPTY)
    assert system.last.target == target
    await client.close()


async def test_only_headers_that_were_given_are_sent(client: HttpBackend, system: Backend) -> None:
    headers: Headers = (("x-a", "1"), ("x-a", "2"), ("content-type", "text/x"))
    await client.call(SERVICE, "POST", "/", HttpMessage(headers=headers, body=b"abc"))
    own = {"host", "content-length"}
    assert [header for header in system.last.headers if header[0] not in own] == list(headers)


@pytest.mark.parametrize(
    ("value", "arrived"),
    [
        # One character per byte, whatever the bytes mean.
        ("\u00c3\u00b6", b"\xc3\xb6"),
        ("\u00f6", b"\xf6"),
    ],
)
async def test_header_values_beyond_ascii_arrive_byte_for_byte(
    client: HttpBackend, system: Backend, value: str, arrived: bytes
) -> None:
    await client.call(SERVICE, "GET", "/", HttpMessage(headers=(("x-v", value),), body=b""))
    assert system.last.header("x-v").encode("latin-1") == arrived


async def test_answer_s_headers_are_bytes_in_characters(client: HttpBackend, system: Backend) -> None:
    system.answer = answer("200 OK", "X-V: \u00c3\u00b6\u00f6", "X-V: 2", body=b"x")
    status, message = await client.call(SERVICE, "GET", "/", EMPTY)
    assert (status, message) == (
        200,
        HttpMessage(headers=(("x-v", "\u00c3\u00b6\u00f6"), ("x-v", "2")), body=b"x"),
    )


async def test_answer_until_the_connection_ends_is_whole(client: HttpBackend, system: Backend) -> None:
    system.answer = b"HTTP/1.0 200 OK\r\nConnection: close\r\n\r\nuntil the end"
    assert (await client.call(SERVICE, "GET", "/", EMPTY))[1].body == b"until the end"


@pytest.mark.parametrize(
    "broken",
    [
        b"",
        b"nonsense\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\nConnection: close\r\n\r\nshort",
    ],
)
async def test_broken_answer_is_an_error(client: HttpBackend, system: Backend, broken: bytes) -> None:
    system.answer = broken
    with pytest.raises(BackendUnavailable, match="VN/STATE/G22/Provider/echo"):
        await client.call(SERVICE, "POST", "/", HttpMessage(headers=(), body=b"x"))


async def test_nobody_listening_is_an_error() -> None:
    client = HttpBackend(urls={SERVICE: "http://127.0.0.1:1"})
    with pytest.raises(BackendUnavailable):
        await client.call(SERVICE, "GET", "/", EMPTY)
    await client.close()


async def test_slow_service_is_an_error(client: HttpBackend, system: Backend) -> None:
    waiting = asyncio.Event()
    loop = asyncio.get_running_loop()
    release = asyncio.Event()

    def slow(_: object) -> bytes:
        loop.call_soon_threadsafe(waiting.set)
        asyncio.run_coroutine_threadsafe(release.wait(), loop).result()
        return answer()

    system.answer = slow
    with pytest.raises(BackendUnavailable, match="Timeout"):
        await client.call(SERVICE, "GET", "/", EMPTY)
    release.set()


async def test_closing_ends_what_waits_and_allows_to_begin_again(system: Backend) -> None:
    client = HttpBackend(urls={SERVICE: system.url})
    loop = asyncio.get_running_loop()
    asked, release = asyncio.Event(), asyncio.Event()

    def slow(_: object) -> bytes:
        loop.call_soon_threadsafe(asked.set)
        asyncio.run_coroutine_threadsafe(release.wait(), loop).result()
        return b""

    system.answer = slow
    waiting = asyncio.create_task(client.call(SERVICE, "GET", "/", EMPTY))
    await asked.wait()
    await client.close()
    with pytest.raises(BackendUnavailable):
        await waiting
    release.set()
    system.answer = answer("200 OK", body=b"again")
    assert (await client.call(SERVICE, "GET", "/", EMPTY))[1].body == b"again"
    await client.close()


@pytest.mark.parametrize("size", [INLINE_LIMIT, INLINE_LIMIT + 1, 3_000_000])
async def test_large_answer_is_read_as_it_comes(client: HttpBackend, system: Backend, size: int) -> None:
    system.answer = answer("200 OK", body=b"x" * size)
    for _ in range(2):
        body = (await client.call(SERVICE, "GET", "/", EMPTY))[1].body
        assert isinstance(body, bytes) is (size <= INLINE_LIMIT)
        assert await whole(body) == b"x" * size


async def test_large_answer_that_breaks_off_is_an_error(client: HttpBackend, system: Backend) -> None:
    system.answer = b"HTTP/1.1 200 OK\r\nContent-Length: 900000\r\nConnection: close\r\n\r\n" + b"x" * 600_000
    body = (await client.call(SERVICE, "GET", "/", EMPTY))[1].body
    with pytest.raises(BackendUnavailable, match="HttpFailure"):
        await whole(body)


async def test_large_answer_of_which_nothing_more_comes_is_an_error(client: HttpBackend, system: Backend) -> None:
    system.answer = b"HTTP/1.1 200 OK\r\nContent-Length: 900000\r\n\r\n" + b"x" * 600_000
    body = (await client.call(SERVICE, "GET", "/", EMPTY))[1].body
    with pytest.raises(BackendUnavailable, match="Timeout"):
        await whole(body)


async def test_closing_what_was_never_used_is_harmless() -> None:
    unused = HttpBackend(urls={})
    await unused.close()
    with pytest.raises(ServiceUnknown):
        await unused.call(SERVICE, "GET", "", EMPTY)
