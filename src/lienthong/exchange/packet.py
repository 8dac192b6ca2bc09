"""What is inside an envelope: a seal and the contents it binds."""

import re
from collections.abc import Sequence
from typing import Final

import msgspec

from lienthong.exchange.errors import Malformed
from lienthong.kernel import cbor
from lienthong.kernel.errors import CborInvalid
from lienthong.kernel.hashing import sha256
from lienthong.trust.envelope import KEY_SIZE, MAX_ENVELOPE
from lienthong.trust.errors import DigestMismatch
from lienthong.trust.header import Content, Header

INLINE_LIMIT: Final = 256 * 1024
"""Bytes of content that travel inside the envelope; more goes apart, in chunks."""
NAME_SIZE: Final = 16
"""Bytes of the name of a body that is held."""
MAX_HELD_CHUNKS: Final = 1 << 32
"""The number of a chunk has four bytes in its nonce: 256 TiB."""
_MAX_BLOB_CHUNKS: Final = 1 << 24
_NOTICE: Final = "notice"
_TOKEN: Final = re.compile(r"[a-z0-9-]{1,32}\Z")


class BlobRef(msgspec.Struct, frozen=True, kw_only=True):
    """A large content that travels apart."""

    # Branch and site whose stream holds it, and its unguessable name there.
    branch: str
    site: str
    name: str
    # 32 bytes, for this content only.
    key: bytes
    chunks: int


class HeldRef(msgspec.Struct, frozen=True, kw_only=True):
    """A large body of a call, which its sender's gateway holds until it is fetched."""

    # Unguessable.
    name: bytes
    # 32 bytes, for this body only.
    key: bytes
    chunks: int


type Part = bytes | BlobRef
"""A content of a message."""
type CallPart = bytes | HeldRef
"""A content of a call or its answer."""


class Packet(msgspec.Struct, frozen=True, kw_only=True):
    """A message's seal and its contents in the order in which the header names them."""

    sealed: bytes
    parts: tuple[Part, ...]

    def to_bytes(self) -> bytes:
        """Encode for the envelope."""
        return cbor.encode_sequence([self.sealed, [_part_to_cbor(part) for part in self.parts]])

    @classmethod
    def from_bytes(cls, data: bytes) -> "Packet":
        """Read a packet.

        Raises:
            Malformed: not of this form.
        """
        sealed, parts = _taken_apart(data)
        return cls(sealed=sealed, parts=tuple([_part_from_cbor(part) for part in parts]))


class CallPacket(msgspec.Struct, frozen=True, kw_only=True):
    """The same of a call or its answer."""

    sealed: bytes
    parts: tuple[CallPart, ...]

    def to_bytes(self) -> bytes:
        """Encode for the envelope."""
        return cbor.encode_sequence([self.sealed, [_call_part_to_cbor(part) for part in self.parts]])

    @classmethod
    def from_bytes(cls, data: bytes) -> "CallPacket":
        """Read a packet.

        Raises:
            Malformed: not of this form.
        """
        sealed, parts = _taken_apart(data)
        return cls(sealed=sealed, parts=tuple([_call_part_from_cbor(part) for part in parts]))


def content_of(data: bytes, *, name: str = "", media_type: str = "") -> Content:
    """Describe a content for the sealed header."""
    return Content(digest=sha256(data), size=len(data), name=name, media_type=media_type)


def check_contents(header: Header, contents: Sequence[bytes]) -> None:
    """Check that contents are the sealed ones.

    Raises:
        DigestMismatch: another number, size or digest.
    """
    if len(contents) != len(header.contents):
        raise DigestMismatch(f"{len(contents)} contents where {len(header.contents)} were sealed")
    for content, data in zip(header.contents, contents, strict=True):
        check_content(content, data)


def check_content(content: Content, data: bytes) -> None:
    """Check that data are the sealed content.

    Raises:
        DigestMismatch: another size or digest.
    """
    if len(data) != content.size or sha256(data) != content.digest:
        raise DigestMismatch(content.name or f"{len(data)} bytes where {content.size} were sealed")


def notice(code: str) -> bytes:
    """Encode what a gateway answers when there is nobody yet whom it could seal an answer for."""
    return cbor.encode([_NOTICE, code])


def notice_of(data: bytes) -> str | None:
    """Return the code of a notice, or None if it is something else."""
    # Cheap test first: an array of two that starts with this text.
    if not data.startswith(b"\x82\x66notice"):
        return None
    try:
        match cbor.decode(data, max_size=256):
            case ["notice", str() as code]:
                return code
    except CborInvalid:
        return None
    return None


def _taken_apart(data: bytes) -> tuple[bytes, list[object]]:
    try:
        match cbor.decode(data, max_size=MAX_ENVELOPE):
            case [bytes() as sealed, list() as parts]:
                return sealed, parts
    except CborInvalid as error:
        raise Malformed(error.where) from error
    raise Malformed("not a seal and its contents")


def _part_to_cbor(part: Part) -> object:
    if isinstance(part, bytes):
        return part
    return [part.branch, part.site, part.name, part.key, part.chunks]


def _part_from_cbor(part: object) -> Part:
    match part:
        case bytes():
            return part
        case [str() as branch, str() as site, str() as name, bytes() as key, int() as chunks] if (
            len(key) == KEY_SIZE
            and _is_count(chunks, _MAX_BLOB_CHUNKS)
            and all(map(_TOKEN.match, (branch, site, name)))
        ):
            return BlobRef(branch=branch, site=site, name=name, key=key, chunks=chunks)
    raise Malformed("a content of another form")


def _call_part_to_cbor(part: CallPart) -> object:
    return part if isinstance(part, bytes) else [part.name, part.key, part.chunks]


def _call_part_from_cbor(part: object) -> CallPart:
    match part:
        case bytes():
            return part
        case [bytes() as name, bytes() as key, int() as chunks] if (
            len(name) == NAME_SIZE and len(key) == KEY_SIZE and _is_count(chunks, MAX_HELD_CHUNKS)
        ):
            return HeldRef(name=name, key=key, chunks=chunks)
    raise Malformed("a content of another form")


def _is_count(chunks: int, most: int) -> bool:
    # True would pass as 1, and be another encoding of it.
    return not isinstance(chunks, bool) and 0 < chunks <= most
