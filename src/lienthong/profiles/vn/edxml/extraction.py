"""Writing attachments into a folder: never over another file, never outside of it, never through a link."""

import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from lienthong.profiles.vn.edxml.errors import NotExtracted
from lienthong.profiles.vn.edxml.names import look, numbered, safe_name
from lienthong.profiles.vn.edxml.reading import Reading
from lienthong.profiles.vn.edxml.values import DocumentPacket

_INSIDE: Final = ".d"
"""What is put behind the name of a packet to name the folder of its attachments."""
_MAX_TRIES: Final = 10_000
_FILE: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
_FOLDER: Final = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0)

type Place = tuple[int, ...]
"""Number of an attachment, from 1; of one in a nested packet, the number of that packet first."""


def extract(reading: Reading, folder: Path) -> Mapping[Place, str]:
    """Write all attachments, those of nested packets into folders of their own.

    What was written stays when a later one fails.

    Args:
        reading: the packet.
        folder: made if it is not there; what is in it already stays.

    Returns:
        Where each attachment is, relative to the folder, with slashes.

    Raises:
        NotExtracted: something could not be written.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(folder, _FOLDER)
    except OSError as error:
        raise NotExtracted(f"{folder}: {error.strerror}") from error
    try:
        found: dict[Place, str] = {}
        _extract(reading, descriptor, (), "", found)
        return found
    except OSError as error:
        raise NotExtracted(f"{folder}: {error.strerror}") from error
    finally:
        os.close(descriptor)


def _extract(reading: Reading, folder: int, above: Place, path: str, found: dict[Place, str]) -> None:
    packet = reading.packet
    if not isinstance(packet, DocumentPacket):
        return
    # Names that only look the same must not lie side by side unnoticed; nor may they be the same to file systems
    # that do not tell upper from lower case, or forms of Unicode apart.
    looks = {look(name) for name in os.listdir(folder)}
    for number, attachment in enumerate(packet.attachments, 1):
        place = (*above, number)
        name = _write(folder, safe_name(attachment.name, number), attachment.data, looks)
        found[place] = f"{path}{name}"
        if number in reading.nested:
            inner_name, inner = _make(folder, f"{name}{_INSIDE}", looks)
            try:
                _extract(reading.nested[number], inner, place, f"{path}{inner_name}/", found)
            finally:
                os.close(inner)


def _free(name: str, looks: set[str]) -> str:
    """Return a name that looks like none that is there."""
    for number in range(1, _MAX_TRIES):
        wanted = name if number == 1 else numbered(name, number)
        if look(wanted) not in looks:
            looks.add(look(wanted))
            return wanted
    raise NotExtracted(name)


def _write(folder: int, name: str, data: bytes, looks: set[str]) -> str:
    while True:
        wanted = _free(name, looks)
        try:
            descriptor = os.open(wanted, _FILE, stat.S_IRUSR | stat.S_IWUSR, dir_fd=folder)
        except FileExistsError:
            continue
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
        return wanted


def _make(folder: int, name: str, looks: set[str]) -> tuple[str, int]:
    while True:
        wanted = _free(name, looks)
        try:
            os.mkdir(wanted, stat.S_IRWXU, dir_fd=folder)
        except FileExistsError:
            continue
        return wanted, os.open(wanted, _FOLDER | getattr(os, "O_NOFOLLOW", 0), dir_fd=folder)
