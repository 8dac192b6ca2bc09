"""Hostile clients against a gateway that runs: its memory stays bounded, and calls go on meanwhile."""

import json
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.support.sandbox import CONSUMER, PROVIDER, Backend, Sandbox

CALL = f"POST /r1/{PROVIDER}/echo HTTP/1.1\r\nHost: x\r\nX-Road-Client: {CONSUMER}\r\n".encode()
MEGABYTE = 1 << 20


def _memory(gateways: Sandbox) -> int:
    """Bytes of memory that the process holds."""
    status = Path(f"/proc/{gateways.process.pid}/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS")) * 1024


def _push(connection: socket.socket, data: bytes) -> None:
    """Send as much as the gateway takes."""
    connection.settimeout(0)
    view = memoryview(data)
    end = time.monotonic() + 0.05
    while view and time.monotonic() < end:
        try:
            view = view[connection.send(view) :]
        except BlockingIOError:
            time.sleep(0.005)
        except OSError:
            # Cut off already.
            return


@contextmanager
def _crowd(gateways: Sandbox, number: int, data: bytes) -> Iterator[None]:
    with ExitStack() as stack:
        for _ in range(number):
            connection = stack.enter_context(socket.create_connection(("127.0.0.1", gateways.port), 10))
            _push(connection, data)
        yield


@pytest.mark.parametrize(
    ("number", "data"),
    [
        # Heads without an end.
        (100, CALL + b"X-A: " + b"a" * MEGABYTE),
        (100, CALL + b"X: y\r\n" * 200_000),
        # Bodies that are announced and do not come, and such as nobody would take.
        (100, CALL + b"Content-Length: 60000000\r\n\r\n" + b"x" * 10_000),
        (100, CALL + b"Content-Length: 99999999999\r\n\r\n" + b"x" * MEGABYTE),
        # And such as a gateway takes, if they came.
        (100, CALL + b"Content-Length: 9999999999\r\n\r\n" + b"x" * MEGABYTE),
        (100, CALL + b"Transfer-Encoding: chunked\r\n\r\n1;" + b"x" * MEGABYTE),
        # One request after the other, never waiting for an answer.
        (20, (CALL + b"Content-Length: 0\r\n\r\n") * 5000),
        # A target without an end.
        (100, b"GET /r1/" + b"a" * MEGABYTE),
    ],
    ids=[
        "head",
        "headers",
        "body that does not come",
        "huge body",
        "large body that does not come",
        "chunk extension",
        "pipeline",
        "target",
    ],
)
def test_memory_is_bounded_and_calls_go_on(gateways: Sandbox, system: Backend, number: int, data: bytes) -> None:
    assert gateways.call("echo").status == 200
    before = _memory(gateways)
    with _crowd(gateways, number, data):
        begun = time.monotonic()
        for _ in range(5):
            assert gateways.call("echo", timeout=10).status == 200
        assert time.monotonic() - begun < 10
        assert _memory(gateways) - before < 100 * MEGABYTE


@pytest.mark.parametrize(
    ("request_", "status", "says"),
    [
        (CALL + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400, "Transfer-Encoding"),
        (CALL + b"Content-Length: 99999999999\r\n\r\n", 400, "a body of over 17179869184 bytes"),
        (CALL + b"X-A: " + b"a" * 70_000 + b"\r\n\r\n", 431, "a head of over 65536 bytes"),
        (CALL + b"X-A: b\r\n" * 300 + b"\r\n", 431, "more than 256 headers"),
        (b"GET /r1/" + b"a" * 17_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 414, "a target of over 16384 bytes"),
        (b"GET /\r\n\r\n", 505, "HTTP/1.1"),
        (b"nonsense\r\n\r\n", 400, "method"),
    ],
)
def test_what_is_refused_is_an_x_road_error(
    gateways: Sandbox, system: Backend, request_: bytes, status: int, says: str
) -> None:
    reply = gateways.send(request_)
    told = json.loads(reply.body)
    assert (reply.status, told["type"], reply.header("x-road-error")) == (status, *["Client.BadRequest"] * 2)
    assert says in told["message"]
    assert reply.header("connection") == "close"
    assert not system.seen


def test_a_smuggled_request_reaches_nobody(gateways: Sandbox, system: Backend) -> None:
    inner = f"GET /r1/{PROVIDER}/closed HTTP/1.1\r\nHost: x\r\nX-Road-Client: {CONSUMER}\r\n\r\n".encode()
    for framing in (
        b"Content-Length: %d\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" % (len(inner) + 5),
        b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
        b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
        b"Transfer-Encoding: x\r\n\r\n0\r\n\r\n",
        b"Content-Length: 0\r\nContent-Length: %d\r\n\r\n" % len(inner),
    ):
        reply = gateways.send(CALL + framing + inner)
        assert reply.header("x-road-error") == "Client.BadRequest"
    # Behind an offer to upgrade the body is a body.
    upgrade = b"Connection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: %d\r\n\r\n" % len(inner)
    assert gateways.send(CALL + upgrade + inner).status == 200
    assert [seen.body for seen in system.seen] == [inner]
