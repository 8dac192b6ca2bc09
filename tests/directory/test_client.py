"""Attacks on the way from the publisher to a gateway, each with the keys its attacker would have."""

import json
from collections.abc import Callable
from copy import replace
from pathlib import Path

import pytest
from tuf.api.metadata import Metadata, Root, Signed, Snapshot, TargetFile, Targets, Timestamp

from lienthong.directory.client import MAX_FILE, end_of_term, sync, verify
from lienthong.directory.errors import (
    DirectoryError,
    DirectoryExpired,
    DirectoryRefused,
    DirectoryRolledBack,
    DirectoryUnreachable,
)
from lienthong.directory.fetchers import MemoryFetcher
from lienthong.directory.indexing import Indexer
from lienthong.directory.publish import TARGETS_TERM, build, with_clock
from lienthong.directory.published import Published, role_of
from lienthong.directory.roots import ROOT_TERM
from lienthong.directory.signing import RoleKeys, needed, new_signer
from lienthong.directory.source import Source
from lienthong.kernel.clock import DAY, HOUR, MINUTE, to_datetime
from tests.support.directories import NOW, clock, forged, renamed

type Sealed = Callable[[Published], Published]


@pytest.fixture(scope="module")
def newer(source: Source, keys: RoleKeys, published: Published) -> Published:
    """The second version, with one organ of branch 01 changed."""
    return build(renamed(source, "01", "New name"), keys, clock(NOW + HOUR), published)


@pytest.fixture
def sealed(keys: RoleKeys) -> Sealed:
    """Sign snapshot and timestamp for whatever there is: what a thief of the online keys could do."""
    return lambda files: with_clock(files, snapshot=keys.snapshot, timestamp=keys.timestamp, now=NOW + HOUR)


def _offer(files: Published, known: Published | None = None, *, at: int = NOW + HOUR, root: bytes = b"") -> Published:
    """Fetch what is offered, as a gateway that knows some version."""
    return sync(MemoryFetcher(files.files()), root=root or (known or files).roots[0], known=known, at=at).published


def _swap(files: Published, **roles: bytes) -> Published:
    return replace(files, roles={**files.roles, **roles})


def test_the_newest_version_is_taken(published: Published, newer: Published) -> None:
    assert _offer(newer, published) == newer


def test_only_what_changed_is_fetched(published: Published, newer: Published) -> None:
    fetcher = MemoryFetcher(newer.files())
    sync(fetcher, root=published.root, known=published, at=NOW + HOUR)
    # Timestamp, snapshot, the branch's role, one file; and a look for a newer root.
    assert fetcher.requests == 4
    fetcher.requests = fetcher.received = 0
    sync(fetcher, root=published.root, known=newer, at=NOW + HOUR)
    assert fetcher.requests == 1
    assert fetcher.received == len(newer.roles["timestamp"]) < 600


def test_an_older_timestamp_is_a_rollback(published: Published, newer: Published) -> None:
    with pytest.raises(DirectoryRolledBack, match="timestamp version 1"):
        _offer(published, newer)


def test_an_older_snapshot_under_a_new_timestamp_is_a_rollback(
    published: Published, newer: Published, keys: RoleKeys
) -> None:
    old = json.loads(published.roles["timestamp"])["signed"]["meta"]["snapshot.json"]

    def point_back(signed: Timestamp) -> None:
        signed.version = 3
        signed.snapshot_meta.version = old["version"]
        signed.snapshot_meta.length = old["length"]
        signed.snapshot_meta.hashes = old["hashes"]

    thief = forged(newer, "timestamp", point_back, [needed(keys.timestamp, "timestamp")])
    with pytest.raises(DirectoryRolledBack, match="snapshot version must be >= 2"):
        _offer(_swap(thief, snapshot=published.roles["snapshot"]), newer)


@pytest.mark.parametrize("role", ["targets", "branch-01"])
def test_an_older_role_under_a_new_snapshot_is_a_rollback(
    role: str, source: Source, keys: RoleKeys, published: Published, sealed: Sealed
) -> None:
    groups = replace(renamed(source, "01", "New name"), groups={"everyone": (), "more": ()})
    known = build(groups, keys, clock(NOW + HOUR), published)
    assert role_of(role, known.roles[role]).signed.version == 2
    thief = sealed(replace(known, roles={**known.roles, role: published.roles[role]}, targets=published.targets))
    with pytest.raises(DirectoryRolledBack, match=rf"{role}.json"):
        _offer(thief, known)


def test_a_snapshot_without_a_branch_is_refused(
    published: Published, newer: Published, keys: RoleKeys, sealed: Sealed
) -> None:
    def leave_out(signed: Snapshot) -> None:
        del signed.meta["branch-02.json"]
        signed.version += 1

    thief = forged(newer, "snapshot", leave_out, [needed(keys.snapshot, "snapshot")])
    thief = forged(thief, "timestamp", _repoint(thief), [needed(keys.timestamp, "timestamp")])
    with pytest.raises(DirectoryRefused, match=r"missing info for 'branch-02.json'"):
        _offer(thief, newer)


def test_a_frozen_timestamp_expires(published: Published) -> None:
    assert _offer(published, published, at=NOW + 3 * DAY - MINUTE) == published
    with pytest.raises(DirectoryExpired, match=r"timestamp.json is expired"):
        _offer(published, published, at=NOW + 3 * DAY)


def test_a_forged_branch_is_refused(published: Published, sealed: Sealed) -> None:
    thief = sealed(forged(published, "branch-01", _next_version, [new_signer()]))
    with pytest.raises(DirectoryRefused, match="branch-01 was signed by 0/1 keys"):
        _offer(thief, published)


def test_one_branch_cannot_sign_for_another(published: Published, keys: RoleKeys, sealed: Sealed) -> None:
    thief = sealed(forged(published, "branch-02", _next_version, [keys.branches["01"]]))
    with pytest.raises(DirectoryRefused, match="branch-02 was signed by 0/1 keys"):
        _offer(thief, published)


def test_a_branch_cannot_serve_files_of_another(published: Published, keys: RoleKeys, sealed: Sealed) -> None:
    path, data = next((path, data) for path, data in published.targets.items() if path.startswith("branch/02/"))

    def claim(signed: Targets) -> None:
        _next_version(signed)
        signed.targets[path] = TargetFile.from_data(path, data)

    thief = sealed(forged(published, "branch-01", claim, [keys.branches["01"]]))
    verified = sync(MemoryFetcher(thief.files()), root=published.root, known=published, at=NOW + HOUR)
    (refusal,) = Indexer().snapshot(verified.facts).refusals
    assert refusal.where == f"branch-01: {path}"
    assert refusal.why == "the branch may only sign for branch/01/*.json"
    assert verified.facts.shards["02"].keys() == {path}


def test_a_delegation_of_another_form_is_refused(published: Published, keys: RoleKeys, sealed: Sealed) -> None:
    def widen(signed: Targets) -> None:
        _next_version(signed)
        assert signed.delegations is not None
        assert signed.delegations.roles is not None
        signed.delegations.roles["branch-01"].paths = ["branch/*/*.json"]

    thief = sealed(forged(published, "targets", widen, [needed(keys.targets, "targets")]))
    with pytest.raises(DirectoryRefused, match="not of the form branch-CODE"):
        _offer(thief, published)


@pytest.mark.parametrize("size", [MAX_FILE + 1, 10**12])
def test_a_branch_cannot_flood_a_gateway(size: int, published: Published, keys: RoleKeys, sealed: Sealed) -> None:
    def announce(signed: Targets) -> None:
        _next_version(signed)
        signed.targets["branch/01/ff.json"] = TargetFile(size, {"sha256": "00" * 32}, "branch/01/ff.json")

    thief = sealed(forged(published, "branch-01", announce, [keys.branches["01"]]))
    verified = sync(MemoryFetcher(thief.files()), root=published.root, known=published, at=NOW + HOUR)
    assert [refusal.where for refusal in verified.facts.refusals] == ["branch-01: branch/01/ff.json"]


def test_a_branch_that_let_its_signature_expire_harms_itself_only(
    source: Source, keys: RoleKeys, published: Published
) -> None:
    late = NOW + TARGETS_TERM - HOUR
    # Branch 02 and the centre sign anew in time, branch 01 does not.
    fresh = build(source, keys, clock(late), published)
    lazy = with_clock(
        _swap(fresh, **{"branch-01": published.roles["branch-01"]}),
        snapshot=keys.snapshot, timestamp=keys.timestamp, now=late,
    )  # fmt: skip
    verified = sync(MemoryFetcher(lazy.files()), root=published.root, known=None, at=NOW + TARGETS_TERM)
    snapshot = Indexer().snapshot(verified.facts)
    assert {organ.branch for organ in snapshot.organs()} == {"02"}
    assert [refusal.where for refusal in snapshot.refusals] == ["branch-01"]


@pytest.mark.parametrize("cut", [lambda data: data[:-1], lambda data: data[:-1] + b"?", lambda _: b""])
@pytest.mark.parametrize(
    "prefix", ["metadata/timestamp", "metadata/2.snapshot", "metadata/2.branch-01", "targets/branch/01/"]
)
def test_damaged_files_are_refused(
    prefix: str, cut: Callable[[bytes], bytes], published: Published, newer: Published
) -> None:
    known = published.files()
    damaged = {
        name: cut(data) if name.startswith(prefix) and known.get(name) != data else data
        for name, data in newer.files().items()
    }
    assert damaged != newer.files()
    with pytest.raises(DirectoryRefused):
        sync(MemoryFetcher(damaged), root=published.root, known=published, at=NOW + HOUR)


@pytest.mark.parametrize("prefix", ["metadata/timestamp", "metadata/2.branch-01", "targets/branch/01/"])
def test_oversize_files_are_not_read_to_their_end(prefix: str, published: Published, newer: Published) -> None:
    known = published.files()
    blown_up = {
        name: data + b" " * MAX_FILE if name.startswith(prefix) and known.get(name) != data else data
        for name, data in newer.files().items()
    }
    with pytest.raises(DirectoryRefused, match="larger than was signed"):
        sync(MemoryFetcher(blown_up), root=published.root, known=published, at=NOW + HOUR)


@pytest.mark.parametrize("prefix", ["metadata/timestamp", "metadata/1.branch-01", "targets/branch/01/", "targets/reg"])
def test_missing_files_mean_unreachable(prefix: str, published: Published) -> None:
    files = {name: data for name, data in published.files().items() if not name.startswith(prefix)}
    with pytest.raises(DirectoryUnreachable):
        sync(MemoryFetcher(files), root=published.root, known=None, at=NOW)


@pytest.mark.parametrize("gone", ["common.json", "register/01.json"])
def test_a_centre_that_forgets_a_file_is_refused(
    gone: str, published: Published, keys: RoleKeys, sealed: Sealed
) -> None:
    def forget(signed: Targets) -> None:
        _next_version(signed)
        del signed.targets[gone]

    thief = forged(published, "targets", forget, [needed(keys.targets, "targets")])
    with pytest.raises(DirectoryRefused, match=f"{gone} is missing"):
        _offer(sealed(thief), published)


def test_a_root_of_strangers_is_refused(published: Published, source: Source) -> None:
    other = build(source, RoleKeys.generate(source.branches), clock())
    with pytest.raises(DirectoryRefused):
        _offer(other, root=published.root)


def test_a_root_that_one_person_can_change_is_refused(published: Published, source: Source, keys: RoleKeys) -> None:
    metadata = Metadata[Root].from_bytes(published.root)
    metadata.signed.version = 2
    metadata.signed.roles["root"].threshold = 1
    metadata.signatures.clear()
    for signer in keys.root:
        metadata.sign(signer, append=True)
    weak = replace(published, roots=(*published.roots, metadata.to_bytes()))
    with pytest.raises(DirectoryRefused, match="root version 2: 1 of 3 keys can change it"):
        _offer(weak, published)
    with pytest.raises(DirectoryRefused, match="root version 2: 1 of 3 keys can change it"):
        _offer(weak, root=weak.root)


def test_gateways_follow_a_chain_of_roots(published: Published, source: Source, keys: RoleKeys) -> None:
    first = keys
    for _ in range(3):
        keys = replace(RoleKeys.generate(source.branches), retired=keys.root)
        published = build(source, keys, clock(), published)
    assert len(published.roots) == 4
    assert _offer(published, root=published.roots[0]) == published
    # One holder of the old root is not enough to change it.
    assert len(Metadata[Root].from_bytes(published.roots[1]).signatures) == 6
    assert first.publics() != keys.publics()


def test_after_a_rotation_the_old_keys_count_no_more(published: Published, source: Source, keys: RoleKeys) -> None:
    new = replace(RoleKeys.generate(source.branches), retired=keys.root)
    rotated = build(source, new, clock(), published)
    assert _offer(rotated, published) == rotated
    stale = build(renamed(source, "01", "By the old keys"), replace(keys, retired=new.root), clock(), published)
    with pytest.raises(DirectoryRefused):
        _offer(replace(stale, roots=rotated.roots), rotated)


def test_an_expired_root_is_refused(published: Published) -> None:
    with pytest.raises(DirectoryExpired, match=r"root.json is expired"):
        _offer(published, at=NOW + ROOT_TERM)


def test_the_end_of_term_is_that_of_the_first_role_to_end(published: Published) -> None:
    assert end_of_term(published) == NOW + 3 * DAY
    assert verify(published, root=published.root, at=NOW).facts.expires == NOW + 3 * DAY
    with pytest.raises(DirectoryRefused, match="'snapshot' is missing"):
        end_of_term(replace(published, roles={"timestamp": published.roles["timestamp"]}))


def test_working_files_are_cleared_away(tmp_path: Path, published: Published) -> None:
    sync(MemoryFetcher(published.files()), root=published.root, known=None, at=NOW, scratch=tmp_path)
    with pytest.raises(DirectoryError):
        sync(MemoryFetcher({}), root=published.root, known=published, at=NOW, scratch=tmp_path)
    assert not list(tmp_path.iterdir())


def test_python_tuf_still_lets_the_time_be_passed_in(published: Published) -> None:
    """The client relies on an internal of python-tuf; judged by the machine's clock this would not fail."""
    with pytest.raises(DirectoryExpired):
        verify(published, root=published.root, at=NOW + 100 * 365 * DAY)


def _next_version(signed: Signed) -> None:
    signed.version += 1
    signed.expires = to_datetime(NOW + 300 * DAY)


def _repoint(files: Published) -> Callable[[Timestamp], None]:
    """Make the timestamp point to the snapshot that is there."""
    data = files.roles["snapshot"]

    def change(signed: Timestamp) -> None:
        signed.version += 1
        signed.snapshot_meta.version = role_of("snapshot", data).signed.version
        signed.snapshot_meta.length = None
        signed.snapshot_meta.hashes = None

    return change
