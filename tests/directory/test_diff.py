"""Differences in words."""

from copy import replace

import pytest
from msgspec.structs import replace as changed

from lienthong.directory.diff import Kind, diff, source_of
from lienthong.directory.errors import DirectoryRefused
from lienthong.directory.published import Published
from lienthong.directory.source import Source
from lienthong.kernel.clock import HOUR, iso
from tests.support.directories import NOW, new_key, new_organ, renamed, with_organ


def _lines(old: Source, new: Source) -> list[str]:
    return [f"{change.kind} {change.where} [{change.before}] [{change.after}]" for change in diff(old, new)]


def test_the_same_differs_in_nothing(source: Source) -> None:
    assert diff(source, source) == []


def test_a_published_version_leads_back_to_its_source(source: Source, published: Published) -> None:
    assert diff(source, source_of(published)) == []
    assert source_of(published).instance == source.instance


def test_a_name(source: Source) -> None:
    assert _lines(source, renamed(source, "01", "New name")) == [
        "changed branch 01 / organ VN/PARTY/01.0 / name [Organ 0 of 01] [New name]"
    ]


def test_an_organ_comes_and_goes(source: Source) -> None:
    more = with_organ(source, "02", new_organ("02", 9, algorithms=()))
    assert _lines(source, more) == ["added branch 02 / organ VN/PARTY/02.9 [] [Organ 9 of 02]"]
    assert [change.kind for change in diff(more, source)] == [Kind.REMOVED]


def test_a_key_is_revoked(source: Source) -> None:
    kid = source.branches["01"].sites[1].keys[0].value().kid
    (line,) = _lines(source, source.revoke(kid, NOW + HOUR))
    assert line.startswith(f"changed branch 01 / site o01-1 / key {kid.hex()} / revoked_at [] [")
    assert iso(NOW + HOUR)[:19] in line


def test_a_key_is_added(source: Source) -> None:
    organ = source.branches["01"].organs[0]
    key = new_key()
    (line,) = _lines(source, with_organ(source, "01", changed(organ, keys=(*organ.keys, key))))
    assert line == f"added branch 01 / organ {organ.id} / key {key.value().kid.hex()} [] [ES256]"


def test_a_grant_and_a_subsystem(source: Source) -> None:
    organ = source.branches["01"].organs[0]
    service = changed(organ.services[0], grants=())
    subsystem = changed(organ.subsystems[0], active=False)
    after = with_organ(source, "01", changed(organ, services=(service,), subsystems=(subsystem,), active=False))
    lines = _lines(source, after)
    assert [line.partition(" [")[0] for line in lines] == [
        "changed branch 01 / organ VN/PARTY/01.0 / active",
        "changed branch 01 / organ VN/PARTY/01.0 / subsystem registry / active",
        "changed branch 01 / organ VN/PARTY/01.0 / service registry/lookup / grants",
    ]
    assert lines[2].endswith('[[{"to":"group:everyone","methods":["GET"]}]] [[]]')


def test_groups_branches_and_the_instance(source: Source) -> None:
    after = replace(
        source,
        instance=changed(source.instance, grace_days=9),
        groups={"everyone": (*source.groups["everyone"][1:], "VN/PARTY/02.9"), "none": ()},
        branches={"01": changed(source.branches["01"], name="Renamed"), "03": source.branches["02"]},
    )
    assert _lines(source, after) == [
        "changed instance / grace_days [3] [9]",
        "removed group everyone [VN/PARTY/01.0/registry] []",
        "added group everyone [] [VN/PARTY/02.9]",
        "added group none [] []",
        "changed branch 01 / name [Branch 01] [Renamed]",
        "removed branch 02 [Branch 02] []",
        "added branch 03 [] [Branch 02]",
    ]


def test_a_site(source: Source) -> None:
    branch = source.branches["01"]
    sites = (changed(branch.sites[0], name="Moved"), *branch.sites[1:])
    after = replace(source, branches={**source.branches, "01": changed(branch, sites=sites)})
    assert _lines(source, after) == ["changed branch 01 / site o01-0 / name [Organ 0 of 01] [Moved]"]


@pytest.mark.parametrize("targets", [{}, {"common.json": b"{}"}])
def test_what_no_publisher_wrote_has_no_source(published: Published, targets: dict[str, bytes]) -> None:
    with pytest.raises(DirectoryRefused, match="not what a publisher writes"):
        source_of(replace(published, targets=targets))
