"""What kind of file bytes are, told by how they begin and by the file's name; nothing is opened for it."""

import mimetypes
import unicodedata
from typing import Final

ZIP: Final = "application/zip"
PDF: Final = "application/pdf"
UNKNOWN: Final = "application/octet-stream"
# As they are declared in the wild.
ZIP_TYPES: Final = frozenset(
    {ZIP, "application/x-zip-compressed", "application/x-zip", "zip", ".zip", "multipart/x-zip"}
)
_STARTS: Final = (
    (b"%PDF-", PDF),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
    (b"II*\0", "image/tiff"),
    (b"MM\0*", "image/tiff"),
    (b"{\\rtf", "application/rtf"),
    (b"Rar!\x1a\x07", "application/vnd.rar"),
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),
    (b"PK\x03\x04", ZIP),
    (b"MZ", "application/vnd.microsoft.portable-executable"),
)
# Types that are what they begin with, under names of their own: not a contradiction.
_INSIDE: Final = {
    ZIP: ("application/vnd.", "application/epub", "application/java-archive", "application/x-zip"),
    "application/x-ole-storage": ("application/msword", "application/vnd."),
}
# Of the system's table only what is the same everywhere.
_NAMES: Final = mimetypes.MimeTypes()
_SHORT: Final = {
    "pdf": PDF,
    "text": "text/plain",
    "txt": "text/plain",
    "xml": "text/xml",
    "doc": "application/msword",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}


def by_start(data: bytes) -> str:
    """Return the media type that bytes begin as; empty where they do not tell."""
    return next((kind for start, kind in _STARTS if data.startswith(start)), "")


def by_name(name: str) -> str:
    """Return the media type that goes with a file's name; empty where none does."""
    suffix = unicodedata.normalize("NFC", name).rpartition(".")[2].lower()
    return _NAMES.types_map[1].get(f".{suffix}", "") or _SHORT.get(suffix, "")


def normal(declared: str) -> str:
    """Return a declared type as a media type: without parameters, lower case, extensions put right."""
    kind = declared.partition(";")[0].strip().lower().lstrip(".")
    return kind if "/" in kind else _SHORT.get(kind, kind)


def contradicts(declared: str, data: bytes) -> str:
    """Return the type that bytes begin as if that is another one than is declared, else nothing."""
    found = by_start(data)
    if declared == PDF and data and found != PDF:
        # A PDF that does not begin as one is none; other types may begin with anything.
        return found or UNKNOWN
    if not found or declared in {"", UNKNOWN, found} or declared.startswith(_INSIDE.get(found, ())):
        return ""
    return found
