"""Keys: the store against the directory, for one organ and for thousands."""

from collections.abc import Iterable, Sequence

import pytest

from lienthong.directory.model import Organ, Site
from lienthong.directory.snapshot import Indexes, Snapshot
from lienthong.exchange.doctor.keys import SOON, keys
from lienthong.exchange.doctor.lines import Level
from lienthong.kernel.clock import DAY
from lienthong.kernel.identifiers import OrganId
from lienthong.kernel.labels import Label
from lienthong.trust.keys import Algorithm, PublicKey

NOW = 1_748_736_000_000
SITE = "site-a"


def key(
    number: int,
    algorithm: Algorithm = Algorithm.ES256,
    *,
    start: int = NOW - DAY,
    end: int = NOW + 365 * DAY,
    revoked: int | None = None,
) -> PublicKey:
    return PublicKey(algorithm, number.to_bytes(33), start, end, revoked)


def wrapping(number: int) -> tuple[PublicKey, PublicKey]:
    return key(number, Algorithm.HPKE_4_KE), key(number + 1, Algorithm.HPKE_MLKEM768_X25519_KE)


def organ(number: int, listed: Sequence[PublicKey], *, ceiling: str = "secret") -> Organ:
    return Organ(
        id=OrganId("VN", "STATE", f"S{number}"),
        token=f"s{number}",
        name=f"Organ {number}",
        branch="a",
        site=SITE,
        ceiling=Label.parse(ceiling),
        active=True,
        parent=None,
        keys=tuple(listed),
    )


def checked(
    organs: Sequence[Organ], site: Sequence[PublicKey], *, without: Iterable[PublicKey] = (), more: Iterable[bytes] = ()
) -> list[tuple[Level, str]]:
    snapshot = Snapshot(
        instance="VN",
        profile="none",
        version=1,
        expires=NOW,
        grace_until=NOW,
        branches={},
        refusals=(),
        indexes=Indexes(
            sites={SITE: Site(code=SITE, name=SITE, branch="a", keys=tuple(site))}, hosted={SITE: tuple(organs)}
        ),
    )
    held = {each.kid for owner in (site, *(organ.keys for organ in organs)) for each in owner}
    held = held - {each.kid for each in without} | set(more)
    return [(line.level, line.text) for line in keys(snapshot, site=SITE, held=frozenset(held), at=NOW)]


OWN = (key(1),)
FULL = (key(2), *wrapping(3))


def test_everything_is_here() -> None:
    assert checked([organ(1, FULL)], OWN) == [(Level.OK, "Organs: 1, keys in use: 4, first end: 2026-06-01")]


def test_a_site_that_the_directory_does_not_know() -> None:
    empty = Snapshot(
        instance="VN",
        profile="none",
        version=1,
        expires=NOW,
        grace_until=NOW,
        branches={},
        refusals=(),
        indexes=Indexes(),
    )
    (line,) = keys(empty, site=SITE, held=frozenset(), at=NOW)
    assert line.level is Level.FAIL
    assert "does not know the site site-a" in line.text


def test_a_site_without_organs() -> None:
    assert checked([], OWN) == [(Level.WARN, "The directory places no organ at the site site-a.")]


def test_a_key_whose_private_half_is_elsewhere() -> None:
    old, new = key(2, end=NOW + 60 * DAY), key(9)
    found = checked([organ(1, [old, new, *wrapping(3)])], OWN, without=[new])
    assert found == [
        (Level.FAIL, f"Keys of which the private half is not here: 1 (VN/STATE/S1 {new.kid.hex()})"),
    ]


@pytest.mark.parametrize(
    "useless",
    [key(2, end=NOW), key(2, start=NOW + 1), key(2, revoked=NOW - DAY, end=NOW)],
    ids=["ended", "not yet", "revoked and ended"],
)
def test_an_organ_that_cannot_seal(useless: PublicKey) -> None:
    assert checked([organ(1, [useless, *wrapping(3)])], OWN) == [
        (Level.FAIL, "Without a key to seal with: 1 (VN/STATE/S1)")
    ]


def test_an_organ_that_cannot_be_written_to() -> None:
    assert checked([organ(1, [key(2)], ceiling="internal")], OWN) == [
        (Level.FAIL, "Without a key to be written to: 1 (VN/STATE/S1)")
    ]


def test_an_organ_cleared_for_more_than_its_keys_protect() -> None:
    plain = [key(2), key(3, Algorithm.HPKE_4_KE)]
    assert checked([organ(1, plain, ceiling="internal")], OWN)[0][0] is Level.OK
    assert checked([organ(1, plain, ceiling="confidential")], OWN) == [
        (Level.FAIL, "Cleared for confidential and above, without a post-quantum key for it: 1 (VN/STATE/S1)")
    ]


def test_keys_that_end_soon_and_have_no_successor() -> None:
    soon = NOW + SOON - 1
    found = checked(
        [organ(1, [key(2, end=soon), *wrapping(3)]), organ(2, [key(5, end=soon), key(6), *wrapping(7)])], OWN
    )
    assert found == [(Level.WARN, "Keys that end in less than 30 days: 1 (VN/STATE/S1 2025-06-30)")]


def test_a_site_whose_own_key_ends_or_is_missing() -> None:
    assert checked([organ(1, FULL)], [key(1, end=NOW + DAY)]) == [
        (Level.WARN, "Keys that end in less than 30 days: 1 (site site-a 2025-06-02)")
    ]
    assert checked([organ(1, FULL)], []) == [(Level.FAIL, "Without a key to seal with: 1 (site site-a)")]


def test_revoked_keys_are_named_until_their_term_is_over() -> None:
    revoked = key(9, revoked=NOW - DAY)
    found = checked([organ(1, [*FULL, revoked, key(10, revoked=NOW - DAY, end=NOW)])], OWN)
    assert found == [(Level.WARN, f"Revoked keys: 1 (VN/STATE/S1 {revoked.kid.hex()})")]


def test_keys_that_the_directory_does_not_name() -> None:
    found = checked([organ(1, FULL)], OWN, more=[bytes(16)])
    assert found == [
        (Level.WARN, f"Keys in the store that the directory does not name for this site: 1 ({bytes(16).hex()})")
    ]


def test_thousands_are_summed_up() -> None:
    organs = [organ(number, [key(number + 100), *wrapping(20_000 + 2 * number)]) for number in range(2000)]
    lines = checked(organs, OWN, without=[organ.keys[0] for organ in organs])
    assert lines[1] == (
        Level.FAIL,
        "Without a key to seal with: 2000 (VN/STATE/S0, VN/STATE/S1, VN/STATE/S2 …)",
    )
    assert len(lines) == 2
