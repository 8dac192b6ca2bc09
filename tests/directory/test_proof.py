"""Extracts: what the directory said, provable without a network from a root alone."""

from copy import replace

import pytest

from lienthong.directory.errors import DirectoryError, DirectoryExpired, DirectoryMissing, DirectoryRefused
from lienthong.directory.proof import extract, verify_extract
from lienthong.directory.publish import build
from lienthong.directory.published import Published
from lienthong.directory.signing import RoleKeys
from lienthong.directory.source import Source
from lienthong.kernel.clock import DAY, HOUR
from lienthong.kernel.identifiers import OrganId
from lienthong.trust.errors import KeyNotValid
from tests.support.directories import NOW, clock, new_source

ORGAN = OrganId("VN", "PARTY", "02.1")


@pytest.fixture(scope="module")
def bundle(published: Published) -> bytes:
    """The extract of one organ."""
    return extract(published, organs=[ORGAN])


def test_an_extract_proves_what_it_holds(published: Published, bundle: bytes) -> None:
    snapshot = verify_extract(bundle, root=published.root, at=NOW)
    organ = snapshot.organ(ORGAN)
    assert organ is not None
    owner = snapshot.key(organ.keys[0].kid, of=ORGAN)
    assert owner is not None
    assert snapshot.refusals == ()
    assert snapshot.branches == {"02": "Branch 02"}


def test_an_extract_holds_no_more_than_needed() -> None:
    source = new_source((40, 40))
    published = build(source, RoleKeys.generate(source.branches), clock())
    data = extract(published, organs=[ORGAN], sites=["o01-7"])
    snapshot = verify_extract(data, root=published.root, at=NOW)
    assert snapshot.organ(ORGAN) is not None
    assert snapshot.site("o01-7") is not None
    assert len(data) < len(published.to_bytes()) / 4
    assert len(list(snapshot.organs())) < 30


def test_an_extract_of_nobody_is_the_instance_alone(published: Published) -> None:
    snapshot = verify_extract(extract(published, organs=[]), root=published.root, at=NOW)
    assert snapshot.instance == "VN"
    assert list(snapshot.organs()) == []


def test_who_is_not_listed_cannot_be_extracted(published: Published) -> None:
    with pytest.raises(DirectoryMissing, match="VN/PARTY/X, nowhere"):
        extract(published, organs=[OrganId("VN", "PARTY", "X"), ORGAN], sites=["nowhere"])


@pytest.mark.parametrize("data", [b"{", b'{"format":1,"\xff":1}'])
def test_a_file_that_nobody_can_read_keeps_nobody_from_a_proof(published: Published, data: bytes) -> None:
    # Another branch has signed it; its own organs are not in it.
    spoiled = replace(published, targets={**published.targets, "branch/01/ff.json": data})
    assert extract(spoiled, organs=[ORGAN]) == extract(published, organs=[ORGAN])


def test_an_extract_is_judged_by_the_time_of_the_seal(published: Published, bundle: bytes) -> None:
    verify_extract(bundle, root=published.root, at=NOW + 3 * DAY - 1)
    with pytest.raises(DirectoryExpired):
        verify_extract(bundle, root=published.root, at=NOW + 3 * DAY)


def test_a_seal_from_before_a_revocation_stays_verifiable(source: Source, keys: RoleKeys, published: Published) -> None:
    old = source.branches["02"].organs[1].keys[0].value()
    revoked = build(source.revoke(old.kid, NOW + HOUR), keys, clock(NOW + DAY), published)
    snapshot = verify_extract(extract(revoked, organs=[ORGAN]), root=published.root, at=NOW)
    owner = snapshot.key(old.kid, of=ORGAN)
    assert owner is not None
    owner.key.check_valid(NOW)
    with pytest.raises(KeyNotValid, match="revoked"):
        owner.key.check_valid(NOW + HOUR)


def test_an_extract_verifies_from_an_older_root_after_rotations(
    source: Source, keys: RoleKeys, published: Published
) -> None:
    rotated = build(source, replace(RoleKeys.generate(source.branches), retired=keys.root), clock(), published)
    bundle = extract(rotated, organs=[ORGAN])
    for root in rotated.roots:
        assert verify_extract(bundle, root=root, at=NOW).organ(ORGAN) is not None
    # A verifier who trusts the newer root only cannot judge what was signed under the older one.
    with pytest.raises(DirectoryRefused):
        verify_extract(extract(published, organs=[ORGAN]), root=rotated.root, at=NOW)


def test_another_root_proves_nothing(source: Source, bundle: bytes) -> None:
    other = build(source, RoleKeys.generate(source.branches), clock())
    with pytest.raises(DirectoryRefused):
        verify_extract(bundle, root=other.root, at=NOW)


def test_every_altered_byte_is_noticed(published: Published, bundle: bytes) -> None:
    true = verify_extract(bundle, root=published.root, at=NOW)
    for at in range(0, len(bundle), 611):
        altered = bytearray(bundle)
        altered[at] ^= 1
        try:
            snapshot = verify_extract(bytes(altered), root=published.root, at=NOW)
        except DirectoryError:
            continue
        # Only what no signature covers may differ, such as the name under which a file lies in the bundle.
        assert snapshot.organ(ORGAN) in {true.organ(ORGAN), None}


@pytest.mark.parametrize("gone", ["common.json", "register/02.json"])
def test_an_incomplete_extract_is_refused(published: Published, gone: str) -> None:
    whole = Published.from_bytes(extract(published, organs=[ORGAN]))
    partial = replace(whole, targets={path: data for path, data in whole.targets.items() if path != gone})
    with pytest.raises(DirectoryRefused, match=f"{gone} is missing"):
        verify_extract(partial.to_bytes(), root=published.root, at=NOW)


def test_an_extract_without_its_branch_does_not_know_the_organ(published: Published) -> None:
    whole = Published.from_bytes(extract(published, organs=[ORGAN]))
    partial = replace(whole, roles={name: data for name, data in whole.roles.items() if name != "branch-02"})
    assert verify_extract(partial.to_bytes(), root=published.root, at=NOW).organ(ORGAN) is None
