"""The directory as a gateway asks it: immutable, every lookup one step."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

from lienthong.directory.model import KeyOwner, Organ, Refusal, Service, Site, Subsystem, Topic
from lienthong.kernel.clock import Millis, iso
from lienthong.kernel.identifiers import ClientId, OrganId, ServiceId, SubsystemId, TopicId
from lienthong.kernel.labels import Level
from lienthong.trust.errors import KeyNotValid, KeyUnknown
from lienthong.trust.keys import Algorithm, PublicKey

_SEALING: Final = (Algorithm.ES256, Algorithm.EDDSA)
_ORDINARY: Final = (Algorithm.HPKE_4_KE, Algorithm.HPKE_MLKEM768_X25519_KE)
_POST_QUANTUM: Final = (Algorithm.HPKE_MLKEM768_X25519_KE,)


class Standing(StrEnum):
    """How current a snapshot is."""

    # Within the time for which the centre vouches.
    FRESH = "fresh"
    # Past it, within the instance's grace: known grants go on, nothing new is accepted.
    GRACE = "grace"
    # Past that too: nothing may be decided by it.
    STALE = "stale"


@dataclass(frozen=True, slots=True, kw_only=True)
class Indexes:
    """Everything a snapshot looks up, by what it is looked up by."""

    organs: Mapping[OrganId, Organ] = field(default_factory=dict)
    tokens: Mapping[str, Organ] = field(default_factory=dict)
    sites: Mapping[str, Site] = field(default_factory=dict)
    # Organs by the site that serves them.
    hosted: Mapping[str, tuple[Organ, ...]] = field(default_factory=dict)
    # Nearly always one owner; several only where someone lists a key that is another's.
    owners: Mapping[bytes, tuple[KeyOwner, ...]] = field(default_factory=dict)
    subsystems: Mapping[SubsystemId, Subsystem] = field(default_factory=dict)
    services: Mapping[ServiceId, Service] = field(default_factory=dict)
    offered: Mapping[SubsystemId, tuple[Service, ...]] = field(default_factory=dict)
    topics: Mapping[TopicId, Topic] = field(default_factory=dict)
    groups: Mapping[str, frozenset[ClientId]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """The verified directory at one version. It never changes; a newer one takes its place."""

    instance: str
    # Name of the profile, or ``none``.
    profile: str
    # Counts up with every change of content.
    version: int
    # Until then it is fresh (milliseconds UTC, exclusive).
    expires: Millis
    # Until then it may be used for what was granted before (milliseconds UTC, exclusive).
    grace_until: Millis
    # Code of a branch → its name, in the centre's order.
    branches: Mapping[str, str]
    # What branches signed and is left out, with the reason: for the log and `lienthong doctor`.
    refusals: tuple[Refusal, ...]
    indexes: Indexes = field(repr=False)

    def standing(self, at: Millis) -> Standing:
        """Tell how current it is at that time."""
        if at < self.expires:
            return Standing.FRESH
        return Standing.GRACE if at < self.grace_until else Standing.STALE

    def extended(self, *, expires: Millis, grace_until: Millis) -> "Snapshot":
        """Return the same content with a newer term."""
        return replace(self, expires=expires, grace_until=grace_until)

    def organ(self, id: OrganId) -> Organ | None:  # noqa: A002 - what it is called everywhere else
        """Return the organ of that identifier."""
        return self.indexes.organs.get(id)

    def organ_by_token(self, token: str) -> Organ | None:
        """Return the organ of that word on the carrier."""
        return self.indexes.tokens.get(token)

    def organs(self) -> Iterable[Organ]:
        """Return every organ, branch by branch."""
        return self.indexes.organs.values()

    def site(self, code: str) -> Site | None:
        """Return the gateway of that code."""
        return self.indexes.sites.get(code)

    def sites(self) -> Iterable[Site]:
        """Return every gateway, branch by branch."""
        return self.indexes.sites.values()

    def organs_at(self, site: str) -> tuple[Organ, ...]:
        """Return the organs a gateway serves."""
        return self.indexes.hosted.get(site, ())

    def key(self, kid: bytes, *, of: OrganId | str | None = None) -> KeyOwner | None:
        """Return a key by its id, ended and revoked ones too: ask the key whether it was valid then.

        Args:
            kid: the key id.
            of: the organ, or the code of the site, that is said to own it. Always give it where it is
                known: a branch can list a key that is another's, which leaves the true owner's entry
                untouched but makes the id alone ambiguous.
        """
        owners = self.indexes.owners.get(kid, ())
        if of is None:
            return owners[0] if len(owners) == 1 else None
        return next((owner for owner in owners if of in {owner.organ, owner.site}), None)

    def sealing_key(self, organ: OrganId, at: Millis) -> PublicKey:
        """Return the newest ES256 or EdDSA key the organ could seal with at that time.

        Raises:
            KeyUnknown: the organ is not in the directory, or has no such key then.
        """
        return self._newest(organ, at, _SEALING, "sealing key")

    def wrapping_key(self, organ: OrganId, at: Millis, level: Level) -> PublicKey:
        """Return the newest key to encrypt to at that time: hybrid post-quantum from confidential up.

        Raises:
            KeyUnknown: the organ is not in the directory, or has no such key then.
        """
        if level >= Level.CONFIDENTIAL:
            return self._newest(organ, at, _POST_QUANTUM, f"post-quantum wrapping key for {level.slug}")
        return self._newest(organ, at, _ORDINARY, "wrapping key")

    def subsystem(self, id: SubsystemId) -> Subsystem | None:  # noqa: A002 - as in organ()
        """Return the information system of that identifier."""
        return self.indexes.subsystems.get(id)

    def service(self, id: ServiceId) -> Service | None:  # noqa: A002 - as in organ()
        """Return the service of that identifier."""
        return self.indexes.services.get(id)

    def services_of(self, subsystem: SubsystemId) -> tuple[Service, ...]:
        """Return the services of an information system, in the order of their codes."""
        return self.indexes.offered.get(subsystem, ())

    def topic(self, id: TopicId) -> Topic | None:  # noqa: A002 - as in organ()
        """Return the topic of that identifier."""
        return self.indexes.topics.get(id)

    def topics(self) -> Iterable[Topic]:
        """Return every topic, branch by branch."""
        return self.indexes.topics.values()

    def subsystems(self) -> Iterable[Subsystem]:
        """Return every information system, branch by branch."""
        return self.indexes.subsystems.values()

    def members_of(self, group: str) -> frozenset[ClientId]:
        """Return the clients in a group; none if there is no such group.

        Args:
            group: a code of the centre's, or what `model.local_group` returns for an information system's own.
        """
        return self.indexes.groups.get(group, frozenset())

    def _newest(self, id: OrganId, at: Millis, algorithms: tuple[Algorithm, ...], what: str) -> PublicKey:  # noqa: A002 - as in organ()
        organ = self.organ(id)
        if organ is None:
            raise KeyUnknown(f"{id} is not in the directory")
        # Preferred algorithms first, the newest key of each.
        for algorithm in algorithms:
            usable = [key for key in organ.keys if key.algorithm is algorithm and _valid(key, at)]
            if usable:
                return max(usable, key=lambda key: key.not_before)
        raise KeyUnknown(
            f"{id} has no {what} that is valid at {iso(at)}",
            hint="The organ must publish a key in the directory first.",
        )


def _valid(key: PublicKey, at: Millis) -> bool:
    try:
        key.check_valid(at)
    except KeyNotValid:
        return False
    return True
