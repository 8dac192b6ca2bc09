"""Restore a backup into an empty database: in one transaction, so that it is there wholly or not at all."""

import asyncio
import contextlib
import json
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Final

import psycopg

from lienthong.cli.backup_file import BackupInvalid, BackupReader
from lienthong.cli.backup_files import PREFIX, move_files, write_file
from lienthong.cli.backup_run import DATABASE, MANIFEST, SECRET_FILE, tail
from lienthong.cli.office_database import database_of, environment_of, tool
from lienthong.cli.state import state_folder
from lienthong.embedded.child import spawn, stop
from lienthong.kernel.errors import LienthongError

_GRACE: Final = 10.0
_STAGED: Final = ".restoring"
_USED: Final = (
    "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
    " WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') "
)


class RestoreFailed(LienthongError):
    """The backup was not restored."""

    code = "restore_failed"
    hint = "Nothing was changed; look at what PostgreSQL's program said."


class OfficeTaken(LienthongError):
    """There is an office already."""

    code = "office_taken"
    hint = "Restore into a new folder, or into an empty database."


def check_backup(file: Path, passphrase: bytes, *, into: Path | None = None) -> str:
    """Read a backup to its end and return when it was made.

    Args:
        file: the backup.
        passphrase: what it was encrypted under.
        into: a folder that gets the office's files; without it nothing is written.

    Raises:
        BackupInvalid: it cannot be read, or the passphrase does not open it.
        OSError: a file could not be written.
    """
    made = ""
    with _opened(file, passphrase) as reader:
        for name, pieces in reader.parts():
            if name == MANIFEST:
                made = _made(b"".join(pieces))
            elif name.startswith(PREFIX) and into is not None:
                write_file(into, name, pieces)
            elif name == DATABASE or name.startswith(PREFIX):
                for _ in pieces:
                    pass
            else:
                raise BackupInvalid(f"{file}: {name}", hint="Restore it with the version that wrote it.")
    return made


async def restore_backup(file: Path, state: Path, passphrase: bytes) -> str:
    """Restore a backup and return when it was made.

    Raises:
        BackupInvalid: it cannot be read, or the passphrase does not open it.
        OfficeTaken: the folder or the database has an office already.
        RestoreFailed: PostgreSQL did not take it, or a file could not be written.
    """
    secret = state / SECRET_FILE
    if secret.exists():
        raise OfficeTaken(str(state))
    with state_folder(state, command="restore"), _staged(state) as staged:
        # To its end first: what is found out here has changed nothing yet.
        try:
            made = await asyncio.to_thread(check_backup, file, passphrase, into=staged)
        except OSError as error:
            raise RestoreFailed(f"{state}: {error.strerror}", hint="Check the path and the free space.") from error
        with _opened(file, passphrase) as reader:
            for name, pieces in reader.parts():
                if name == DATABASE:
                    await _database(state, pieces)
                    break
                for _ in pieces:
                    pass
        # Only now, and the secret key last: with it there is an office here.
        move_files(staged, secret.parent, last=secret.name)
    return made


@contextlib.contextmanager
def _staged(state: Path) -> Iterator[Path]:
    """Give a folder beside the office's, which is gone afterwards."""
    folder = state / _STAGED
    shutil.rmtree(folder, ignore_errors=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def _database(state: Path, pieces: Iterator[bytes]) -> None:
    async with database_of(state) as url:
        with psycopg.connect(url, autocommit=True) as connection:
            row = connection.execute(_USED).fetchone()
            if row is None or row[0]:
                raise OfficeTaken(str(connection.info.dbname))
        await _fill(url, pieces)
        with psycopg.connect(url, autocommit=True) as connection:
            # Without statistics the first pages would be slow.
            connection.execute("ANALYZE")


async def _fill(url: str, pieces: Iterator[bytes]) -> None:
    environment = environment_of(url)
    command = [
        tool("pg_restore", url),
        *("--no-owner", "--no-privileges", "--no-comments", "--single-transaction", "--exit-on-error"),
        f"--dbname={environment.get('PGDATABASE', '')}",
    ]
    with tempfile.TemporaryFile() as said:
        async with _feeding(command, said.fileno(), environment) as process:
            if process.stdin is None:
                raise RestoreFailed
            # It ends early when it does not take it; its own words say why.
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                for piece in pieces:
                    process.stdin.write(piece)
                    await process.stdin.drain()
                process.stdin.close()
            status = await process.wait()
        if status:
            raise RestoreFailed(f"pg_restore ended with status {status}: {tail(said)}")


@contextlib.asynccontextmanager
async def _feeding(
    command: list[str], log: int, environment: dict[str, str]
) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await spawn(command, log=log, keep=[], stdin=asyncio.subprocess.PIPE, env=environment)
    try:
        yield process
    finally:
        if process.returncode is None:
            # A backup that breaks off must not look like one that ended: it is killed, and its transaction with it.
            process.kill()
            await stop(process, grace=_GRACE)


@contextlib.contextmanager
def _opened(file: Path, passphrase: bytes) -> Iterator[BackupReader]:
    try:
        opened = file.open("rb")
    except OSError as error:
        raise BackupInvalid(f"{file}: {error.strerror}", hint="Check the path.") from error
    with opened:
        yield BackupReader.open(file, opened, passphrase)


def _made(manifest: bytes) -> str:
    try:
        return str(json.loads(manifest)["made"])
    except (ValueError, KeyError, TypeError):
        raise BackupInvalid("its description") from None
