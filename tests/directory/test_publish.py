"""Publishing: what changed gets a new version and nothing else does."""

import hashlib
from copy import replace

import pytest
from msgspec.structs import replace as changed

from lienthong.directory.errors import DirectoryRefused, NotSigned, RoleKeyError, SourceInvalid
from lienthong.directory.publish import (
    EMPTY,
    TARGETS_TERM,
    build,
    with_branch,
    with_centre,
    with_clock,
    with_root,
)
from lienthong.directory.published import Published, role_of, targets_of
from lienthong.directory.signing import RoleKeys, new_signer
from lienthong.directory.source import Source
from lienthong.kernel.clock import DAY, HOUR
from tests.support.directories import NOW, clock, renamed, snapshot_of, with_organ


def _versions(published: Published) -> dict[str, int]:
    return {name: role_of(name, data).signed.version for name, data in published.roles.items()}


def test_everything_begins_with_version_1(published: Published) -> None:
    assert _versions(published) == dict.fromkeys(("targets", "snapshot", "timestamp", "branch-01", "branch-02"), 1)
    assert list(published.files())[-1] == "metadata/timestamp.json"


def test_without_a_change_nothing_is_signed_anew(source: Source, keys: RoleKeys, published: Published) -> None:
    assert build(source, keys, clock(NOW + HOUR), published) == published


def test_only_what_changed_gets_a_new_version(source: Source, keys: RoleKeys, published: Published) -> None:
    after = build(renamed(source, "02", "New name"), keys, clock(), published)
    assert _versions(after) == {"targets": 1, "snapshot": 2, "timestamp": 2, "branch-01": 1, "branch-02": 2}
    names = [name for name in after.since(published) if name.startswith("targets/")]
    assert len(names) == 1
    assert snapshot_of(after).version == 2


def test_time_alone_renews_the_timestamp(source: Source, keys: RoleKeys, published: Published) -> None:
    after = build(source, keys, clock(NOW + 12 * HOUR), published)
    assert list(after.since(published)) == ["metadata/timestamp.json"]
    assert snapshot_of(after, at=NOW + 12 * HOUR).expires == NOW + 12 * HOUR + 3 * DAY


def test_signatures_are_renewed_before_they_end(source: Source, keys: RoleKeys, published: Published) -> None:
    later = clock(NOW + TARGETS_TERM * 2 // 3)
    after = build(source, keys, later, published)
    assert _versions(after) == dict.fromkeys(published.roles, 2)
    assert after.targets == published.targets


def test_a_new_branch_key_counts_at_once(source: Source, keys: RoleKeys, published: Published) -> None:
    new = replace(keys, branches={**keys.branches, "01": new_signer()})
    after = build(source, new, clock(), published)
    assert _versions(after)["branch-01"] == 2
    assert len(list(snapshot_of(after).organs())) == 5
    assert not snapshot_of(after).refusals


def test_an_organ_moves_between_branches(source: Source, keys: RoleKeys, published: Published) -> None:
    organ, *others = source.branches["02"].organs
    moved = with_organ(source, "01", organ)
    moved = replace(moved, branches={**moved.branches, "02": changed(source.branches["02"], organs=tuple(others))})
    after = snapshot_of(build(moved, keys, clock(), published))
    found = after.organ_by_token(organ.token)
    assert found is not None
    assert found.branch == "01"
    assert not after.refusals


def test_a_branch_that_ends_leaves_and_may_come_back(source: Source, keys: RoleKeys, published: Published) -> None:
    kept = source.branches["01"]
    without = replace(source, branches={"01": kept}, groups={"everyone": ()})
    after = build(without, replace(keys, branches={"01": keys.branches["01"]}), clock(), published)
    assert "branch-02" not in after.roles
    assert [organ.branch for organ in snapshot_of(after).organs()] == ["01", "01"]
    again = build(source, keys, clock(), after)
    # Followers remember version 1 of its role; the next one has to be higher.
    assert _versions(again)["branch-02"] == 2
    assert len(list(snapshot_of(again).organs())) == 5


def test_a_published_key_is_never_forgotten(source: Source, keys: RoleKeys, published: Published) -> None:
    organ = source.branches["01"].organs[0]
    without = with_organ(source, "01", changed(organ, keys=organ.keys[1:]))
    with pytest.raises(SourceInvalid, match=rf"key {organ.keys[0].value().kid.hex()} was published.*revoked-at"):
        build(without, keys, clock(), published)


def test_a_revoked_key_stays_listed(source: Source, keys: RoleKeys, published: Published) -> None:
    organ = source.branches["01"].organs[0]
    kid = organ.keys[0].value().kid
    after = snapshot_of(build(source.revoke(kid, NOW + HOUR), keys, clock(), published))
    owner = after.key(kid)
    assert owner is not None
    assert owner.key.revoked_at == NOW + HOUR


def test_each_step_needs_its_key(source: Source, keys: RoleKeys) -> None:
    publics = keys.publics()
    with pytest.raises(RoleKeyError, match="the key of branch-01 is not here"):
        with_branch(EMPTY, source, "01", None, NOW)
    with pytest.raises(RoleKeyError, match="the key of targets is not here"):
        with_centre(EMPTY, source, publics, None, NOW)
    with pytest.raises(NotSigned, match="root version 1 lacks 2"):
        with_root(EMPTY, publics, replace(keys, root=()), NOW)


def test_nothing_is_published_before_all_have_signed(source: Source, keys: RoleKeys) -> None:
    with pytest.raises(NotSigned, match=r"the centre has not signed.*sign --centre"):
        with_clock(EMPTY, snapshot=keys.snapshot, timestamp=keys.timestamp, now=NOW)
    half = with_branch(EMPTY, source, "01", keys.branches["01"], NOW)
    half = with_centre(half, source, keys.publics(), keys.targets, NOW)
    with pytest.raises(NotSigned, match=r"branch-02 has not signed.*sign --branch"):
        with_clock(half, snapshot=keys.snapshot, timestamp=keys.timestamp, now=NOW)


def test_a_branch_must_exist_and_have_a_key(source: Source, keys: RoleKeys) -> None:
    with pytest.raises(SourceInvalid, match=r"branches/03.json: there is no such branch"):
        with_branch(EMPTY, source, "03", new_signer(), NOW)
    publics = changed(keys.publics(), branches={})
    with pytest.raises(SourceInvalid, match=r"roles.json: the branch 01 has no key"):
        with_centre(EMPTY, source, publics, keys.targets, NOW)


def test_another_role_is_not_taken_for_a_snapshot(source: Source, keys: RoleKeys, published: Published) -> None:
    mixed = replace(published, roles={**published.roles, "snapshot": published.roles["targets"]})
    with pytest.raises(DirectoryRefused, match="snapshot: targets instead"):
        build(source, keys, clock(), mixed)


def test_what_is_signed_is_what_is_served(published: Published) -> None:
    signed = targets_of("branch-01", published.roles["branch-01"])
    for path, info in signed.targets.items():
        assert hashlib.sha256(published.targets[path]).hexdigest() == info.hashes["sha256"]
