"""Beginning topics anew where no gateway runs: after a journal was restored, before anything is published."""

from collections.abc import Sequence
from dataclasses import dataclass

from lienthong.directory.cache import Cache
from lienthong.directory.errors import DirectoryMissing
from lienthong.directory.snapshot import Snapshot, Standing
from lienthong.exchange.config import GatewayConfig
from lienthong.exchange.evidence.errors import EvidenceMissing
from lienthong.exchange.evidence.trusted import Trusted, read_root
from lienthong.exchange.node import Node
from lienthong.exchange.topics.publish_store import PublishStore
from lienthong.exchange.topics.publisher import Publisher
from lienthong.exchange.transport.memory import MemoryCarrier
from lienthong.exchange.transport.memory_broker import MemoryBroker
from lienthong.kernel.clock import Clock
from lienthong.kernel.identifiers import TopicId
from lienthong.trust.journal import Journal
from lienthong.trust.keystore import MemoryKeyStore


@dataclass(frozen=True, slots=True)
class _Kept:
    """The directory as the gateway has last seen it."""

    snapshot: Snapshot
    clock: Clock

    def standing(self) -> Standing:
        """Return how current it is now."""
        return self.snapshot.standing(self.clock.now())


async def begin_anew(
    config: GatewayConfig, wanted: Sequence[TopicId] | None, *, reason: str, clock: Clock
) -> list[TopicId]:
    """Begin topics of a site anew, each recorded in its journal with the reason; returns which.

    Neither keys nor the carrier are needed: readers are told with the first block of the new history, which the gateway
    seals when something is published.

    Args:
        config: of the gateway, which must not run.
        wanted: topics of organs hosted there; None: all that the directory names.
        reason: why, for whoever reads the evidence.
        clock: now.

    Raises:
        CallerUnknown, TopicUnknown: one is not hosted here, or not in the directory; then none begins anew.
        EvidenceMissing: there is no journal; then every topic begins anew by itself.
        DirectoryError, RootInvalid: the gateway's copy of the directory is missing or does not verify.
        JournalError: the gateway runs, or it cannot be recorded.
    """
    if not config.journal.exists():
        raise EvidenceMissing(str(config.journal))
    kept = Cache(config.directory).load()
    if kept is None:
        raise DirectoryMissing(str(config.directory))
    snapshot = Trusted.of(kept.published, root=read_root(config.root), at=clock.now()).snapshot
    journal = Journal.open(config.journal, site=config.site, clock=clock)
    try:
        node = Node(
            site=config.site,
            clock=clock,
            store=MemoryKeyStore(),
            directory=_Kept(snapshot, clock),
            carrier=MemoryCarrier(MemoryBroker(clock), config.site),
            journal=journal,
        )
        publisher = Publisher(node, PublishStore(journal))
        hosted = {organ.id for organ in snapshot.organs_at(config.site)}
        topics = [each.id for each in snapshot.topics() if each.id.organ in hosted] if wanted is None else list(wanted)
        for topic in topics:
            publisher.check(topic)
        for topic in topics:
            await publisher.restart(topic, reason=reason)
    finally:
        journal.close()
    return topics
