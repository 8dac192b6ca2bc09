"""``x-road-request-hash``, computed again from what the client sent and the service received."""

import base64
import hashlib

import pytest

from tests.conformance.conftest import MODERN_CLIENT, MODERN_PROVIDER, ODD_CLIENT, ODD_PROVIDER
from tests.support.recorder import Recorder
from tests.support.recorder_process import Received
from tests.support.sandbox import PROVIDER
from tests.support.wire import Face

_CONNECTION = {"host", "content-length"}


def expected(verb: str, target: str, arrived: Received) -> str:
    """Compute the hash: the line of the call as sent, and the headers that passed, their names as they arrive."""
    head = [verb, target, *(f"{name}:{value}" for name, value in arrived.headers if name not in _CONNECTION)]
    digest = hashlib.sha512("".join(f"{line}\r\n" for line in head).encode("latin-1")).digest()
    if arrived.body:
        digest = hashlib.sha512(digest + hashlib.sha512(arrived.body).digest()).digest()
    return base64.b64encode(digest).decode()


@pytest.mark.line("Response: x-road-request-hash")
@pytest.mark.parametrize("body", [None, b"", b"x", b"\0\xff" * 1000, b"z" * 1_000_000])
@pytest.mark.parametrize("path", ["", "/", "/a%20b/%C3%B6//?c=d&e", "?q"])
def test_the_hash_is_over_head_and_body(gateway: Face, service: Recorder, body: bytes | None, path: str) -> None:
    headers = ["X-Some: Thing", "x-sOME: Else", "X-Empty:", "Content-Type: a/b", "Accept: */*", "X-Road-UserId: u"]
    got = gateway.call(f"echo{path}", *headers, method="POST", body=body)
    target = f"/r1/{PROVIDER}/echo{path}"
    assert got.header("x-road-request-hash") == expected("POST", target, service.only())


@pytest.mark.line("Response: x-road-request-hash")
@pytest.mark.parametrize("method", ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "PUT", "TRACE"])
def test_the_hash_is_over_the_method(gateway: Face, service: Recorder, method: str) -> None:
    got = gateway.call("echo", "X-Utf8: \u00c3\u00b6", method=method)
    assert got.header("x-road-request-hash") == expected(method, f"/r1/{PROVIDER}/echo", service.only())


@pytest.mark.line("Response: x-road-request-hash")
def test_the_hash_is_over_the_address_as_it_was_sent(gateway: Face, service: Recorder) -> None:
    target = f"/r1/{ODD_PROVIDER.replace('%7E', '~')}/s%2f%c3%b6%20%3f/a?b"
    got = gateway.call(target, client=ODD_CLIENT)
    assert got.header("x-road-request-hash") == expected("GET", target, service.only())


@pytest.mark.line("Response: x-road-request-hash")
def test_ids_are_part_of_the_hash(gateway: Face, service: Recorder) -> None:
    got = gateway.call("echo", "X-Road-Id: one")
    arrived = service.only()
    assert {"x-road-id", "x-road-request-id", "x-road-client"} <= {name for name, _ in arrived.headers}
    other = Received(head=arrived.head.replace(b"one", b"two"), framed=b"", body=b"", connection=0)
    target = f"/r1/{PROVIDER}/echo"
    assert got.header("x-road-request-hash") == expected("GET", target, arrived) != expected("GET", target, other)


@pytest.mark.line("Response: x-road-request-hash")
def test_a_chunked_body_is_hashed_without_its_framing(gateway: Face, service: Recorder) -> None:
    body = b"1\r\na\r\n2;x=y\r\nbc\r\n0\r\n\r\n"
    got = gateway.call("echo", "Transfer-Encoding: chunked", method="POST", body=body)
    arrived = service.only()
    assert arrived.body == b"abc"
    assert got.header("x-road-request-hash") == expected("POST", f"/r1/{PROVIDER}/echo", arrived)


@pytest.mark.line("Response: x-road-request-hash")
def test_metaservices_are_calls_with_a_hash_too(gateway: Face, modern: Face) -> None:
    first, second = (gateway.call("listMethods", "X-Road-Id: same") for _ in range(2))
    assert first.header("x-road-request-hash") != second.header("x-road-request-hash")
    assert modern.call(f"/r1/{MODERN_PROVIDER}/listMethods", client=MODERN_CLIENT).header("x-road-request-hash")
