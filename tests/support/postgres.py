"""One PostgreSQL server for a whole run of tests, whichever of its processes needs it first.

The server is a process of its own (``python -m tests.support.postgres FOLDER``). Whoever uses it holds a shared
lock on a file; the server waits for the exclusive one and stops when it gets it: when the last user has
ended, however that came about.
"""

import asyncio
import contextlib
import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from lienthong.embedded.postgres import Postgres, url_in

PROJECT = Path(__file__).resolve().parent.parent.parent

# Locks and servers that this process holds until it ends.
_held: list[object] = []


def run_folder(config: pytest.Config) -> Path:
    """Return the folder of this run of tests: the same one in all processes of pytest-xdist."""
    run = getattr(config, "workerinput", {}).get("testrunuid") or f"{os.getpid()}"
    return Path(tempfile.gettempdir()) / f"lienthong-tests-{run}"


def url_of(folder: Path) -> str:
    """Return the address of the run's server, whether it runs already or not."""
    return url_in(_server(folder))


def ensure_server(folder: Path) -> None:
    """Have the run's server run for as long as this process does."""
    _hold(folder)
    with (folder / "starting").open("w") as starting:
        fcntl.flock(starting, fcntl.LOCK_EX)
        if (folder / "ready").exists():
            return
        # Its own measurement of coverage would be written after the run's was summed up.
        env = {name: value for name, value in os.environ.items() if not name.startswith("COV")}
        with (folder / "server.log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "tests.support.postgres", folder],
                stdout=subprocess.PIPE,
                stderr=log,
                cwd=PROJECT,
                env=env,
                start_new_session=True,
            )
        _held.append(process)
        assert process.stdout is not None
        with process.stdout:
            assert process.stdout.readline() == b"ready\n", (folder / "server.log").read_text()


def _server(folder: Path) -> Path:
    return folder / "postgres"


def _hold(folder: Path) -> None:
    """Take the shared lock; the folder may be about to go with a server whose last user has just ended."""
    while True:
        folder.mkdir(mode=0o700, exist_ok=True)
        assert folder.stat().st_uid == os.getuid()
        with contextlib.suppress(FileNotFoundError):
            users = (folder / "users").open("w")
            fcntl.flock(users, fcntl.LOCK_SH)
            if os.fstat(users.fileno()).st_ino == (folder / "users").stat().st_ino:
                _held.append(users)
                return
            users.close()


async def _serve(folder: Path) -> None:
    with (folder / "users").open("w") as users:
        async with Postgres(_server(folder), durable=False, create_databases=True):
            (folder / "ready").touch()
            sys.stdout.write("ready\n")
            sys.stdout.close()
            await asyncio.to_thread(fcntl.flock, users, fcntl.LOCK_EX)
            (folder / "ready").unlink()
        # Still under the lock: who comes now sees that the folder has gone, and makes a new one.
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    asyncio.run(_serve(Path(sys.argv[1])))
