"""The walk with curl in docs/api.md: typed as it stands there, at an office that answers over HTTP."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest
from django.core.wsgi import get_wsgi_application
from django.db import connections

from tests.office.documents.api.desk import program
from tests.office.documents.exchange.posts import opened, run_jobs
from tests.office.documents.keys import pdf

if TYPE_CHECKING:
    from tests.office.documents.bureau import Bureau

pytestmark = [pytest.mark.slow, pytest.mark.curl]
_BLOCK = re.compile(r"^```console\n(.+?)^```$", re.MULTILINE | re.DOTALL)
_COMMAND = re.compile(r"^\$ (.+)\n((?:(?!\$ ).*\n)*)", re.MULTILINE)
_END = "@@end@@"


class _Silent(WSGIRequestHandler):
    def log_message(self, *arguments: Any) -> None:  # noqa: ANN401 - as the library has it
        del arguments


@pytest.fixture
def office() -> Iterator[str]:
    """The address of the office's API, served by a thread of its own."""
    application = get_wsgi_application()
    with make_server("127.0.0.1", 0, application, handler_class=_Silent) as server:

        def serve() -> None:
            server.serve_forever(0.05)
            connections.close_all()

        thread = Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/api/v1"
        server.shutdown()
        thread.join()


@pytest.mark.usefixtures("issuer")
def test_whoever_follows_the_walk_gets_what_stands_there(
    project: Path, tmp_path: Path, office: str, lasting_bureau: "Bureau"
) -> None:
    text = (project / "docs/api.md").read_text(encoding="utf-8")
    commands = [found for block in _BLOCK.findall(text) for found in _COMMAND.findall(block)]
    (tmp_path / "plan.pdf").write_bytes(pdf())
    with opened(lasting_bureau) as posts:
        people = {"WRITER": "writer", "REVIEWER": "reviewer", "HEAD": "signer", "CLERK": "clerk"}
        tokens = {name: program(lasting_bureau.actor(key)).secret for name, key in people.items()}
        tokens["THERE"] = program(posts.commune_clerk()).secret
        python = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        environment = os.environ | tokens | {"OFFICE": office, "PATH": python, "no_proxy": "*"}
        with subprocess.Popen(
            ["bash", "--norc"], cwd=tmp_path, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True,
        ) as shell:  # fmt: skip
            for command, expected in commands:
                answer = _typed(shell, command)
                pattern = re.escape(expected.rstrip("\n")).replace("…", ".*")
                assert re.fullmatch(pattern, answer), f"{command}\n{answer}"
                if "/dispatch " in command:
                    # What the background work does within a second.
                    run_jobs()
                    posts.look()
            assert shell.stdin is not None
            shell.stdin.close()
    assert len(commands) >= 18


def _typed(shell: "subprocess.Popen[str]", command: str) -> str:
    assert shell.stdin is not None
    assert shell.stdout is not None
    shell.stdin.write(f"{command}\necho; echo {_END}\n")
    shell.stdin.flush()
    lines = []
    for line in shell.stdout:
        if line == f"{_END}\n":
            break
        lines.append(line)
    return "".join(lines).rstrip("\n")
