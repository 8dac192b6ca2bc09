"""Which organ has a folder for packets: from the TOML file that ``LIENTHONG_OFFICE_PACKETS`` names.

Folders are the operator's business: whoever could choose one on a page could have this machine read or write anywhere.
The file may be written or changed while the office runs.
"""

import threading
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import msgspec
from django.conf import settings

from lienthong.kernel.errors import BadInput


class FoldersInvalid(BadInput):
    """The file with the folders for packets is not in order."""

    code = "packet_folders_invalid"
    hint = "docs/operations.md describes it; LIENTHONG_OFFICE_PACKETS names it."


class _Folder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    # Code of the organ in this office.
    organ: str
    # Beside the TOML file unless absolute.
    path: str


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    folder: list[_Folder] = []


@dataclass(slots=True)
class _Read:
    """What was read last, and of which state of the file."""

    state: tuple[int, int, int] | None = None
    folders: Mapping[str, Path] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)


_read: Final = _Read()


def folders() -> Mapping[str, Path]:
    """Return the folders by the codes of their organs, as the file has them now; none without a file.

    Raises:
        FoldersInvalid: it is not in order.
    """
    path: Path | None = settings.PACKETS
    try:
        found = path.stat() if path is not None else None
    except OSError:
        found = None
    if path is None or found is None:
        return {}
    state = (found.st_mtime_ns, found.st_size, found.st_ino)
    with _read.lock:
        if state != _read.state:
            _read.folders, _read.state = _parsed(path), state
        return _read.folders


def has_folder(code: str) -> bool:
    """Tell whether an organ has a folder; none has where the file is not in order, which the log tells."""
    try:
        return code in folders()
    except FoldersInvalid:
        return False


def _parsed(path: Path) -> Mapping[str, Path]:
    try:
        file = msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), type=_File)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise FoldersInvalid(f"{path}: {error}") from error
    made = {each.organ: path.parent / each.path for each in file.folder}
    if len(made) != len(file.folder) or len(set(made.values())) != len(file.folder):
        raise FoldersInvalid(f"{path}: an organ or a folder stands there twice")
    return made
