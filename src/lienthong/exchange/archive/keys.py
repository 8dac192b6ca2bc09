"""The keys that the archive encrypts under: one per organ and day, wrapped for the organ itself."""

import os
from collections.abc import Callable
from typing import Final

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from lienthong.directory.model import Organ
from lienthong.directory.snapshot import Snapshot
from lienthong.exchange.archive.file import ArchiveFile, Found
from lienthong.exchange.archive.kept import Kept, Place, read_back
from lienthong.exchange.errors import ReceiverUnknown, StorageFailed
from lienthong.kernel.clock import DAY, Millis
from lienthong.kernel.identifiers import OrganId, parse_client
from lienthong.kernel.labels import Level
from lienthong.trust import envelope
from lienthong.trust.envelope import IV_SIZE, KEY_SIZE, Unwrapped
from lienthong.trust.errors import KeyUnknown
from lienthong.trust.keys import PublicKey

# Nonces are random: far fewer uses of one key than where two could meet (NIST SP 800-38D, section 8.3).
_MOST_USES: Final = 1 << 24

type Unwrap = Callable[[bytes, str], Unwrapped]
"""Opens an envelope of an organ, named by its token (``Node.unwrap``)."""


class _DayKey(msgspec.Struct, kw_only=True):
    day: int
    number: int
    cipher: AESGCM
    uses: int = 0


class DayKeys:
    """Makes, wraps and remembers the keys of the present day; the archive's thread uses it."""

    def __init__(self, file: ArchiveFile, snapshot: Callable[[], Snapshot]) -> None:
        """Write wrapped keys to a file; ``snapshot`` says whom to wrap for."""
        self._file = file
        self._snapshot = snapshot
        self._keys: dict[tuple[OrganId, bool], _DayKey] = {}

    def encrypt(self, place: Place, plaintext: bytes, *, level: Level) -> tuple[int, bytes]:
        """Encrypt a content for the organ of its owner.

        Args:
            place: what it is bound to.
            plaintext: the content.
            level: of its label.

        Returns:
            The number of the key, and nonce and ciphertext.

        Raises:
            KeyUnknown: the organ has no wrapping key that is valid and strong enough.
            ReceiverUnknown: the directory no longer has the organ.
            EnvelopeInvalid: the organ's key is malformed.
            StorageFailed: the disk refuses.
        """
        key = self._key(parse_client(place.owner).organ, place.at, strong=level >= Level.CONFIDENTIAL)
        key.uses += 1
        iv = os.urandom(IV_SIZE)
        return key.number, iv + key.cipher.encrypt(iv, plaintext, place.to_bytes())

    def _key(self, organ_id: OrganId, at: Millis, *, strong: bool) -> _DayKey:
        known = self._keys.get((organ_id, strong))
        if known is not None and known.day == at // DAY and known.uses < _MOST_USES:
            return known
        organ = self._snapshot().organ(organ_id)
        if organ is None:
            raise ReceiverUnknown(str(organ_id))
        secret = os.urandom(KEY_SIZE)
        wrapped = envelope.encrypt(secret, to=self._wrapping_key(organ, at, strong=strong))
        number = self._file.add_key(at=at, organ=str(organ_id), token=organ.token, wrapped=wrapped)
        made = _DayKey(day=at // DAY, number=number, cipher=AESGCM(secret))
        self._keys[organ_id, strong] = made
        return made

    def _wrapping_key(self, organ: Organ, at: Millis, *, strong: bool) -> PublicKey:
        # Copies lie for weeks: the post-quantum key wherever there is one.
        try:
            return self._snapshot().wrapping_key(organ.id, at, Level.CONFIDENTIAL)
        except KeyUnknown:
            if strong:
                raise
            return self._snapshot().wrapping_key(organ.id, at, Level.PUBLIC)


def decrypt(found: Found, unwrap: Unwrap) -> Kept:
    """Read an exchange back.

    Raises:
        EnvelopeInvalid, KeyUnknown, KeyStoreError: its key cannot be unwrapped.
        StorageFailed: altered, or of another place.
    """
    secret = unwrap(found.wrapped, found.token).plaintext
    try:
        iv, ciphertext = found.content[:IV_SIZE], found.content[IV_SIZE:]
        plaintext = AESGCM(secret).decrypt(iv, ciphertext, found.place.to_bytes())
    except (InvalidTag, ValueError):
        raise StorageFailed(f"archive: exchange {found.place.exchange} was altered") from None
    return read_back(found.place, plaintext)
