"""Bags: letters of one site to the organs of a branch at another, in one message of the carrier.

A message on the carrier costs its broker and both gateways as much as all the work on a small letter. A bag saves that
and nothing else: every letter in it is an envelope of its own, to an organ of its own. Who is not meant to read them
learns no more than from as many messages.
"""

from collections.abc import Iterable
from typing import Annotated, Final

import msgspec

from lienthong.exchange.errors import Malformed
from lienthong.exchange.subjects import Route
from lienthong.exchange.transport.base import Message

MAX_LETTERS: Final = 256
MAX_BYTES: Final = 256 * 1024
"""Bytes of letters in a bag that is made here; a letter larger than that goes alone."""
# How msgspec is told what a word of a subject is.
_WORD: Final = r"^[a-z0-9-]{1,32}\Z"
_OVERHEAD: Final = 80
# An envelope begins with the tag of COSE_Encrypt or COSE_Encrypt0; a bag with the head of an array in MessagePack.
_FIRST: Final = frozenset({*range(0x90, 0xA0), 0xDC, 0xDD})


class Item(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True, gc=False):
    """A letter in a bag."""

    # Tokens of the organs it goes to and comes from.
    to: Annotated[str, msgspec.Meta(pattern=_WORD)]
    sender: Annotated[str, msgspec.Meta(pattern=_WORD)]
    envelope: bytes


type _Items = Annotated[list[Item], msgspec.Meta(min_length=1, max_length=MAX_LETTERS)]
_ENCODER: Final = msgspec.msgpack.Encoder()
_DECODER: Final[msgspec.msgpack.Decoder[list[Item]]] = msgspec.msgpack.Decoder(_Items)


def pack(letters: Iterable[tuple[str, bytes]]) -> bytes:
    """Put letters into a bag.

    Args:
        letters: subject and envelope of each; all of the same branches and sites.
    """
    items = []
    for subject, envelope in letters:
        parts = subject.split(".")
        items.append(Item(parts[3], parts[6], envelope))
    return _ENCODER.encode(items)


def unpack(message: Message) -> list[Message]:
    """Return the letters in a message, each as if it had come alone.

    Raises:
        Malformed: it begins as a bag and is none, or its subject is not one of mail.
    """
    if not message.data or message.data[0] not in _FIRST:
        return [message]
    route = Route.parse(message.subject)
    try:
        items = _DECODER.decode(message.data)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        # The second for text that is not UTF-8: msgspec passes Python's own error on.
        raise Malformed(str(error)) from error
    to, sender = f"mail.{route.to_branch}.{route.to_site}", f"{route.from_branch}.{route.from_site}"
    return [
        Message(f"{to}.{item.to}.{sender}.{item.sender}", item.envelope, message.sequence, message.at) for item in items
    ]


def way_of(subject: str) -> tuple[str, ...]:
    """Return what the letters in one bag have in common: branches and sites of both ends."""
    parts = subject.split(".")
    return parts[1], parts[2], parts[4], parts[5]


def divided[T](letters: Iterable[tuple[T, str, bytes]], *, room: int) -> list[list[tuple[T, str, bytes]]]:
    """Divide letters, in their order, into what goes into a bag each; a letter alone needs none.

    Args:
        letters: anything, its subject and its envelope.
        room: bytes that one message of the carrier may have.
    """
    room = min(room, MAX_BYTES)
    bags: list[list[tuple[T, str, bytes]]] = []
    open_: dict[tuple[str, ...], tuple[list[tuple[T, str, bytes]], int]] = {}
    for letter in letters:
        size = len(letter[2]) + _OVERHEAD
        way = way_of(letter[1])
        bag, filled = open_.get(way, ([], room))
        if filled + size > room or len(bag) == MAX_LETTERS:
            bag, filled = [], 0
            bags.append(bag)
        bag.append(letter)
        open_[way] = (bag, filled + size)
    return bags
