"""Bodies of every size and framing, in both directions, and answers that have none."""

import hashlib

import pytest

from tests.support.recorder import Recorder, answer
from tests.support.wire import Face, request, wire

SIZES = [0, 1, 2, 65_535, 65_536, 65_537, 262_143, 262_144, 262_145, 1_000_000, 20_000_000]


def content(size: int) -> bytes:
    """Return bytes without a pattern that a lost or repeated block would keep."""
    return hashlib.shake_128(size.to_bytes(8)).digest(size)


def chunked(body: bytes, *sizes: int) -> bytes:
    """Frame a body in chunks of these sizes, over and over."""
    framed, at, turn = [], 0, 0
    while at < len(body):
        piece = body[at : at + sizes[turn % len(sizes)]]
        # Few extensions: servers limit how much of them they read.
        framed.append(b"%X%b\r\n%b\r\n" % (len(piece), b"" if turn % 8 else b';ext="x"', piece))
        at, turn = at + len(piece), turn + 1
    return b"".join([*framed, b"0\r\n\r\n"])


@pytest.mark.line("HTTP: bodies")
@pytest.mark.parametrize("size", SIZES)
def test_a_body_comes_through_in_both_directions(gateway: Face, service: Recorder, size: int) -> None:
    body = content(size)
    service.answers(answer("200 OK", body=body[::-1]))
    got = gateway.call("echo", method="POST", body=body)
    assert (got.status, len(got.body), got.header("content-length")) == (200, size, str(size))
    assert hashlib.sha256(got.body).digest() == hashlib.sha256(body[::-1]).digest()
    arrived = service.only()
    assert (len(arrived.body), arrived.header("content-length")) == (size, str(size))
    assert hashlib.sha256(arrived.body).digest() == hashlib.sha256(body).digest()


@pytest.mark.line("HTTP: bodies")
@pytest.mark.parametrize("sizes", [(1,), (7, 1, 4096), (100_000,)])
def test_a_chunked_call_arrives_whole(gateway: Face, service: Recorder, sizes: tuple[int, ...]) -> None:
    body = content(3000 if sizes == (1,) else 300_000)
    framed = chunked(body, *sizes)
    assert gateway.call("echo", "Transfer-Encoding: chunked", method="PUT", body=framed).status == 200
    arrived = service.only()
    assert arrived.body == body
    assert arrived.all("content-length") + arrived.all("transfer-encoding") in (["chunked"], [str(len(body))])


@pytest.mark.line("HTTP: bodies")
@pytest.mark.parametrize("sizes", [(1,), (7, 1, 4096), (100_000,)])
def test_a_chunked_answer_comes_whole(gateway: Face, service: Recorder, sizes: tuple[int, ...]) -> None:
    body = content(3000 if sizes == (1,) else 300_000)
    service.answers(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", chunked(body, *sizes))
    assert gateway.call("echo").body == body


@pytest.mark.line("HTTP: bodies")
@pytest.mark.parametrize("version", ["1.0", "1.1"])
@pytest.mark.parametrize("size", [0, 1, 300_000])
def test_an_answer_up_to_the_end_of_the_connection_comes_whole(
    gateway: Face, service: Recorder, version: str, size: int
) -> None:
    service.answers(f"HTTP/{version} 200 OK\r\nX-A: 1\r\n\r\n".encode(), content(size), close=True)
    got = gateway.call("echo")
    assert (got.status, got.header("x-a"), got.body) == (200, "1", content(size))


@pytest.mark.line("HTTP: bodies")
def test_an_answer_of_nothing_but_a_body_comes_whole(gateway: Face, service: Recorder) -> None:
    service.answers(b"HTTP/1.1 200 OK\r\n\r\nbody", close=True)
    got = gateway.call("echo")
    assert (got.status, got.body) == (200, b"body")


@pytest.mark.line("HTTP: bodies")
def test_bytes_that_come_slowly_are_waited_for(gateway: Face, service: Recorder) -> None:
    service.answers(b"HT", 0.1, b"TP/1.1 200 OK\r\nContent-Le", 0.1, b"ngth: 3\r\n\r", 0.1, b"\na", 0.1, b"bc")
    with wire(gateway.port) as connection:
        whole = request("echo", "Content-Type: a/b", method="POST", body=b"slow")
        for at in range(0, len(whole), 40):
            connection.send(whole[at : at + 40])
        assert connection.answer().body == b"abc"
    assert service.only().body == b"slow"


@pytest.mark.line("HTTP: answers without a body")
@pytest.mark.parametrize(
    "length", ["Content-Length: 1000000", "Content-Length: 0", "Transfer-Encoding: chunked", "X: y"]
)
def test_an_answer_to_head_has_no_body(gateway: Face, service: Recorder, length: str) -> None:
    service.answers(f"HTTP/1.1 200 OK\r\n{length}\r\nX-A: 1\r\n\r\n".encode())
    with wire(gateway.port) as connection:
        # The connection goes on behind it: nothing was sent that the client does not expect.
        for _ in range(2):
            connection.send(request("echo", method="HEAD"))
            got = connection.answer("HEAD")
            assert (got.status, got.header("x-a")) == (200, "1")
            # A length that is not that of GET's answer would be a lie (RFC 9110, section 8.6).
            assert got.all("content-length") in ([], ["1000000"])


@pytest.mark.line("HTTP: answers without a body")
@pytest.mark.parametrize("status", ["204 No Content", "304 Not Modified"])
@pytest.mark.parametrize("length", ["Content-Length: 5", "Content-Length: 0", "X: y"])
@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_statuses_without_a_body_have_none(
    gateway: Face, service: Recorder, status: str, length: str, method: str
) -> None:
    length = "X: y" if status.startswith("204") and "5" in length else length
    service.answers(f'HTTP/1.1 {status}\r\n{length}\r\nETag: "a"\r\n\r\n'.encode())
    with wire(gateway.port) as connection:
        for _ in range(2):
            connection.send(request("echo", method=method, body=b"x" if method == "PUT" else None))
            got = connection.answer(method)
            assert (got.status, got.header("etag"), got.error) == (int(status[:3]), '"a"', None)
            assert "transfer-encoding" not in got.names
            assert got.all("content-length") in ([], ["5"] if status.startswith("304") else [])


@pytest.mark.line("HTTP: interim answers")
@pytest.mark.parametrize(
    "interim",
    [
        ["100 Continue"],
        ["102 Processing", "102 Processing"],
        ["103 Early Hints\r\nLink: </a>; rel=preload\r\nX-Early: 1"],
        ["100 Continue", "199 Own\r\nSet-Cookie: a=1"],
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
def test_interim_answers_of_a_service_stay_behind(
    gateway: Face, service: Recorder, interim: list[str], method: str
) -> None:
    final = answer("200 OK", "X-A: 1", body=b"" if method == "HEAD" else b"x")
    service.answers(*(f"HTTP/1.1 {each}\r\n\r\n".encode() for each in interim), 0.02, final)
    got = gateway.call("echo", method=method, body=b"x" if method == "POST" else None)
    assert (got.status, got.header("x-a"), got.interim) == (200, "1", ())
    assert {"link", "x-early", "set-cookie"}.isdisjoint(got.names)


@pytest.mark.line("HTTP: interim answers")
def test_whoever_waits_to_continue_is_told_to(gateway: Face, service: Recorder) -> None:
    head, _, body = request("echo", "Expect: 100-continue", method="POST", body=b"abc").partition(b"\r\n\r\n")
    with wire(gateway.port) as connection:
        connection.send(head + b"\r\n\r\n")
        assert (connection.line(), connection.line()) == (b"HTTP/1.1 100 Continue\r\n", b"\r\n")
        connection.send(body)
        assert connection.answer("POST").status == 200
    assert service.only().body == b"abc"


@pytest.mark.line("HTTP: interim answers")
def test_a_service_may_not_switch_protocols(gateway: Face, service: Recorder) -> None:
    service.answers(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\nbytes", close=True)
    got = gateway.call("echo", "Upgrade: x", "Connection: upgrade", method="POST", body=b"")
    assert (got.status, got.error) == (500, "Server.ServerProxy.ServiceFailed")
