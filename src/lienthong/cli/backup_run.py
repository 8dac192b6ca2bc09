"""Write a backup: a consistent copy of the database and the office's files, encrypted as it is written."""

import asyncio
import contextlib
import json
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import IO, BinaryIO, Final

from lienthong.cli.backup_file import BackupWriter
from lienthong.cli.backup_files import read_files, read_vault
from lienthong.cli.office_database import database_of, environment_of, has_database, tool
from lienthong.embedded.child import spawn, stop
from lienthong.kernel.errors import LienthongError
from lienthong.kernel.files import sync_folder

MANIFEST: Final = "manifest"
DATABASE: Final = "database"
SECRET_FILE: Final = Path("office") / "secret-key"
_ELSEWHERE: Final = (
    "LIENTHONG_VAULT_FILES",
    "LIENTHONG_VAULT_S3",
    "LIENTHONG_VAULT_KEYS",
    "LIENTHONG_VAULT_PASSPHRASE_FILE",
)
_PIECE: Final = 256 * 1024
_GRACE: Final = 10.0
_TAIL: Final = 2000


class BackupFailed(LienthongError):
    """The backup was not written."""

    code = "backup_failed"
    hint = "Look at what PostgreSQL's program said; nothing was changed."


class NothingToBackUp(LienthongError):
    """There is no office here."""

    code = "nothing_to_back_up"
    hint = "Name the folder that lienthong office was started with."


async def write_backup(file: Path, state: Path, passphrase: bytes) -> int:
    """Write a backup and return its size in bytes; the office may be running.

    Raises:
        NothingToBackUp: there is no office in the folder.
        BackupFailed: the file is there already or cannot be written, or the database was not read to its end.
        PassphraseTooShort: it is.
    """
    secret = state / SECRET_FILE
    if not secret.is_file() or not has_database(state):
        raise NothingToBackUp(str(state))
    with _new(file) as out:
        writer = BackupWriter(out, passphrase)
        made = datetime.now(UTC).isoformat(timespec="seconds")
        _part(writer, MANIFEST, json.dumps({"made": made, "version": version("lienthong")}).encode())
        # Before the database: what it got meanwhile is chained later; what the journal had more would seem removed.
        _parts(writer, read_files(secret.parent))
        writer.begin(DATABASE)
        async with database_of(state) as url:
            await _dump(url, writer)
        writer.end()
        # Of documents after it: what the database's copy refers to must be there.
        await asyncio.to_thread(_parts, writer, read_vault(secret.parent))
        writer.close()
        return out.tell()


async def _dump(url: str, writer: BackupWriter) -> None:
    command = [
        tool("pg_dump", url),
        *("--format=custom", "--compress=gzip:3", "--no-owner", "--no-privileges", "--no-comments"),
        # Rows are seen by the settings in the environment: the role is bound by its own row-level security.
        "--enable-row-security",
        # What is counted there lasts an hour, and old sessions are nobody's to take up again.
        *("--exclude-table-data=core_cache", "--exclude-table-data=django_session"),
    ]
    with tempfile.TemporaryFile() as said:
        process = await spawn(
            command, log=said.fileno(), keep=[], stdout=asyncio.subprocess.PIPE, env=environment_of(url)
        )
        try:
            if process.stdout is None:
                raise BackupFailed
            while piece := await process.stdout.read(_PIECE):
                writer.write(piece)
            status = await process.wait()
        finally:
            if process.returncode is None:
                await stop(process, grace=_GRACE)
        if status:
            raise BackupFailed(f"pg_dump ended with status {status}: {tail(said)}")


def tail(said: IO[bytes]) -> str:
    """Return the end of what a program said."""
    size = said.seek(0, os.SEEK_END)
    said.seek(max(0, size - _TAIL))
    return " ".join(said.read().decode(errors="replace").split())


def elsewhere(environ: Mapping[str, str]) -> list[str]:
    """Return the settings by which something of the office lies outside its state folder, and so in no backup of it."""
    return [name for name in _ELSEWHERE if environ.get(name)]


def _parts(writer: BackupWriter, parts: Iterable[tuple[str, Iterator[bytes]]]) -> None:
    for name, pieces in parts:
        writer.begin(name)
        for piece in pieces:
            writer.write(piece)
        writer.end()


def _part(writer: BackupWriter, name: str, content: bytes) -> None:
    writer.begin(name)
    writer.write(content)
    writer.end()


@contextlib.contextmanager
def _new(path: Path) -> Iterator[BinaryIO]:
    """Write a file that is wholly there at the end, or not at all."""
    if path.exists():
        raise BackupFailed(f"{path} is there already", hint="Choose another name, or move it away.")
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        # Unlike a rename it overwrites nothing that came meanwhile.
        os.link(temporary, path)
        sync_folder(path.parent)
    except OSError as error:
        raise BackupFailed(f"{path}: {error.strerror}", hint="Check the path and the free space.") from error
    finally:
        temporary.unlink(missing_ok=True)
