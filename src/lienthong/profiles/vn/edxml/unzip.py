"""The one file in a ZIP file, unpacked within bounds; everything else about ZIP files is left alone."""

import zipfile
import zlib
from dataclasses import dataclass
from io import BytesIO
from typing import IO, Final

from lienthong.profiles.vn.edxml.errors import PacketTooLarge
from lienthong.profiles.vn.edxml.limits import Limits

_MAGIC: Final = b"PK\x03\x04"
_ENTRY: Final = b"PK\x01\x02"
# zipfile lists all entries before one can be looked at; what has so many marks of them is not opened.
_MAX_MARKS: Final = 2000
_ENCRYPTED: Final = 0x1
_METHODS: Final = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
"""Not LZMA: what its header asks for is allocated at once, up to 4 GB."""
_PIECE: Final = 1 << 16
_SMALL: Final = 1 << 20
"""Bytes up to which the ratio does not matter."""
# What zipfile raises for files that were made to confuse it is not documented in full.
_DAMAGE: Final = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, RuntimeError, ValueError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unpacked:
    """What came of a ZIP file."""

    # None where it was not unpacked.
    data: bytes | None = None
    # Of the file in it, as it is written there.
    name: str = ""
    # Why it was not unpacked, in a word or two.
    why: str = ""


def is_zip(data: bytes) -> bool:
    """Tell whether bytes begin as a ZIP file does."""
    return data.startswith(_MAGIC)


def unpack_only(data: bytes, *, limits: Limits, left: int, line: int) -> Unpacked:
    """Unpack a ZIP file that holds one file.

    Args:
        data: the ZIP file.
        limits: the bound on its ratio.
        left: bytes that it may unpack to.
        line: where it stands, for errors.

    Raises:
        PacketTooLarge: it unpacks to more than it may.
    """
    if data.count(_ENTRY) > _MAX_MARKS:
        return Unpacked(why="several files")
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            files = [each for each in archive.infolist() if not each.is_dir()]
            if len(files) != 1:
                return Unpacked(why="several files" if files else "no file")
            only = files[0]
            if only.flag_bits & _ENCRYPTED:
                return Unpacked(name=only.filename, why="encrypted")
            if only.compress_type not in _METHODS:
                return Unpacked(name=only.filename, why=f"method {only.compress_type}")
            with archive.open(only) as file:
                unpacked = _read(file, packed=len(data), limits=limits, left=left, line=line)
            return Unpacked(data=unpacked, name=only.filename)
    except _DAMAGE:
        return Unpacked(why="damaged")


def _read(file: IO[bytes], *, packed: int, limits: Limits, left: int, line: int) -> bytes:
    """Read piece by piece: what the headers say of sizes is not believed."""
    most = min(left, max(_SMALL, packed * limits.ratio))
    pieces: list[bytes] = []
    size = 0
    while piece := file.read(_PIECE):
        size += len(piece)
        if size > most:
            raise PacketTooLarge(f"a ZIP file of {packed} bytes unpacks to more than {most}", line=line)
        pieces.append(piece)
    return b"".join(pieces)
