"""Topics in a small world: the commune's registry publishes, others read."""

from collections.abc import Sequence
from typing import Final

from msgspec.structs import replace as changed

from lienthong.directory.entries import SubsystemEntry, TopicEntry, TopicGrantEntry
from lienthong.exchange.topics.event import Event
from lienthong.exchange.topics.subscription import Subscription
from lienthong.exchange.topics.topics import Topics
from lienthong.kernel.identifiers import OrganId, SubsystemId, TopicId
from tests.support.carriers import eventually
from tests.support.gateways import CENTRE, COMMUNE, HSO, NEIGHBOUR, World

MOVES: Final = TopicId("VN", "PARTY", "U1", "reg", "moves")
SECRET: Final = TopicId("VN", "PARTY", "U1", "reg", "quiet")
REGISTRY: Final = MOVES.owner
DESK: Final = SubsystemId("VN", "PARTY", "A02", "desk")
SCHEMA: Final = "moved/1"


def entry(*grants: str | TopicGrantEntry, code: str = "moves", **fields: object) -> TopicEntry:
    """A topic of the registry, granted to these."""
    given = tuple(grant if isinstance(grant, TopicGrantEntry) else TopicGrantEntry(to=grant) for grant in grants)
    return changed(TopicEntry(subsystem="reg", code=code, title="Moves", schemas=(SCHEMA,), grants=given), **fields)


def offer(world: World, *grants: str | TopicGrantEntry, **fields: object) -> None:
    """Publish the topic of moves in the directory, granted to these."""
    world.change(COMMUNE, topics=(entry(*(grants or (str(HSO),)), **fields),))


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
    return await topics(world, site).subscribe(reader, MOVES, **fields)  # type: ignore[arg-type] - what a test wants


def numbers(subscription: Subscription, **fields: object) -> list[int]:
    """What there is to read: the number in each event's data, after a check of the sequences."""
    batch = subscription.read(**fields)  # type: ignore[arg-type] - what a test wants
    sequences = [delivery.sequence for delivery in batch.deliveries]
    assert sequences == list(range(sequences[0], sequences[0] + len(sequences))) if sequences else True
    return [int(delivery.event.data[5:-1]) for delivery in batch.deliveries]


async def reads(subscription: Subscription, expected: Sequence[int], **fields: object) -> None:
    """Wait until exactly this can be read."""
    await eventually(lambda: numbers(subscription, **fields) == list(expected))


def organs_of(*ids: OrganId) -> list[str]:
    return [str(id_) for id_ in ids]


__all__ = ["CENTRE"]
