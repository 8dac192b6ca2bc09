"""The keys of a topic: a fresh one per epoch, wrapped to every organ that may read, on the stream itself.

One event is encrypted once however many read it. A new epoch begins when the set of readers changes, so that who
is no longer among them gets nothing new, and once a day. What is said to a reader lists all epochs that are kept:
who may read a topic may read what is kept of it, unless it was published under a higher label.
"""

import hashlib
import itertools
from collections.abc import Iterable, Sequence
from typing import Final, Self

import msgspec

from lienthong.exchange.errors import Malformed
from lienthong.kernel import cbor
from lienthong.kernel.errors import CborInvalid
from lienthong.trust.envelope import KEY_SIZE, MAX_ENVELOPE, Session
from lienthong.trust.keys import KID_SIZE

MAX_EPOCHS: Final = 512
"""Epochs that one statement lists: more than a month of several a day."""
MAX_WRAPS: Final = 384 * 1024
"""Bytes of wrapped keys in one message of the carrier."""
_TAG: Final = "keys"
_MAX_RECORD: Final = 64 * 1024


class EpochKey(msgspec.Struct, frozen=True, kw_only=True):
    """The key of an epoch, from which the session that encrypts its blocks is derived."""

    number: int
    # 32 bytes.
    key: bytes

    def session(self) -> Session:
        """Derive the session; its id names the epoch on the wire."""
        return Session.derive(self.key)


class Keys(msgspec.Struct, frozen=True, kw_only=True):
    """What an owner says to a reader: the keys of all epochs that it may read, the newest last."""

    epochs: tuple[EpochKey, ...]

    @property
    def newest(self) -> int:
        """The number of the newest epoch."""
        return self.epochs[-1].number

    def to_bytes(self) -> bytes:
        """Encode it: the content that is sealed."""
        return cbor.encode_sequence([_TAG, [[epoch.number, epoch.key] for epoch in self.epochs]])

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Read a statement.

        Raises:
            Malformed: not of this form, no epoch, or not in rising order.
        """
        try:
            match cbor.decode(data, max_size=_MAX_RECORD):
                case ["keys", [*items]] if 0 < len(items) <= MAX_EPOCHS:
                    epochs = tuple(map(_epoch, items))
                    if all(a.number < b.number for a, b in itertools.pairwise(epochs)):
                        return cls(epochs=epochs)
        except CborInvalid as error:
            raise Malformed(error.where) from error
        raise Malformed("not the keys of a topic")


class Wrap(msgspec.Struct, frozen=True, kw_only=True):
    """A statement, encrypted to one organ."""

    # The organ's key.
    kid: bytes
    envelope: bytes


def encode_wraps(wraps: Iterable[Wrap]) -> list[bytes]:
    """Encode wraps into as few messages as their size allows."""
    messages: list[bytes] = []
    items: list[list[bytes]] = []
    size = 0
    for wrap in wraps:
        if items and size + len(wrap.envelope) > MAX_WRAPS:
            messages.append(cbor.encode_sequence(items))
            items, size = [], 0
        items.append([wrap.kid, wrap.envelope])
        size += len(wrap.envelope)
    return [*messages, cbor.encode_sequence(items)] if items else messages


def is_wraps(data: bytes) -> bool:
    """Tell wrapped keys, an array, from a block, a tagged envelope."""
    return bool(data) and data[0] >> 5 == 4  # noqa: PLR2004 - RFC 8949, section 3.1: the major type of arrays


def decode_wraps(data: bytes) -> list[Wrap]:
    """Read a message of wraps.

    Raises:
        Malformed: not of this form.
    """
    try:
        items = cbor.decode(data, max_size=MAX_ENVELOPE)
    except CborInvalid as error:
        raise Malformed(error.where) from error
    wraps = []
    for item in items if isinstance(items, list) else [None]:
        match item:
            case [bytes() as kid, bytes() as envelope] if len(kid) == KID_SIZE:
                wraps.append(Wrap(kid=kid, envelope=envelope))
            case _:
                raise Malformed("not the wrapped keys of a topic")
    return wraps


def readers_digest(kids: Sequence[bytes]) -> bytes:
    """Return what tells whether the set of readers, or of their keys, has changed."""
    return hashlib.sha256(b"".join(sorted(kids))).digest()


def _epoch(item: object) -> EpochKey:
    match item:
        case [int() as number, bytes() as key] if number > 0 and type(number) is int and len(key) == KEY_SIZE:
            return EpochKey(number=number, key=key)
    raise Malformed("an epoch of another form")
