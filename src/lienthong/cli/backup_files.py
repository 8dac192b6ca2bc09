"""The files of an office that are not in its database: keys, journals, and encrypted files of documents."""

import contextlib
import os
import sqlite3
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Final

from lienthong.cli.backup_file import BackupInvalid
from lienthong.kernel.files import sync_folder

PREFIX: Final = "file/"
_SQLITE: Final = ".sqlite"
# Beside an SQLite file: what is not in it yet is in its copy, and who writes to it is nobody's business elsewhere.
_BESIDE: Final = ("-wal", "-shm", "-lock", "-journal")
# Of an object that was never finished.
_PART: Final = ".part"
_VAULT: Final = "vault"
_PIECE: Final = 256 * 1024


def read_files(folder: Path) -> Iterator[tuple[str, Iterator[bytes]]]:
    """Yield the name and the pieces of each file of an office, which may be running; those of documents come apart.

    Args:
        folder: where they are.
    """
    yield from _read(folder, folder, skip=frozenset({folder / _VAULT / "files", folder / _VAULT / "spool"}))


def read_vault(folder: Path) -> Iterator[tuple[str, Iterator[bytes]]]:
    """Yield the files of documents, and their keys once more: to be read after the database.

    An object is there before its row is, and a key before what is under it; a key that is destroyed meanwhile is among
    those that came before. So whatever the database's copy refers to is there, but for files destroyed since.

    Args:
        folder: where they are.
    """
    for part in ("keys", "files"):
        yield from _read(folder, folder / _VAULT / part)


def write_file(folder: Path, name: str, pieces: Iterable[bytes]) -> None:
    """Write a file of an office anew, readable by its owner only; one of that name is replaced.

    Args:
        folder: where it belongs.
        name: as ``read_files`` gave it.
        pieces: its content.

    Raises:
        BackupInvalid: the name leads out of the folder.
        OSError: it could not be written.
    """
    path = PurePosixPath(name.removeprefix(PREFIX))
    if path.is_absolute() or ".." in path.parts or not path.parts:
        raise BackupInvalid(repr(name))
    folder.parent.mkdir(parents=True, exist_ok=True)
    # One by one: with parents=True only the last one would get the mode.
    for above in [folder, *(folder / part for part in reversed(path.parents[:-1]))]:
        above.mkdir(mode=0o700, exist_ok=True)
    descriptor = os.open(folder / path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.writelines(pieces)
        file.flush()
        os.fsync(file.fileno())


def move_files(source: Path, target: Path, *, last: str) -> None:
    """Move files into their place, one of them when all others are there.

    Args:
        source: written by ``write_file``, on the same file system.
        target: where they belong.
        last: the name of the last one.

    Raises:
        OSError: one could not be moved.
    """
    files = [path.relative_to(source) for path in _walk(source)]
    for path in sorted(files, key=lambda path: path.as_posix() == last):
        for above in [target, *(target / part for part in reversed(path.parents[:-1]))]:
            above.mkdir(mode=0o700, parents=above == target, exist_ok=True)
        (source / path).replace(target / path)
        sync_folder((target / path).parent)


def _read(folder: Path, part: Path, skip: frozenset[Path] = frozenset()) -> Iterator[tuple[str, Iterator[bytes]]]:
    for path in _walk(part, skip):
        if path.name.endswith((*_BESIDE, _PART)):
            continue
        with contextlib.ExitStack() as stack:
            try:
                file = stack.enter_context(_opened(path))
            except FileNotFoundError:
                # It was removed meanwhile, as files are that were destroyed.
                continue
            yield PREFIX + path.relative_to(folder).as_posix(), iter(lambda file=file: file.read(_PIECE), b"")  # type: ignore[misc]  # bound now


def _walk(folder: Path, skip: frozenset[Path] = frozenset()) -> Iterator[Path]:
    """Yield files in order, folder by folder: there may be millions."""
    try:
        paths = sorted(folder.iterdir())
    except FileNotFoundError:
        return
    for path in paths:
        if path.is_symlink() or path in skip:
            continue
        if path.is_dir():
            yield from _walk(path, skip)
        elif path.is_file():
            yield path


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    with contextlib.ExitStack() as stack:
        if path.suffix == _SQLITE:
            path = stack.enter_context(_copied(path))
        yield stack.enter_context(path.open("rb"))


@contextlib.contextmanager
def _copied(path: Path) -> Iterator[Path]:
    """Copy a database that may be written to meanwhile; the copy has a state that the database had."""
    descriptor, name = tempfile.mkstemp(prefix="lienthong-backup-")
    os.close(descriptor)
    copy = Path(name)
    try:
        with (
            contextlib.closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as source,
            contextlib.closing(sqlite3.connect(copy)) as target,
        ):
            source.backup(target)
            # One file and no more; whoever opens it chooses anew.
            target.execute("PRAGMA journal_mode=DELETE")
        yield copy
    finally:
        copy.unlink()
