"""Names of organs, their information systems and services, as in X-Road.

``INSTANCE/CLASS/MEMBER[/SUBSYSTEM[/SERVICE]]``: a *member* is an organ, a *subsystem* one of its
information systems. Parts are any printable characters, percent-encoded in text, so that a slash
inside a part never becomes a separator.
"""

import unicodedata
from functools import lru_cache
from typing import Final, Self
from urllib.parse import quote, unquote_to_bytes

import msgspec

from lienthong.kernel.errors import IdentifierInvalid

MAX_PART: Final = 255
# What RFC 3986 leaves unreserved is written as it is; everything else percent-encoded.
_SAFE: Final = ""
_HEX: Final = frozenset("0123456789abcdefABCDEF")
# Controls, formats (zero width), surrogates, private use, unassigned, line and paragraph separators.
_REFUSED: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


class OrganId(msgspec.Struct, frozen=True):
    """An organ: a member of the exchange."""

    instance: str
    member_class: str
    member: str

    @property
    def organ(self) -> "OrganId":
        """The organ itself."""
        return self

    @property
    def parts(self) -> tuple[str, ...]:
        """The decoded parts, outermost first."""
        return (self.instance, self.member_class, self.member)

    def __str__(self) -> str:
        """Write the parts percent-encoded, with slashes between them."""
        return join(self.parts)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``INSTANCE/CLASS/MEMBER``.

        Raises:
            IdentifierInvalid: a wrong number of parts or a malformed part.
        """
        return cls(*split(text, 3))


class SubsystemId(msgspec.Struct, frozen=True):
    """An information system of an organ."""

    instance: str
    member_class: str
    member: str
    subsystem: str

    @property
    def organ(self) -> OrganId:
        """The organ it belongs to."""
        return OrganId(self.instance, self.member_class, self.member)

    @property
    def parts(self) -> tuple[str, ...]:
        """The decoded parts, outermost first."""
        return (self.instance, self.member_class, self.member, self.subsystem)

    def __str__(self) -> str:
        """Write the parts percent-encoded, with slashes between them."""
        return join(self.parts)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``INSTANCE/CLASS/MEMBER/SUBSYSTEM``.

        Raises:
            IdentifierInvalid: a wrong number of parts or a malformed part.
        """
        return cls(*split(text, 4))


class ServiceId(msgspec.Struct, frozen=True):
    """A service of an information system."""

    instance: str
    member_class: str
    member: str
    subsystem: str
    service: str

    @property
    def organ(self) -> OrganId:
        """The organ that provides it."""
        return OrganId(self.instance, self.member_class, self.member)

    @property
    def provider(self) -> SubsystemId:
        """The information system that provides it."""
        return SubsystemId(self.instance, self.member_class, self.member, self.subsystem)

    @property
    def parts(self) -> tuple[str, ...]:
        """The decoded parts, outermost first."""
        return (self.instance, self.member_class, self.member, self.subsystem, self.service)

    def __str__(self) -> str:
        """Write the parts percent-encoded, with slashes between them."""
        return join(self.parts)

    @classmethod
    def parse(cls, text: str) -> "ServiceId":
        """Read ``INSTANCE/CLASS/MEMBER/SUBSYSTEM/SERVICE``.

        Raises:
            IdentifierInvalid: a wrong number of parts or a malformed part.
        """
        return _short_service(text) if len(text) <= _REMEMBERED else _service(text)


class TopicId(msgspec.Struct, frozen=True):
    """A topic on which an information system publishes events. Topics and services have names of their own."""

    instance: str
    member_class: str
    member: str
    subsystem: str
    topic: str

    @property
    def organ(self) -> OrganId:
        """The organ that publishes on it."""
        return OrganId(self.instance, self.member_class, self.member)

    @property
    def owner(self) -> SubsystemId:
        """The information system that publishes on it."""
        return SubsystemId(self.instance, self.member_class, self.member, self.subsystem)

    @property
    def parts(self) -> tuple[str, ...]:
        """The decoded parts, outermost first."""
        return (self.instance, self.member_class, self.member, self.subsystem, self.topic)

    def __str__(self) -> str:
        """Write the parts percent-encoded, with slashes between them."""
        return join(self.parts)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``INSTANCE/CLASS/MEMBER/SUBSYSTEM/TOPIC``.

        Raises:
            IdentifierInvalid: a wrong number of parts or a malformed part.
        """
        return cls(*split(text, 5))


type ClientId = OrganId | SubsystemId
"""Who can call or send: an organ, or one of its information systems."""


def parse_client(text: str) -> ClientId:
    """Read an organ or a subsystem, told apart by the number of parts.

    Raises:
        IdentifierInvalid: neither three nor four well-formed parts.
    """
    return _short_client(text) if len(text) <= _REMEMBERED else _client(text)


def _client(text: str) -> ClientId:
    return SubsystemId.parse(text) if text.count("/") == 3 else OrganId.parse(text)  # noqa: PLR2004 - three slashes make four parts


def _service(text: str) -> ServiceId:
    return ServiceId(*split(text, 5))


def join(parts: tuple[str, ...]) -> str:
    """Write decoded parts percent-encoded, with slashes between them."""
    return _short_join(parts) if len("".join(parts)) <= _REMEMBERED else _join(parts)


def _join(parts: tuple[str, ...]) -> str:
    return "/".join(quote(part, safe=_SAFE) for part in parts)


def split(text: str, count: int) -> tuple[str, ...]:
    """Read ``count`` percent-encoded parts.

    Raises:
        IdentifierInvalid: another number of parts, or a malformed part.
    """
    return _short_split(text, count) if len(text) <= _REMEMBERED else _split(text, count)


def _split(text: str, count: int) -> tuple[str, ...]:
    parts = text.split("/", count)
    if len(parts) != count:
        raise IdentifierInvalid(f"{text[:200]!r} has not {count} parts")
    return tuple(part_of(part) for part in parts)


# The same few names come with every call: reading and writing them again is most of a call's small change. Strangers
# name whom they like, in up to 15 KB: of such names none is remembered.
_REMEMBERED: Final = 512
_short_client: Final = lru_cache(maxsize=4096)(_client)
_short_service: Final = lru_cache(maxsize=4096)(_service)
_short_join: Final = lru_cache(maxsize=4096)(_join)
_short_split: Final = lru_cache(maxsize=4096)(_split)


def part_of(encoded: str) -> str:
    """Decode and check one part.

    Raises:
        IdentifierInvalid: empty, over 255 characters, ``.`` or ``..``, a broken percent escape, text
            that is not UTF-8, or a character that does not print.
    """
    for at, character in enumerate(encoded):
        if character == "%" and not (len(encoded) > at + 2 and set(encoded[at + 1 : at + 3]) <= _HEX):
            raise IdentifierInvalid(f"a broken percent escape in {encoded[:80]!r}")
    try:
        part = unquote_to_bytes(encoded).decode()
    except UnicodeError as error:
        raise IdentifierInvalid(f"{encoded[:80]!r} is not UTF-8") from error
    return checked(part)


def checked(part: str) -> str:
    """Return a decoded part if it may stand in an identifier.

    Raises:
        IdentifierInvalid: as for ``part_of``.
    """
    if not part or len(part) > MAX_PART:
        raise IdentifierInvalid(f"a part of {len(part)} characters; 1 to {MAX_PART} are allowed")
    if part in {".", ".."}:
        raise IdentifierInvalid(f"{part!r} as a whole part")
    if any(unicodedata.category(character) in _REFUSED for character in part):
        raise IdentifierInvalid(f"a character that does not print in {part[:80]!r}")
    return part
