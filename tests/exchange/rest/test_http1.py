"""HTTP/1.1 as it is served: what is taken, what is refused and how, byte for byte."""

import asyncio
import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.types import Receive, Scope, Send

from lienthong.exchange.rest import turn
from lienthong.exchange.rest.server import WebServer
from tests.support.web import HEAD, PATIENCE, Shown, answers, ask, port_of, say, serving

CLOSE = b"Connection: close\r\n"
POST = b"POST / HTTP/1.1\r\n" + HEAD
CHUNKED = POST + CLOSE + b"Transfer-Encoding: chunked\r\n\r\n"
BAD = "Client.BadRequest"


async def test_requests_follow_one_another_on_a_connection() -> None:
    app = Shown()
    async with serving(app) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for number in range(3):
            writer.write(b"POST /%d HTTP/1.1\r\n%bContent-Length: 2\r\n\r\nab" % (number, HEAD))
            (told,) = answers(await reader.readuntil(b"ab"))
            assert (told.status, told.body) == (200, b"/%d ab" % number)
            assert set(told.headers) == {"date", "content-length"}
        writer.close()


@pytest.mark.parametrize("size", [1, 7, 1000])
async def test_however_it_is_cut_a_request_is_the_same(size: int) -> None:
    app = Shown()
    data = CHUNKED + b"3;a=b\r\nabc\r\n2\r\nde\r\n0\r\nTrailer: x\r\n\r\n"
    async with serving(app) as port:
        told = await ask(port, *(data[at : at + size] for at in range(0, len(data), size)))
    assert told.body == b"/ abcde"


async def test_pipelined_requests_are_answered_in_their_order() -> None:
    app = Shown()
    async with serving(app) as port:
        data = b"".join(b"GET /%d HTTP/1.1\r\n%b\r\n" % (n, HEAD) for n in range(9))
        told = answers(await say(port, data + b"GET /9 HTTP/1.1\r\n" + HEAD + CLOSE + b"\r\n"))
    assert [each.body for each in told] == [b"/%d " % n for n in range(10)]
    assert told[-1].headers["connection"] == "close"


async def test_an_upgrade_is_answered_as_if_it_had_not_been_offered() -> None:
    # Java's HTTP client offers h2c with every first request.
    offer = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: x\r\n"
    app = Shown()
    async with serving(app) as port:
        heads = [b"POST /%d HTTP/1.1\r\n" % number + HEAD + offer for number in range(4)]
        data = heads[0] + b"Content-Length: 1\r\n\r\nx" + heads[1] + b"Content-Length: 0\r\n\r\n"
        data += heads[2] + b"Transfer-Encoding: chunked\r\n\r\n2\r\nyz\r\n0\r\n\r\n" + heads[3] + b"\r\n"
        told = answers(await say(port, data + b"GET /b HTTP/1.1\r\n" + HEAD + CLOSE + b"\r\n"))
    assert [each.body for each in told] == [b"/0 x", b"/1 ", b"/2 yz", b"/3 ", b"/b "]


async def test_http_1_0_ends_with_its_answer() -> None:
    async with serving(Shown()) as port:
        told = await ask(port, b"GET /a?b HTTP/1.0\r\n\r\n")
    assert (told.body, told.headers["connection"]) == (b"/a ", "close")


async def test_an_address_as_for_a_proxy_is_a_path() -> None:
    async with serving(Shown()) as port:
        assert (await ask(port, b"GET http://x:1/a%2Fb?c HTTP/1.1\r\n" + HEAD + CLOSE + b"\r\n")).body == b"/a%2Fb "


async def test_whoever_waits_for_a_word_gets_it_before_the_body() -> None:
    async with serving(Shown()) as port, asyncio.timeout(PATIENCE):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(POST + CLOSE + b"Content-Length: 2\r\nExpect: 100-continue\r\n\r\n")
        assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        writer.write(b"ab")
        assert (await reader.read()).endswith(b"/ ab")
        writer.close()


@pytest.mark.parametrize(
    ("request_", "status", "message"),
    [
        # What another server could read in two ways (RFC 9112, section 11.2).
        (POST + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400, "Transfer-Encoding"),
        (POST + b"Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n", 400, "Content-Length"),
        (POST + b"Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", 400, "Content-Length"),
        (POST + b"Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc", 400, "Content-Length"),
        (POST + b"Content-Length: 3, 3\r\n\r\nabc", 400, "Content-Length"),
        (POST + b"Content-Length: +3\r\n\r\nabc", 400, "Content-Length"),
        (POST + b"Content-Length: -3\r\n\r\nabc", 400, "Content-Length"),
        (POST + b"Content-Length: 0x3\r\n\r\nabc", 400, "Content-Length"),
        (POST + b"Content-Length: 99999999999999999999999\r\n\r\nabc", 400, "Content-Length"),
        (POST + b"Content-Length : 3\r\n\r\nabc", 400, "header field"),
        (POST + b"Transfer-Encoding: identity\r\n\r\nabc", 501, "transfer coding"),
        (POST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 501, "transfer coding"),
        (POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501, "transfer coding"),
        (POST + b"Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n", 400, "Transfer-Encoding"),
        (POST + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400, "Transfer"),
        (POST + b"Transfer-Encoding:\x0bchunked\r\n\r\n0\r\n\r\n", 400, "header value"),
        (b"POST / HTTP/1.0\r\n" + HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 501, "transfer coding"),
        # Chunks.
        (CHUNKED + b"0x3\r\nabc\r\n0\r\n\r\n", 400, "chunk size"),
        (CHUNKED + b"-3\r\nabc\r\n0\r\n\r\n", 400, "chunk size"),
        (CHUNKED + b" 3\r\nabc\r\n0\r\n\r\n", 400, "chunk size"),
        (CHUNKED + b"fffffffffffffffff\r\nabc\r\n0\r\n\r\n", 400, "overflow"),
        (CHUNKED + b"3\r\nabcd\r\n0\r\n\r\n", 400, "chunk data"),
        (CHUNKED + b"3\nabc\n0\n\n", 400, "chunk size"),
        # Lines.
        (b"GET / HTTP/1.1\r\n" + HEAD + b"A: b\r\n c\r\n\r\n", 400, "whitespace"),
        (b"GET / HTTP/1.1\nHost: x\n\n", 400, "CRLF"),
        (b"GET / HTTP/1.1\rHost: x\r\r", 400, "CRLF"),
        (b"GET / HTTP/1.1\r\n" + HEAD + b"A: b\x00c\r\n\r\n", 400, "header value"),
        (b"GET / HTTP/1.1\r\n" + HEAD + b"A: b\nC: d\r\n\r\n", 400, "CR after header"),
        (b"GET / HTTP/1.1\r\n" + HEAD + b"A: b\rC: d\r\n\r\n", 400, "LF after header"),
        (b"GET / HTTP/1.1\r\n" + HEAD + b": x\r\n\r\n", 400, "header token"),
        (b"GET / HTTP/1.1\r\n" + HEAD + b"abc\r\n\r\n", 400, "header token"),
        # First lines.
        (b"GET /\r\n\r\n", 505, "HTTP/1.1"),
        (b"GET / HTTP/2.0\r\n" + HEAD + b"\r\n", 505, "HTTP/1.1"),
        (b"GET / HTTP/1.2\r\n" + HEAD + b"\r\n", 400, "version"),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400, "PRI"),
        (b"CONNECT a:1 HTTP/1.1\r\n" + HEAD + b"\r\n", 501, "proxy"),
        (b"FOO / HTTP/1.1\r\n" + HEAD + b"\r\n", 400, "method"),
        (b"get / HTTP/1.1\r\n" + HEAD + b"\r\n", 400, "method"),
        (b"GET /\xc3\xb6 HTTP/1.1\r\n" + HEAD + b"\r\n", 400, "url"),
        (b"GET ftp://x/ HTTP/1.1\r\n" + HEAD + b"\r\n", 400, "no path"),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400, "method"),
        (b"GET / HTTP/1.1\r\n\r\n", 400, "Host"),
        (b"GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", 400, "Host"),
    ],
)
async def test_what_could_be_read_otherwise_is_refused(request_: bytes, status: int, message: str) -> None:
    app = Shown()
    async with serving(app) as port:
        # Behind it stands what an attacker would want to be taken for the next request.
        told = await ask(port, request_ + b"GET /smuggled HTTP/1.1\r\n" + HEAD + b"\r\n")
    got, kind, text = told.error
    assert (got, kind) == (status, BAD)
    assert message in text
    assert told.headers["connection"] == "close"
    assert not app.requests


async def test_what_came_before_a_malformed_request_is_answered_first() -> None:
    app = Shown()
    app.open.clear()
    async with serving(app) as port:
        asking = asyncio.create_task(say(port, b"GET /a HTTP/1.1\r\n" + HEAD + b"\r\nGET / HTTP/9\r\n\r\n"))
        await asyncio.sleep(0.1)
        assert not asking.done()
        app.open.set()
        first, second = answers(await asking)
    assert (first.body, second.status) == (b"/a ", 400)


async def test_nothing_behind_the_last_request_is_read() -> None:
    app = Shown()
    async with serving(app) as port:
        told = await ask(port, b"GET /a HTTP/1.1\r\n" + HEAD + CLOSE + b"\r\nGET /b HTTP/1.1\r\n" + HEAD + b"\r\n")
    assert told.body == b"/a "
    assert [path for _, path, _ in app.requests] == [b"/a"]


async def test_the_application_learns_that_the_client_is_gone() -> None:
    app = Shown()
    async with serving(app) as port:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(POST + b"Content-Length: 9\r\n\r\nabc")
        await writer.drain()
        await asyncio.sleep(0.1)
        writer.close()
        async with asyncio.timeout(PATIENCE):
            await app.left.wait()
    assert not app.requests


@given(data=st.binary(max_size=300), cut=st.integers(0, 300))
@settings(deadline=None, max_examples=60)
def test_whatever_comes_the_server_goes_on(data: bytes, cut: int) -> None:
    async def talk() -> None:
        async with serving(Shown()) as port:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            for piece in (data[:cut], data[cut:]):
                writer.write(piece)
                await asyncio.sleep(0)
            writer.close()
            assert (await ask(port, b"GET /a HTTP/1.1\r\n" + HEAD + CLOSE + b"\r\n")).body == b"/a "

    asyncio.run(talk())


# -- answers


async def _answered(app: object, request_: bytes = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n") -> bytes:
    async with WebServer(app, host="127.0.0.1", port=0) as server:  # type: ignore[arg-type]  # as ASGI has it
        return await say(port_of(server), request_)


def _saying(*pieces: bytes, status: int = 200, headers: tuple[tuple[bytes, bytes], ...] = ()) -> object:
    async def app(_: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "http.response.start", "status": status, "headers": headers})
        for number, piece in enumerate(pieces, 1):
            await send({"type": "http.response.body", "body": piece, "more_body": number < len(pieces)})

    return app


async def test_an_answer_in_pieces_comes_in_chunks() -> None:
    data = await _answered(_saying(b"ab", b"", b"cde", b""))
    assert b"transfer-encoding: chunked\r\n" in data
    assert data.endswith(b"\r\n\r\n2\r\nab\r\n3\r\ncde\r\n0\r\n\r\n")


async def test_an_answer_in_pieces_with_a_length_comes_as_it_is() -> None:
    data = await _answered(_saying(b"ab", b"cde", headers=((b"content-length", b"5"),)))
    assert data.endswith(b"\r\n\r\nabcde")
    assert b"chunked" not in data


async def test_http_1_0_gets_pieces_until_the_end() -> None:
    data = await _answered(_saying(b"ab", b"c"), b"GET / HTTP/1.0\r\n\r\n")
    assert data.endswith(b"connection: close\r\n\r\nabc")


@pytest.mark.parametrize("status", [204, 304])
async def test_an_answer_that_has_no_body_gets_none(status: int) -> None:
    data = await _answered(_saying(b"ab", status=status))
    assert data.endswith(b"\r\n\r\n")
    assert b"content-length" not in data


async def test_head_gets_what_get_would_announce() -> None:
    request_ = b"HEAD / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    data = await _answered(_saying(b"", headers=((b"content-length", b"5"),)), request_)
    assert b"content-length: 5\r\n" in data
    assert data.endswith(b"\r\n\r\n")


async def test_a_status_without_words_is_sent() -> None:
    assert (await _answered(_saying(b"", status=299))).startswith(b"HTTP/1.1 299 \r\n")


@pytest.mark.parametrize("pair", [(b"a", b"b\r\nc: d"), (b"a\nb", b"c"), (b"a", b"b\rc")])
async def test_a_line_break_in_an_answer_s_header_is_a_defect(
    pair: tuple[bytes, bytes], caplog: pytest.LogCaptureFixture
) -> None:
    (told,) = answers(await _answered(_saying(b"secret", headers=(pair,))))
    assert told.error[:2] == (500, "Server.ClientProxy.InternalError")
    assert "a defect" in caplog.text


@pytest.mark.parametrize("pieces", [(b"xyz",), (b"a",), (b"a", b"")])
async def test_another_length_than_announced_ends_the_connection(
    pieces: tuple[bytes, ...], caplog: pytest.LogCaptureFixture
) -> None:
    data = await _answered(_saying(*pieces, headers=((b"content-length", b"2"),)))
    assert b"xyz" not in data
    assert "another length" in caplog.text


async def test_an_application_that_fails_is_an_error(caplog: pytest.LogCaptureFixture) -> None:
    async def app(_: Scope, __: Receive, send: Send) -> None:
        raise ZeroDivisionError

    (told,) = answers(await _answered(app))
    assert told.error[:2] == (500, "Server.ClientProxy.InternalError")
    assert "ZeroDivisionError" in caplog.text


@pytest.mark.parametrize(
    "messages",
    [
        [{"type": "http.response.body"}],
        [{"type": "http.response.start", "status": 200}, {"type": "http.response.start", "status": 200}],
        [{"type": "http.response.start", "status": 200}, {"type": "other"}],
    ],
)
async def test_an_application_out_of_order_is_an_error(
    messages: list[dict[str, object]], caplog: pytest.LogCaptureFixture
) -> None:
    async def app(_: Scope, __: Receive, send: Send) -> None:
        for message in messages:
            await send(message)

    (told,) = answers(await _answered(app))
    assert told.status == 500
    assert "RuntimeError" in caplog.text


async def test_half_an_answer_is_cut_off_not_completed(caplog: pytest.LogCaptureFixture) -> None:
    async def app(_: Scope, __: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200})
        await send({"type": "http.response.body", "body": b"ab", "more_body": True})
        raise ZeroDivisionError

    try:
        data = await _answered(app)
    except ConnectionResetError:
        data = b""
    assert not data.endswith(b"0\r\n\r\n")


async def test_an_early_answer_reaches_whoever_still_sends() -> None:
    async def app(_: Scope, __: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 403, "headers": []})
        await send({"type": "http.response.body", "body": b"no"})

    async with WebServer(app, host="127.0.0.1", port=0) as server:
        big = POST + b"Content-Length: 9000000\r\n\r\n" + b"x" * 3_000_000
        (told,) = answers(await say(port_of(server), big))
    assert (told.status, told.body, told.headers["connection"]) == (403, b"no", "close")


async def test_a_body_is_read_only_as_fast_as_it_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turn, "BUFFERED", 1000)
    read = asyncio.Event()
    sizes = []

    async def app(_: Scope, receive: Receive, send: Send) -> None:
        await read.wait()
        while True:
            event = await receive()
            sizes.append(len(event["body"]))
            if not event["more_body"]:
                break
        await send({"type": "http.response.start", "status": 200})
        await send({"type": "http.response.body", "body": b""})

    async with WebServer(app, host="127.0.0.1", port=0) as server, asyncio.timeout(PATIENCE):
        data = POST + CLOSE + b"Content-Length: 30000000\r\n\r\n" + b"x" * 30_000_000
        asking = asyncio.create_task(say(port_of(server), data))
        await asyncio.sleep(0.3)
        (guest,) = server._hall.guests
        assert guest._held  # type: ignore[attr-defined]  # the only guest is a connection
        read.set()
        assert b"200 OK" in await asking
    assert (sum(sizes), max(sizes) < 1_000_000) == (30_000_000, True)


async def test_a_body_that_breaks_under_its_answer_ends_the_connection() -> None:
    async def app(_: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200})
        await send({"type": "http.response.body", "body": b"ab", "more_body": True})
        assert (await receive())["body"] == b"x"
        # The rest cannot be read: the same as if the client were gone, and nothing more reaches it.
        assert (await receive())["type"] == "http.disconnect"
        await send({"type": "http.response.body", "body": b"cd"})
        done.set()

    done = asyncio.Event()
    async with WebServer(app, host="127.0.0.1", port=0) as server, asyncio.timeout(PATIENCE):
        reader, writer = await asyncio.open_connection("127.0.0.1", port_of(server))
        writer.write(CHUNKED + b"1\r\nx\r\n")
        assert (await reader.readuntil(b"ab\r\n")).startswith(b"HTTP/1.1 200 ")
        writer.write(b"broken\r\n")
        with contextlib.suppress(ConnectionResetError):
            assert await reader.read() == b""
        await done.wait()
        writer.close()
