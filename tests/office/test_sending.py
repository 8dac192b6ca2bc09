"""Files are sent beside the pages: those who read slowly, or leave, keep nobody else waiting."""

import contextlib
import http.client
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from tests.office.core.lists.test_actions_large import many_units
from tests.office.people import House
from tests.support.served import served

EXPORT = "/example/units/?export=csv"
# More than the buffers between the two ends hold.
ROWS = 150_000


@pytest.fixture
def port(lasting_house: House, tmp_path: Path) -> Iterator[int]:
    with served(tmp_path / "web.log", DJANGO_SETTINGS_MODULE="tests.office.served_settings") as number:
        yield number


def _cookie(client: Client) -> str:
    return f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"


def _get(port: int, path: str, cookie: str, method: str = "GET") -> tuple[int, bytes, float]:
    begun = time.monotonic()
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)) as client:
        client.request(method, path, headers={"Cookie": cookie})
        answer = client.getresponse()
        return answer.status, answer.read(), time.monotonic() - begun


@pytest.mark.slow
def test_whoever_does_not_read_keeps_no_thread(lasting_house: House, port: int) -> None:
    many_units(lasting_house, ROWS)
    cookie = _cookie(lasting_house.client("official"))
    with contextlib.ExitStack() as stack:
        for _ in range(6):
            lazy = stack.enter_context(socket.create_connection(("127.0.0.1", port)))
            lazy.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            lazy.sendall(f"GET {EXPORT} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {cookie}\r\n\r\n".encode())
            assert lazy.recv(12) == b"HTTP/1.1 200"
        # Neither pages nor the next one's export wait for them.
        assert _get(port, "/example/units/", cookie)[0] == 200
        status, content, _seconds = _get(port, EXPORT, cookie)
        assert status == 200
        assert content.count(b"\r\n") > ROWS
    # They have left in the middle of it: nothing is the worse for it.
    for _ in range(6):
        status, content, seconds = _get(port, "/example/units/", cookie)
        assert (status, seconds < 5) == (200, True)


def test_small_files_and_heads_arrive_whole(lasting_house: House, port: int) -> None:
    cookie = _cookie(lasting_house.client("official"))
    status, content, _seconds = _get(port, EXPORT, cookie)
    assert status == 200
    assert content.startswith(b"\xef\xbb\xbf")
    assert "Văn phòng Tỉnh 1".encode() in content
    assert _get(port, EXPORT, cookie, method="HEAD")[:2] == (200, b"")
    page = _get(port, "/example/units/", cookie)[1].decode()
    style = page.partition('rel="stylesheet" href="')[2].partition('"')[0]
    status, content, _seconds = _get(port, style, "")
    assert (status, content[-1:]) == (200, b"}")
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as client:
        client.request("GET", style, headers={"Range": "bytes=0-9"})
        answer = client.getresponse()
        assert (answer.status, answer.read()) == (206, content[:10])
