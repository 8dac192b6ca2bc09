"""Identifiers that nobody can guess and that sort by time, and UUIDs made and written without detours.

A busy gateway makes and writes a dozen UUIDs per call. The constructor of ``uuid.UUID`` looks at six ways to describe
one, and its text is made by formatting a number of 128 bits: each takes three to six times as long as is needed here.
Random bits are fetched from the system for many ids at once: asking it takes longer than all the rest. They wait in
memory until then, so what has to stay secret comes from ``secrets``.
"""

import os
import time
from typing import Final
from uuid import UUID, SafeUUID

_VERSION_4: Final = 4 << 76
_VERSION_7: Final = 7 << 76
_VARIANT: Final = 2 << 62
# All bits but those of version and variant.
_RANDOM: Final = (1 << 128) - 1 & ~(15 << 76) & ~(3 << 62)
# The same without the 48 bits of time.
_RANDOM_7: Final = _RANDOM & (1 << 80) - 1
_TIME: Final = (1 << 48) - 1
# Bytes for one id, and ids that are provided for at once.
_SIZE: Final = 16
_MANY: Final = 256
# Each is taken out once, by whichever thread.
_fetched: Final[list[bytes]] = []
# Or two processes would make the same ids.
os.register_at_fork(after_in_child=_fetched.clear)


def new_id() -> UUID:
    """Return a new UUID of version 7 (RFC 9562, section 5.7): 48 bits of time, 74 random bits.

    Databases keep entries with such ids beside each other; random ones would touch a page each.
    """
    at = time.time_ns() // 1_000_000 & _TIME
    return _of(at << 80 | _random() & _RANDOM_7 | _VERSION_7 | _VARIANT)


def new_random_text() -> str:
    """Return the text of a new UUID of version 4 (RFC 9562, section 5.4): 122 random bits."""
    return _text((_random() & _RANDOM | _VERSION_4 | _VARIANT).to_bytes(16).hex())


def id_of(data: bytes) -> UUID:
    """Return the UUID of 16 bytes, as ``UUID(bytes=data)`` does."""
    return _of(int.from_bytes(data))


def text_of(id_: UUID) -> str:
    """Return the text of a UUID, as ``str`` does."""
    return _text(id_.int.to_bytes(16).hex())


def _random() -> int:
    """Return 128 random bits that nobody has got before."""
    try:
        return int.from_bytes(_fetched.pop())
    except IndexError:
        fresh = os.urandom(_MANY * _SIZE)
        _fetched.extend([fresh[at : at + _SIZE] for at in range(0, len(fresh), _SIZE)])
        return _random()


def _of(number: int) -> UUID:
    # As ``UUID.__setstate__``, which restores a pickled one.
    made = _new(UUID)
    _set(made, "int", number)
    _set(made, "is_safe", _UNKNOWN)
    return made


def _text(digits: str) -> str:
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


_new: Final = UUID.__new__
_set: Final = object.__setattr__
_UNKNOWN: Final = SafeUUID.unknown
