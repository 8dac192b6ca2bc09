"""What a gateway asks the directory."""

from copy import replace

import pytest
from msgspec.structs import replace as changed

from lienthong.directory.entries import GrantEntry, ServiceEntry, key_entry
from lienthong.directory.publish import build
from lienthong.directory.published import Published
from lienthong.directory.signing import RoleKeys
from lienthong.directory.snapshot import Snapshot, Standing
from lienthong.directory.source import Source
from lienthong.kernel.clock import DAY
from lienthong.kernel.identifiers import OrganId, ServiceId, SubsystemId
from lienthong.kernel.labels import Label, Level
from lienthong.trust.errors import KeyUnknown
from lienthong.trust.keys import Algorithm
from tests.support.directories import NOW, clock, new_key, new_source, snapshot_of, with_organ

ORGAN = OrganId("VN", "PARTY", "01.0")
NOBODY = OrganId("VN", "PARTY", "X")


@pytest.fixture(scope="module")
def snapshot(published: Published) -> Snapshot:
    """The first version."""
    return snapshot_of(published)


def _with_keys(*algorithms_and_starts: tuple[Algorithm, int]) -> Snapshot:
    source = new_source((1,), algorithms=())
    entries = tuple(new_key(algorithm, start=start, days=10) for algorithm, start in algorithms_and_starts)
    source = with_organ(source, "01", changed(source.branches["01"].organs[0], keys=entries))
    return snapshot_of(build(source, RoleKeys.generate(["01"]), clock()))


def test_an_organ_is_found_by_identifier_and_token(snapshot: Snapshot) -> None:
    organ = snapshot.organ(ORGAN)
    assert organ is not None
    assert organ is snapshot.organ_by_token("o01-0")
    assert (organ.branch, organ.site, organ.ceiling, organ.active) == ("01", "o01-0", Label(Level.SECRET), True)
    assert snapshot.organ(NOBODY) is None
    assert snapshot.organ_by_token("x") is None


def test_sites_know_what_they_host(snapshot: Snapshot) -> None:
    site = snapshot.site("o02-1")
    assert site is not None
    assert site.branch == "02"
    assert [str(organ.id) for organ in snapshot.organs_at("o02-1")] == ["VN/PARTY/02.1"]
    assert snapshot.organs_at("x") == ()
    assert snapshot.site("x") is None


def test_keys_are_found_by_id(snapshot: Snapshot) -> None:
    organ, site = snapshot.organ(ORGAN), snapshot.site("o01-0")
    assert organ is not None
    assert site is not None
    for key in organ.keys:
        owner = snapshot.key(key.kid)
        assert owner is not None
        assert (owner.organ, owner.site, owner.key) == (ORGAN, None, key)
        assert snapshot.key(key.kid, of=ORGAN) == owner
        assert snapshot.key(key.kid, of=NOBODY) is None
    owner = snapshot.key(site.keys[0].kid, of="o01-0")
    assert owner is not None
    assert (owner.organ, owner.site) == (None, "o01-0")
    assert snapshot.key(b"\0" * 16) is None


def test_information_systems_and_services(snapshot: Snapshot) -> None:
    system = SubsystemId("VN", "PARTY", "01.0", "registry")
    service = ServiceId("VN", "PARTY", "01.0", "registry", "lookup")
    found = snapshot.subsystem(system)
    assert found is not None
    assert found.ceiling == Label(Level.CONFIDENTIAL)
    assert snapshot.services_of(system) == (snapshot.service(service),)
    assert snapshot.subsystem(replace(system, subsystem="x")) is None
    assert snapshot.service(replace(service, service="x")) is None
    assert snapshot.services_of(replace(system, subsystem="x")) == ()
    assert len(list(snapshot.subsystems())) == 5


def test_grants_and_groups(snapshot: Snapshot) -> None:
    service = snapshot.service(ServiceId("VN", "PARTY", "01.0", "registry", "lookup"))
    assert service is not None
    (grant,) = service.grants
    assert (grant.to, grant.methods, grant.path, grant.purposes) == (
        "group:everyone",
        frozenset({"GET"}),
        "/**",
        frozenset(),
    )
    assert SubsystemId("VN", "PARTY", "02.2", "registry") in snapshot.members_of("everyone")
    assert snapshot.members_of("nobody") == frozenset()


def test_services_come_in_the_order_of_their_codes(source: Source, keys: RoleKeys) -> None:
    organ = source.branches["01"].organs[0]
    services = tuple(ServiceEntry(subsystem="registry", code=code, grants=(GrantEntry(to="*"),)) for code in "cab")
    snapshot = snapshot_of(build(with_organ(source, "01", changed(organ, services=services)), keys, clock()))
    found = snapshot.services_of(SubsystemId("VN", "PARTY", "01.0", "registry"))
    assert [service.id.service for service in found] == ["a", "b", "c"]


def test_standing_by_time(snapshot: Snapshot) -> None:
    assert snapshot.expires == NOW + 3 * DAY
    assert snapshot.standing(snapshot.expires - 1) is Standing.FRESH
    assert snapshot.standing(snapshot.expires) is Standing.GRACE
    assert snapshot.standing(snapshot.grace_until - 1) is Standing.GRACE
    assert snapshot.standing(snapshot.grace_until) is Standing.STALE


def test_what_it_says_of_itself(snapshot: Snapshot) -> None:
    assert (snapshot.instance, snapshot.profile, snapshot.version) == ("VN", "none", 1)
    assert snapshot.branches == {"01": "Branch 01", "02": "Branch 02"}
    assert "indexes" not in repr(snapshot)


def test_the_newest_sealing_key_is_used() -> None:
    snapshot = _with_keys((Algorithm.ES256, NOW), (Algorithm.ES256, NOW + 5 * DAY), (Algorithm.HPKE_4_KE, NOW))
    organ = snapshot.organ(ORGAN)
    assert organ is not None
    old, new, _ = organ.keys
    assert snapshot.sealing_key(ORGAN, NOW + 4 * DAY) is old
    assert snapshot.sealing_key(ORGAN, NOW + 6 * DAY) is new
    assert snapshot.sealing_key(ORGAN, NOW + 12 * DAY) is new
    for at in (NOW - 1, NOW + 15 * DAY):
        with pytest.raises(KeyUnknown, match=r"VN/PARTY/01.0 has no sealing key that is valid at"):
            snapshot.sealing_key(ORGAN, at)


def test_a_revoked_key_is_used_no_more() -> None:
    source = new_source((1,), algorithms=())
    key = replace(new_key().value(), revoked_at=NOW + DAY)
    source = with_organ(source, "01", changed(source.branches["01"].organs[0], keys=(key_entry(key),)))
    snapshot = snapshot_of(build(source, RoleKeys.generate(["01"]), clock()))
    assert snapshot.sealing_key(ORGAN, NOW).kid == key.kid
    with pytest.raises(KeyUnknown):
        snapshot.sealing_key(ORGAN, NOW + DAY)
    assert snapshot.key(key.kid) is not None


def test_secrets_are_wrapped_post_quantum_only() -> None:
    snapshot = _with_keys((Algorithm.HPKE_4_KE, NOW))
    assert snapshot.wrapping_key(ORGAN, NOW, Level.INTERNAL).algorithm is Algorithm.HPKE_4_KE
    with pytest.raises(KeyUnknown, match="no post-quantum wrapping key for confidential"):
        snapshot.wrapping_key(ORGAN, NOW, Level.CONFIDENTIAL)


def test_a_hybrid_key_serves_every_level() -> None:
    snapshot = _with_keys((Algorithm.HPKE_MLKEM768_X25519_KE, NOW))
    for level in Level:
        assert snapshot.wrapping_key(ORGAN, NOW, level).algorithm is Algorithm.HPKE_MLKEM768_X25519_KE


def test_edwards_keys_seal_where_there_is_no_other() -> None:
    assert _with_keys((Algorithm.EDDSA, NOW)).sealing_key(ORGAN, NOW).algorithm is Algorithm.EDDSA
    both = _with_keys((Algorithm.EDDSA, NOW + DAY), (Algorithm.ES256, NOW))
    assert both.sealing_key(ORGAN, NOW + 2 * DAY).algorithm is Algorithm.ES256


def test_an_unknown_organ_has_no_keys(snapshot: Snapshot) -> None:
    with pytest.raises(KeyUnknown, match="VN/PARTY/X is not in the directory"):
        snapshot.sealing_key(NOBODY, NOW)
    with pytest.raises(KeyUnknown):
        snapshot.wrapping_key(NOBODY, NOW, Level.PUBLIC)
