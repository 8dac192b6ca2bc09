"""``lienthong office`` as its users meet it: it starts, shows the accounts once, lets them in, and ends in order."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, OpenerDirector, Request, build_opener

import psycopg
import pytest

from lienthong.embedded.postgres import url_in
from tests.support.processes import alive

pytestmark = pytest.mark.slow
PATIENCE = 120.0
ENVIRONMENT = {"LIENTHONG_LANG": "en", "COLUMNS": "140", "NO_COLOR": "1"}


@dataclass(slots=True)
class Running:
    """An office that has said it is ready."""

    process: subprocess.Popen[str]
    state: Path
    url: str
    shown: str

    def accounts(self) -> dict[str, str]:
        """Password by address, as they were shown."""
        return dict(re.findall(r"│ (\S+@\S+) +│ (\S+) +│", self.shown))

    def browser(self) -> OpenerDirector:
        return build_opener(HTTPCookieProcessor(CookieJar()))

    def below(self) -> list[int]:
        """Every process it has started, and theirs."""
        pids = [self.process.pid]
        for pid in pids:
            for task in Path(f"/proc/{pid}/task").iterdir():
                pids += [int(each) for each in (task / "children").read_text().split()]
        return pids[1:]

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(PATIENCE)


def start(state: Path, *arguments: str, **environ: str) -> subprocess.Popen[str]:
    env = {name: value for name, value in os.environ.items() if not name.startswith(("DATABASE_", "DJANGO", "LIENT"))}
    return subprocess.Popen(
        [sys.executable, "-m", "lienthong", "office", "--state", state, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=env | ENVIRONMENT | environ,
    )


@contextmanager
def running(state: Path, *arguments: str, **environ: str) -> Iterator[Running]:
    with start(state, "--port", "0", *arguments, **environ) as process:
        try:
            assert process.stdout is not None
            lines: list[str] = []
            for line in process.stdout:
                lines.append(line)
                if line.startswith("READY "):
                    break
            else:
                assert process.stderr is not None
                pytest.fail(process.stderr.read())
            yield Running(process, state, lines[-1].removeprefix("READY ").strip(), "".join(lines))
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait(PATIENCE)


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """An office from an empty folder."""
    with running(tmp_path_factory.mktemp("office") / "state", "--workers", "2") as office:
        yield office


def sign_in(office: Running, browser: OpenerDirector, email: str, password: str) -> str:
    """Sign in through the page and return the address one arrives at."""
    address = f"{office.url}/account/login/"
    page = browser.open(address).read().decode()
    found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    assert found
    fields = {"csrfmiddlewaretoken": found[1], "login": email, "password": password}
    arrived: str = browser.open(Request(address, urlencode(fields).encode(), {"Origin": office.url})).geturl()  # noqa: S310 - http
    return arrived


def test_whoever_was_shown_a_password_gets_in(first: Running) -> None:
    accounts = first.accounts()
    assert len(accounts) == 17
    for email in ("admin@example.test", "commune-official@example.test"):
        assert "/login/" not in sign_in(first, first.browser(), email, accounts[email])
    assert "/account/login/" in sign_in(first, first.browser(), "admin@example.test", "another password")


def test_passwords_are_nowhere_else(first: Running) -> None:
    accounts = first.accounts()
    sign_in(first, first.browser(), "auditor@example.test", accounts["auditor@example.test"])
    passwords = [password.encode() for password in accounts.values()]
    logs = b"".join(path.read_bytes() for path in (first.state / "logs").iterdir())
    assert b'"view": "account_login"' in logs
    seen = logs
    for pid in [first.process.pid, *first.below()]:
        for name in ("cmdline", "environ"):
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                seen += Path(f"/proc/{pid}/{name}").read_bytes()
    files = [path for path in first.state.rglob("*") if path.is_file()]
    for password in passwords:
        assert password not in seen
        assert [path for path in files if password in content_of(path)] == []


def test_what_it_keeps_is_its_owners(first: Running) -> None:
    assert first.state.stat().st_mode & 0o077 == 0
    for path in ((first.state / "office"), *(first.state / "office").iterdir()):
        assert path.stat().st_mode & (0o077 if path.is_dir() else 0o177) == 0
    for path in (first.state / "logs").iterdir():
        assert path.stat().st_mode & 0o177 == 0


def test_numbers_of_all_processes_are_summed(first: Running) -> None:
    token = (first.state / "office" / "metrics-token").read_text().strip()

    def count() -> float:
        request = Request(f"{first.url}/metrics", headers={"Authorization": f"Bearer {token}"})  # noqa: S310 - http
        text = first.browser().open(request).read().decode()
        found = re.search(r'office_requests_total\{method="GET",status="200",view="account_login"\} (\S+)', text)
        return float(found[1]) if found else 0

    before = count()
    for _ in range(20):
        # A new connection each time: whichever process takes it.
        first.browser().open(f"{first.url}/account/login/").read()
    assert count() == before + 20


def content_of(path: Path) -> bytes:
    """What a file holds; nothing if it is gone, as files of a database come and go."""
    with contextlib.suppress(FileNotFoundError):
        return path.read_bytes()
    return b""


def command_of(pid: int) -> str:
    """How a process was called; empty if it has ended meanwhile."""
    with contextlib.suppress(ProcessLookupError):
        return content_of(Path(f"/proc/{pid}/cmdline")).decode()
    return ""


def test_port_that_is_taken(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        process = start(tmp_path, "--port", str(port))
        _, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 1
    assert f"127.0.0.1:{port}" in err
    assert "choose another port" in err
    assert not (tmp_path / "postgres").exists()


def test_database_that_does_not_answer(tmp_path: Path) -> None:
    process = start(tmp_path, "--port", "0", DATABASE_URL=f"postgresql://nobody@/none?host={tmp_path}")
    _, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 1
    assert "prepare: ended with status 1" in err
    assert str(tmp_path / "logs" / "prepare.log") in err


def test_it_ends_in_order_and_starts_again_without_new_accounts(tmp_path: Path) -> None:
    with running(tmp_path) as office:
        accounts = office.accounts()
        pids = office.below()
        assert len(pids) > 8
        assert office.stop() == 0
        assert [pid for pid in pids if alive(pid)] == []
        assert "was not properly shut down" not in (tmp_path / "postgres" / "postgres.log").read_text()
    with running(tmp_path) as office:
        assert office.accounts() == {}
        arrived = sign_in(office, office.browser(), "admin@example.test", accounts["admin@example.test"])
        assert "/login/" not in arrived
        # Nothing outlives it, however it ends.
        pids = office.below()
        office.stop(signal.SIGKILL)
        wait_until(lambda: not [pid for pid in pids if alive(pid)])


def test_page_under_way_is_served_to_its_end(tmp_path: Path) -> None:
    with running(tmp_path) as office:
        office.browser().open(f"{office.url}/account/login/").read()
        with psycopg.connect(url_in(tmp_path / "postgres")) as other, ThreadPoolExecutor() as threads:
            # Whoever signs in waits for the table of persons.
            other.execute("LOCK TABLE accounts_person")
            signing = threads.submit(sign_in, office, office.browser(), "admin@example.test", "another password")
            waiting = "SELECT count(*) > 0 FROM pg_locks WHERE NOT granted"
            wait_until(lambda: other.execute(waiting).fetchone() == (True,))
            office.process.terminate()
            time.sleep(1)
            other.rollback()
            assert "/account/login/" in signing.result(PATIENCE)
        assert office.process.wait(PATIENCE) == 0


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_end_of_a_part_is_the_end_of_all(tmp_path: Path) -> None:
    with running(tmp_path) as office:
        (worker,) = [pid for pid in office.below() if "operation.work" in command_of(pid)]
        os.kill(worker, signal.SIGKILL)
        _, err = office.process.communicate(timeout=PATIENCE)
        assert office.process.returncode == 1
        assert "worker: ended with status -9" in err
        assert str(tmp_path / "logs") in err
