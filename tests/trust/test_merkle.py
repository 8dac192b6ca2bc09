"""The tree against RFC 9162 itself: a naive oracle written from its definitions, and known vectors.

pymerkle, the obvious independent implementation, is GPL and therefore not used.
"""

import hashlib
from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lienthong.trust.errors import EvidenceInvalid
from lienthong.trust.merkle import (
    EMPTY_ROOT,
    Frontier,
    check_consistency,
    check_inclusion,
    leaf_hash,
    node_hash,
    root_and_paths,
    root_from_inclusion,
)
from lienthong.trust.tree import Tree

# The leaves and roots that certificate-transparency implementations share as reference.
REFERENCE_LEAVES = [
    b"",
    b"\x00",
    b"\x10",
    b"\x20\x21",
    b"\x30\x31",
    b"\x40\x41\x42\x43",
    bytes.fromhex("5051525354555657"),
    bytes.fromhex("606162636465666768696a6b6c6d6e6f"),
]
REFERENCE_ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def mth(records: Sequence[bytes]) -> bytes:
    """MTH(D_n), RFC 9162, section 2.1.1."""
    if not records:
        return hashlib.sha256(b"").digest()
    if len(records) == 1:
        return hashlib.sha256(b"\x00" + records[0]).digest()
    k = largest_power_below(len(records))
    return hashlib.sha256(b"\x01" + mth(records[:k]) + mth(records[k:])).digest()


def path(m: int, records: Sequence[bytes]) -> list[bytes]:
    """PATH(m, D_n), section 2.1.3.1."""
    if len(records) == 1:
        return []
    k = largest_power_below(len(records))
    if m < k:
        return [*path(m, records[:k]), mth(records[k:])]
    return [*path(m - k, records[k:]), mth(records[:k])]


def subproof(m: int, records: Sequence[bytes], *, complete: bool) -> list[bytes]:
    """SUBPROOF(m, D_n, b), section 2.1.4.1."""
    if m == len(records):
        return [] if complete else [mth(records)]
    k = largest_power_below(len(records))
    if m <= k:
        return [*subproof(m, records[:k], complete=complete), mth(records[k:])]
    return [*subproof(m - k, records[k:], complete=False), mth(records[:k])]


def largest_power_below(n: int) -> int:
    k = 1
    while 2 * k < n:
        k *= 2
    return k


def grown(records: Sequence[bytes]) -> Tree:
    return Tree.over(list(map(leaf_hash, records)))


def numbered(count: int) -> list[bytes]:
    return [number.to_bytes(2) for number in range(count)]


@st.composite
def sizes(draw: st.DrawFn) -> tuple[int, int]:
    new = draw(st.integers(1, 300))
    return draw(st.integers(1, new)), new


def test_roots_are_those_of_the_reference_vectors() -> None:
    tree = grown(REFERENCE_LEAVES)
    assert [tree.root(size).hex() for size in range(1, 9)] == REFERENCE_ROOTS
    assert tree.root(0) == EMPTY_ROOT == hashlib.sha256().digest()


def test_every_small_proof_is_the_oracles_and_verifies() -> None:
    records = numbered(33)
    tree = grown(records)
    for size in range(1, len(records) + 1):
        assert tree.root(size) == mth(records[:size])
        for index in range(size):
            assert tree.inclusion(index, size) == path(index, records[:size])
            check_inclusion(leaf_hash(records[index]), index, size, tree.inclusion(index, size), tree.root(size))
        for old in range(1, size + 1):
            assert tree.consistency(old, size) == subproof(old, records[:size], complete=True)
            check_consistency(old, tree.root(old), size, tree.root(size), tree.consistency(old, size))


@given(records=st.lists(st.binary(max_size=40), min_size=1, max_size=120), data=st.data())
def test_proofs_are_the_oracles(records: list[bytes], data: st.DataObject) -> None:
    tree, frontier = grown(records), Frontier()
    for record in records:
        frontier.append(leaf_hash(record))
    index = data.draw(st.integers(0, len(records) - 1))
    old = data.draw(st.integers(1, len(records)))
    assert tree.size == frontier.size == len(records)
    assert tree.root() == frontier.root() == mth(records)
    assert tree.inclusion(index) == path(index, records)
    assert tree.consistency(old) == subproof(old, records, complete=True)


@given(size=st.integers(1, 300), data=st.data())
def test_a_proof_with_any_part_changed_fails(size: int, data: st.DataObject) -> None:
    tree = grown(numbered(size))
    index = data.draw(st.integers(0, size - 1))
    leaf, root = leaf_hash(index.to_bytes(2)), tree.root()
    parts = [leaf, root, *tree.inclusion(index)]
    at, bit = data.draw(st.integers(0, len(parts) - 1)), data.draw(st.integers(0, 255))
    parts[at] = (int.from_bytes(parts[at]) ^ (1 << bit)).to_bytes(32)
    with pytest.raises(EvidenceInvalid):
        check_inclusion(parts[0], index, size, parts[2:], parts[1])


@given(sizes=sizes(), data=st.data())
def test_a_consistency_proof_with_any_part_changed_fails(sizes: tuple[int, int], data: st.DataObject) -> None:
    old, new = sizes
    tree = grown(numbered(new))
    parts = [tree.root(old), tree.root(new), *tree.consistency(old, new)]
    at, bit = data.draw(st.integers(0, len(parts) - 1)), data.draw(st.integers(0, 255))
    parts[at] = (int.from_bytes(parts[at]) ^ (1 << bit)).to_bytes(32)
    with pytest.raises(EvidenceInvalid):
        check_consistency(old, parts[0], new, parts[1], parts[2:])


@given(sizes=sizes(), data=st.data())
def test_a_proof_of_another_length_fails(sizes: tuple[int, int], data: st.DataObject) -> None:
    old, new = sizes
    tree = grown(numbered(new))
    extra = data.draw(st.binary(min_size=32, max_size=32))
    index = old - 1
    leaf, inclusion, consistency = leaf_hash(index.to_bytes(2)), tree.inclusion(index, new), tree.consistency(old, new)
    for wrong in ([*inclusion, extra], inclusion[:-1] if inclusion else [extra]):
        with pytest.raises(EvidenceInvalid):
            check_inclusion(leaf, index, new, wrong, tree.root(new))
    for wrong in ([*consistency, extra], consistency[:-1] if consistency else [extra]):
        with pytest.raises(EvidenceInvalid):
            check_consistency(old, tree.root(old), new, tree.root(new), wrong)


def test_an_empty_consistency_proof_fails_where_one_is_needed() -> None:
    tree = grown(numbered(5))
    for old in (3, 4):
        with pytest.raises(EvidenceInvalid, match="too short"):
            check_consistency(old, tree.root(old), 5, tree.root(), [])


def test_a_rewritten_history_has_no_consistency_proof() -> None:
    before, after = grown(numbered(10)), grown([b"rewritten", *numbered(20)[1:]])
    with pytest.raises(EvidenceInvalid, match="does not begin with"):
        check_consistency(10, before.root(), 20, after.root(), after.consistency(10, 20))


def test_nothing_to_show_needs_no_path() -> None:
    tree = grown(numbered(5))
    assert tree.consistency(0) == tree.consistency(5) == []
    check_consistency(0, EMPTY_ROOT, 5, tree.root(), [])
    check_consistency(5, tree.root(), 5, tree.root(), [])
    for old, root, proof in ((0, tree.root(1), []), (5, tree.root(4), []), (5, tree.root(), [EMPTY_ROOT])):
        with pytest.raises(EvidenceInvalid, match="two roots"):
            check_consistency(old, root, 5, tree.root(), proof)


@pytest.mark.parametrize(("index", "size"), [(-1, 3), (3, 3), (0, 0)])
def test_records_outside_the_list_are_refused(index: int, size: int) -> None:
    with pytest.raises(EvidenceInvalid, match="no record"):
        root_from_inclusion(EMPTY_ROOT, index, size, [])
    with pytest.raises(EvidenceInvalid, match="no record"):
        grown(numbered(3)).inclusion(index, size)


@pytest.mark.parametrize(("old", "new"), [(-1, 3), (4, 3)])
def test_lists_that_cannot_begin_with_one_another_are_refused(old: int, new: int) -> None:
    with pytest.raises(EvidenceInvalid, match="cannot begin"):
        check_consistency(old, EMPTY_ROOT, new, EMPTY_ROOT, [])
    with pytest.raises(EvidenceInvalid, match="no list"):
        grown(numbered(3)).consistency(old, new)


def test_sizes_never_reached_are_refused() -> None:
    for size in (-1, 4):
        with pytest.raises(EvidenceInvalid, match="no list"):
            grown(numbered(3)).root(size)


def test_parts_that_are_not_hashes_are_refused() -> None:
    with pytest.raises(EvidenceInvalid, match="not a SHA-256"):
        root_from_inclusion(EMPTY_ROOT, 0, 2, [b"short"])
    with pytest.raises(EvidenceInvalid, match="not a SHA-256"):
        check_consistency(1, EMPTY_ROOT, 2, b"", [EMPTY_ROOT])


def test_a_leaf_is_not_mistaken_for_a_node() -> None:
    left, right = leaf_hash(b"a"), leaf_hash(b"b")
    assert leaf_hash(left + right) != node_hash(left, right)


def test_roots_of_earlier_sizes_stay_the_same_while_the_tree_grows() -> None:
    tree, roots = Tree.over([]), [EMPTY_ROOT]
    for number in range(70):
        assert tree.append(leaf_hash(bytes([number]))) == number
        roots.append(tree.root())
    assert [tree.root(size) for size in range(71)] == roots
    assert all(one != other for one, other in pairwise(roots))


def test_a_tree_made_at_once_is_the_one_that_grew() -> None:
    leaves = list(map(leaf_hash, numbered(300)))
    tree = grown(numbered(300))
    for count in range(1, 301):
        root, paths = root_and_paths(leaves[:count])
        assert root == tree.root(count)
        assert paths == [tree.inclusion(index, count) for index in range(count)]


@given(records=st.lists(st.binary(max_size=40), min_size=1, max_size=40))
def test_a_tree_made_at_once_is_the_oracles(records: list[bytes]) -> None:
    leaves = list(map(leaf_hash, records))
    root, paths = root_and_paths(leaves)
    assert root == mth(records)
    assert paths == [path(index, records) for index in range(len(records))]
    for index, leaf in enumerate(leaves):
        check_inclusion(leaf, index, len(leaves), paths[index], root)
    # The list that came in is not used up.
    assert leaves == list(map(leaf_hash, records))
