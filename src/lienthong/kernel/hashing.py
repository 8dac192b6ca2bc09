"""Hashes of short things, of which a busy gateway makes thirty to a call.

OpenSSL looks the algorithm up anew for every hash that is begun, which takes longer than hashing a hundred bytes.
A hash that has been begun once is copied instead.
"""

import hashlib
from typing import Final

_SHA256: Final = hashlib.sha256()
_SHA512: Final = hashlib.sha512()


def sha256(data: bytes) -> bytes:
    """Return the SHA-256 digest of data, 32 bytes."""
    made = _SHA256.copy()
    made.update(data)
    return made.digest()


def sha512(data: bytes) -> bytes:
    """Return the SHA-512 digest of data, 64 bytes."""
    made = _SHA512.copy()
    made.update(data)
    return made.digest()
