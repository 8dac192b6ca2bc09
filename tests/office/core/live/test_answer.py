"""Open streams over the real server: news comes at once, only to those it is for, and ends with the session."""

import contextlib
import http.client
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Self

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.test import Client

from lienthong.office.accounts.models import Person, State
from lienthong.office.core import scope
from lienthong.office.core.live import hub
from lienthong.office.core.live.answer import session_of
from lienthong.office.core.notifications import actions
from tests.office.core.notifications.example import KIND
from tests.office.people import House
from tests.support.served import served


class Page:
    """An open page's stream."""

    def __init__(self, port: int, client: Client | None, *, cookie: str = "") -> None:
        self._http = http.client.HTTPConnection("127.0.0.1", port, timeout=hub.CHECK_SECONDS + 20)
        if client is not None:
            cookie = f"language=vi; {settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"
        self._http.request("GET", "/live", headers={"Cookie": cookie})
        self.answer = self._http.getresponse()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def next(self) -> int | None:
        """Wait for the next number; None when the server ends the stream."""
        while line := self.answer.readline():
            if line.startswith(b"data: "):
                return int(line.removeprefix(b"data: "))
        return None


@pytest.fixture
def port(lasting_house: House, tmp_path: Path) -> Iterator[int]:
    with served(tmp_path / "web.log") as number:
        yield number


def _tell(house: House, *keys: str, about: str = "tests.thing:1") -> None:
    people = [house.persons[key].pk for key in keys]
    actions.notify(person_ids=people, kind=KIND, facts={"name": "1"}, url="/", about=about)


def test_news_comes_to_whom_it_is_for_and_goes_when_it_is_done(lasting_house: House, port: int) -> None:
    house = lasting_house
    with Page(port, house.client("official")) as mine, Page(port, house.client("below")) as other:
        assert mine.answer.status == other.answer.status == 200
        assert mine.answer.headers["Content-Type"] == "text/event-stream"
        assert mine.answer.headers["X-Accel-Buffering"] == "no"
        assert (mine.next(), other.next()) == (0, 0)
        # Until the server hears the database, what happens is only counted.
        time.sleep(1)
        _tell(house, "official")
        begun = time.monotonic()
        assert mine.next() == 1
        assert time.monotonic() - begun < 2
        _tell(house, "official", "below", about="tests.thing:2")
        # The other one's first news is the second: the first was not told to them.
        assert (mine.next(), other.next()) == (2, 1)
        actions.done("tests.thing:2")
        assert (mine.next(), other.next()) == (1, 0)


@pytest.mark.slow
def test_a_session_that_ends_ends_its_stream_and_no_other(lasting_house: House, port: int) -> None:
    house = lasting_house
    clients = {key: house.client(key) for key in ("official", "below", "leader")}
    pages = {key: Page(port, client) for key, client in clients.items()}
    assert [page.next() for page in pages.values()] == [0, 0, 0]
    clients["official"].logout()
    with scope.system():
        Person.objects.filter(pk=house.persons["below"].pk).update(state=State.DISMISSED)
    begun = time.monotonic()
    assert (pages["official"].next(), pages["below"].next()) == (None, None)
    assert time.monotonic() - begun < 60
    _tell(house, "leader")
    assert pages["leader"].next() == 1
    # Coming back, the browser is told to leave it.
    for key in ("official", "below"):
        with Page(port, clients[key] if key == "below" else None, cookie="") as again:
            assert again.answer.status == 204
    for page in pages.values():
        page.__exit__()


def test_whoever_is_not_signed_in_gets_nothing(lasting_house: House, port: int) -> None:
    house = lasting_house
    for cookie in (
        "",
        "x=1",
        f"{settings.SESSION_COOKIE_NAME}=",
        f"{settings.SESSION_COOKIE_NAME}=" + "a" * 32,
        "\xff;;=",
    ):
        with Page(port, None, cookie=cookie) as page:
            assert page.answer.status == 204
    for key in ("suspended", "dismissed", "invited"):
        with Page(port, house.client(key)) as page:
            assert page.answer.status == 204
    expired = house.client("official")
    Session.objects.update(expire_date="2020-01-01T00:00:00Z")
    with Page(port, expired) as page:
        assert page.answer.status == 204
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    client.request("POST", "/live")
    assert client.getresponse().status == 405
    client.close()


def test_one_person_holds_only_so_many_streams_and_gives_them_back(lasting_house: House, port: int) -> None:
    client = lasting_house.client("official")
    pages = [Page(port, client) for _ in range(hub.MOST_PER_PERSON)]
    assert [page.next() for page in pages] == [0] * len(pages)
    with Page(port, client) as refused:
        assert refused.answer.status == 204
    with Page(port, lasting_house.client("below")) as other:
        assert other.answer.status == 200
    pages.pop().__exit__()
    until = time.monotonic() + 30
    while time.monotonic() < until:
        # Noticed with the next heartbeat at the latest.
        with Page(port, client) as again:
            if again.answer.status == 200:
                break
        time.sleep(0.5)
    else:
        pytest.fail("the closed stream still counts")
    for page in pages:
        page.__exit__()


def test_the_server_stops_at_once_though_streams_are_open(lasting_house: House, tmp_path: Path) -> None:
    with contextlib.ExitStack() as stack:
        with served(tmp_path / "web.log") as number:
            page = stack.enter_context(Page(number, lasting_house.client("official")))
            assert page.next() == 0
            begun = time.monotonic()
        assert time.monotonic() - begun < 5
        assert page.next() is None
    assert "Killing" not in (tmp_path / "web.log").read_text()


def test_the_session_is_read_from_the_cookies() -> None:
    name = settings.SESSION_COOKIE_NAME
    assert session_of([(b"host", b"x"), (b"Cookie", f"a=b; {name}=key; c=d".encode())]) == "key"
    assert session_of([(b"cookie", b"a=b"), (b"cookie", f"{name}=key".encode())]) == "key"
    assert session_of([]) == ""
