"""Identifiers that nobody can guess and that sort by time."""

import os
import time
from uuid import UUID

_RANDOM_A = (1 << 12) - 1
_RANDOM_B = (1 << 62) - 1


def new_id() -> UUID:
    """Return a new UUID of version 7 (RFC 9562, section 5.7): 48 bits of time, 74 random bits.

    Databases keep entries with such ids beside each other; random ones would touch a page each.
    """
    random = int.from_bytes(os.urandom(10))
    at = time.time_ns() // 1_000_000 & (1 << 48) - 1
    return UUID(int=at << 80 | 7 << 76 | (random >> 62 & _RANDOM_A) << 64 | 2 << 62 | random & _RANDOM_B)
