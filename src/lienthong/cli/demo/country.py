"""Who takes part in the demo: the centre, the provinces and the communes, as the profile lists them."""

from collections.abc import Mapping, Sequence
from typing import Final

from lienthong.cli.world_plan import OrganPlan, Plan, SitePlan
from lienthong.directory.entries import GrantEntry, ServiceEntry, SubsystemEntry, TopicEntry, TopicGrantEntry
from lienthong.kernel.errors import BadInput
from lienthong.kernel.identifiers import ServiceId, SubsystemId, TopicId
from lienthong.profiles import load
from lienthong.profiles.base import OrganSpec

PROFILE: Final = "vn"
CENTRE_SITE: Final = "tw"
OFFICE: Final = "office"
"""Code of the information system that every organ's office is."""
_OFFICE_NAME: Final = "Văn phòng số"
REGISTRY: Final = SubsystemEntry(code="registry", name="Danh mục đơn vị hành chính", ceiling="internal")
GRANTED_PATH: Final = "/*"
_CHANGES: Final = "changes"


class OrgansInvalid(BadInput):
    """The number of organs does not fit the country."""

    code = "organs_invalid"
    hint = "Ask for at least 1 and at most all organs below the centre."


def plan(organs: int | None, hosts: int) -> Plan:
    """Return the demo's country.

    Args:
        organs: how many organs below the centre take part; None for all. Provinces come first, each
            followed by its communes.
        hosts: how many gateways serve them; each province stays whole at one of them.

    Raises:
        OrgansInvalid: there are not so many.
    """
    centre, *below = load(PROFILE).organs()
    count = len(below) if organs is None else organs
    if not 0 < count <= len(below):
        raise OrgansInvalid(f"{count} of {len(below)}")
    chosen = sorted(below, key=lambda spec: (spec.branch, spec.parent != centre.id, spec.token))[:count]
    branches = sorted({spec.branch for spec in chosen})
    sites = _sites(chosen, branches, min(hosts, len(branches)))
    names = {spec.branch: spec.name for spec in below if spec.parent == centre.id}
    return Plan(
        instance=centre.id.instance,
        profile=PROFILE,
        branches={centre.branch: centre.name} | {branch: names[branch] for branch in branches},
        sites=[
            SitePlan(code=CENTRE_SITE, name=centre.name, branch=centre.branch),
            *(
                SitePlan(code=code, name=f"Trung tâm dữ liệu {code}", branch=centre.branch)
                for code in sorted(set(sites.values()))
            ),
        ],
        organs=[
            _organ(centre, CENTRE_SITE),
            *(_organ(spec, sites[spec.branch], provides=spec is chosen[0]) for spec in chosen),
        ],
    )


def office_of_centre(country: Plan) -> SubsystemId:
    """Return the information system that calls."""
    centre = country.organs[0].id
    return SubsystemId(centre.instance, centre.member_class, centre.member, OFFICE)


def gateways(country: Plan, urls: Mapping[str, str]) -> str:
    """Return the file that tells an office which gateway serves whom (``office.documents.exchange.gateways``).

    Args:
        country: the demo's.
        urls: site → address of its gateway.
    """
    parts = [f'system = "{OFFICE}"\n']
    for site, url in urls.items():
        organs = ", ".join(f'"{organ.id}"' for organ in country.organs if organ.site == site)
        parts.append(f'[[gateway]]\nurl = "{url}"\norgans = [{organs}]\n')
    return "".join(parts)


def register_of_units(country: Plan) -> ServiceId:
    """Return the service that is called: the register of units of the first province."""
    province = country.organs[1].id
    return ServiceId(province.instance, province.member_class, province.member, REGISTRY.code, "units")


def changes_of_units(country: Plan) -> TopicId:
    """Return the topic that is followed: changes of that register."""
    units = register_of_units(country)
    return TopicId(units.instance, units.member_class, units.member, units.subsystem, _CHANGES)


def _sites(chosen: Sequence[OrganSpec], branches: Sequence[str], hosts: int) -> dict[str, str]:
    """Spread the branches over the hosts so that each serves about as many organs."""
    size = dict.fromkeys(branches, 0)
    for spec in chosen:
        size[spec.branch] += 1
    load_of = {f"site-{number}": 0 for number in range(1, hosts + 1)}
    sites = {}
    for branch in sorted(branches, key=lambda code: -size[code]):
        site = min(load_of, key=lambda code: load_of[code])
        sites[branch] = site
        load_of[site] += size[branch]
    return sites


def _organ(spec: OrganSpec, site: str, *, provides: bool = False) -> OrganPlan:
    office = SubsystemEntry(code=OFFICE, name=_OFFICE_NAME, ceiling=str(spec.ceiling))
    return OrganPlan(
        id=spec.id,
        token=spec.token,
        name=spec.name,
        branch=spec.branch,
        site=site,
        ceiling=spec.ceiling,
        parent=spec.parent,
        subsystems=(REGISTRY, office) if provides else (office,),
        services=(_units(spec),) if provides else (),
        topics=(_changes(spec),) if provides else (),
    )


def _units(spec: OrganSpec) -> ServiceEntry:
    """Return the register of units, granted to the office of the organ above: reading single units, no more."""
    granted = GrantEntry(to=f"{spec.parent}/{OFFICE}", methods=("GET",), path=GRANTED_PATH)
    return ServiceEntry(subsystem=REGISTRY.code, code="units", title=REGISTRY.name, grants=(granted,))


def _changes(spec: OrganSpec) -> TopicEntry:
    """Return the topic of the register's changes, granted to the office of the organ above."""
    granted = TopicGrantEntry(to=f"{spec.parent}/{OFFICE}")
    return TopicEntry(subsystem=REGISTRY.code, code=_CHANGES, title=REGISTRY.name, grants=(granted,))
