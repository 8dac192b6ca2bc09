"""From verified files to a snapshot, reading again only what changed.

Who wins when two branches claim the same thing: the centre. An organ's identifier and token and a
site's code count only for the branch in whose register the centre admitted them; whatever else a branch
signs is left out and listed in `Snapshot.refusals`. Should the centre itself admit one thing twice, the
branch it names first wins. A key that two owners list stays with both, each under its own name only.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

import msgspec

from lienthong.directory.entries import CommonFile, RegisterFile
from lienthong.directory.errors import DirectoryRefused
from lienthong.directory.model import KeyOwner, Organ, Refusal, Service, Site, Subsystem, Topic, local_group
from lienthong.directory.shards import OrganFacts, Shard, read_shard
from lienthong.directory.snapshot import Indexes, Snapshot
from lienthong.kernel.clock import DAY, Millis
from lienthong.kernel.errors import IdentifierInvalid
from lienthong.kernel.identifiers import ClientId, OrganId, ServiceId, SubsystemId, TopicId, parse_client
from lienthong.trust.keys import PublicKey

_COMMON: Final = msgspec.json.Decoder(CommonFile)
_REGISTER: Final = msgspec.json.Decoder(RegisterFile)


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """The files of one verified version of the directory."""

    version: int
    # Milliseconds UTC.
    expires: Millis
    common: bytes
    # Code of a branch → its register, in the order in which the centre names the branches.
    registers: Mapping[str, bytes]
    # Code of a branch → published path → file.
    shards: Mapping[str, Mapping[str, bytes]]
    # What was left out already while fetching.
    refusals: tuple[Refusal, ...] = ()


class Indexer:
    """Builds snapshots one after the other."""

    def __init__(self) -> None:
        # Published path → the file and what it says.
        self._read: dict[str, tuple[bytes, Shard]] = {}

    def snapshot(self, facts: Facts) -> Snapshot:
        """Build the snapshot of a verified directory.

        Raises:
            DirectoryRefused: what the centre itself signed cannot be read.
        """
        common, groups = _common(facts.common)
        builder = _Builder(instance=common.instance.instance, refusals=list(facts.refusals))
        read: dict[str, tuple[bytes, Shard]] = {}
        for branch, data in facts.registers.items():
            register = _register(data, branch)
            for path, content in facts.shards.get(branch, {}).items():
                read[path] = (content, self._shard(branch, path, content))
                builder.add(read[path][1], register, path)
        self._read = read
        return Snapshot(
            instance=common.instance.instance,
            profile=common.instance.profile,
            version=facts.version,
            expires=facts.expires,
            grace_until=facts.expires + common.instance.grace_days * DAY,
            branches={branch: common.branches.get(branch, branch) for branch in facts.registers},
            refusals=tuple(builder.refusals),
            indexes=builder.indexes(groups),
        )

    def _shard(self, branch: str, path: str, content: bytes) -> Shard:
        known = self._read.get(path)
        # Unchanged files are the same object as before, or at least equal.
        return known[1] if known is not None and known[0] == content else read_shard(branch, path, content)


@dataclass(slots=True, kw_only=True)
class _Builder:
    instance: str
    refusals: list[Refusal]
    organs: dict[OrganId, Organ] = field(default_factory=dict)
    tokens: dict[str, Organ] = field(default_factory=dict)
    sites: dict[str, Site] = field(default_factory=dict)
    hosted: dict[str, list[Organ]] = field(default_factory=dict)
    owners: dict[bytes, tuple[KeyOwner, ...]] = field(default_factory=dict)
    subsystems: dict[SubsystemId, Subsystem] = field(default_factory=dict)
    services: dict[ServiceId, Service] = field(default_factory=dict)
    offered: dict[SubsystemId, list[Service]] = field(default_factory=dict)
    topics: dict[TopicId, Topic] = field(default_factory=dict)
    # Those of information systems; the centre's are passed to `indexes`.
    groups: dict[str, frozenset[ClientId]] = field(default_factory=dict)

    def add(self, shard: Shard, register: RegisterFile, path: str) -> None:
        self.refusals.extend(shard.refusals)
        admitted = frozenset(register.sites)
        for site in shard.sites:
            if site.code not in admitted:
                self._refuse(path, f"site {site.code}", "the centre has not admitted it in this branch")
            elif site.code in self.sites:
                self._refuse(path, f"site {site.code}", "it is listed twice")
            else:
                self.sites[site.code] = site
                self._own(None, site.code, site.keys)
        for facts in shard.organs:
            why = self._objection(facts, register)
            if why is None:
                self._add_organ(facts)
            else:
                self._refuse(path, facts.text, why)

    def indexes(self, groups: Mapping[str, frozenset[ClientId]]) -> Indexes:
        return Indexes(
            organs=self.organs,
            tokens=self.tokens,
            sites=self.sites,
            hosted={site: tuple(organs) for site, organs in self.hosted.items()},
            owners=self.owners,
            subsystems=self.subsystems,
            services=self.services,
            offered={
                system: tuple(sorted(services, key=lambda service: service.id.service))
                for system, services in self.offered.items()
            },
            topics=self.topics,
            groups={**groups, **self.groups},
        )

    def _objection(self, facts: OrganFacts, register: RegisterFile) -> str | None:
        organ = facts.organ
        # The register has identifiers in their one canonical form; any other form is not in it.
        if register.organs.get(facts.text) != organ.token:
            return f"the centre has not admitted it in this branch with the token {organ.token}"
        if organ.id.instance != self.instance:
            return f"it is not of the instance {self.instance}"
        if organ.id in self.organs or organ.token in self.tokens:
            return "its identifier or token is listed twice"
        return None

    def _add_organ(self, facts: OrganFacts) -> None:
        organ = facts.organ
        self.organs[organ.id] = organ
        self.tokens[organ.token] = organ
        self.hosted.setdefault(organ.site, []).append(organ)
        self._own(organ.id, None, organ.keys)
        for subsystem in facts.subsystems:
            if self.subsystems.setdefault(subsystem.id, subsystem) is subsystem:
                for code, members in subsystem.groups.items():
                    self.groups[local_group(subsystem.id, code)] = members
        for service in facts.services:
            if self.services.setdefault(service.id, service) is service:
                self.offered.setdefault(service.id.provider, []).append(service)
        for topic in facts.topics:
            self.topics.setdefault(topic.id, topic)

    def _own(self, organ: OrganId | None, site: str | None, keys: Iterable[PublicKey]) -> None:
        for key in keys:
            owner = KeyOwner(organ=organ, site=site, key=key)
            others = self.owners.get(key.kid)
            self.owners[key.kid] = (owner,) if others is None else (*others, owner)

    def _refuse(self, path: str, what: str, why: str) -> None:
        self.refusals.append(Refusal(where=f"{path}: {what}", why=why))


def _common(data: bytes) -> tuple[CommonFile, dict[str, frozenset[ClientId]]]:
    try:
        common = _COMMON.decode(data)
        groups = {code: frozenset(map(parse_client, members)) for code, members in common.groups.items()}
    except (msgspec.MsgspecError, UnicodeDecodeError, IdentifierInvalid) as error:
        raise DirectoryRefused(f"common.json: {error}") from error
    return common, groups


def _register(data: bytes, branch: str) -> RegisterFile:
    try:
        return _REGISTER.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        # The second for text that is not UTF-8: msgspec passes Python's own error on.
        raise DirectoryRefused(f"register/{branch}.json: {error}") from error
