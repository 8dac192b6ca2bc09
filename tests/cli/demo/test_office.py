"""The office beside the exchange: it answers, and it goes with the demo."""

import asyncio
import json
import signal
from pathlib import Path

import pytest
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from lienthong.cli.demo.office import answers, office_beside
from lienthong.cli.office_run import OfficeFailed
from lienthong.exchange.rest.server import WebServer
from tests.support import demo
from tests.support.processes import alive


@pytest.mark.slow
def test_demo_starts_the_office_and_says_whether_it_answers() -> None:
    done = demo.run("--headless", "--json", "--organs", "3", "--office")
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["office_ready"] is True
    assert result["office_url"].startswith("http://localhost:")
    # Passwords are for whoever stays.
    assert "example.test" not in done.stdout


@pytest.mark.slow
def test_it_shows_address_and_accounts_and_ends_with_the_demo() -> None:
    with demo.running("--organs", "3", "--office") as running:
        running.wait_for("Ctrl-C ends it.")
        output = "\n".join(running.lines)
        children = running.children()
        status, _ = running.stop(signal.SIGINT)
    assert status == 0
    assert "these passwords are shown once" in output
    assert "admin@example.test" in output
    assert "The office is at http://localhost:" in output
    # A gateway, the carrier, the database, pages and background work.
    assert len(children) == 5
    assert [pid for pid in children if alive(pid)] == []


@pytest.mark.slow
def test_told_to_stop_while_the_office_starts_it_leaves_nothing(tmp_path: Path) -> None:
    with demo.running("--organs", "3", "--office", TMPDIR=str(tmp_path)) as running:
        running.wait_for("carrier: NATS at")
        children = running.children()
        status, _ = running.stop(signal.SIGTERM)
    assert (status, "Traceback" in "\n".join(running.lines)) == (130, False)
    assert [pid for pid in children if alive(pid)] == []
    assert list(tmp_path.iterdir()) == []


async def test_office_that_does_not_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", f"postgresql://nobody@/none?host={tmp_path}")
    async with office_beside(tmp_path / "office") as starting:
        with pytest.raises(OfficeFailed, match="prepare"):
            await starting


async def test_failure_that_nobody_asks_for_is_no_second_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", f"postgresql://nobody@/none?host={tmp_path}")
    async with office_beside(tmp_path / "office") as starting:
        await asyncio.wait([starting])
    # pytest makes an error of an exception that nobody fetched.
    assert isinstance(starting.exception(), OfficeFailed)


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        ({"/health": b"ok", "/account/login/": b'<input name="password">'}, True),
        ({"/health": b"ok", "/account/login/": b"<h1>welcome</h1>"}, False),
        ({"/health": b"ok"}, False),
        ({"/account/login/": b'<input name="password">'}, False),
    ],
)
async def test_what_counts_as_an_answer(paths: dict[str, bytes], *, expected: bool) -> None:
    async def office(scope: Scope, receive: Receive, send: Send) -> None:
        body = paths.get(scope["path"])
        answer = PlainTextResponse(body or b"", status_code=404 if body is None else 200)
        await answer(scope, receive, send)

    async with WebServer(office, host="127.0.0.1", port=0) as server:
        assert await answers(server.url) is expected
