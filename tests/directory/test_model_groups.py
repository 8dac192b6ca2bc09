"""An information system's own groups: whom they name, who may name them, and that both sides see the same."""

from copy import replace

import msgspec
import pytest
from msgspec.structs import replace as changed

from lienthong.directory.client import verify
from lienthong.directory.diff import diff, source_of
from lienthong.directory.entries import GrantEntry, OrganEntry, ShardFile, SubsystemEntry, TopicGrantEntry, encode
from lienthong.directory.errors import SourceInvalid
from lienthong.directory.indexing import Indexer
from lienthong.directory.model import GROUP, Grant, TopicGrant, local_group
from lienthong.directory.publish import build
from lienthong.directory.signing import RoleKeys
from lienthong.directory.snapshot import Snapshot
from lienthong.directory.source import Source
from lienthong.kernel.clock import ManualClock
from lienthong.kernel.identifiers import OrganId, ServiceId, SubsystemId
from tests.support.directories import NOW, new_source, snapshot_of, with_organ

FIRST = OrganId("VN", "PARTY", "01.0")
REGISTRY = SubsystemId("VN", "PARTY", "01.0", "registry")
FRIEND = "VN/PARTY/02.0/registry"
GROUPS = {"friends": (FRIEND, "VN/PARTY/02.1")}


def grouped(source: Source, to: str = "local-group:friends", **groups: tuple[str, ...]) -> Source:
    """Give the first system a group of its own, and its service a grant."""
    organ = source.branches["01"].organs[0]
    return with_organ(
        source,
        "01",
        changed(
            organ,
            subsystems=(changed(organ.subsystems[0], groups=groups or GROUPS),),
            services=(changed(organ.services[0], grants=(GrantEntry(to=to),)),),
        ),
    )


@pytest.fixture(scope="module")
def small() -> Source:
    return new_source(algorithms=())


def _snapshot(source: Source) -> Snapshot:
    source.check()
    return snapshot_of(build(source, RoleKeys.generate(source.branches), ManualClock(NOW)))


def _grants(snapshot: Snapshot) -> tuple[Grant, ...]:
    service = snapshot.service(ServiceId("VN", "PARTY", "01.0", "registry", "lookup"))
    assert service is not None
    return service.grants


def test_a_grant_reaches_the_members_of_the_system_s_own_group(small: Source) -> None:
    snapshot = _snapshot(grouped(small))
    (grant,) = _grants(snapshot)
    members = snapshot.members_of(grant.to.removeprefix(GROUP))
    assert members == {SubsystemId("VN", "PARTY", "02.0", "registry"), OrganId("VN", "PARTY", "02.1")}
    system = snapshot.subsystem(REGISTRY)
    assert system is not None
    assert system.groups == {"friends": members}


def test_a_group_of_the_centre_and_one_of_a_system_may_bear_the_same_code(small: Source) -> None:
    snapshot = _snapshot(grouped(small, to="group:everyone", everyone=(FRIEND,)))
    (grant,) = _grants(snapshot)
    assert len(snapshot.members_of(grant.to.removeprefix(GROUP))) == 5
    assert len(snapshot.members_of(local_group(REGISTRY, "everyone"))) == 1


@pytest.mark.parametrize(
    "to", [f"group:{REGISTRY}:friends", "group:", "group:A", "local-group:none", "local-group:", "local-group:a/b"]
)
def test_what_is_no_group_names_nobody(small: Source, to: str) -> None:
    # As a branch might sign it, unchecked.
    grant = Grant.of(GrantEntry(to=to), REGISTRY)
    snapshot = _snapshot(grouped(small))
    assert grant.to in {"", f"group:{REGISTRY}:{to.removeprefix('local-group:')}"}
    assert TopicGrant.of(TopicGrantEntry(to=to), REGISTRY).to == grant.to
    assert snapshot.members_of(grant.to.removeprefix(GROUP)) == frozenset()


def test_another_system_s_group_is_not_to_be_named(small: Source) -> None:
    snapshot = _snapshot(grouped(small))
    other = SubsystemId("VN", "PARTY", "01.1", "registry")
    grant = Grant.of(GrantEntry(to="local-group:friends"), other)
    assert snapshot.members_of(grant.to.removeprefix(GROUP)) == frozenset()


@pytest.mark.parametrize(
    ("source", "says"),
    [
        (
            lambda small: grouped(small, to="local-group:none"),
            "services[0].grants[0].to: there is no local-group:none in the groups of the subsystem",
        ),
        (
            lambda small: grouped(small, friends=("VN/PARTY",)),
            "subsystems[0].groups.friends[0]: The identifier is not well formed",
        ),
        (lambda small: grouped(small, friends=("VN/PARTY/%41",)), "groups.friends[0]: write it as VN/PARTY/A"),
    ],
)
def test_what_is_wrong_is_named(small: Source, source: object, says: str) -> None:
    with pytest.raises(SourceInvalid) as caught:
        source(small).check()  # type: ignore[operator]  # a function, as above
    assert says in str(caught.value)


@pytest.mark.parametrize(
    "groups",
    [
        {"A": ()},
        {"x" * 33: ()},
        {f"g{number}": () for number in range(65)},
        {"g": (FRIEND,) * 4097},
        {"g": ("",)},
    ],
)
def test_groups_are_bounded(groups: dict[str, tuple[str, ...]]) -> None:
    entry = {"code": "a", "name": "a", "ceiling": "internal", "groups": groups}
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(msgspec.json.encode(entry), type=SubsystemEntry)


def _unchecked(small: Source, organ: OrganEntry) -> Snapshot:
    """What gateways make of it when the branch signs this organ in the place of its own, whatever it is."""
    published = build(small, RoleKeys.generate(small.branches), ManualClock(NOW))
    facts = verify(published, root=published.root, at=NOW).facts
    organs = [each for each in small.branches["01"].organs if each.id != organ.id]
    file = encode(ShardFile(format=1, organs=(*organs, organ), sites=small.branches["01"].sites))
    return Indexer().snapshot(replace(facts, shards={**facts.shards, "01": {"branch/01/00.json": file}}))


def test_a_member_that_cannot_be_read_leaves_the_organ_out_and_no_other(small: Source) -> None:
    snapshot = _unchecked(small, grouped(small, friends=("VN/PARTY",)).branches["01"].organs[-1])
    assert snapshot.organ(FIRST) is None
    assert len(list(snapshot.organs())) == 4
    (refusal,) = snapshot.refusals
    assert str(FIRST) in refusal.where


def test_the_first_of_two_subsystems_of_one_code_has_the_groups(small: Source) -> None:
    organ = grouped(small).branches["01"].organs[-1]
    twice = changed(organ, subsystems=(*organ.subsystems, changed(organ.subsystems[0], groups={"friends": ()})))
    assert len(_unchecked(small, twice).members_of(local_group(REGISTRY, "friends"))) == 2


def test_a_change_of_a_group_is_told_member_by_member(small: Source) -> None:
    before, after = grouped(small), grouped(small, friends=(FRIEND, "VN/PARTY/01.1"), more=())
    where = f"branch 01 / organ {FIRST} / subsystem registry / group"
    assert [f"{change.kind} {change.where} [{change.before}] [{change.after}]" for change in diff(before, after)] == [
        f"removed {where} friends [VN/PARTY/02.1] []",
        f"added {where} friends [] [VN/PARTY/01.1]",
        f"added {where} more [] []",
    ]


def test_a_published_version_leads_back_to_it(small: Source) -> None:
    source = grouped(small)
    published = build(source, RoleKeys.generate(source.branches), ManualClock(NOW))
    assert diff(source, source_of(published)) == []
