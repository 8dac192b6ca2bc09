"""The office's pages as they are really served: granian, in a process of its own, on the test's database."""

import contextlib
import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from django.db import connection

from tests.support.postgres import PROJECT

_READY_SECONDS = 60


@contextlib.contextmanager
def served(log: Path, **environ: str) -> Iterator[int]:
    """Serve the office on a free port of the loopback, which is what is yielded. What the test writes is committed."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = int(one.getsockname()[1])
    # Each process of a test run has a database of its own.
    database = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}")
    env = os.environ | {"DATABASE_URL": urlunsplit(database), "LIENTHONG_OFFICE_HOSTS": "127.0.0.1", **environ}
    with log.open("wb") as output:
        command = [sys.executable, "-m", "lienthong.office.operation.serve", "--port", str(port)]
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, env=env, cwd=PROJECT)
    try:
        _wait(port, process, log)
        yield port
    finally:
        process.terminate()
        process.wait(timeout=30)


def _wait(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + _READY_SECONDS
    while time.monotonic() < until:
        assert process.poll() is None, log.read_text()
        client = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        with contextlib.suppress(OSError), contextlib.closing(client):
            client.request("GET", "/health")
            if client.getresponse().status == http.HTTPStatus.OK:
                return
        time.sleep(0.1)
    raise TimeoutError(log.read_text())
