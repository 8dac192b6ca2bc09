"""What the archive holds of one exchange, as values and as bytes."""

import hashlib
import uuid
from enum import StrEnum
from typing import Final

import msgspec

from lienthong.exchange.errors import StorageFailed
from lienthong.kernel import cbor
from lienthong.kernel.clock import Millis
from lienthong.kernel.errors import CborInvalid
from lienthong.kernel.identifiers import ServiceId
from lienthong.trust.header import Header

MAX_CONTENT: Final = 512 * 1024 * 1024
"""Bytes of one exchange, request and answer together, that are read back."""
_BREAK: Final = b"\r\n"
_ID: Final = b"\r\nx-road-id: "


class Side(StrEnum):
    """Which end of a call this gateway was, written as the journal writes it."""

    CALLER = "out"
    PROVIDER = "in"


class Keep(StrEnum):
    """What is copied."""

    NONE = "none"
    # Start lines, headers and digests of the bodies.
    HEADERS = "headers"
    # The bodies, too, up to a size.
    FULL = "full"


class Message(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """A request or an answer as it was sealed."""

    head: bytes
    # None where it was not kept.
    body: bytes | None


class Exchanged(msgspec.Struct, frozen=True, kw_only=True):
    """One call, handed over to be kept."""

    side: Side
    # Of the request.
    header: Header
    request: Message
    response: Message

    @property
    def owner(self) -> str:
        """The client here whose copy it is: who asked, or who was asked."""
        if self.side is Side.CALLER:
            return self.header.sender
        return str(ServiceId.parse(self.header.receiver).provider)

    @property
    def peer(self) -> str:
        """The other end, as the journal names it."""
        return self.header.receiver if self.side is Side.CALLER else self.header.sender

    @property
    def size(self) -> int:
        """Bytes that it holds in memory."""
        return sum(len(part.head) + len(part.body or b"") for part in (self.request, self.response))


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """What is written beside the content, and bound to it."""

    at: Millis
    side: Side
    exchange: uuid.UUID
    # Identifiers of the client here and of the other end.
    owner: str
    peer: str

    def to_bytes(self) -> bytes:
        """Encode as what a content is authenticated with: none can be moved to another place."""
        return cbor.encode_sequence([self.at, self.side.value, self.exchange.bytes, self.owner, self.peer])


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """One call, read back."""

    place: Place
    request: Message
    response: Message


def contents(exchanged: Exchanged, *, keep: Keep, max_body: int) -> bytes:
    """Encode what is to be kept of an exchange.

    Args:
        exchanged: the exchange.
        keep: headers only, or bodies too.
        max_body: bytes of a body; of a larger one only the sealed digest is left.
    """

    def body(message: Message) -> bytes | None:
        wanted = keep is Keep.FULL and message.body is not None and len(message.body) <= max_body
        return message.body if wanted else None

    request, response = exchanged.request, exchanged.response
    return cbor.encode_sequence([request.head, body(request), response.head, body(response)])


def read_back(place: Place, data: bytes) -> Kept:
    """Read what ``contents`` wrote.

    Raises:
        StorageFailed: it is something else.
    """
    try:
        match cbor.decode(data, max_size=MAX_CONTENT):
            case [bytes() as asked, (bytes() | None) as body, bytes() as answered, (bytes() | None) as other]:
                return Kept(
                    place=place,
                    request=Message(head=asked, body=body),
                    response=Message(head=answered, body=other),
                )
    except CborInvalid as error:
        raise StorageFailed(f"archive: {error.where}") from error
    raise StorageFailed("archive: an exchange of another form")


def query_of(head: bytes) -> bytes:
    """Return the ``X-Road-Id`` in a request's head, the last one if there are several; empty where there is none."""
    # The head has been read before, so that it is lines of lower-case name and value.
    _, found, after = (_BREAK + head).rpartition(_ID)
    return after.partition(_BREAK)[0] if found else b""


def lookup(owner: str, query: bytes) -> bytes:
    """Return what an exchange is found by: of fixed size, and no id in the clear (a guess can be tried against it).

    Args:
        owner: the client's identifier in its one form.
        query: the X-Road-Id as it stands in the head.
    """
    # No identifier has a zero byte in it: it ends where it ends.
    return hashlib.sha256(owner.encode() + b"\0" + query).digest()
