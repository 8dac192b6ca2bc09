"""Blocks: what a topic is made of. One seal and one encryption for up to 63 events, chained to the block before.

A block is a packet of kind ``event``: its first content says where it stands, each further one is an event. The
header's ``answers`` is the digest of the header before, so that nobody but the owner can make a topic that hangs
together in any other way. A block without events is a sign of life: it says how far the topic has come.
"""

import hashlib
from collections.abc import Sequence
from typing import Final, Self
from uuid import UUID

import msgspec

from lienthong.exchange.errors import Malformed
from lienthong.exchange.packet import Packet, check_contents
from lienthong.exchange.topics.chain import Link
from lienthong.exchange.topics.event import Event
from lienthong.kernel import cbor
from lienthong.kernel.errors import CborInvalid
from lienthong.trust.header import Header

MAX_EVENTS: Final = 63
"""Events in a block: a header names 64 contents."""
MAX_BYTES: Final = 256 * 1024
"""Bytes of encoded events in a block; more than one event of the largest size."""
_TAG: Final = "block"
_MAX_PLACE: Final = 128
_LIMIT: Final = 1 << 53


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where a block stands, and what its owner says about the topic as a whole."""

    # From 1, without a gap, events or none.
    number: int
    # The sequence of its first event; of the next one where it has none.
    first: int
    count: int
    # Which key it is encrypted under.
    epoch: int
    # The oldest event that can be read again, as of this block.
    kept: int
    # Where the newest complete snapshot begins; 0: there is none.
    snapshot: int

    def to_bytes(self) -> bytes:
        """Encode it: the first content."""
        return cbor.encode_sequence([_TAG, self.number, self.first, self.count, self.epoch, self.kept, self.snapshot])

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Read a place.

        Raises:
            Malformed: not of this form, or it contradicts itself.
        """
        try:
            values = cbor.decode(data, max_size=_MAX_PLACE)
        except CborInvalid as error:
            raise Malformed(error.where) from error
        match values:
            case ["block", *numbers] if all(type(one) is int and 0 <= one < _LIMIT for one in numbers):
                if len(numbers) == len(cls.__struct_fields__):
                    place = cls(**dict(zip(cls.__struct_fields__, numbers, strict=True)))
                    if place.number and place.first and place.count <= MAX_EVENTS and place.kept <= place.first:
                        return place
        raise Malformed("a block without a place")


class Block(msgspec.Struct, frozen=True, kw_only=True):
    """A block whose seal has been checked."""

    header: Header
    place: Place
    chain: UUID
    link: Link
    sealed: bytes
    records: tuple[bytes, ...]

    def events(self) -> list[Event]:
        """Return its events.

        Raises:
            Malformed: one is not an event.
        """
        return [Event.from_bytes(record) for record in self.records]


def digest_of(header: bytes) -> bytes:
    """Return what the next block refers to: the digest of the encoded header, which names all of its contents.

    Not that of the seal: a signature has other valid forms, and one signature seals several blocks.
    """
    return hashlib.sha256(header).digest()


def block_of(header: Header, packet: Packet) -> Block:
    """Read a block.

    Args:
        header: its header, the seal checked.
        packet: with all contents inside.

    Raises:
        Malformed: something is missing, or the place does not fit the contents.
        DigestMismatch: the contents are not the sealed ones.
    """
    parts = [part for part in packet.parts if isinstance(part, bytes)]
    if not parts or len(parts) != len(packet.parts) or header.conversation is None:
        raise Malformed("a block without contents, chain or place")
    check_contents(header, parts)
    place = Place.from_bytes(parts[0])
    if place.count != len(parts) - 1:
        raise Malformed(f"{len(parts) - 1} events where {place.count} are said to be")
    link = Link(
        number=place.number,
        first=place.first,
        count=place.count,
        digest=digest_of(header.to_bytes()),
        previous=header.answers,
    )
    return Block(
        header=header,
        place=place,
        chain=header.conversation,
        link=link,
        sealed=packet.sealed,
        records=tuple(parts[1:]),
    )


def split(records: Sequence[bytes]) -> list[Sequence[bytes]]:
    """Cut encoded events into blocks, in order."""
    blocks: list[Sequence[bytes]] = []
    start = size = 0
    for index, record in enumerate(records):
        if index - start == MAX_EVENTS or (index > start and size + len(record) > MAX_BYTES):
            blocks.append(records[start:index])
            start, size = index, 0
        size += len(record)
    if start < len(records):
        blocks.append(records[start:])
    return blocks
