"""The reader's side of a topic's keys: opened with the keys of the organs hosted here, kept as they came."""

import logging
from typing import Final

import msgspec

from lienthong.directory.model import Organ
from lienthong.directory.snapshot import Snapshot
from lienthong.exchange.errors import Malformed
from lienthong.exchange.node import Node
from lienthong.exchange.packet import Packet, check_contents
from lienthong.exchange.topics.follow_store import FollowStore
from lienthong.exchange.topics.keys import Keys, Wrap
from lienthong.kernel.clock import Millis
from lienthong.kernel.errors import LienthongError
from lienthong.trust.envelope import Session
from lienthong.trust.errors import KeyNotValid
from lienthong.trust.header import Header, Kind
from lienthong.trust.keys import Use
from lienthong.trust.seal import Opened, header_of

_log = logging.getLogger(__name__)


class Granted(msgspec.Struct, frozen=True, kw_only=True):
    """Keys that were opened for an organ here."""

    keys: Keys
    opened: Opened
    sealed: bytes
    organ: Organ
    envelope: bytes


class Epoch(msgspec.Struct, frozen=True, kw_only=True):
    """An epoch whose blocks can be opened."""

    number: int
    session: Session


type Age = tuple[int, int]
"""How new keys are: the time of the chain that was begun with them, and the number of their newest epoch.

An owner whose journal was lost begins a new chain, and its epochs count from 1 again.
"""
NEVER: Final[Age] = (-1, 0)


def age_of(keys: Keys, header: Header) -> Age:
    """Return how new keys are, by the header they were sealed under."""
    return (0 if header.conversation is None else header.conversation.int, keys.newest)


class Keyring:
    """The keys of all topics that are read at one gateway."""

    def __init__(self, node: Node, store: FollowStore) -> None:
        """Open what is kept; what cannot be opened any more is waited for anew."""
        self._node = node
        # Topic → epoch's id on the wire → epoch.
        self._epochs: dict[str, dict[bytes, Epoch]] = {}
        self._newest: dict[str, Age] = {}
        self._hosted: tuple[Snapshot, dict[bytes, Organ]] | None = None
        # Kept, but not opened yet: a key store may be away for a while.
        self._closed = {topic: (token, data) for topic, token, data in store.kept_keys()}
        for topic in list(self._closed):
            self._reopen(topic)

    def epoch(self, topic: str, id_: bytes) -> Epoch | None:
        """Return the epoch that a block names, None if its key has not come."""
        if topic in self._closed:
            self._reopen(topic)
        return self._epochs.get(topic, {}).get(id_)

    def _reopen(self, topic: str) -> None:
        """Open keys that were checked when they came; since then they lay here."""
        token, data = self._closed[topic]
        try:
            packet = Packet.from_bytes(self._node.unwrap(data, token).plaintext)
            header = header_of(packet.sealed)
            self.add(topic, _keys_in(packet, header), header)
        except LienthongError as error:
            _log.warning("the keys of %s cannot be opened now: %s", topic, error)
        else:
            del self._closed[topic]

    def newest(self, topic: str) -> Age:
        """Return how new the newest keys are."""
        return self._newest.get(topic, NEVER)

    def add(self, topic: str, keys: Keys, header: Header) -> None:
        """Open blocks with these keys, and those known before, from now on."""
        self._newest[topic] = max(self.newest(topic), age_of(keys, header))
        known = self._epochs.setdefault(topic, {})
        for epoch in keys.epochs:
            session = epoch.session()
            known.setdefault(session.id, Epoch(number=epoch.number, session=session))

    def drop(self, topic: str) -> None:
        """Forget the keys of a topic."""
        self._epochs.pop(topic, None)
        self._newest.pop(topic, None)
        self._closed.pop(topic, None)

    def ours(self, wraps: list[Wrap]) -> tuple[Wrap, Organ] | None:
        """Return the first wrap that is for an organ hosted here."""
        hosted = self._kids()
        return next(((wrap, hosted[wrap.kid]) for wrap in wraps if wrap.kid in hosted), None)

    def open(self, wrap: Wrap, organ: Organ, *, at: Millis) -> Granted:
        """Open keys and check who says so.

        Args:
            wrap: as it came.
            organ: for which of our organs.
            at: when the carrier stored them.

        Raises:
            EnvelopeInvalid, KeyUnknown, SealInvalid, KeyNotValid, DigestMismatch: what does not hold.
            KeyTooWeak: the topic's label asks for a stronger key.
            KeyStoreError: the store refused.
            Malformed: not the keys of a topic.
        """
        unwrapped = self._node.unwrap(wrap.envelope, organ.token)
        packet = Packet.from_bytes(unwrapped.plaintext)
        opened = open_seal(self._node, packet.sealed, at=at)
        self._node.check_strength(unwrapped.kid, organ, opened.header.label.level)
        keys = _keys_in(packet, opened.header)
        return Granted(keys=keys, opened=opened, sealed=packet.sealed, organ=organ, envelope=wrap.envelope)

    def _kids(self) -> dict[bytes, Organ]:
        """Return the organs hosted here by their wrapping keys' ids."""
        snapshot = self._node.snapshot
        if self._hosted is None or self._hosted[0] is not snapshot:
            organs = snapshot.organs_at(self._node.site)
            kids = {key.kid: organ for organ in organs for key in organ.keys if key.use is Use.WRAP}
            self._hosted = (snapshot, kids)
        return self._hosted[1]


def open_seal(node: Node, sealed: bytes, *, at: Millis) -> Opened:
    """Check the seal of something that may have lain on a stream for a while.

    A key that has ended since counts as of when the carrier stored it. One that was revoked does not count at all,
    for the time is the carrier's word only.

    Raises:
        SealInvalid, KeyUnknown, KeyNotValid: as for ``Verifier.open``; or the key was revoked.
    """
    now = node.clock.now()
    opened = node.open_seal(sealed, at=min(at, now))
    if opened.key.revoked_at is not None and opened.key.revoked_at <= now:
        raise KeyNotValid(f"key {opened.key.kid.hex()} was revoked")
    return opened


def _keys_in(packet: Packet, header: Header) -> Keys:
    match packet.parts:
        case (bytes() as record,) if header.kind is Kind.EVENT:
            check_contents(header, [record])
            return Keys.from_bytes(record)
    raise Malformed("not the keys of a topic")
