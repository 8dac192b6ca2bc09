"""The tests' database server: one for all processes of a run, gone when the last of them has ended."""

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from uuid import uuid4

import psycopg

from tests.support.carriers import eventually
from tests.support.postgres import url_of

USER = """
import sys, time
from pathlib import Path
from tests.support.postgres import ensure_server
ensure_server(Path(sys.argv[1]))
print("here", flush=True)
time.sleep(60)
"""


async def test_server_lives_as_long_as_the_last_process_that_uses_it(project: Path) -> None:
    folder = Path(tempfile.gettempdir()) / f"lienthong-tests-{uuid4().hex}"
    users = [
        subprocess.Popen([sys.executable, "-c", USER, folder], stdout=subprocess.PIPE, cwd=project)  # noqa: ASYNC220 - their ends are what the test brings about
        for _ in range(3)
    ]
    for user in users:
        assert user.stdout is not None
        with user.stdout:
            assert user.stdout.readline() == b"here\n"
    pids = {server_pid(folder) for _ in users}
    assert len(pids) == 1
    # Two crash; the third still has its server.
    for user in users[:2]:
        user.kill()
        user.wait()
    with psycopg.connect(url_of(folder)) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    os.kill(users[2].pid, signal.SIGKILL)
    users[2].wait()
    await eventually(lambda: not folder.exists())


def server_pid(folder: Path) -> int:
    return int((folder / "postgres" / "data" / "postmaster.pid").read_text().splitlines()[0])
