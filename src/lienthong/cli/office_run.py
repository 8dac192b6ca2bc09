"""The processes of an office: database, pages and background work, started and stopped in order."""

import asyncio
import contextlib
import json
import os
import shutil
import socket
import sys
from collections import deque
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

from lienthong.embedded.child import spawn, stop
from lienthong.embedded.errors import PortTaken
from lienthong.embedded.postgres import Postgres
from lienthong.exchange.http_client import fetch
from lienthong.exchange.http_connection import HttpFailure
from lienthong.kernel.errors import LienthongError

_PREPARE: Final = "lienthong.office.operation.prepare"
_SERVE: Final = "lienthong.office.operation.serve"
_WORK: Final = "lienthong.office.operation.work"
GATEWAYS: Final = "exchange.toml"
PACKETS: Final = "packets.toml"
"""File of the gateways in an office's folder, where no other is named; it may come later."""
_LOOPBACK: Final = "127.0.0.1"
# A country with all its accounts is made in two minutes.
_PREPARE_SECONDS: Final = 600.0
# And as slowly documents may come on a busy machine.
_DOCUMENTS_A_SECOND: Final = 500
_READY_SECONDS: Final = 60.0
# Seconds to stop; granian and procrastinate give pages and jobs under way less than that.
_GRACE: Final = 15.0
_POLL: Final = 0.05
_OK: Final = 200
_TAIL: Final = 5


class OfficeFailed(LienthongError):
    """A process of the office did not start, or ended."""

    code = "office_failed"
    hint = "Its log says why."


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What was asked for."""

    # 0: a free one.
    port: int = 0
    host: str = _LOOPBACK
    # Where people reach it; None: http://localhost and the port.
    url: str | None = None
    workers: int = 1
    # How many nameless accounts a new office gets.
    people: int = 0
    # How many documents that nobody wrote it gets.
    documents: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """An office that answers."""

    url: str
    logs: Path
    # What was made now: email, password, position and organ of each.
    accounts: Sequence[Mapping[str, str]]
    _parts: Mapping[str, asyncio.Task[int]]

    async def until_it_ends(self) -> None:
        """Wait until one of the processes ends, which none should.

        Raises:
            OfficeFailed: it did.
        """
        done, _ = await asyncio.wait(self._parts.values(), return_when=asyncio.FIRST_COMPLETED)
        name = next(name for name, task in self._parts.items() if task in done)
        raise OfficeFailed(f"{name}: ended with status {self._parts[name].result()}; see {self.logs}")


@contextlib.asynccontextmanager
async def running_office(options: Options, folder: Path) -> AsyncIterator[Office]:
    """Run an office.

    Args:
        options: what was asked for.
        folder: everything it keeps.

    Raises:
        PortTaken: another program listens there.
        OfficeFailed: a process did not start.
        EmbeddedError: the database did not start.
    """
    port = _free_port(options)
    url = options.url or f"http://localhost:{port}"
    logs = folder / "logs"
    logs.mkdir(mode=0o700, parents=True, exist_ok=True)
    parts: dict[str, asyncio.Task[int]] = {}
    async with contextlib.AsyncExitStack() as stack:
        database = os.environ.get("DATABASE_URL")
        own = not database
        if not database:
            server = await stack.enter_async_context(Postgres(folder / "postgres"))
            database = server.url
            parts["postgres"] = _watched(stack, server.wait())
        environment = _environment(folder, database, url)
        preparing = await stack.enter_async_context(_Preparing.begin(environment, logs, options, own=own))
        await preparing.migrated()
        # While an empty office is being filled, what serves it starts.
        for name, command in _commands(options, port).items():
            process = await stack.enter_async_context(_part(command, logs / f"{name}.log", environment))
            parts[name] = _watched(stack, process.wait())
        accounts = await preparing.done()
        office = Office(url=url, logs=logs, accounts=accounts, _parts=parts)
        await _ready(f"http://{_reachable(options.host)}:{port}/ready", office)
        yield office


def _commands(options: Options, port: int) -> dict[str, list[str]]:
    """Return the commands in the order of starting; the pages are stopped first, then the background work."""
    serve = ["--host", options.host, "--port", str(port), "--workers", str(options.workers)]
    return {
        "worker": [sys.executable, "-m", _WORK],
        "web": [sys.executable, "-m", _SERVE, *serve],
    }


def _environment(folder: Path, database: str, url: str) -> dict[str, str]:
    """Return the environment of the office's processes; that of a process is its user's secret."""
    measured = folder / "metrics"
    # Numbers of processes that have ended.
    shutil.rmtree(measured, ignore_errors=True)
    measured.mkdir(mode=0o700)
    return (
        {
            "LIENTHONG_OFFICE_EXCHANGE": str(folder / GATEWAYS),
            "LIENTHONG_OFFICE_PACKETS": str(folder / PACKETS),
        }
        | os.environ
        | {
            "DATABASE_URL": database,
            "LIENTHONG_OFFICE_STATE": str(folder / "office"),
            "LIENTHONG_OFFICE_URL": url,
            # Whoever types the number instead of the name.
            "LIENTHONG_OFFICE_HOSTS": ",".join(filter(None, (os.environ.get("LIENTHONG_OFFICE_HOSTS"), _LOOPBACK))),
            "DJANGO_SETTINGS_MODULE": "lienthong.office.settings",
            "PROMETHEUS_MULTIPROC_DIR": str(measured),
        }
    )


class _Preparing:
    """The database being made ready."""

    def __init__(self, process: asyncio.subprocess.Process, log: Path, seconds: float) -> None:
        self._process = process
        self._log = log
        self._seconds = seconds

    @classmethod
    @contextlib.asynccontextmanager
    async def begin(
        cls, environment: Mapping[str, str], logs: Path, options: Options, *, own: bool
    ) -> AsyncIterator[Self]:
        accounts = "everybody" if own else "administrator"
        filling = ["--persons", str(options.people), "--documents", str(options.documents)]
        command = [sys.executable, "-m", _PREPARE, "--accounts", accounts, *filling]
        path = logs / "prepare.log"
        with _log(path) as log:
            # Passwords come through the pipe, which nobody else can read.
            process = await spawn(command, log=log, keep=[], stdout=asyncio.subprocess.PIPE, env=environment)
        try:
            yield cls(process, path, _PREPARE_SECONDS + options.documents / _DOCUMENTS_A_SECOND)
        finally:
            await stop(process, grace=_GRACE)

    async def migrated(self) -> None:
        """Wait until pages can be served."""
        await self._line()

    async def done(self) -> list[dict[str, str]]:
        """Wait for the end and return the accounts that were made."""
        accounts: list[dict[str, str]] = json.loads(await self._line())["accounts"]
        return accounts

    async def _line(self) -> str:
        if self._process.stdout is None:
            raise OfficeFailed("prepare: no output")
        try:
            async with asyncio.timeout(self._seconds):
                line = await self._process.stdout.readline()
                if line:
                    return line.decode()
                status = await self._process.wait()
        except TimeoutError:
            raise OfficeFailed(f"prepare: not done after {self._seconds:g} s; {self._text()}") from None
        raise OfficeFailed(f"prepare: ended with status {status}; {self._text()}")

    def _text(self) -> str:
        return f"{self._log}: {_tail(self._log)}"


@contextlib.asynccontextmanager
async def _part(
    command: Sequence[str], path: Path, environment: Mapping[str, str]
) -> AsyncIterator[asyncio.subprocess.Process]:
    with _log(path) as log:
        process = await spawn(command, log=log, keep=[], env=environment)
    try:
        yield process
    finally:
        await stop(process, grace=_GRACE)


def _watched(stack: contextlib.AsyncExitStack, waiting: Any) -> asyncio.Task[int]:  # noqa: ANN401 - a coroutine
    task: asyncio.Task[int] = asyncio.create_task(waiting)
    stack.callback(task.cancel)
    return task


async def _ready(url: str, office: Office) -> None:
    """Wait until pages can be served."""
    ending = asyncio.create_task(office.until_it_ends())
    try:
        async with asyncio.timeout(_READY_SECONDS):
            while not ending.done():
                with contextlib.suppress(HttpFailure, OSError):
                    if (await fetch(url, ())).status == _OK:
                        return
                await asyncio.sleep(_POLL)
            await ending
    except TimeoutError:
        path = office.logs / "web.log"
        raise OfficeFailed(f"web: not ready after {_READY_SECONDS:g} s; {path}: {_tail(path)}") from None
    finally:
        ending.cancel()


def _free_port(options: Options) -> int:
    try:
        with socket.create_server((options.host, options.port)) as free:
            return int(free.getsockname()[1])
    except OSError as error:
        raise PortTaken(f"{options.host}:{options.port}: {error.strerror}") from error


def _reachable(host: str) -> str:
    """Return the address by which this machine reaches what listens on one."""
    return _LOOPBACK if host in {"0.0.0.0", "::"} else host  # noqa: S104 - compared, not listened on


@contextlib.contextmanager
def _log(path: Path) -> Iterator[int]:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _tail(path: Path) -> str:
    return " | ".join(deque(path.read_text(errors="replace").splitlines(), _TAIL))
