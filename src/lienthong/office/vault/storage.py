"""Where encrypted objects lie: a folder here, or a server that speaks S3 (``storage_s3``)."""

import contextlib
import os
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol, cast
from uuid import UUID

from django.core.files.base import File
from django.core.files.storage import FileSystemStorage, storages

from lienthong.kernel.files import sync_folder

if TYPE_CHECKING:
    # The stubs know it as generic, Django does not.
    _File = File[bytes]
else:
    _File = File

ALIAS: Final = "vault"
_PIECE: Final = 1 << 20
_PART: Final = ".part"


@dataclass(frozen=True, slots=True)
class Found:
    """An object in the storage."""

    name: str
    modified: datetime


class Objects(Protocol):
    """What is asked of a storage; each also is one of Django's."""

    def save(self, name: str, content: "Incoming", /) -> str:
        """Write an object that is wholly there when this returns, or not at all when it raises.

        Raises:
            OSError: it could not be written.
        """
        ...

    def delete(self, name: str, /) -> None:
        """Remove an object; harmless when it is not there.

        Raises:
            OSError: it could not be removed.
        """
        ...

    def part(self, name: str, start: int, length: int, /) -> tuple[int, Iterator[bytes]]:
        """Return the length of an object, and some of its bytes.

        Raises:
            FileNotFoundError: it is not there.
            OSError: it could not be read.
        """
        ...

    def walk(self) -> Iterator[Found]:
        """Yield all objects, in no order, and what was left of those that were never finished.

        Raises:
            OSError: they could not be listed.
        """
        ...


def objects() -> Objects:
    """Return the installation's storage."""
    return cast("Objects", storages[ALIAS])


def name_of(id_: UUID) -> str:
    """Return the name of a file's object: in folders, so that none gets too large."""
    return f"{id_.hex[:2]}/{id_.hex[2:4]}/{id_.hex}"


def id_of(name: str) -> UUID | None:
    """Return whose object has that name; None for what is nobody's."""
    try:
        id_ = UUID(hex=name.rpartition("/")[2])
    except ValueError:
        return None
    return id_ if name == name_of(id_) else None


class Incoming(_File):
    """An object that is read once, as it is made."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        """Read from here."""
        super().__init__(None, name="object")
        self._pieces = iter(pieces)
        self._waiting = bytearray()

    def chunks(self, chunk_size: int | None = None) -> Iterator[bytes]:
        """Yield what is left, in pieces as they are made."""
        del chunk_size
        return self._pieces

    def seekable(self) -> bool:
        """It cannot be read twice."""
        return False

    def read(self, size: int = -1, /) -> bytes:
        """Return so many bytes, fewer only at the end; all of them for a negative number."""
        while size < 0 or len(self._waiting) < size:
            piece = next(self._pieces, b"")
            if not piece:
                size = len(self._waiting)
                break
            self._waiting += piece
        taken = bytes(self._waiting[:size])
        del self._waiting[:size]
        return taken


class LocalObjects(FileSystemStorage):
    """A folder; for its owner only."""

    def _save(self, name: str, content: "Incoming") -> str:
        path = Path(self.path(name))
        self._make(path.parent)
        part = path.with_name(f"{path.name}.{secrets.token_hex(4)}{_PART}")
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                for piece in content.chunks():
                    file.write(piece)
                file.flush()
                os.fsync(file.fileno())
            part.replace(path)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
        sync_folder(path.parent)
        return name

    def delete(self, name: str) -> None:
        """Remove an object."""
        Path(self.path(name)).unlink(missing_ok=True)

    def part(self, name: str, start: int, length: int) -> tuple[int, Iterator[bytes]]:
        """Return the length of an object, and some of its bytes; see ``Objects``."""
        descriptor = os.open(self.path(name), os.O_RDONLY | os.O_CLOEXEC)
        return os.fstat(descriptor).st_size, _read(descriptor, start, length)

    def walk(self) -> Iterator[Found]:
        """Yield all objects; see ``Objects``."""
        root = Path(self.location)
        for folder, _, names in os.walk(root, onerror=_unless_gone):
            for name in names:
                path = Path(folder) / name
                with contextlib.suppress(FileNotFoundError):
                    modified = datetime.fromtimestamp(path.stat().st_mtime, UTC)
                    yield Found(path.relative_to(root).as_posix(), modified)

    def _make(self, folder: Path) -> None:
        # One by one: what mkdir makes on the way is open to everybody, and lasts only when the one above is written.
        root = Path(self.location)
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        for place in reversed([folder, *(above for above in folder.parents if above.is_relative_to(root))]):
            if not place.is_dir():
                place.mkdir(mode=0o700, exist_ok=True)
                sync_folder(place.parent)


def is_part(name: str) -> bool:
    """Tell whether it is what was left of an object that was never finished."""
    return name.endswith(_PART)


def _read(descriptor: int, start: int, length: int) -> Iterator[bytes]:
    with os.fdopen(descriptor, "rb", buffering=0) as file:
        file.seek(start)
        while length and (piece := file.read(min(length, _PIECE))):
            length -= len(piece)
            yield piece


def _unless_gone(error: OSError) -> None:
    if not isinstance(error, FileNotFoundError):
        raise error
