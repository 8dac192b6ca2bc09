"""An exported record: a ZIP file of few, small, known members, read within bounds.

``entry.cbor``, ``receipt.cose``, ``directory.cbor``, for each seal ``seals/N.header.cbor``,
``seals/N.header.json`` and ``seals/N.cose``, ``contents/N`` for contents that were asked for, and
``README.txt``. Whoever made the file is not trusted: sizes in its index are promises, nothing is
unpacked to disk, and whatever is not expected is refused.
"""

import hashlib
import io
import re
import struct
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final

import msgspec

from lienthong.exchange.evidence.errors import EvidenceMissing, RecordInvalid
from lienthong.kernel.clock import Millis, iso, to_datetime
from lienthong.trust.header import Header

README: Final = "README.txt"
ENTRY: Final = "entry.cbor"
RECEIPT: Final = "receipt.cose"
DIRECTORY: Final = "directory.cbor"
MAGIC: Final = b"PK\x03\x04"
_KIB: Final = 1024
_MIB: Final = 1024 * _KIB
MAX_RECORD: Final = 512 * _MIB
_MAX_MEMBERS: Final = 512
_MAX_INDEX: Final = 128 * _KIB
_LIMITS: Final = {README: 256 * _KIB, ENTRY: 4 * _MIB, RECEIPT: 64 * _KIB, DIRECTORY: 64 * _MIB}
_SEAL: Final = re.compile(r"seals/\d{1,3}\.(?:header\.cbor|header\.json|cose)\Z", re.ASCII)
_MAX_SEAL: Final = 256 * _KIB
_CONTENT: Final = re.compile(r"contents/(\d{1,3})\Z", re.ASCII)
_MAX_CONTENT: Final = 256 * _MIB
_PIECE: Final = 256 * _KIB
# The record at the end of a ZIP file (APPNOTE 6.3.10, section 4.3.16), and what announces the larger form.
_END: Final = struct.Struct("<4s4H2LH")
_END_MAGIC: Final = b"PK\x05\x06"
_LOCATOR_SIZE: Final = 20
_LOCATOR_MAGIC: Final = b"PK\x06\x07"
_ENCRYPTED: Final = 0x1
_EARLIEST: Final = 315_532_800_000  # 1980, before which ZIP knows no time


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What an exported record holds; nothing of it has been checked but its form."""

    entry: bytes
    receipt: bytes
    directory: bytes
    # Name → bytes of everything in ``seals/``.
    seals: Mapping[str, bytes] = field(default_factory=dict)
    # Number of the content → its SHA-256.
    contents: Mapping[int, bytes] = field(default_factory=dict)


def write(members: Mapping[str, bytes], *, at: Millis) -> bytes:
    """Return the file; the same members give the same bytes.

    Args:
        members: name → bytes, in the order in which they shall stand.
        at: the time to give them, milliseconds UTC.
    """
    buffer = io.BytesIO()
    when = to_datetime(max(at, _EARLIEST))
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            info = zipfile.ZipInfo(name, when.timetuple()[:6])
            info.external_attr = 0o644 << 16
            archive.writestr(info, data, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def read(path: Path) -> Record:
    """Read a record.

    Raises:
        EvidenceMissing: it cannot be opened.
        RecordInvalid: not a ZIP file, too large, or with members that do not belong there.
    """
    try:
        file = path.open("rb")
    except OSError as error:
        raise EvidenceMissing(f"{path}: {error.strerror}") from error
    with file:
        try:
            check_end(file)
            with zipfile.ZipFile(file) as archive:
                return _members(archive)
        # What zipfile raises for files that were made to confuse it is not documented in full; a wild offset
        # ends in an OSError of the system.
        except (
            zipfile.BadZipFile,
            zlib.error,
            EOFError,
            NotImplementedError,
            OSError,
            RuntimeError,
            ValueError,
        ) as error:
            raise RecordInvalid(f"{path.name}: {error}") from error


def header_json(header: Header) -> bytes:
    """Return a header as a person reads it."""
    shown = {
        "kind": header.kind.value,
        "id": str(header.id),
        "conversation": "" if header.conversation is None else str(header.conversation),
        "sender": header.sender,
        "receiver": header.receiver,
        "label": str(header.label),
        "created": iso(header.created),
        "expires": iso(header.expires),
        "method": header.method,
        "path": header.path,
        "user": header.user,
        "purpose": header.purpose,
        "subject": header.subject,
        "urgency": header.urgency,
        "contents": [
            {"name": one.name, "media-type": one.media_type, "size": one.size, "sha256": one.digest.hex()}
            for one in header.contents
        ],
        "answers": header.answers.hex(),
        "status": header.status,
        "note": header.note,
        "fault": header.fault,
    }
    return msgspec.json.format(msgspec.json.encode({key: value for key, value in shown.items() if value}), indent=2)


def check_end(file: IO[bytes]) -> None:
    """Bound what zipfile will read as the index, before it does.

    Raises:
        RecordInvalid: too large, too many members, or not a ZIP file as we write them.
    """
    size = file.seek(0, io.SEEK_END)
    if not _END.size <= size <= MAX_RECORD:
        raise RecordInvalid(f"{size} bytes")
    file.seek(-min(size, _END.size + _LOCATOR_SIZE), io.SEEK_END)
    tail = file.read()
    magic, _, _, _, members, index, _, comment = _END.unpack(tail[-_END.size :])
    if magic != _END_MAGIC or comment or tail[: -_END.size].startswith(_LOCATOR_MAGIC):
        raise RecordInvalid("not a ZIP file as records are, or cut short")
    if members > _MAX_MEMBERS or index > _MAX_INDEX:
        raise RecordInvalid(f"{members} members")
    file.seek(0)


def _members(archive: zipfile.ZipFile) -> Record:
    found: dict[str, bytes] = {}
    contents: dict[int, bytes] = {}
    seen: set[str] = set()
    for info in archive.infolist():
        name = info.orig_filename
        if name in seen or info.flag_bits & _ENCRYPTED:
            raise RecordInvalid(f"the member {name[:80]!r} is there twice or encrypted")
        seen.add(name)
        content = _CONTENT.match(name)
        if content:
            contents[int(content[1])] = _digest(archive, info)
        else:
            found[name] = _bytes(archive, info, _limit(name))
    try:
        return Record(
            entry=found.pop(ENTRY),
            receipt=found.pop(RECEIPT),
            directory=found.pop(DIRECTORY),
            seals={name: data for name, data in found.items() if name != README},
            contents=contents,
        )
    except KeyError as error:
        raise RecordInvalid(f"the member {error} is missing") from error


def _limit(name: str) -> int:
    if name in _LIMITS:
        return _LIMITS[name]
    if _SEAL.match(name):
        return _MAX_SEAL
    raise RecordInvalid(f"the member {name[:80]!r} does not belong there")


def _bytes(archive: zipfile.ZipFile, info: zipfile.ZipInfo, limit: int) -> bytes:
    with archive.open(info) as member:
        data = member.read(limit + 1)
    if len(data) > limit:
        raise RecordInvalid(f"the member {info.filename[:80]!r} is larger than {limit} bytes")
    return data


def _digest(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    digest, size = hashlib.sha256(), 0
    with archive.open(info) as member:
        while piece := member.read(_PIECE):
            digest.update(piece)
            size += len(piece)
            if size > _MAX_CONTENT:
                raise RecordInvalid(f"the member {info.filename[:80]!r} is larger than {_MAX_CONTENT} bytes")
    return digest.digest()
