"""One event, as its publisher gives it and its readers get it."""

import re
from enum import IntEnum
from typing import Final, Self

import msgspec

from lienthong.exchange.errors import Malformed, RequestInvalid
from lienthong.kernel import cbor
from lienthong.kernel.clock import Millis
from lienthong.kernel.errors import CborInvalid

MAX_DATA: Final = 192 * 1024
"""Bytes of data of one event: what is larger is sent as a message, or fetched by a call that the event names."""
MAX_KEY: Final = 512
_MAX_MEDIA_TYPE: Final = 200
_MAX_RECORD: Final = MAX_DATA + 4096
_MAX_TIME: Final = 1 << 53
_SCHEMA: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}/[1-9][0-9]{0,5}\Z")


class Role(IntEnum):
    """What an event is for; all but the first are for feeds of data sets (``feed``)."""

    EVENT = 0
    # The thing named by the key is no more.
    DELETION = 1
    # A snapshot of all there is begins, goes on, and is complete.
    SNAPSHOT_BEGIN = 2
    SNAPSHOT_PART = 3
    SNAPSHOT_END = 4


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """Something that happened."""

    # Name and version of what the data are, such as ``person-moved/2``.
    schema: str
    data: bytes
    # What it is about; of several events with one key the last counts where only the present state does.
    key: str = ""
    media_type: str = "application/json"
    # When it happened, as the owner's system says; 0: when it was published.
    at: Millis = 0
    role: Role = Role.EVENT

    def check(self) -> None:
        """Check what its publisher gave.

        Raises:
            RequestInvalid: a malformed schema, too long a key, too many data.
        """
        if not _SCHEMA.match(self.schema):
            raise RequestInvalid(f"schema {self.schema[:120]!r}", hint="Write NAME/VERSION, such as person-moved/2.")
        if len(self.key) > MAX_KEY or len(self.media_type) > _MAX_MEDIA_TYPE:
            raise RequestInvalid(f"a key of {len(self.key)} characters where {MAX_KEY} are allowed, or a media type")
        if len(self.data) > MAX_DATA:
            raise RequestInvalid(f"{len(self.data)} bytes where {MAX_DATA} are allowed")
        if not 0 <= self.at < _MAX_TIME:
            raise RequestInvalid(f"time {self.at}")

    def to_bytes(self) -> bytes:
        """Encode it: the content that is sealed."""
        return cbor.encode_sequence([self.schema, self.key, self.at, int(self.role), self.media_type, self.data])

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Read an event.

        Raises:
            Malformed: not of this form.
        """
        try:
            match cbor.decode(data, max_size=_MAX_RECORD):
                case [str() as schema, str() as key, int() as at, int() as role, str() as media_type, bytes() as body]:
                    event = cls(schema=schema, key=key, at=at, role=Role(role), media_type=media_type, data=body)
                    event.check()
                    # A truth value would pass as the number it equals.
                    if isinstance(at, bool) or isinstance(role, bool):
                        raise Malformed("a truth value for a number")
                    return event
        except (CborInvalid, RequestInvalid) as error:
            raise Malformed(error.where) from error
        except ValueError:
            raise Malformed("an unknown role of an event") from None
        raise Malformed("not an event")


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """An event at its place in the topic."""

    # Its place, from 1, without a gap.
    sequence: int
    event: Event
