"""Services that are down, break off or answer nonsense: an error with its type, and the next call works."""

import gzip
import json

import pytest

from tests.conformance.conftest import MODERN_CLIENT, MODERN_PROVIDER
from tests.conformance.test_http_bodies import chunked
from tests.support.recorder import Recorder, answer
from tests.support.wire import Face

FAILED = "Server.ServerProxy.ServiceFailed"
GARBAGE = {
    "nothing": b"",
    "noise": b"\x16\x03\x01\x02\0\x01\0\x01\xfc\r\n\r\n",
    "text": b"nonsense\r\n\r\n",
    "other protocol": b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
    "no status": b"HTTP/1.1\r\n\r\n",
    "words for a status": b"HTTP/1.1 abc OK\r\n\r\n",
    "long status": b"HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n",
    "status below 100": b"HTTP/1.1 099 OK\r\nContent-Length: 0\r\n\r\n",
    "version 2": b"HTTP/2 200 OK\r\nContent-Length: 0\r\n\r\n",
    "half a status line": b"HTTP/1.1 20",
    "no end of headers": b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n",
    "cut off in a sized body": b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc",
    "cut off in a chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc",
    "cut off before the last chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
    "broken chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxx\r\nabc\r\n0\r\n\r\n",
    "two lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
    "length and chunks": b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"3\r\nabc\r\n0\r\n\r\n",
    "negative length": b"HTTP/1.1 200 OK\r\nContent-Length: -3\r\n\r\nabc",
    "blank in a name": b"HTTP/1.1 200 OK\r\nA b: c\r\nContent-Length: 0\r\n\r\n",
    "no name": b"HTTP/1.1 200 OK\r\n: a\r\nContent-Length: 0\r\n\r\n",
    "no colon": b"HTTP/1.1 200 OK\r\nabc\r\nContent-Length: 0\r\n\r\n",
    "control in a value": b"HTTP/1.1 200 OK\r\nX: a\x01b\r\nContent-Length: 0\r\n\r\n",
    "null in a value": b"HTTP/1.1 200 OK\r\nX: a\0b\r\nContent-Length: 0\r\n\r\n",
    "bare carriage return": b"HTTP/1.1 200 OK\r\nX: a\rX-Forged: b\r\nContent-Length: 0\r\n\r\n",
    "folded header": b"HTTP/1.1 200 OK\r\nX: a\r\n b\r\nContent-Length: 0\r\n\r\n",
    "only interim": b"HTTP/1.1 100 Continue\r\n\r\n",
}


@pytest.mark.line("HTTP: services that fail")
@pytest.mark.parametrize("garbage", GARBAGE.values(), ids=GARBAGE.keys())
def test_an_answer_that_is_none_is_an_error(gateway: Face, service: Recorder, garbage: bytes) -> None:
    service.answers(garbage, close=True)
    got = gateway.call("echo", method="POST", body=b"x")
    assert (got.status, got.error) == (500, FAILED)
    assert got.header("content-type") == "application/json;charset=utf-8"
    assert json.loads(got.body)["type"] == FAILED
    # Not asked a second time: it may have done what it was asked.
    assert len(service.taken()) == 1
    service.answers(answer("200 OK", body=b"well again"))
    assert gateway.call("echo", method="POST", body=b"x").body == b"well again"


@pytest.mark.line("HTTP: services that fail")
def test_headers_that_break_off_are_an_error(gateway: Face, service: Recorder) -> None:
    service.answers(b"HTTP/1.1 200 OK\r\nX-A: 1\r\nX-B: 2\r\n", close=True)
    got = gateway.call("echo", method="POST", body=b"x")
    assert (got.status, got.error) == (500, FAILED)


@pytest.mark.line("HTTP: services that fail")
def test_an_answer_in_another_transfer_coding_is_an_error(gateway: Face, service: Recorder) -> None:
    coded = chunked(gzip.compress(b"abc"), 100)
    service.answers(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", coded)
    got = gateway.call("echo")
    assert (got.status, got.error) == (500, FAILED)


@pytest.mark.line("HTTP: services that fail")
def test_a_service_that_is_down_is_an_error(gateway: Face, modern: Face) -> None:
    for method in ("GET", "POST", "HEAD"):
        got = gateway.call("down/a?b", method=method)
        assert (got.status, got.error) == (500, FAILED)
    got = modern.call(f"/r1/{MODERN_PROVIDER}/down", client=MODERN_CLIENT)
    assert (got.status, got.error) == (500, "server.serverproxy.service_failed")


@pytest.mark.line("HTTP: services that fail")
def test_an_error_tells_nothing_of_the_service_s_place(gateway: Face, service: Recorder) -> None:
    service.answers(b"secret nonsense\r\n\r\n", close=True)
    for got in (gateway.call("echo"), gateway.call("down")):
        assert got.error == FAILED
        assert b"127.0.0.1" not in got.body
        assert b"secret" not in got.body


@pytest.mark.line("HTTP: services that fail", "HTTP: connections")
@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE"])
def test_a_connection_that_rested_and_was_closed_is_made_anew(gateway: Face, service: Recorder, method: str) -> None:
    # Says nothing of closing, and closes: the gateway learns of it only when it sends the next call.
    service.answers(answer("200 OK"), close=True)
    assert gateway.call("echo", method=method).status == 200
    assert gateway.call("echo", method=method).status == 200
    assert len({each.connection for each in service.taken()}) == 2


@pytest.mark.line("HTTP: services that fail")
def test_an_answer_nobody_asked_for_is_not_the_next_call_s(gateway: Face, service: Recorder) -> None:
    service.answers(answer("200 OK", body=b"one") + answer("200 OK", body=b"FORGED"))
    assert gateway.call("echo/1").body == b"one"
    service.answers(answer("200 OK", body=b"two"))
    assert [gateway.call("echo/2").body for _ in range(3)] == [b"two"] * 3


@pytest.mark.line("HTTP: services that fail")
def test_headers_without_end_are_an_error(gateway: Face, service: Recorder) -> None:
    service.answers(
        b"HTTP/1.1 200 OK\r\n" + b"X-H: %b\r\n" % (b"x" * 1000) * 400 + b"Content-Length: 0\r\n\r\n", close=True
    )
    assert gateway.call("echo").error == FAILED
