"""The integrators' guide: its files are written, its commands run as they stand, and what they answer is compared."""

import contextlib
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.sandbox import PATIENCE, sandbox

_BLOCK = re.compile(r"^```(python|toml|console)\n(.+?)^```$", re.MULTILINE | re.DOTALL)
_FILE = re.compile(r"# (\S+)\n")
_COMMAND = re.compile(r"^\$ (.+)\n((?:(?!\$ ).*\n)*)", re.MULTILINE)
_END = "@@end@@"
_SANDBOX = "lienthong sandbox --config country.toml"


@dataclass(slots=True)
class Shell:
    """A shell that keeps its variables and jobs from one command to the next, as a reader's does."""

    process: subprocess.Popen[str]

    def run(self, command: str) -> str:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{command}\necho; echo {_END}\n")
        self.process.stdin.flush()
        lines: list[str] = []
        for line in self.process.stdout:
            if line == f"{_END}\n":
                break
            lines.append(line)
        return "".join(lines).rstrip("\n")


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    environment = os.environ | {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONUNBUFFERED": "1",
        "no_proxy": "*",
    }
    with subprocess.Popen(
        ["bash", "--norc"],
        cwd=tmp_path,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        yield Shell(process)
        assert process.stdin is not None
        process.stdin.write("kill $(jobs -p)\nexit\n")
        process.stdin.close()
        process.wait(PATIENCE)


@pytest.mark.curl
@pytest.mark.slow
def test_whoever_follows_the_guide_gets_what_stands_there(project: Path, tmp_path: Path, shell: Shell) -> None:
    guide = (project / "docs/integrate.md").read_text(encoding="utf-8")
    blocks = _BLOCK.findall(guide)
    with socket.create_server(("127.0.0.1", 0)) as free:
        backend = str(free.getsockname()[1])
    ports = {"127.0.0.1:9000": f"127.0.0.1:{backend}", '("127.0.0.1", 9000)': f'("127.0.0.1", {backend})'}
    for kind, text in blocks:
        if kind != "console":
            (tmp_path / _name(text)).write_text(_with(text, ports), encoding="utf-8")
    folder = tmp_path / "run"
    folder.mkdir()
    with sandbox(folder, (tmp_path / "country.toml").read_text(encoding="utf-8")) as running:
        ports["127.0.0.1:8080"] = f"127.0.0.1:{running.port}"
        for path in tmp_path.glob("*.py"):
            path.write_text(_with(path.read_text(encoding="utf-8"), ports), encoding="utf-8")
        tried = 0
        for command, expected in _commands(blocks):
            if command == _SANDBOX:
                continue
            if command.endswith("&"):
                _begin(shell, command, int(backend))
                continue
            answer = shell.run(_with(command, ports))
            pattern = re.escape(expected.rstrip("\n")).replace("…", ".*")
            assert re.fullmatch(pattern, answer.replace("\r", "")), f"{command}\n{answer}"
            tried += 1
    assert tried >= 25


def _begin(shell: Shell, command: str, port: int) -> None:
    # It says nothing, and must not wait for the end of this test to let go of the shell's output.
    shell.run(f"{command.removesuffix('&')} > /dev/null 2>&1 &")
    # A reader starts the sandbox next, which takes longer than this.
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        time.sleep(0.05)
    raise AssertionError(command)


def _commands(blocks: list[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    for kind, text in blocks:
        if kind == "console":
            found = _COMMAND.findall(text)
            assert found, text
            yield from found


def _name(text: str) -> str:
    found = _FILE.match(text)
    assert found is not None, f"a block that does not say which file it is: {text[:80]}"
    return found[1]


def _with(text: str, ports: dict[str, str]) -> str:
    for shown, real in ports.items():
        text = text.replace(shown, real)
    return text
