"""The office as it is really served: granian in a process of its own, its own database, and a browser before it."""

import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.support.browser import add_security_key, chromium
from tests.support.postgres import url_of

ROOT = Path(__file__).resolve().parent.parent.parent.parent
START = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """A running office."""

    url: str
    # Keys of sessions, by the keys of persons.
    sessions: dict[str, str]
    # Ids of organs, by theirs.
    units: dict[str, int]
    # A path that leads to something real, by the routes of all addresses.
    addresses: dict[str, str]
    # Paths at which files are shown to "cleared", by their names.
    files: dict[str, str]

    def enter(self, page: Page, key: str) -> None:
        """Come in as a person who signed in before, with whatever factors it takes; show the home page."""
        page.context.add_cookies([{"name": "session", "value": self.sessions[key], "url": self.url}])
        page.goto(self.url)

    def sign_in(self, page: Page, key: str) -> None:
        """Sign a person of tests/office/people.py in by password."""
        from tests.office.people import PASSWORD  # noqa: PLC0415 - needs Django set up

        page.goto(f"{self.url}/account/login/")
        page.fill("[name=login]", f"{key}@test.invalid")
        page.fill("[name=password]", PASSWORD)
        page.click("main button[type=submit] >> nth=0")
        page.wait_for_load_state()

    def confirm(self, page: Page) -> None:
        """Type the password again where the office asks for it before something sensitive."""
        from tests.office.people import PASSWORD  # noqa: PLC0415 - needs Django set up

        if "reauthenticate" in page.url:
            page.fill("[name=password]", PASSWORD)
            page.click("main form button[type=submit]")
            page.wait_for_load_state()

    def add_passkey(self, page: Page) -> None:
        """Give a signed-in person a passkey, kept in this browser."""
        add_security_key(page)
        page.goto(f"{self.url}/account/2fa/webauthn/add/")
        self.confirm(page)
        page.check("[name=passwordless]")
        page.click("#mfa_webauthn_add")
        page.wait_for_url(re.compile("recovery|webauthn/$|2fa/$"))


@pytest.fixture(scope="session")
def office(database_server: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """Run an office with the country of tests/office/people.py."""
    with run_office(database_server, tmp_path_factory.mktemp("office"), "browser") as running:
        yield running


@contextmanager
def run_office(database_server: Path, folder: Path, name: str, **settings: str) -> Iterator[Office]:
    """Run an office with that country, until it is left.

    Args:
        database_server: the folder of the server.
        folder: its state.
        name: of its database.
        settings: more of its environment.
    """
    if not (ROOT / "src/lienthong/office/static/staticfiles.json").exists():
        pytest.fail("The pages have no style sheet. Run `make assets`.", pytrace=False)
    url = _database(url_of(database_server), f"{name}_{os.getpid()}")
    port = _free_port()
    env = os.environ | {
        "DATABASE_URL": url,
        "DJANGO_SETTINGS_MODULE": "lienthong.office.settings",
        "LIENTHONG_OFFICE_STATE": str(folder),
        "LIENTHONG_OFFICE_URL": f"http://localhost:{port}",
        **settings,
    }
    filled = subprocess.run(
        [sys.executable, "-m", "tests.office.browser.country"], env=env, cwd=ROOT, check=True, stdout=subprocess.PIPE
    )
    command = [str(Path(sys.executable).with_name("granian")), "--interface", "asgi", "--host", "127.0.0.1"]
    command += ["--port", str(port), "lienthong.office.asgi:application"]
    with (folder / "granian.log").open("wb") as log:
        server = subprocess.Popen(command, env=env, cwd=ROOT, stdout=log, stderr=log)
    try:
        _wait(port, server, folder / "granian.log")
        yield Office(url=f"http://localhost:{port}", **json.loads(filled.stdout))
    finally:
        server.terminate()
        server.wait(20)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium, for one file: as long as Playwright is there an event loop runs, in which Django refuses queries."""
    with chromium() as running:
        yield running


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A browser without history, in Vietnamese."""
    fresh = browser.new_context(locale="vi-VN", viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    fresh.set_default_timeout(15_000)
    yield fresh
    fresh.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A page in which every error of a script, and everything the policy forbids, fails the test."""
    page = context.new_page()
    trouble: list[str] = []
    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.on("console", lambda message: _note(message.type, message.text, trouble))
    yield page
    assert trouble == []


def _note(kind: str, text: str, trouble: list[str]) -> None:
    # An answer that is not a page (403, 404) is what some tests ask for.
    if kind == "error" and "Failed to load resource" not in text:
        trouble.append(text)


def _database(server: str, name: str) -> str:
    """Make a database of its own on the run's server; return its address."""
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"'.encode())
    before, _, query = server.partition("?")
    return f"{before.rpartition('/')[0]}/{name}" + (f"?{query}" if query else "")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(port: int, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START
    while time.monotonic() < deadline:
        assert server.poll() is None, log.read_text()
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    pytest.fail(f"The office did not start: {log.read_text()}")
