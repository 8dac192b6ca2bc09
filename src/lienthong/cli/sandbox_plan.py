"""From a sandbox's configuration to organs, gateways and the services behind them."""

import hashlib
import re
import unicodedata
from typing import Final

from lienthong.cli.sandbox_config import SandboxConfig, SandboxService, SandboxTopic
from lienthong.cli.world_plan import OrganPlan, Plan, SitePlan
from lienthong.directory.entries import GrantEntry, ServiceEntry, SubsystemEntry, TopicEntry, TopicGrantEntry
from lienthong.exchange.descriptions import Source
from lienthong.kernel.identifiers import OrganId, ServiceId, SubsystemId
from lienthong.kernel.labels import Label, Level

CONSUMER: Final = "consumer"
"""The gateway that information systems call."""
PROVIDER: Final = "provider"
"""The gateway in front of the services."""
# One branch for both sites: whoever is a consumer today and a provider tomorrow stays in it.
_BRANCH: Final = "sandbox"
_CONSUMERS: Final = "consumers"
_CEILING: Final = Label(Level.TOP_SECRET)
_SLUG: Final = 20
_DIGEST: Final = 10


def plan_of(config: SandboxConfig) -> Plan:
    """Return who takes part: every member once, at the consumer's gateway if any of it is a consumer.

    A member has one home. One that is both consumer and provider lives where information systems call;
    calls to its services go through the carrier all the same.
    """
    members = dict.fromkeys(client.organ for client in (*config.consumers, *config.providers))
    return Plan(
        instance=config.instance,
        profile="none",
        branches={_BRANCH: "Sandbox"},
        sites=[SitePlan(code=code, name=f"Sandbox, {code}", branch=_BRANCH) for code in (CONSUMER, PROVIDER)],
        organs=[_organ(member, config) for member in members],
        groups={_CONSUMERS: tuple(map(str, config.consumers))},
    )


def site_of(member: OrganId, config: SandboxConfig) -> str:
    """Return the gateway that serves a member."""
    return CONSUMER if any(client.organ == member for client in config.consumers) else PROVIDER


def services_at(site: str, config: SandboxConfig) -> dict[ServiceId, str]:
    """Return where the services behind a gateway are."""
    return {
        service.id: service.url
        for service in config.services
        if service.url is not None and site_of(service.id.organ, config) == site
    }


def descriptions_at(site: str, config: SandboxConfig) -> dict[ServiceId, Source]:
    """Return where the descriptions of the services behind a gateway are."""
    return {
        service.id: service.openapi
        for service in config.services
        if service.openapi is not None and site_of(service.id.organ, config) == site
    }


def _organ(member: OrganId, config: SandboxConfig) -> OrganPlan:
    clients = [client for client in (*config.consumers, *config.providers) if client.organ == member]
    codes = dict.fromkeys(client.subsystem for client in clients if isinstance(client, SubsystemId))
    return OrganPlan(
        id=member,
        token=token_of(member),
        name=member.member,
        branch=_BRANCH,
        site=site_of(member, config),
        ceiling=_CEILING,
        subsystems=tuple(SubsystemEntry(code=code, name=code, ceiling=str(_CEILING)) for code in codes),
        services=tuple(_service(service) for service in config.services if service.id.organ == member),
        topics=tuple(_topic(topic) for topic in config.topics if topic.id.organ == member),
    )


def _service(service: SandboxService) -> ServiceEntry:
    if service.grants is None:
        grants: tuple[GrantEntry, ...] = (GrantEntry(to=f"group:{_CONSUMERS}"),)
    else:
        grants = tuple(GrantEntry(to=str(grant.to), methods=grant.methods, path=grant.path) for grant in service.grants)
    return ServiceEntry(subsystem=service.id.subsystem, code=service.id.service, type=service.type, grants=grants)


def _topic(topic: SandboxTopic) -> TopicEntry:
    readers = (f"group:{_CONSUMERS}",) if topic.grants is None else tuple(map(str, topic.grants))
    grants = tuple(TopicGrantEntry(to=to) for to in readers)
    return TopicEntry(subsystem=topic.id.subsystem, code=topic.id.topic, grants=grants)


def token_of(member: OrganId) -> str:
    """Return a member's word on the carrier: readable, its own, and the same at every start."""
    plain = unicodedata.normalize("NFKD", member.member).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", plain)[:_SLUG].strip("-")
    digest = hashlib.sha256(str(member).encode()).hexdigest()[:_DIGEST]
    return f"{slug}-{digest}" if slug else digest
