"""From the bytes of a file to UTF-8, whatever the XML declaration claims."""

import codecs
import re
from dataclasses import dataclass
from typing import Final

from lienthong.profiles.vn.edxml.errors import PacketEncoding
from lienthong.profiles.vn.edxml.oddities import Notes, Oddity

_DECLARED: Final = re.compile(rb"<\?xml[^>]{0,200}?\bencoding\s*=\s*[\"']([A-Za-z0-9._-]{1,40})[\"']")
_BLANKS: Final = b" \t\r\n"
_BOMS: Final = (
    # UTF-32 first: its mark begins with that of UTF-16.
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_UNMARKED: Final = ((b"<\0\0\0", "utf-32-le"), (b"\0\0\0<", "utf-32-be"), (b"<\0", "utf-16-le"), (b"\0<", "utf-16-be"))
# Codecs of Python that are no text encodings, or that unpack, are not among them.
_LEGACY: Final = frozenset({"cp1252", "cp1258", "iso8859-1", "ascii"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """The text of a file."""

    # UTF-8 without a byte order mark; its XML declaration may say something else.
    utf8: bytes
    # What it was in.
    encoding: str
    # Lines before it that were left out.
    skipped: int


def to_text(data: bytes, notes: Notes) -> Text:
    """Return a file as UTF-8.

    A byte order mark decides, then zeros where UTF-16 has them, then whether it is UTF-8, and only then what the
    declaration says: it is wrong more often than bytes are UTF-8 by chance. Nothing is guessed beyond that.

    Raises:
        PacketEncoding: it is none of these.
    """
    encoding, body = _recognised(data)
    declared = _declared(body, encoding)
    if not encoding and _is_utf8(body):
        encoding = "utf-8"
    elif not encoding:
        if declared not in _LEGACY:
            raise PacketEncoding(f"not UTF-8; declared is {declared or 'nothing'}", line=_bad_line(body))
        encoding = declared
    utf8 = body if encoding == "utf-8" else _recoded(body, encoding)
    if encoding != "utf-8":
        notes.add(Oddity.ENCODING, "", detail=encoding)
    if declared and not _agree(declared, encoding) and not (declared in _LEGACY and utf8.isascii()):
        notes.add(Oddity.ENCODING_WRONG, "", line=1, detail=f"{declared}, {encoding}")
    begun = utf8.lstrip(_BLANKS)
    before = utf8[: len(utf8) - len(begun)]
    if before:
        notes.add(Oddity.BLANK_START, "", line=1)
    return Text(utf8=begun, encoding=encoding, skipped=before.count(b"\n"))


def _recognised(data: bytes) -> tuple[str, bytes]:
    """Return the encoding that the first bytes show, or nothing, and what comes behind a byte order mark."""
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return encoding, data[len(mark) :]
    return next((encoding for start, encoding in _UNMARKED if data.startswith(start)), ""), data


def _declared(body: bytes, encoding: str) -> str:
    """Return Python's name of the encoding that the declaration states; as it is written if Python knows none."""
    head = body[:1024].replace(b"\0", b"") if encoding.startswith(("utf-16", "utf-32")) else body[:1024]
    found = _DECLARED.match(head.lstrip(_BLANKS))
    if found is None:
        return ""
    name = found[1].decode("ascii").lower()
    try:
        return codecs.lookup(name).name
    except LookupError:
        return name


def _agree(declared: str, encoding: str) -> bool:
    # "UTF-16" says nothing of the order of bytes.
    return declared == encoding or encoding.startswith(f"{declared}-")


def _is_utf8(body: bytes) -> bool:
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _recoded(body: bytes, encoding: str) -> bytes:
    try:
        return body.decode(encoding).removeprefix("\ufeff").encode("utf-8")
    except UnicodeError as error:
        raise PacketEncoding(f"damaged {encoding}") from error


def _bad_line(body: bytes) -> int:
    try:
        body.decode("utf-8")
    except UnicodeDecodeError as error:
        return body.count(b"\n", 0, error.start) + 1
    return 0
