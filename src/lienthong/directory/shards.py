"""Reading one published file of a branch. What is wrong in it is left out; the rest stands."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

import msgspec

from lienthong.directory.entries import OrganEntry, ShardFile
from lienthong.directory.model import Organ, Refusal, Service, Site, Subsystem, Topic
from lienthong.kernel.errors import LienthongError, quoted

_DECODER: Final = msgspec.json.Decoder(ShardFile)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganFacts:
    """An organ with its information systems, services and topics."""

    # The organ's identifier as the file writes it.
    text: str
    organ: Organ
    subsystems: tuple[Subsystem, ...]
    services: tuple[Service, ...]
    topics: tuple[Topic, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Shard:
    """What one published file of a branch says."""

    organs: tuple[OrganFacts, ...]
    sites: tuple[Site, ...]
    refusals: tuple[Refusal, ...]


def read_shard(branch: str, path: str, data: bytes) -> Shard:
    """Read a published file.

    Args:
        branch: code of the branch that signed it.
        path: its published name, for the refusals.
        data: its content, verified.
    """
    try:
        file = _DECODER.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        # The second for text that is not UTF-8: msgspec passes Python's own error on.
        return Shard(organs=(), sites=(), refusals=(Refusal(where=path, why=quoted(str(error))),))
    refusals: list[Refusal] = []
    return Shard(
        organs=tuple(_readable(file.organs, branch, path, refusals)),
        sites=tuple(Site.of(entry, branch) for entry in file.sites),
        refusals=tuple(refusals),
    )


def _organ(entry: OrganEntry, branch: str) -> OrganFacts:
    organ = Organ.of(entry, branch)
    return OrganFacts(
        text=entry.id,
        organ=organ,
        subsystems=tuple(Subsystem.of(subsystem, organ.id) for subsystem in entry.subsystems),
        services=tuple(Service.of(service, organ.id) for service in entry.services),
        topics=tuple(Topic.of(topic, organ.id) for topic in entry.topics),
    )


def _readable(entries: Iterable[OrganEntry], branch: str, path: str, refusals: list[Refusal]) -> Iterator[OrganFacts]:
    for entry in entries:
        try:
            yield _organ(entry, branch)
        except LienthongError as error:
            refusals.append(Refusal(where=f"{path}: {entry.id}", why=str(error)))
