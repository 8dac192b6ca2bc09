"""Mail as bytes on the carrier, and waiting for what becomes of it."""

from lienthong.exchange.mail.publishing import publish_due
from lienthong.kernel.identifiers import OrganId
from tests.support.carriers import eventually
from tests.support.gateways import CENTRE, COMMUNE, World, turns


def position(world: World, site: str = "p1", stream: str = "MAIL_01") -> int:
    return world.running[site].store.position(stream)


async def taken(world: World) -> None:
    """Wait until the province has taken everything off its stream."""
    await eventually(lambda: position(world) == world.broker.streams["MAIL_01"].last)
    # The cursor is on disk before its writer is told: when this has been written, too, he has been.
    await world.running["p1"].node.journal.commit([])


async def refused(world: World, data: bytes, *verdicts: str, sender: OrganId = CENTRE, to: OrganId = COMMUNE) -> None:
    """Check what becomes of an envelope: recorded under this verdict, once, and in no mailbox."""
    before = world.running["p1"].node.journal.size
    world.post(sender, to, data)
    await taken(world)
    assert [entry.verdict for entry in world.entries("p1")[before:]] == list(verdicts)
    assert world.arrivals == []


async def receipted(world: World, site: str = "tw") -> list[tuple[str, str]]:
    """What the sender's gateway has been told, once the province's receipts are out."""
    await eventually(lambda: not world.running["p1"].store.due(world.clock.now()))
    await turns(50)
    return world.states(site)


async def resend(world: World, site: str = "tw") -> int:
    """Do what the gateway does now and then."""
    gateway = world.running[site]
    return await publish_due(gateway.node, gateway.store)


def outgoing(world: World, site: str = "tw") -> int:
    """How many envelopes a gateway keeps to be sent."""
    ((count,),) = world.running[site].node.journal.read("SELECT count(*) FROM outgoing")
    return int(count)
