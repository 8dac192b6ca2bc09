"""What tests of the vault share."""

from collections.abc import Iterator
from pathlib import Path

from lienthong.office.core.actor import SYSTEM
from lienthong.office.organs.models import Unit
from lienthong.office.vault.actions.files import store
from lienthong.office.vault.models import Blob
from lienthong.office.vault.selectors import read
from lienthong.office.vault.storage import name_of

MIB = 1024 * 1024
SECRET = b"noi dung mat cua van ban "


def content(size: int = 300_000) -> bytes:
    """Bytes that are easy to find where they should not be."""
    return (SECRET * (size // len(SECRET) + 1))[:size]


def cut(data: bytes, size: int = 70_000) -> Iterator[bytes]:
    """Yield content as an upload does."""
    return (data[place : place + size] for place in range(0, len(data), size))


def keep(unit: Unit, data: bytes) -> Blob:
    """Keep a file."""
    return store(unit_id=unit.pk, chunks=cut(data), limit=MIB, actor=SYSTEM)


def whole(blob: Blob) -> bytes:
    """Read all of a file."""
    return b"".join(read(blob.pk))


def place_of(files: Path, blob: Blob) -> Path:
    """Return where a file's object lies."""
    return files / name_of(blob.pk)


def on_disk(files: Path) -> list[Path]:
    """Return whatever lies in the vault."""
    return [path for path in files.rglob("*") if path.is_file()]
