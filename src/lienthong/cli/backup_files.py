"""The files of an office that are not in its database: keys, and the journal that its audit trail is chained in."""

import contextlib
import os
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Final

from lienthong.cli.backup_file import BackupInvalid
from lienthong.kernel.files import write_atomically

PREFIX: Final = "file/"
_SQLITE: Final = ".sqlite"
# Beside an SQLite file: what is not in it yet is in its copy, and who writes to it is nobody's business elsewhere.
_BESIDE: Final = ("-wal", "-shm", "-lock", "-journal")
_PIECE: Final = 256 * 1024


def read_files(folder: Path) -> Iterator[tuple[str, Iterator[bytes]]]:
    """Yield the name and the pieces of each file of an office, which may be running.

    Args:
        folder: where they are.
    """
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink() and not path.name.endswith(_BESIDE):
            yield PREFIX + path.relative_to(folder).as_posix(), _pieces(path)


def write_file(folder: Path, name: str, content: bytes) -> None:
    """Write a file of an office anew, readable by its owner only.

    Args:
        folder: where it belongs.
        name: as ``read_files`` gave it.
        content: all of it.

    Raises:
        BackupInvalid: the name leads out of the folder.
    """
    path = PurePosixPath(name.removeprefix(PREFIX))
    if path.is_absolute() or ".." in path.parts or not path.parts:
        raise BackupInvalid(repr(name))
    place = folder / path
    folder.parent.mkdir(parents=True, exist_ok=True)
    # One by one: with parents=True only the last one would get the mode.
    for above in [folder, *(folder / part for part in reversed(path.parents[:-1]))]:
        above.mkdir(mode=0o700, exist_ok=True)
    write_atomically(place, content)


def _pieces(path: Path) -> Iterator[bytes]:
    with contextlib.ExitStack() as stack:
        if path.suffix == _SQLITE:
            path = stack.enter_context(_copied(path))
        file = stack.enter_context(path.open("rb"))
        while piece := file.read(_PIECE):
            yield piece


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
