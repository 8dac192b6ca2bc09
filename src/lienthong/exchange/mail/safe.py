"""What a gateway keeps of its organs' own mail: encrypted, so that only who holds an organ's wrapping key reads it.

One key for many things: it is wrapped to the organ once (HPKE costs a tenth of a millisecond), stored beside what it
locks, and replaced every day and with every start.
"""

import os
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from lienthong.directory.model import Organ
from lienthong.exchange.mail.ledger import Kept
from lienthong.exchange.node import Node
from lienthong.exchange.packet import Packet, Part
from lienthong.kernel.clock import DAY, Millis
from lienthong.kernel.labels import Level
from lienthong.trust import envelope
from lienthong.trust.envelope import IV_SIZE, KEY_SIZE
from lienthong.trust.errors import EnvelopeInvalid, KeyUnknown
from lienthong.trust.header import Header
from lienthong.trust.journal import Statement
from lienthong.trust.keys import PublicKey
from lienthong.trust.seal import header_of

_ID_SIZE: Final = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class _Key:
    id: bytes
    made: Millis
    cipher: AESGCM
    # Makes it durable; harmless when it is already.
    store: Statement


class Safe:
    """Locks and unlocks what is kept for the organs of one gateway."""

    def __init__(self, node: Node) -> None:
        """Use the node's key store and journal."""
        self._node = node
        self._current: dict[str, _Key] = {}

    def lock(self, organ: Organ, data: bytes) -> tuple[bytes, Statement]:
        """Encrypt something for an organ.

        Returns:
            What is to be kept, and a statement that belongs into the same transaction.

        Raises:
            KeyUnknown: the organ has no wrapping key.
            EnvelopeInvalid: its wrapping key is malformed.
        """
        key = self._current.get(organ.token)
        if key is None or self._node.clock.now() - key.made >= DAY:
            key = self._current[organ.token] = self._new(organ)
        iv = os.urandom(IV_SIZE)
        return key.id + iv + key.cipher.encrypt(iv, data, None), key.store

    def unlock(self, organ: Organ, kept: bytes) -> bytes:
        """Decrypt what was locked for an organ.

        Raises:
            KeyUnknown: the key it was locked with is not here.
            KeyStoreError: the store refused.
            EnvelopeInvalid: it was altered.
        """
        id_, iv, ciphertext = kept[:_ID_SIZE], kept[_ID_SIZE : _ID_SIZE + IV_SIZE], kept[_ID_SIZE + IV_SIZE :]
        current = self._current.get(organ.token)
        cipher = current.cipher if current is not None and current.id == id_ else self._stored(organ, id_)
        try:
            return cipher.decrypt(iv, ciphertext, None)
        except InvalidTag:
            raise EnvelopeInvalid(f"what was kept for {organ.id}") from None

    def copy_of(self, organ: Organ, kept: Kept) -> tuple[Header, tuple[Part, ...]]:
        """Return the header and the contents of a message that an organ has sent.

        Raises:
            KeyUnknown, KeyStoreError, EnvelopeInvalid: as for ``unlock``.
            Malformed, SealInvalid: it was altered.
        """
        if kept.lock is None:
            packet = Packet.from_bytes(self.unlock(organ, kept.data))
            return Header.from_bytes(packet.sealed), packet.parts
        packet = Packet.from_bytes(envelope.decrypt_with(self.unlock(organ, kept.lock), kept.data))
        return header_of(packet.sealed), packet.parts

    def _new(self, organ: Organ) -> _Key:
        at = self._node.clock.now()
        id_, key = os.urandom(_ID_SIZE), os.urandom(KEY_SIZE)
        wrapped = envelope.encrypt(key, to=self._strongest(organ, at))
        store = ("INSERT OR IGNORE INTO safe VALUES (?, ?, ?)", (id_, str(organ.id), wrapped))
        return _Key(id=id_, made=at, cipher=AESGCM(key), store=store)

    def _strongest(self, organ: Organ, at: Millis) -> PublicKey:
        try:
            return self._node.snapshot.wrapping_key(organ.id, at, Level.TOP_SECRET)
        except KeyUnknown:
            return self._node.snapshot.wrapping_key(organ.id, at, Level.PUBLIC)

    def _stored(self, organ: Organ, id_: bytes) -> AESGCM:
        rows = self._node.journal.read("SELECT data FROM safe WHERE id = ? AND organ = ?", (id_, str(organ.id)))
        if not rows:
            raise KeyUnknown(f"what was kept for {organ.id} is locked with a key that is not here")
        return AESGCM(self._node.unwrap(rows[0][0], organ.token).plaintext)
