"""The journal's tree: proofs across tiles are those of a tree held whole, from memory that hardly grows."""

import sys
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lienthong.trust.errors import EvidenceInvalid
from lienthong.trust.merkle import check_consistency, check_inclusion, root_and_paths
from lienthong.trust.tree import TILE, Tree

COUNT = 4 * TILE + 7
LEAVES = [number.to_bytes(32) for number in range(COUNT)]
TREE = Tree.over(LEAVES)


def test_what_a_tree_was_opened_with_is_what_it_grew_to() -> None:
    opened = Tree(lambda start, stop: LEAVES[start:stop], [TREE.tile(number) for number in range(TREE.tiles)])
    assert (opened.tiles, opened.size) == (4, 4 * TILE)
    for leaf in LEAVES[4 * TILE :]:
        opened.append(leaf)
    assert opened.root() == TREE.root()
    assert opened.inclusion(300) == TREE.inclusion(300)


def test_roots_and_paths_are_those_of_a_tree_made_at_once() -> None:
    root, paths = root_and_paths(LEAVES)
    assert TREE.root() == root
    assert [TREE.inclusion(index) for index in range(COUNT)] == paths


@given(st.data())
def test_every_proof_holds(data: st.DataObject) -> None:
    new = data.draw(st.integers(1, COUNT))
    old, index = data.draw(st.integers(0, new)), data.draw(st.integers(0, new - 1))
    check_inclusion(LEAVES[index], index, new, TREE.inclusion(index, new), TREE.root(new))
    check_consistency(old, TREE.root(old), new, TREE.root(new), TREE.consistency(old, new))


def test_a_proof_reads_the_tiles_it_leads_through_and_no_others() -> None:
    read = []

    def leaves(start: int, stop: int) -> Sequence[bytes]:
        read.append((start, stop))
        return LEAVES[start:stop]

    tree = Tree(leaves, [TREE.tile(number) for number in range(4)])
    tree.inclusion(2 * TILE + 5)
    tree.inclusion(2 * TILE + 6)
    assert read == [(2 * TILE, 3 * TILE)]
    tree.root()
    tree.inclusion(2 * TILE + 7)
    assert len(read) == 1


@pytest.mark.parametrize("wrong", [LEAVES[1:TILE], [*LEAVES[1:TILE], LEAVES[0]], []])
def test_a_tile_that_is_not_what_its_root_says_makes_no_proof(wrong: Sequence[bytes]) -> None:
    tree = Tree(lambda _start, _stop: wrong, [TREE.tile(number) for number in range(4)])
    with pytest.raises(EvidenceInvalid, match="from 0 on"):
        tree.inclusion(3)


def test_memory_is_a_quarter_of_a_byte_per_record() -> None:
    tree = Tree(lambda start, stop: LEAVES[start:stop])
    for _ in range(100):
        for leaf in LEAVES[:TILE]:
            tree.append(leaf)
    held = sum(sys.getsizeof(level) for level in tree._above._levels)
    assert held < 100 * 32 * 2 * 1.3
    assert tree._last[1].size == 0
