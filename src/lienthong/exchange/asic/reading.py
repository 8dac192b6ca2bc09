"""Reading a container that somebody hands us: few, small, known members, within bounds."""

import re
import zipfile
import zlib
from pathlib import Path
from typing import Final

from lienthong.exchange.asic.container import DIRECTORY, MANIFEST, MEDIA_TYPE, MIMETYPE, SIGNATURE
from lienthong.exchange.asic.errors import ContainerInvalid
from lienthong.exchange.evidence.errors import RecordInvalid
from lienthong.exchange.evidence.record import check_end

# Where the name of the first member stands in a ZIP file, and behind it the content, stored
# (EN 319 162-1, annex A.1).
_NAME_AT: Final = 30
_MAGIC: Final = MIMETYPE.encode()
_KIB: Final = 1024
_MIB: Final = 1024 * _KIB
_LIMITS: Final = (
    (re.compile(re.escape(MIMETYPE)), _KIB),
    (re.compile(re.escape(MANIFEST)), _MIB),
    (re.compile(re.escape(SIGNATURE)), _MIB),
    (re.compile(re.escape(DIRECTORY)), 64 * _MIB),
    (re.compile(r"evidence/(?:entry|receipt)-[1-9]\d?\.(?:cbor|cose)", re.ASCII), 4 * _MIB),
    (re.compile(r"(?:request|response)/(?:message\.json|head|header\.cbor|seal\.cose)"), 512 * _KIB),
    (re.compile(r"(?:request|response)/body"), 256 * _MIB),
)
_MAX_TOTAL: Final = 640 * _MIB
"""Bytes of all members: two bodies, the directory, and what belongs to them."""
_ENCRYPTED: Final = 0x1
# What zipfile raises for files that were made to confuse it is not documented in full.
_DAMAGE: Final = (
    RecordInvalid,
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,
    OSError,
    RuntimeError,
    ValueError,
)


def is_container(path: Path) -> bool:
    """Tell whether a ZIP file says that it is a container.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        return file.read(_NAME_AT + len(_MAGIC))[_NAME_AT:] == _MAGIC


def read(path: Path) -> dict[str, bytes]:
    """Return the members of a container: name → content.

    Raises:
        ContainerInvalid: not a container, too large, or with members that do not belong there.
    """
    try:
        with path.open("rb") as file:
            check_end(file)
            with zipfile.ZipFile(file) as archive:
                members = _members(archive)
    except _DAMAGE as error:
        raise ContainerInvalid(f"{path.name}: {error}") from error
    for name in (MANIFEST, SIGNATURE, DIRECTORY):
        if name not in members:
            raise ContainerInvalid(f"the member {name} is missing")
    return members


def _members(archive: zipfile.ZipFile) -> dict[str, bytes]:
    infos = archive.infolist()
    if not infos or infos[0].orig_filename != MIMETYPE or infos[0].compress_type != zipfile.ZIP_STORED:
        raise ContainerInvalid("the first member is not the media type, stored")
    members: dict[str, bytes] = {}
    left = _MAX_TOTAL
    for info in infos:
        name = info.orig_filename
        if name in members or info.flag_bits & _ENCRYPTED:
            raise ContainerInvalid(f"the member {name[:80]!r} is there twice or encrypted")
        limit = next((limit for pattern, limit in _LIMITS if pattern.fullmatch(name)), 0)
        if not limit:
            raise ContainerInvalid(f"the member {name[:80]!r} does not belong there")
        with archive.open(info) as member:
            members[name] = member.read(min(limit, left) + 1)
        if len(members[name]) > limit:
            raise ContainerInvalid(f"the member {name} is larger than {limit} bytes")
        left -= len(members[name])
        if left < 0:
            # Each may be within its bound, and all of them together more than anybody has memory for.
            raise ContainerInvalid(f"more than {_MAX_TOTAL} bytes in all")
    if members.pop(MIMETYPE) != MEDIA_TYPE.encode():
        raise ContainerInvalid("another media type")
    return members
