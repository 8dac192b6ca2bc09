"""The guide for integrators says what happens: its commands are run as they are written."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from lienthong.cli.sandbox_config import SandboxConfig
from tests.support.sandbox import Sandbox, sandbox

_URL = "http://127.0.0.1:8080"
_COMMAND = re.compile(r"^\$ (curl .+)\n((?:(?!\$ |```).*\n)+)", re.MULTILINE)


@pytest.fixture(scope="module")
def guide(request: pytest.FixtureRequest) -> str:
    return (request.config.rootpath / "docs/sandbox.md").read_text()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with sandbox(tmp_path_factory.mktemp("sandbox")) as running:
        yield running


def test_every_command_answers_what_stands_below_it(guide: str, running: Sandbox) -> None:
    commands = _COMMAND.findall(guide)
    assert len(commands) >= 8
    for command, expected in commands:
        pattern = re.escape(expected.rstrip("\n")).replace("…", ".*")
        assert re.match(pattern, _curl(running, command)), command


def test_the_file_shown_is_one_that_is_read(guide: str, tmp_path: Path) -> None:
    (shown,) = re.findall(r"^```toml\n(.+?)^```", guide, re.MULTILINE | re.DOTALL)
    file = tmp_path / "sandbox.toml"
    file.write_text(shown)
    assert [service.id.service for service in SandboxConfig.load(file).services] == ["echo", "pets"]


def _curl(running: Sandbox, command: str) -> str:
    """Do what curl does with the few options of the guide, so that the test needs no curl."""
    method, body, headers, shown = "GET", None, [], False
    words = iter(shlex.split(command)[1:])
    target = ""
    for word in words:
        match word:
            case "-s":
                pass
            case "-i":
                shown = True
            case "-X":
                method = next(words)
            case "-d":
                body = next(words).encode()
            case "-H":
                headers.append(next(words))
            case _:
                assert word.startswith(_URL)
                target = word.removeprefix(_URL)
    reply = running.call(target, *headers, method=method, body=body, client=None)
    head = "".join(f"{name}: {value}\n" for name, value in reply.headers)
    return (f"HTTP/1.1 {reply.status} OK\n{head}\n" if shown else "") + reply.body.decode(errors="replace")
