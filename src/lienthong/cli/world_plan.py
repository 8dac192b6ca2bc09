"""Who takes part in an exchange on one machine: its organs, and the gateways that serve them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from lienthong.directory.entries import ServiceEntry, SubsystemEntry, TopicEntry
from lienthong.kernel.identifiers import OrganId
from lienthong.kernel.labels import Label


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganPlan:
    """An organ that is to take part."""

    id: OrganId
    token: str
    name: str
    branch: str
    site: str
    ceiling: Label
    parent: OrganId | None = None
    subsystems: tuple[SubsystemEntry, ...] = ()
    services: tuple[ServiceEntry, ...] = ()
    topics: tuple[TopicEntry, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SitePlan:
    """A gateway that is to run."""

    code: str
    name: str
    # The branch that signs for it.
    branch: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Who takes part."""

    instance: str
    profile: str
    # Code → name.
    branches: Mapping[str, str]
    sites: Sequence[SitePlan]
    organs: Sequence[OrganPlan]
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def branches_of(self, site: str) -> list[str]:
        """Return the branches that have organs at a site."""
        return sorted({organ.branch for organ in self.organs if organ.site == site})

    def tokens_at(self, site: str) -> list[str]:
        """Return the carrier's words of the organs at a site."""
        return [organ.token for organ in self.organs if organ.site == site]
