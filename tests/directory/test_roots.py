"""The root: two of three people, one version after the other."""

from copy import replace

import pytest
from tuf.api.metadata import Metadata, Root

from lienthong.directory.errors import DirectoryRefused, NotSigned
from lienthong.directory.publish import build
from lienthong.directory.roots import ROOT_TERM, RootStep, check_root, next_root
from lienthong.directory.signing import RoleKeys, new_signer
from lienthong.directory.source import Source
from tests.support.directories import NOW, clock


def _step(keys: RoleKeys, **more: object) -> RootStep:
    given = {"roots": (), "pending": None, "signers": keys.root, "now": NOW} | more
    return next_root(keys.publics(), **given)  # type: ignore[arg-type]  # of mixed types on purpose


def test_two_of_three_make_the_first_root(keys: RoleKeys) -> None:
    step = _step(keys, signers=keys.root[1:])
    assert (step.version, step.missing, step.unchanged) == (1, 0, False)


def test_one_of_three_is_not_enough(keys: RoleKeys) -> None:
    step = _step(keys, signers=keys.root[:1])
    assert step.missing == 1


def test_signatures_are_collected_machine_after_machine(keys: RoleKeys) -> None:
    first = _step(keys, signers=keys.root[:1])
    second = _step(keys, signers=keys.root[2:], pending=first.data)
    assert second.missing == 0
    assert len(Metadata[Root].from_bytes(second.data).signatures) == 2


def test_who_does_not_hold_the_root_does_not_sign(keys: RoleKeys) -> None:
    step = _step(keys, signers=(*keys.root, new_signer(), *keys.branches.values()))
    assert len(Metadata[Root].from_bytes(step.data).signatures) == 3


def test_a_pending_root_that_states_something_else_is_given_up(keys: RoleKeys) -> None:
    other = RoleKeys.generate(keys.branches)
    pending = _step(other, signers=other.root[:1])
    assert _step(keys, signers=keys.root[:1], pending=pending.data).missing == 1


def test_a_root_that_still_lasts_stays(keys: RoleKeys) -> None:
    first = _step(keys)
    again = _step(keys, roots=(first.data,), now=NOW + ROOT_TERM // 2)
    assert again.unchanged
    assert again.data == first.data


def test_a_root_is_renewed_in_time(keys: RoleKeys) -> None:
    first = _step(keys)
    renewed = _step(keys, roots=(first.data,), now=NOW + ROOT_TERM * 3 // 4)
    assert (renewed.version, renewed.missing, renewed.unchanged) == (2, 0, False)


def test_new_holders_need_the_old_ones(keys: RoleKeys, source: Source) -> None:
    published = build(source, keys, clock())
    new = replace(keys, root=tuple(new_signer() for _ in range(3)))
    with pytest.raises(NotSigned, match="root version 2 lacks 2 more signatures"):
        build(source, new, clock(), published)
    after = build(source, replace(new, retired=keys.root[:2]), clock(), published)
    assert len(after.roots) == 2


@pytest.mark.parametrize("keys_behind", [1, 3])
def test_a_root_that_one_person_can_change_is_refused(keys: RoleKeys, keys_behind: int) -> None:
    root = Metadata[Root].from_bytes(_step(keys).data).signed
    check_root(root)
    if keys_behind == 1:
        # The same key under several ids counts as one person.
        first = root.keys[root.roles["root"].keyids[0]]
        for keyid in root.roles["root"].keyids:
            root.keys[keyid] = first
    else:
        root.roles["root"].threshold = 1
    with pytest.raises(DirectoryRefused, match="can change it, 2 are required"):
        check_root(root)


def test_another_role_is_not_taken_for_a_root(source: Source, keys: RoleKeys) -> None:
    published = build(source, keys, clock())
    with pytest.raises(DirectoryRefused, match="root: targets instead"):
        _step(keys, roots=(published.roles["targets"],))
