"""How a file is shown in the page: by what its first bytes say it is, not by what its sender calls it."""

import codecs
from enum import StrEnum
from typing import Final

from lienthong.office.documents.models import File

HEAD: Final = 1024
"""So many first bytes tell: a PDF may begin that late (ISO 32000-1, annex H, note 13)."""
MOST_TEXT: Final = 512 * 1024
"""Bytes of a text that are shown."""
_IMAGES: Final = {"image/png": b"\x89PNG\r\n\x1a\n", "image/jpeg": b"\xff\xd8\xff"}
_TEXTS: Final = frozenset({"text/plain", "text/csv", "text/markdown", "text/tab-separated-values"})
_MARKS: Final = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


class Kind(StrEnum):
    """What shows it."""

    PDF = "pdf"
    IMAGE = "image"
    TEXT = "text"
    NONE = "none"


def kind_of(file: File, head: bytes) -> Kind:
    """Tell how a file is shown.

    Args:
        file: the file.
        head: its first `HEAD` bytes.
    """
    if b"%PDF-" in head:
        return Kind.PDF
    # The type it is sent with must be the one it has: browsers are told not to guess.
    if (start := _IMAGES.get(file.media_type)) and head.startswith(start):
        return Kind.IMAGE
    plain = head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or b"\0" not in head
    return Kind.TEXT if file.media_type in _TEXTS and plain else Kind.NONE


def text_of(data: bytes) -> str:
    """Return a text in whatever encoding it is: as its mark says, UTF-8, or Vietnamese Windows (1258).

    Args:
        data: the text, perhaps cut off in the middle of a letter.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data.decode(encoding, errors="replace")
    try:
        return codecs.getincrementaldecoder("utf-8")().decode(data)
    except UnicodeDecodeError:
        return data.decode("cp1258", errors="replace")
