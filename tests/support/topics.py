"""Topics in a small world: the commune's registry publishes, others read."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, cast

from msgspec.structs import replace as changed

from lienthong.directory.entries import SubsystemEntry, TopicEntry, TopicGrantEntry
from lienthong.exchange.packet import Packet, content_of
from lienthong.exchange.subjects import topic_subject
from lienthong.exchange.topics.block import Place
from lienthong.exchange.topics.epochs import Current
from lienthong.exchange.topics.event import Event
from lienthong.exchange.topics.follow_store import Follow
from lienthong.exchange.topics.publish_store import State
from lienthong.exchange.topics.subscription import Subscription
from lienthong.exchange.topics.topics import Topics
from lienthong.kernel.identifiers import OrganId, SubsystemId, TopicId
from lienthong.trust.header import Kind
from tests.support.carriers import eventually
from tests.support.gateways import COMMUNE, HSO, NEIGHBOUR, World

MOVES: Final = TopicId("VN", "PARTY", "U1", "reg", "moves")
SECRET: Final = TopicId("VN", "PARTY", "U1", "reg", "quiet")
REGISTRY: Final = MOVES.owner
DESK: Final = SubsystemId("VN", "PARTY", "A02", "desk")
SCHEMA: Final = "moved/1"


def entry(*grants: str | TopicGrantEntry, code: str = "moves", **fields: object) -> TopicEntry:
    """A topic of the registry, granted to these."""
    given = tuple(grant if isinstance(grant, TopicGrantEntry) else TopicGrantEntry(to=grant) for grant in grants)
    base = TopicEntry(subsystem="reg", code=code, title="Moves", schemas=(SCHEMA,), grants=given)
    return changed(base, **fields)


def offer(world: World, *grants: str | TopicGrantEntry, **fields: object) -> None:
    """Publish the topic of moves in the directory, granted to these."""
    world.change(COMMUNE, topics=(entry(*(grants or (str(HSO),)), **cast("dict[str, Any]", fields)),))


def equip(world: World) -> None:
    """Give the neighbour an information system, too."""
    world.change(NEIGHBOUR, subsystems=(SubsystemEntry(code="desk", name="Desk", ceiling="secret"),))


def event(number: int, **fields: object) -> Event:
    return changed(Event(schema=SCHEMA, key=f"k{number}", data=f'{{"n":{number}}}'.encode()), **fields)


def events(*numbers: int) -> list[Event]:
    return [event(number) for number in numbers]


def topics(world: World, site: str = "tw") -> Topics:
    return world.running[site].topics


async def publish(world: World, *numbers: int, topic: TopicId = MOVES, site: str = "p1") -> None:
    """Publish events and wait until the carrier has them."""
    made = topics(world, site)
    await made.publish(topic, events(*numbers))
    await eventually(lambda: made.publisher.waiting() == 0)


async def subscribed(world: World, reader: SubsystemId = HSO, *, site: str = "tw", **fields: object) -> Subscription:
    return await topics(world, site).subscribe(reader, MOVES, **cast("dict[str, Any]", fields))


def numbers(subscription: Subscription, **fields: object) -> list[int]:
    """What there is to read: the number in each event's data, after a check of the sequences."""
    batch = subscription.read(**cast("dict[str, Any]", fields))
    sequences = [delivery.sequence for delivery in batch.deliveries]
    assert sequences == list(range(sequences[0], sequences[0] + len(sequences))) if sequences else True
    return [int(delivery.event.data[5:-1]) for delivery in batch.deliveries]


async def reads(subscription: Subscription, expected: Sequence[int], **fields: object) -> None:
    """Wait until exactly this can be read."""
    await eventually(lambda: numbers(subscription, **fields) == list(expected))


def epoch(world: World, topic: TopicId = MOVES, site: str = "p1") -> Current:
    """The epoch under which the owner publishes: every granted reader has this key, too."""
    return topics(world, site).publisher._line(topic)._epochs.current()


def state(world: World, topic: TopicId = MOVES, site: str = "p1") -> State:
    found = topics(world, site).publisher.state(topic)
    assert found is not None
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Forged:
    """A block as a test wants it; what is not given continues what was published last."""

    world: World
    topic: TopicId = MOVES
    by: OrganId = COMMUNE
    place: dict[str, int] = field(default_factory=dict)
    header: Mapping[str, object] = field(default_factory=dict)
    records: tuple[bytes, ...] = (b"",)
    # What is encrypted in place of what was sealed.
    parts: tuple[bytes, ...] | None = None
    # The topic that the encryption is bound to.
    bound: TopicId | None = None

    def bytes(self) -> bytes:
        """Seal and encrypt it."""
        at = state(self.world)
        place = Place(
            **{
                "number": at.number + 1,
                "first": at.sequence + 1,
                "count": len(self.records),
                "epoch": epoch(self.world).stored.number,
                "kept": 1,
                "snapshot": 0,
            }
            | self.place
        )
        parts = (place.to_bytes(), *self.records)
        described = self.world.directory.snapshot.topic(self.topic)
        assert described is not None
        fields = {
            "contents": tuple(map(content_of, parts)),
            "label": described.label,
            "conversation": at.chain,
            "answers": at.digest,
        } | dict(self.header)
        blank = self.world.header(self.topic.owner, self.topic, Kind.EVENT)
        header = changed(blank, **fields)
        packet = Packet(sealed=self.world.seal(header, self.by), parts=self.parts or parts)
        return epoch(self.world).session.encrypt_request(packet.to_bytes(), aad=str(self.bound or self.topic).encode())


def put(world: World, data: bytes, topic: TopicId = MOVES) -> None:
    """Bring something to the subject of a topic, past the broker's fence."""
    world.broker.store(topic_subject(world.organ(topic.organ), topic), data, secrets.token_hex(16))


async def taken(world: World, topic: TopicId = MOVES, site: str = "tw", stream: str = "TOPIC_01") -> Follow:
    """Wait until a gateway has looked at all there is; returns how far it has come."""
    receiver = topics(world, site)._receiver
    last = world.broker.streams[stream].last
    await eventually(lambda: receiver.follows[str(topic)].position >= last and not receiver.rewinding)
    await world.running[site].node.journal.commit([])
    return receiver.follows[str(topic)]


async def read_up(world: World, upto: int) -> None:
    """Wait until the centre has taken so many events."""
    await eventually(lambda: topics(world)._receiver.follows[str(MOVES)].chain.sequence == upto)
