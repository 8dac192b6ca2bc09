"""What gateways ask of one another besides calls: pieces of a large body, and an answer that takes a while.

These travel in clear: a body is ciphertext anyway, and names are random and mean nothing to anyone else.
"""

import os
from typing import Final

import msgspec

from lienthong.directory.model import Organ
from lienthong.exchange.errors import Malformed
from lienthong.exchange.packet import MAX_HELD_CHUNKS, NAME_SIZE
from lienthong.exchange.subjects import Route
from lienthong.kernel import cbor
from lienthong.kernel.errors import CborInvalid

MAX_ASKED: Final = 448
"""Chunks that may be asked for at once."""
DIGEST_SIZE: Final = 32
WORKING: Final = "working"
_MAX_ASK: Final = 64
_PULL: Final = "pull"
_AWAIT: Final = "await"
_LATER: Final = "later"
PREFIXES: Final = (b"\x84\x64pull", b"\x82\x65await")
"""What such a question begins with; no envelope does."""
_LATER_PREFIX: Final = b"\x83\x65later"


class Pull(msgspec.Struct, frozen=True):
    """Asks for chunks of a body; for none of them, to say that it is no longer needed."""

    name: bytes
    first: int
    count: int

    def to_bytes(self) -> bytes:
        """Encode for the carrier."""
        return cbor.encode([_PULL, self.name, self.first, self.count])


class Await(msgspec.Struct, frozen=True):
    """Asks for the answer to a call; whoever holds it says ``working`` until it is there."""

    name: bytes

    def to_bytes(self) -> bytes:
        """Encode for the carrier."""
        return cbor.encode([_AWAIT, self.name])


class Later(msgspec.Struct, frozen=True):
    """Says that the answer to a call is to be asked for. Travels encrypted under the call's session."""

    # Of the call's seal.
    digest: bytes
    name: bytes

    def to_bytes(self) -> bytes:
        """Encode for the envelope."""
        return cbor.encode([_LATER, self.digest, self.name])


class Asker(msgspec.Struct, frozen=True):
    """Who may ask: an organ at its site."""

    site: str
    token: str

    @classmethod
    def of(cls, organ: Organ) -> "Asker":
        """Return an organ as asker."""
        return cls(organ.site, organ.token)

    @classmethod
    def on(cls, route: Route) -> "Asker":
        """Return who asks on a subject; the broker lets nobody but its site send there."""
        return cls(route.from_site, route.from_organ)


def new_name() -> bytes:
    """Return a name that nobody can guess."""
    return os.urandom(NAME_SIZE)


def ask_of(data: bytes) -> Pull | Await:
    """Read a question.

    Raises:
        Malformed: not one, or for more than may be asked for.
    """
    try:
        match cbor.decode(data, max_size=_MAX_ASK):
            case ["pull", bytes() as name, int() as first, int() as count] if (
                _is_name(name) and _within(first, MAX_HELD_CHUNKS) and _within(count, MAX_ASKED + 1)
            ):
                return Pull(name, first, count)
            case ["await", bytes() as name] if _is_name(name):
                return Await(name)
    except CborInvalid as error:
        raise Malformed(error.where) from error
    raise Malformed("a question of another form")


def later_of(plaintext: bytes) -> Later | None:
    """Return the word that an answer comes later, or None if it is something else.

    Raises:
        Malformed: it begins like one and is none.
    """
    if not plaintext.startswith(_LATER_PREFIX):
        return None
    try:
        match cbor.decode(plaintext, max_size=_MAX_ASK):
            case ["later", bytes() as digest, bytes() as name] if len(digest) == DIGEST_SIZE and _is_name(name):
                return Later(digest, name)
    except CborInvalid as error:
        raise Malformed(error.where) from error
    raise Malformed("an answer of another form")


def _is_name(name: bytes) -> bool:
    return len(name) == NAME_SIZE


def _within(number: int, end: int) -> bool:
    # True would pass as 1, and be another encoding of it.
    return not isinstance(number, bool) and 0 <= number < end
