"""What a new source folder begins with."""

from collections.abc import Sequence

from msgspec.structs import replace as changed

from lienthong.directory.entries import (
    BranchEntry,
    GrantEntry,
    InstanceEntry,
    OrganEntry,
    ServiceEntry,
    SiteEntry,
    SubsystemEntry,
)
from lienthong.directory.source import Source
from lienthong.profiles.base import OrganSpec


def sample_source(instance: str) -> Source:
    """Return a small example: a centre that offers a service, and a branch with an organ that may call it."""
    centre = changed(
        _organ(f"{instance}/PARTY/CENTRE", "centre", "Central office", "secret"),
        subsystems=(SubsystemEntry(code="registry", name="Registry of officials", ceiling="internal"),),
        services=(
            ServiceEntry(
                subsystem="registry",
                code="lookup",
                title="Look up an official",
                grants=(GrantEntry(to="group:clerks", methods=("GET",), path="/officials/*"),),
            ),
        ),
    )
    north = changed(
        _organ(f"{instance}/PARTY/NORTH", "north", "Northern office", "confidential"),
        parent=centre.id,
        subsystems=(SubsystemEntry(code="desk", name="Desk of the clerks", ceiling="internal"),),
    )
    return Source(
        instance=InstanceEntry(instance=instance),
        groups={"clerks": (f"{north.id}/desk",)},
        branches={
            "centre": BranchEntry(name="Centre", organs=(centre,), sites=(_site(centre),)),
            "north": BranchEntry(name="North", organs=(north,), sites=(_site(north),)),
        },
    )


def profile_source(profile: str, specs: Sequence[OrganSpec]) -> Source:
    """Return the organs that a profile proposes, each at a site of its own, still without keys."""
    organs: dict[str, list[OrganEntry]] = {}
    for spec in specs:
        organ = _organ(str(spec.id), spec.token, spec.name, str(spec.ceiling))
        parent = None if spec.parent is None else str(spec.parent)
        organs.setdefault(spec.branch, []).append(changed(organ, parent=parent))
    return Source(
        instance=InstanceEntry(instance=specs[0].id.instance, profile=profile),
        groups={},
        branches={code: _branch(members) for code, members in organs.items()},
    )


def _branch(organs: Sequence[OrganEntry]) -> BranchEntry:
    # Profiles name the head of a branch first.
    return BranchEntry(name=organs[0].name, organs=tuple(organs), sites=tuple(map(_site, organs)))


def _organ(id_: str, word: str, name: str, ceiling: str) -> OrganEntry:
    """Make an organ at a site of its own, which bears the same word."""
    return OrganEntry(id=id_, token=word, name=name, site=word, ceiling=ceiling)


def _site(organ: OrganEntry) -> SiteEntry:
    return SiteEntry(code=organ.site, name=organ.name)
