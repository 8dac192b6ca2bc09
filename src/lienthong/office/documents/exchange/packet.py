"""What travels: a document with its files, what became of one, the wish to have one back.

Each is the first content of a message, JSON of a media type of its own; a document's files follow in their order. The
message's sealed label and urgency are the document's. Contents bear no names that tell anything: those stand in here,
which is encrypted to the receiver from the first byte on (ADR 0075).
"""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Final, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from lienthong.client import ContentItem
from lienthong.office.documents.exchange.errors import PacketInvalid
from lienthong.office.documents.models.files import NAME_LENGTH
from lienthong.office.documents.names import safe_name, same_to_the_eye
from lienthong.office.documents.states import CODES

MAX_PACKET: Final = 256 * 1024
"""Bytes of the JSON."""
MAX_FILES: Final = 63
"""One message has 64 contents, the first of which describes the others."""
MAX_FILE: Final = 1 << 40
"""Bytes of a file that a packet may name; what an office takes is less."""
_NOTE: Final = 2000

type _Name = Annotated[str, Meta(max_length=400)]
type _Number = Annotated[str, Meta(max_length=80)]
type _Slug = Annotated[str, Meta(pattern=r"^[a-z0-9-]{0,40}$")]
type _Note = Annotated[str, Meta(max_length=_NOTE)]
type _Said = Annotated[str, Meta(min_length=1, max_length=_NOTE)]
type _Digest = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$")]
type _MediaType = Annotated[str, Meta(pattern=r"^[a-z0-9.+-]{1,60}/[a-z0-9.+-]{1,80}$")]


class Media(StrEnum):
    """What a message is, by the media type of its first content."""

    DOCUMENT = "application/vnd.lienthong.document+json"
    STATUS = "application/vnd.lienthong.document-status+json"
    RECALL = "application/vnd.lienthong.document-recall+json"


class File(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A file of a document, as one of the contents that follow."""

    name: Annotated[str, Meta(min_length=1, max_length=NAME_LENGTH)]
    # What it is to the document; one at most is the main file.
    role: Literal["main", "appendix"]
    media_type: _MediaType
    # Bytes.
    size: Annotated[int, Meta(ge=0, le=MAX_FILE)]
    # Hexadecimal.
    sha256: _Digest


class Related(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A document that this one answers, replaces or rests on."""

    kind: Literal["answers", "replaces", "based-on"]
    uid: UUID | None = None
    number: _Number = ""


class Paper(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A document, as its author describes it."""

    version: Literal[1] = 1
    uid: UUID
    type: _Slug
    urgency: Annotated[str, Meta(pattern=r"^[a-z-]{1,20}$")]
    subject: Annotated[str, Meta(min_length=1, max_length=1000)]
    number: _Number
    dated: date | None = None
    # The organ's member code: that of the message's sender.
    author_code: Annotated[str, Meta(min_length=1, max_length=40)]
    author: _Name
    signer: _Name = ""
    place: _Name = ""
    due: date | None = None
    pages: Annotated[int, Meta(ge=0, le=1_000_000)] | None = None
    copies: Annotated[int, Meta(ge=0, le=1_000_000)] | None = None
    note: _Note = ""
    related: Annotated[tuple[Related, ...], Meta(max_length=100)] = ()
    files: Annotated[tuple[File, ...], Meta(max_length=MAX_FILES)] = ()


class Status(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What became of a document at one of its receivers."""

    version: Literal[1] = 1
    uid: UUID
    # Of edXML's status packets (``states.CODES``).
    code: Annotated[str, Meta(pattern=r"^[0-9]{2}$")]
    note: _Note = ""
    at: datetime


class Recall(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The author asks for a document back."""

    version: Literal[1] = 1
    uid: UUID
    reason: _Said


type Packet = Paper | Status | Recall
_KINDS: Final[dict[Media, type[Paper] | type[Status] | type[Recall]]] = {
    Media.DOCUMENT: Paper,
    Media.STATUS: Status,
    Media.RECALL: Recall,
}


def encode(packet: Packet) -> bytes:
    """Write a packet: always the same bytes of the same packet.

    Raises:
        PacketInvalid: it is not one that ``decode`` would read, such as one with a name that is none.
    """
    data = msgspec.json.encode(packet)
    decode(media_of(packet), data)
    return data


def media_of(packet: Packet) -> Media:
    """Return the media type that says what a packet is."""
    return next(media for media, kind in _KINDS.items() if isinstance(packet, kind))


def kind_of(media_type: str) -> Media:
    """Return what a message is.

    Raises:
        PacketInvalid: nothing that an office knows.
    """
    try:
        return Media(media_type)
    except ValueError:
        raise PacketInvalid(f"its first content is of the type {media_type[:100]!r}") from None


def decode(media: Media, data: bytes) -> Packet:
    """Read a packet.

    Raises:
        PacketInvalid: it is too large, of another version, has more or less than it may, or says what cannot be.
    """
    if len(data) > MAX_PACKET:
        raise PacketInvalid(f"{len(data)} bytes of description")
    try:
        packet: Packet = msgspec.json.decode(data, type=_KINDS[media])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise PacketInvalid(str(error)[:300]) from error
    match packet:
        case Paper(files=files):
            _check_files(files)
        case Status(code=code) if code not in CODES:
            raise PacketInvalid(f"the code {code}")
        case Status(at=at) if at.tzinfo is None:
            raise PacketInvalid("a time without its zone")
        case _:
            pass
    return packet


def check_contents(paper: Paper, contents: tuple[ContentItem, ...]) -> None:
    """Compare what a document says of its files with what was sealed.

    Args:
        paper: the document.
        contents: those of the message behind the first.

    Raises:
        PacketInvalid: there are others.
    """
    said = [(file.size, file.sha256) for file in paper.files]
    if said != [(content.size, content.digest) for content in contents]:
        raise PacketInvalid("its files are not those that it names")


def _check_files(files: tuple[File, ...]) -> None:
    if sum(file.role == "main" for file in files) > 1:
        raise PacketInvalid("two main files")
    for number, file in enumerate(files):
        if file.name != safe_name(file.name):
            raise PacketInvalid(f"a file named {file.name[:80]!r}")
        if any(same_to_the_eye(file.name, other.name) for other in files[:number]):
            raise PacketInvalid(f"two files named {file.name[:80]!r}")


def paper(data: bytes) -> Paper:
    """Read a document.

    Raises:
        PacketInvalid: as ``decode``.
    """
    found = decode(Media.DOCUMENT, data)
    if not isinstance(found, Paper):
        raise PacketInvalid("no document")
    return found
