"""Connections: kept, shared, sent ahead on, broken off; and many calls at once."""

import gzip
import select
import socket
import struct
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.conformance.test_http_bodies import chunked, content
from tests.support.recorder import Recorder, answer
from tests.support.recorder_process import Received
from tests.support.wire import Answer, Face, request, wire


@pytest.mark.line("HTTP: connections")
def test_a_connection_is_kept_whatever_is_answered(gateway: Face, service: Recorder) -> None:
    service.mirrors()
    with wire(gateway.port) as connection:
        for number in range(10):
            connection.send(request(f"echo/{number}", method="POST", body=b"%d" % number))
            assert connection.answer("POST").body == b"%d" % number
            connection.send(request("nope"))
            assert connection.answer().error == "Server.ServerProxy.UnknownService"
            connection.send(request("echo", client=None))
            assert connection.answer().status == 500
    assert [each.target for each in service.taken()] == [f"/base/{number}" for number in range(10)]


@pytest.mark.line("HTTP: connections")
def test_requests_sent_ahead_are_answered_in_their_order(gateway: Face, service: Recorder) -> None:
    service.mirrors()
    methods = ["POST", "PUT", "PATCH", "DELETE", "POST"] * 3
    calls = [request(f"echo/{at}", method=method, body=b"%d" % at * at) for at, method in enumerate(methods)]
    with wire(gateway.port) as connection:
        connection.send(b"".join(calls))
        got = [connection.answer(method) for method in methods]
    assert [each.body for each in got] == [b"%d" % at * at for at in range(len(methods))]
    assert [each.target for each in service.taken()] == [f"/base/{at}" for at in range(len(methods))]


@pytest.mark.line("HTTP: connections")
def test_a_connection_that_is_to_be_closed_is(gateway: Face, service: Recorder) -> None:
    with wire(gateway.port) as connection:
        connection.send(request("echo", "Connection: close"))
        assert connection.answer().status == 200
        assert connection.rest() == b""


@pytest.mark.line("HTTP: connections")
def test_a_service_s_wish_to_close_is_not_the_client_s(gateway: Face, service: Recorder) -> None:
    service.answers(answer("200 OK", "Connection: close", body=b"x"), close=True)
    with wire(gateway.port) as connection:
        for _ in range(3):
            connection.send(request("echo"))
            got = connection.answer()
            assert (got.status, got.body, got.all("connection")) == (200, b"x", [])
    assert len({each.connection for each in service.taken()}) == 3


@pytest.mark.line("HTTP: connections")
def test_connections_to_a_service_are_used_again(gateway: Face, service: Recorder) -> None:
    service.answers(answer("200 OK", body=b"x"))
    for _ in range(5):
        assert gateway.call("echo").status == 200
    assert len({each.connection for each in service.taken()}) == 1


@pytest.mark.line("HTTP: connections")
def test_a_client_of_http_1_0_is_answered(gateway: Face, service: Recorder) -> None:
    service.answers(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n")
    with wire(gateway.port) as connection:
        connection.send(request("echo").replace(b"HTTP/1.1", b"HTTP/1.0"))
        got = connection.answer()
        assert (got.status, got.body, got.all("transfer-encoding")) == (200, b"abc", [])
        assert connection.rest() == b""


@pytest.mark.line("HTTP: connections", "Call: not passed on")
def test_a_websocket_is_a_call_like_any_other(gateway: Face, service: Recorder) -> None:
    offered = ["Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: eA=="]
    with wire(gateway.port) as connection:
        for _ in range(2):
            connection.send(request("echo", *offered))
            assert connection.answer().status == 200
    assert all(not each.all("upgrade") and not each.all("connection") for each in service.taken())


@pytest.mark.line("HTTP: framing")
@pytest.mark.parametrize(
    ("headers", "body"),
    [
        (["Content-Length: 3", "Content-Length: 4"], b"abcd"),
        (["Content-Length: 3, 4"], b"abcd"),
        (["Content-Length: -1"], b""),
        (["Content-Length: +3"], b"abc"),
        (["Content-Length: 3 3"], b"abc"),
        (["Content-Length: 0x3"], b"abc"),
        (["Content-Length: 99999999999999999999"], b"abc"),
        (["Transfer-Encoding: chunked, identity"], b"3\r\nabc\r\n0\r\n\r\n"),
        (["Transfer-Encoding: gzip"], b"abc"),
        (["Transfer-Encoding: chunked"], b"3\r\nabcd\r\n0\r\n\r\n"),
    ],
)
def test_a_body_that_can_be_read_in_two_ways_is_refused(
    gateway: Face, service: Recorder, headers: list[str], body: bytes
) -> None:
    smuggled = request("echo/smuggled")
    with wire(gateway.port) as connection:
        connection.send(request("echo", *headers, method="POST") + body + smuggled)
        # 501: a coding that is not known here (RFC 9112, section 6.1).
        assert connection.answer("POST").status in {400, 501}
        connection.rest()
    assert service.taken() == []


@pytest.mark.line("HTTP: framing")
def test_length_and_chunks_at_once_are_read_as_chunks_and_end_the_connection(gateway: Face, service: Recorder) -> None:
    # RFC 9112, section 6.1: such a request may be an attack; what comes behind it on the connection is not read.
    body = b"3\r\nabc\r\n0\r\n\r\n"
    headers = ["Content-Length: 3", "Transfer-Encoding: chunked"]
    with wire(gateway.port) as connection:
        connection.send(request("echo", *headers, method="POST") + body + request("echo/smuggled"))
        assert connection.answer("POST").status in {200, 400}
        assert connection.rest() == b""
    arrived = service.taken()
    assert [(each.target, each.body) for each in arrived] in ([], [("/base", b"abc")])
    assert all(each.all("content-length") == ["3"] and not each.all("transfer-encoding") for each in arrived)


@pytest.mark.line("HTTP: framing")
def test_the_same_length_twice_is_written_once(gateway: Face, service: Recorder) -> None:
    got = gateway.call("echo", "Content-Length: 3", method="POST", body=b"abc")
    assert got.status in {200, 400}
    assert [each.all("content-length") for each in service.taken()] in ([], [["3"]])


@pytest.mark.line("HTTP: framing")
def test_a_body_in_another_transfer_coding_is_refused(gateway: Face, service: Recorder) -> None:
    # RFC 9112, section 6.1: a server that does not understand a transfer coding answers 501 (or refuses).
    body = chunked(gzip.compress(b"abc"), 100)
    assert gateway.call("echo", "Transfer-Encoding: gzip, chunked", method="POST", body=body).status in {400, 501}
    assert service.taken() == []


@pytest.mark.line("HTTP: framing")
@pytest.mark.parametrize("how", ["closed", "half closed", "reset"])
@pytest.mark.parametrize(
    ("headers", "body"),
    [
        (["Content-Length: 10"], b"12345"),
        (["Content-Length: 1000000"], b"x" * 500_000),
        (["Transfer-Encoding: chunked"], b"5\r\n12345\r\n"),
        (["Transfer-Encoding: chunked"], b"5\r\n123"),
        (["Transfer-Encoding: chunked"], b"5\r\n12345\r\n0\r\n"),
    ],
)
def test_a_body_that_breaks_off_is_no_call(
    gateway: Face, service: Recorder, how: str, headers: list[str], body: bytes
) -> None:
    _break_off(gateway, request("echo", *headers, method="POST") + body, how)
    assert _arrived(service) == []


@pytest.mark.line("HTTP: framing")
@pytest.mark.parametrize("how", ["closed", "half closed", "reset"])
@pytest.mark.parametrize("header", ["Content-Length: 10", "Transfer-Encoding: chunked"])
def test_a_body_of_which_nothing_came_is_no_call(gateway: Face, service: Recorder, how: str, header: str) -> None:
    _break_off(gateway, request("echo", header, method="POST"), how)
    assert _arrived(service) == []


@pytest.mark.line("HTTP: framing")
@pytest.mark.parametrize("size", [b"zz", b"fffffffffffffffff", b"", b"-1", b"3 3"])
def test_a_first_chunk_that_is_none_is_refused(gateway: Face, service: Recorder, size: bytes) -> None:
    body = size + b"\r\nabc\r\n0\r\n\r\n"
    assert gateway.call("echo", "Transfer-Encoding: chunked", method="POST", body=body).status == 400
    assert _arrived(service) == []


def _break_off(gateway: Face, data: bytes, how: str) -> None:
    with socket.create_connection(("127.0.0.1", gateway.port)) as connection:
        connection.sendall(data)
        # Long enough for the server to have read it, and to ask for more.
        time.sleep(0.05)
        if how == "reset":
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        if how == "half closed":
            connection.shutdown(socket.SHUT_WR)
            connection.settimeout(10)
            connection.recv(1)


def _arrived(service: Recorder) -> list[Received]:
    """Return what arrives within as long as a call takes many times over; nobody says that nothing will."""
    arrived, deadline = service.taken(), time.monotonic() + 0.2
    while not arrived and time.monotonic() < deadline:
        time.sleep(0.01)
        arrived = service.taken()
    return arrived


@pytest.mark.line("HTTP: at once")
def test_fifty_calls_at_once_never_mix(gateway: Face, service: Recorder) -> None:
    service.mirrors()
    bodies = [content(size) for size in (number * 1999 % 70_000 for number in range(50))]

    def call(number: int) -> list[Answer]:
        with wire(gateway.port) as connection:
            answers = []
            for turn in range(4):
                headers = [f"X-Road-Id: {number}-{turn}", f"X-Number: {number}"]
                connection.send(request(f"echo/{number}/{turn}", *headers, method="POST", body=bodies[number]))
                answers.append(connection.answer("POST"))
            return answers

    with ThreadPoolExecutor(50) as threads:
        answers = dict(enumerate(threads.map(call, range(50))))
    for number, got in answers.items():
        assert [each.header("x-road-id") for each in got] == [f"{number}-{turn}" for turn in range(4)]
        assert all(each.body == bodies[number] for each in got)
    arrived = service.taken()
    assert len(arrived) == 200
    for each in arrived:
        number = int(each.header("x-number"))
        assert each.body == bodies[number]
        assert each.target == f"/base/{each.header('x-road-id').replace('-', '/')}"
    assert len({each.header("x-road-request-id") for each in arrived}) == 200


@pytest.mark.line("HTTP: at once")
def test_a_slow_service_holds_up_nobody_else(gateway: Face, service: Recorder) -> None:
    service.answers(b"HTTP/1.1 200 OK\r\n", 1.0, b"X-A: 1\r\nContent-Length: 0\r\n\r\n")
    with wire(gateway.port) as slow:
        slow.send(request("echo"))
        assert gateway.call("listMethods").status == 200
        assert gateway.call("nope").status == 500
        assert select.select([slow.connection], [], [], 0)[0] == []
        assert slow.answer().header("x-a") == "1"


@pytest.mark.line("HTTP: at once")
def test_a_client_that_leaves_takes_nobody_s_answer_away(gateway: Face, service: Recorder) -> None:
    service.answers(0.1, answer("200 OK", body=b"late"))
    for _ in range(3):
        with wire(gateway.port) as connection:
            connection.send(request("echo/left"))
            time.sleep(0.03)
    service.answers(answer("200 OK", body=b"mine"))
    assert [gateway.call("echo/stayed").body for _ in range(5)] == [b"mine"] * 5
