"""Large bodies: held at one gateway, asked for by whoever a test likes."""

from collections.abc import AsyncGenerator, Sequence

from lienthong.exchange.asks import Asker, Pull
from lienthong.exchange.http import LargeBody
from lienthong.exchange.packet import HeldRef, content_of
from lienthong.exchange.spool import Spool, Spooled
from lienthong.exchange.subjects import call_subject
from lienthong.kernel.identifiers import OrganId
from lienthong.trust.header import Content
from tests.support.gateways import CENTRE, COMMUNE, World


async def spooled(spool: Spool, body: bytes, *, peer: str = "peer", piece: int = 100_000) -> Spooled:
    """Bring a body into a spool, piece by piece."""
    writer = spool.writer(peer, sha512=True)
    for start in range(0, len(body), piece):
        await writer.write(body[start : start + piece])
    return await writer.finish()


async def held(world: World, body: bytes, *, by: OrganId = CENTRE, asker: OrganId = COMMUNE) -> tuple[HeldRef, Content]:
    """Let an organ's gateway hold a body for another organ's; returns how it is named and what would be sealed."""
    node = world.running[world.organ(by).site].node
    lying = await spooled(node.spool, body)
    return node.held.hold(lying, Asker.of(world.organ(asker))), content_of(body)


async def pulled(world: World, by: OrganId, holder: OrganId, question: Pull | bytes) -> Sequence[bytes]:
    """Ask an organ's gateway for pieces as another organ's, and return all replies."""
    subject = call_subject(world.organ(by), world.organ(holder))
    (listener,) = world.broker.reached(subject)
    answer = await listener.answer(subject, question.to_bytes() if isinstance(question, Pull) else question)
    assert answer is not None
    return [answer] if isinstance(answer, bytes) else [reply async for reply in answer]


class Unread(LargeBody):
    """A body that nobody should read."""

    @property
    def size(self) -> int:
        return 1 << 40

    def pieces(self) -> AsyncGenerator[bytes]:
        raise AssertionError("it was read")
