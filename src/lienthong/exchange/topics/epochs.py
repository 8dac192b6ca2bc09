"""The owner's side of a topic's keys: which epoch is current, and when the next one begins."""

import logging
import os
from collections.abc import Sequence
from typing import Final

import msgspec

from lienthong.directory.model import Organ, Topic
from lienthong.directory.snapshot import Snapshot
from lienthong.exchange.node import Node
from lienthong.exchange.packet import Packet, content_of
from lienthong.exchange.topics import access
from lienthong.exchange.topics.keys import MAX_EPOCHS, EpochKey, Keys, Wrap, encode_wraps, readers_digest
from lienthong.exchange.topics.publish_store import PublishStore, State, StoredEpoch
from lienthong.kernel.clock import DAY, MINUTE, Millis
from lienthong.kernel.ids import new_id
from lienthong.kernel.labels import Label
from lienthong.trust import envelope
from lienthong.trust.envelope import KEY_SIZE, Session
from lienthong.trust.errors import KeyStoreError, TrustError
from lienthong.trust.header import Header, Kind
from lienthong.trust.keys import PublicKey

EPOCH_TERM: Final[Millis] = DAY
"""How long a key is used. Its nonces are random: within a day they stay far from where they could collide."""
_LOOK_EVERY: Final[Millis] = 10 * MINUTE

_log = logging.getLogger(__name__)


class Current(msgspec.Struct, frozen=True, kw_only=True):
    """The epoch to encrypt under."""

    stored: StoredEpoch
    session: Session


class Begun(msgspec.Struct, frozen=True, kw_only=True):
    """A new epoch: what is to be kept of it, and what is to be published before anything under it."""

    current: Current
    header: Header
    sealed: bytes
    messages: Sequence[bytes]


class Epochs:
    """The epochs of one topic, at its owner's gateway."""

    def __init__(self, node: Node, store: PublishStore, topic: str) -> None:
        """Go on with the epochs that are kept."""
        self._node = node
        self._store = store
        self._topic = topic
        self._current: Current | None = None
        # By which directory the readers were last looked up, when, and what came out.
        self._looked: tuple[Snapshot, Topic, Millis, dict[str, PublicKey]] | None = None

    def begun(self, topic: Topic, state: State, owner: Organ) -> Begun | None:
        """Return the epoch that has to begin now, or None if the current one will do.

        Raises:
            KeyUnknown: the owner has no key to seal with or to keep the epoch's key under.
            KeyStoreError: the store refused.
        """
        readers = self._readers(topic)
        digest = readers_digest([key.kid for key in readers.values()])
        stored = self._store.epochs(self._topic) if self._current is None else [self._current.stored]
        newest = stored[-1] if stored else None
        if newest is not None and self._holds(newest, topic, digest):
            if self._current is None:
                self._current = self._again(newest, owner)
            if self._current is not None:
                return None
        key = os.urandom(KEY_SIZE)
        epoch = StoredEpoch(
            number=1 if newest is None else newest.number + 1,
            at=self._node.clock.now(),
            label=str(topic.label),
            readers=digest,
            own=envelope.encrypt(key, to=self._own_key(topic, owner), aad=self._topic.encode()),
        )
        current = Current(stored=epoch, session=Session.derive(key))
        return self._announced(current, EpochKey(number=epoch.number, key=key), topic, state, owner, readers)

    def current(self) -> Current:
        """Return the epoch to encrypt under."""
        if self._current is None:
            raise RuntimeError("an epoch is asked for before it is begun")
        return self._current

    def use(self, current: Current) -> None:
        """Encrypt under a new epoch from now on: it is durable."""
        self._current = current

    def _holds(self, epoch: StoredEpoch, topic: Topic, readers: bytes) -> bool:
        return (
            epoch.readers == readers
            and epoch.label == str(topic.label)
            and self._node.clock.now() - epoch.at < EPOCH_TERM
        )

    def _readers(self, topic: Topic) -> dict[str, PublicKey]:
        """Return the readers' keys by the organ's token; again when the directory changes and every few minutes."""
        at, snapshot = self._node.clock.now(), self._node.snapshot
        if self._looked is not None:
            seen, of, when, keys = self._looked
            if seen is snapshot and of is topic and at - when < _LOOK_EVERY:
                return keys
        keys = {}
        for organ in access.reading_organs(topic, snapshot):
            try:
                keys[organ.token] = snapshot.wrapping_key(organ.id, at, topic.label.level)
            except TrustError as error:
                # One organ without a usable key must not keep the events from all others.
                _log.warning("%s is not for %s: %s", self._topic, organ.id, error)
        self._looked = (snapshot, topic, at, keys)
        return keys

    def _own_key(self, topic: Topic, owner: Organ) -> PublicKey:
        return self._node.snapshot.wrapping_key(owner.id, self._node.clock.now(), topic.label.level)

    def _again(self, epoch: StoredEpoch, owner: Organ) -> Current | None:
        key = self._opened(epoch, owner)
        return None if key is None else Current(stored=epoch, session=Session.derive(key))

    def _opened(self, epoch: StoredEpoch, owner: Organ) -> bytes | None:
        def resolve(kid: bytes) -> PublicKey:
            return next(key for key in owner.keys if key.kid == kid)

        try:
            return envelope.decrypt(
                epoch.own, store=self._node.store, resolve=resolve, aad=self._topic.encode()
            ).plaintext
        except (TrustError, KeyStoreError, StopIteration) as error:
            # A wrapping key that is no more: what was published under that epoch stays closed to new readers.
            _log.warning("%s: the key of epoch %d cannot be opened: %s", self._topic, epoch.number, error)
            return None

    def _announced(  # noqa: PLR0913, PLR0917 - what a statement is made of
        self,
        current: Current,
        key: EpochKey,
        topic: Topic,
        state: State,
        owner: Organ,
        readers: dict[str, PublicKey],
    ) -> Begun:
        record = Keys(epochs=(*self._earlier(topic, owner), key)).to_bytes()
        at = self._node.clock.now()
        header = Header(
            kind=Kind.EVENT,
            id=new_id(),
            sender=str(topic.id.owner),
            receiver=self._topic,
            label=topic.label,
            created=at,
            expires=at + topic.term,
            conversation=state.chain,
            contents=(content_of(record),),
        )
        (sealed,) = self._node.seals.seal_all([header], self._node.sealing_key(owner))
        packet = Packet(sealed=sealed, parts=(record,)).to_bytes()
        wraps = (Wrap(kid=to.kid, envelope=envelope.encrypt(packet, to=to)) for to in readers.values())
        return Begun(current=current, header=header, sealed=sealed, messages=encode_wraps(wraps))

    def _earlier(self, topic: Topic, owner: Organ) -> list[EpochKey]:
        """Return the keys of earlier epochs whose label is not above the topic's present one."""
        earlier = []
        for epoch in self._store.epochs(self._topic)[1 - MAX_EPOCHS :]:
            if Label.parse(epoch.label) <= topic.label:
                key = self._opened(epoch, owner)
                if key is not None:
                    earlier.append(EpochKey(number=epoch.number, key=key))
        return earlier
