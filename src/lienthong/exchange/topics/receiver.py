"""Taking blocks off the carrier: once for the whole gateway, whoever reads them here.

Open with the epoch's key, check the seal, ask the policy, put it into the chain, record, keep: one transaction
for a batch. What does not hold is an alarm and holds up nobody.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from msgspec.structs import replace

from lienthong.directory.snapshot import Standing
from lienthong.exchange import policy
from lienthong.exchange.alarms import alarm
from lienthong.exchange.errors import DirectoryStale, ExchangeError, Expired, Malformed, Misdirected
from lienthong.exchange.node import Node
from lienthong.exchange.packet import Packet
from lienthong.exchange.subjects import topic_site
from lienthong.exchange.topics.block import Block, block_of
from lienthong.exchange.topics.chain import Chain, Link, Step
from lienthong.exchange.topics.errors import EventForked, EventsMissing
from lienthong.exchange.topics.follow_store import Follow, FollowStore, StoredBlock
from lienthong.exchange.topics.keyring import NEVER, Age, Keyring, age_of, open_seal
from lienthong.exchange.topics.keys import decode_wraps, is_wraps
from lienthong.exchange.transport.base import Message
from lienthong.kernel.clock import MINUTE, Millis
from lienthong.kernel.errors import BadInput
from lienthong.trust.envelope import session_id_of
from lienthong.trust.errors import TrustError
from lienthong.trust.header import Header, Kind
from lienthong.trust.journal import Entry, Statement

PATIENCE: Final[Millis] = MINUTE
"""How long what came too early waits for what lies before it."""
# After so many blocks the event loop turns: calls must not wait for a catch-up.
_BREATH: Final = 4
# Epochs without a key that are remembered: more than this is somebody's noise.
_MAX_LOCKED: Final = 512

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Harvest:
    """What a batch amounts to: one transaction."""

    follows: dict[str, Follow] = field(default_factory=dict)
    entries: list[Entry] = field(default_factory=list)
    statements: list[Statement] = field(default_factory=list)
    # Taken in this batch, not yet in the tables: topic and number.
    fresh: dict[tuple[str, int], StoredBlock] = field(default_factory=dict)
    # Topics whose kept blocks belong to a chain that was given up in this batch.
    emptied: set[str] = field(default_factory=set)
    # The newest keys that came in this batch, by topic.
    keyed: dict[str, Age] = field(default_factory=dict)
    # Topics that must be read again from an earlier position: keys have come for what was passed over.
    rewound: set[str] = field(default_factory=set)
    # Code and topic of what did not hold: said once per batch.
    said: set[tuple[str, str]] = field(default_factory=set)


class TopicReceiver:
    """Takes the blocks of the topics that are read at one gateway."""

    def __init__(
        self,
        node: Node,
        store: FollowStore,
        keyring: Keyring,
        *,
        on_progress: Callable[[str], None],
        on_rewind: Callable[[str], None],
    ) -> None:
        """Receive for this node.

        Args:
            node: the gateway.
            store: where blocks are kept.
            keyring: opens them.
            on_progress: told the topic that has come further.
            on_rewind: told the stream that must be read again from an earlier position.
        """
        self._node = node
        self._store = store
        self._keyring = keyring
        self._on_progress = on_progress
        self._on_rewind = on_rewind
        self.follows = store.follows()
        # The newest keys that are kept, by topic.
        self._keyed = {topic: keyring.newest(topic) for topic in self.follows}
        self._turn = asyncio.Lock()
        # Since when blocks of a topic lie ahead of a hole.
        self._waiting = {topic: node.clock.now() for topic, follow in self.follows.items() if follow.chain.ahead}
        # Topics whose messages are passed over until their stream is read from an earlier position.
        self.rewinding: set[str] = set()

    async def take(self, stream: str, subjects: dict[str, str], messages: Sequence[Message]) -> None:
        """Take a batch off a stream: all of it is durable, or none and it comes again.

        Args:
            stream: the stream.
            subjects: the topics that are followed on it, by subject.
            messages: in their order.

        Raises:
            DirectoryStale: nothing can be decided now, and what is refused now would be missing for ever.
            JournalError: it cannot be recorded.
            KeyStoreError: our keys cannot be used now.
        """
        if self._node.directory.standing() is Standing.STALE:
            raise DirectoryStale(f"version {self._node.snapshot.version}; {stream} waits")
        async with self._turn:
            harvest = _Harvest()
            for number, message in enumerate(messages, start=1):
                topic = subjects.get(message.subject)
                if topic is not None and topic not in self.rewinding and topic not in harvest.rewound:
                    self._take(topic, message, harvest)
                if number % _BREATH == 0:
                    await asyncio.sleep(0)
            await self._keep(stream, messages[-1].sequence, harvest)

    async def looked(self, stream: str, position: int) -> None:
        """Note that a stream holds nothing more for us up to a position.

        Raises:
            JournalError: it cannot be noted.
        """
        async with self._turn:
            await self._keep(stream, position, _Harvest())

    async def follow(self, topic: str, stream: str) -> None:
        """Follow a topic from now on, from its stream's beginning.

        Raises:
            JournalError: it cannot be recorded.
        """
        async with self._turn:
            known = self.follows.get(topic)
            if known is None or known.stream != stream:
                # At another stream, for its owner has moved, it goes on with what it has of the chain.
                moved = replace(known or Follow(topic=topic, stream=stream), stream=stream, position=0)
                await self._node.journal.commit([], [self._store.moved(moved)])
                self.follows[topic] = moved

    async def leave(self, topic: str) -> None:
        """Follow a topic no longer and let go of what is kept of it.

        Raises:
            JournalError: it cannot be recorded.
        """
        async with self._turn:
            if topic in self.follows:
                await self._node.journal.commit([], self._store.forgotten(topic))
                del self.follows[topic]
                self._waiting.pop(topic, None)
                self._keyed.pop(topic, None)
                self._keyring.drop(topic)

    def again(self, stream: str) -> None:
        """Look at a stream from its beginning: it is another one under the same name."""
        for topic, follow in self.follows.items():
            if follow.stream == stream:
                self.follows[topic] = replace(follow, position=0)

    async def _keep(self, stream: str, position: int, harvest: _Harvest) -> None:
        held = self.rewinding | harvest.rewound
        for topic, follow in self.follows.items():
            if follow.stream == stream and topic not in held and follow.position < position:
                harvest.follows[topic] = replace(harvest.follows.get(topic, follow), position=position)
        statements = [*harvest.statements, *map(self._store.moved, harvest.follows.values())]
        await self._node.journal.commit(harvest.entries, statements)
        for topic, follow in harvest.follows.items():
            if topic in self.follows:
                self._moved(topic, follow)
        self._keyed |= harvest.keyed
        self.rewinding |= harvest.rewound
        if harvest.rewound:
            self._on_rewind(stream)

    def _moved(self, topic: str, follow: Follow) -> None:
        before, self.follows[topic] = self.follows[topic], follow
        if follow.chain.ahead:
            self._waiting.setdefault(topic, self._node.clock.now())
        else:
            self._waiting.pop(topic, None)
        if follow.chain.number != before.chain.number or follow.forked != before.forked:
            self._on_progress(topic)

    def _take(self, topic: str, message: Message, harvest: _Harvest) -> None:
        follow = harvest.follows.get(topic) or self.follows.get(topic)
        if follow is None or message.sequence <= follow.position:
            return
        follow = replace(follow, position=message.sequence)
        seals: list[bytes] = []
        try:
            if is_wraps(message.data):
                follow = self._keys(follow, message, harvest, seals)
            else:
                follow = self._block(follow, message, harvest, seals)
        except Expired:
            # Past its time while it lay on the stream: as if it had been removed in time.
            pass
        except (ExchangeError, TrustError, BadInput) as error:
            if (error.code, topic) not in harvest.said:
                harvest.said.add((error.code, topic))
                harvest.entries.append(alarm(self._node, message.subject, error, tuple(seals)))
        harvest.follows[topic] = follow

    def _keys(self, follow: Follow, message: Message, harvest: _Harvest, seals: list[bytes]) -> Follow:
        ours = self._keyring.ours(decode_wraps(message.data))
        if ours is None:
            return follow
        granted = self._keyring.open(*ours, at=message.at)
        seals.append(granted.sealed)
        header = granted.opened.header
        self._admit(follow, header, message.subject)
        age = age_of(granted.keys, header)
        if age <= harvest.keyed.get(follow.topic, self._keyed.get(follow.topic, NEVER)):
            return follow
        harvest.keyed[follow.topic] = age
        self._keyring.add(follow.topic, granted.keys, header)
        harvest.statements.append(
            self._store.keyed(
                follow.topic, epoch=granted.keys.newest, organ=granted.organ.token, envelope=granted.envelope
            )
        )
        detail = f"keys of epoch {granted.keys.newest}"
        harvest.entries.append(self._entry(header, granted.sealed, organ=str(granted.organ.id), detail=detail))
        found = [at for id_, at in follow.locked.items() if self._keyring.epoch(follow.topic, id_) is not None]
        if not found:
            return follow
        # What was passed over can be opened now: it is read again.
        harvest.rewound.add(follow.topic)
        # What lies before that and cannot is not forgotten: its key may still come.
        still = {id_: at for id_, at in follow.locked.items() if at < min(found)}
        return replace(follow, position=min(found) - 1, locked=still)

    def _block(self, follow: Follow, message: Message, harvest: _Harvest, seals: list[bytes]) -> Follow:
        id_ = session_id_of(message.data)
        epoch = None if id_ is None else self._keyring.epoch(follow.topic, id_)
        if id_ is None:
            raise Malformed("neither a block nor keys")
        if epoch is None:
            if id_ in follow.locked or len(follow.locked) >= _MAX_LOCKED:
                return follow
            return replace(follow, locked={**follow.locked, id_: message.sequence})
        packet = Packet.from_bytes(epoch.session.decrypt_request(message.data, aad=follow.topic.encode()))
        seals.append(packet.sealed)
        header = open_seal(self._node, packet.sealed, at=message.at).header
        self._admit(follow, header, message.subject)
        block = block_of(header, packet)
        if block.place.epoch != epoch.number:
            raise Malformed(f"a block of epoch {block.place.epoch} under the key of {epoch.number}")
        return self._chained(follow, block, message, harvest)

    def _admit(self, follow: Follow, header: Header, subject: str) -> None:
        """Check that it is for this topic, from its owner, and may be."""
        if header.kind is not Kind.EVENT or header.receiver != follow.topic:
            raise Misdirected(f"{header.receiver} on the subject of {follow.topic}")
        verdict = self._node.decide(header, policy.Connection(site=topic_site(subject)))
        if verdict.error is not None:
            raise verdict.error

    def _chained(self, follow: Follow, block: Block, message: Message, harvest: _Harvest) -> Follow:
        link, header = block.link, block.header

        def known(number: int) -> Link | None:
            fresh = harvest.fresh.get((follow.topic, number))
            if fresh is not None or follow.topic in harvest.emptied:
                return None if fresh is None else fresh.link
            return self._store.link(follow.topic, number)

        step = follow.chain.step(block.chain, link, known)
        if step in {Step.KNOWN, Step.STALE} or (follow.forked and step is not Step.RESTART):
            return follow
        match step:
            case Step.FORK:
                error = EventForked(f"block {link.number} of {follow.topic}")
                harvest.entries.append(alarm(self._node, message.subject, error, (block.sealed,)))
                return replace(follow, forked=True)
            case Step.RESTART:
                harvest.fresh = {key: value for key, value in harvest.fresh.items() if key[0] != follow.topic}
                harvest.emptied.add(follow.topic)
                harvest.statements.append(self._store.emptied(follow.topic))
                follow = replace(follow, chain=Chain(), forked=False)
            case _:
                pass
        stored = StoredBlock(link=link, created=header.created, expires=header.expires, data=message.data)
        harvest.fresh[follow.topic, link.number] = stored
        harvest.statements.append(self._store.put(follow.topic, stored))
        detail = f"{step}: {link.first} to {link.last}" if link.count else f"{step}: nothing after {link.last}"
        harvest.entries.append(self._entry(header, block.sealed, organ=f"site:{self._node.site}", detail=detail))
        if step is Step.LATE:
            return follow
        follow = replace(follow, chain=follow.chain.taken(block.chain, link))
        if header.created >= follow.heard:
            place = block.place
            follow = replace(follow, heard=header.created, kept=place.kept, snapshot=place.snapshot)
        return self._judged(follow, harvest.entries)

    def _judged(self, follow: Follow, entries: list[Entry]) -> Follow:
        """Stop at a contradiction: what came too early turns out not to follow from what has come since."""
        if follow.forked or not follow.chain.contradicted:
            return follow
        entries.append(alarm(self._node, follow.topic, EventForked(f"ahead of block {follow.chain.number}")))
        return replace(follow, forked=True)

    def _entry(self, header: Header, sealed: bytes, *, organ: str, detail: str) -> Entry:
        return self._node.entry(header, organ=organ, direction="in", seals=(sealed,), detail=detail)

    async def tick(self) -> None:
        """Go on behind holes that were not filled in time; let go of what has expired.

        Raises:
            JournalError: it cannot be recorded.
        """
        at = self._node.clock.now()
        async with self._turn:
            await self._node.journal.commit([], [self._store.expired(at)])
            for topic, since in list(self._waiting.items()):
                follow = self.follows[topic]
                if at - since >= PATIENCE and not follow.forked:
                    await self._give_up(follow)

    async def _give_up(self, follow: Follow) -> None:
        chain, missing = follow.chain.jumped()
        entries = []
        # A lost sign of life is no lost event.
        if missing.first <= missing.last:
            error = EventsMissing(follow.topic, first=missing.first, last=missing.last, expired=False)
            _log.error("%s", error)
            entries.append(alarm(self._node, follow.topic, error))
        moved = self._judged(replace(follow, chain=chain), entries)
        await self._node.journal.commit(entries, [self._store.moved(moved)])
        self._waiting.pop(follow.topic, None)
        self._moved(follow.topic, moved)
