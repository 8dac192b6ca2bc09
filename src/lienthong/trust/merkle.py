"""The tree over a list of records (RFC 9162, section 2.1), with proofs that anyone can check.

*Inclusion*: this record is number ``index`` of the list whose root was signed. *Consistency*: a later
list begins with all of an earlier one. Everything is SHA-256; leaves and inner nodes are hashed with
different prefixes, so that one cannot be passed off as the other.

A tree that is kept and makes such proofs is in ``tree``.
"""

import hashlib
from collections.abc import Sequence
from typing import Final

from lienthong.trust.errors import EvidenceInvalid

HASH_SIZE: Final = 32
EMPTY_ROOT: Final = hashlib.sha256().digest()
# Copied for each hash, as in ``kernel.hashing``.
_LEAF: Final = hashlib.sha256(b"\x00")
_NODE: Final = hashlib.sha256(b"\x01")


def leaf_hash(data: bytes) -> bytes:
    """Return the hash of a record: SHA-256(0x00 || data)."""
    made = _LEAF.copy()
    made.update(data)
    return made.digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of an inner node: SHA-256(0x01 || left || right)."""
    made = _NODE.copy()
    made.update(left)
    made.update(right)
    return made.digest()


class Frontier:
    """A tree that remembers only what the roots of later sizes need: one hash per level."""

    __slots__ = ("_peaks", "size")

    def __init__(self) -> None:
        """Start without records."""
        self.size = 0
        self._peaks: list[bytes] = []

    def append(self, leaf: bytes) -> None:
        """Add a record by its leaf hash (32 bytes)."""
        left = self.size
        while left & 1:
            leaf = node_hash(self._peaks.pop(), leaf)
            left >>= 1
        self._peaks.append(leaf)
        self.size += 1

    def root(self) -> bytes:
        """Return the root over the records so far."""
        return fold(self._peaks) if self._peaks else EMPTY_ROOT


def root_and_paths(leaves: Sequence[bytes]) -> tuple[bytes, list[list[bytes]]]:
    """Return the root over a list of leaf hashes, not empty, and the inclusion path of each.

    The same as of a ``Tree`` with these leaves, all at once: for lists that come and go.
    """
    paths: list[list[bytes]] = [[] for _ in leaves]
    level, width = list(leaves), 1
    while len(level) > 1:
        for index, path in enumerate(paths):
            beside = index // width ^ 1
            if beside < len(level):
                path.append(level[beside])
        even = len(level) & ~1
        above = [node_hash(level[at], level[at + 1]) for at in range(0, even, 2)]
        # The last one without a neighbour goes up as it is (the tree's left side is always complete).
        level, width = above + level[even:], 2 * width
    return level[0], paths


def root_from_inclusion(leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes:
    """Return the root that an inclusion path leads to (RFC 9162, section 2.1.3.2).

    Args:
        leaf: the leaf hash of the record.
        index: its number, from 0.
        size: how many records the root covers.
        path: the hashes beside the way up, leaf end first.

    Raises:
        EvidenceInvalid: no path of this length fits this index and size, or a part is not a hash.
    """
    if not 0 <= index < size:
        raise EvidenceInvalid(f"no record {index} among {size}")
    _check_hashes(leaf, *path)
    at, last, root = index, size - 1, leaf
    for sibling in path:
        if not last:
            raise EvidenceInvalid("the inclusion path is too long")
        if at & 1 or at == last:
            root = node_hash(sibling, root)
            while at and not at & 1:
                at, last = at >> 1, last >> 1
        else:
            root = node_hash(root, sibling)
        at, last = at >> 1, last >> 1
    if last:
        raise EvidenceInvalid("the inclusion path is too short")
    return root


def check_inclusion(leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> None:
    """Check that a record is number ``index`` of the ``size`` records under a root.

    Raises:
        EvidenceInvalid: it is not, or the path is malformed.
    """
    if root_from_inclusion(leaf, index, size, path) != root:
        raise EvidenceInvalid(f"record {index} is not under the root of {size} records")


def check_consistency(old_size: int, old_root: bytes, new_size: int, new_root: bytes, path: Sequence[bytes]) -> None:
    """Check that the list under the new root begins with the list under the old one (RFC 9162, section 2.1.4.2).

    Raises:
        EvidenceInvalid: it does not, or the path is malformed.
    """
    _check_hashes(old_root, new_root, *path)
    if not 0 <= old_size <= new_size:
        raise EvidenceInvalid(f"a list of {new_size} records cannot begin with {old_size}")
    if old_size in {0, new_size}:
        expected = new_root if old_size else EMPTY_ROOT
        if path or old_root != expected:
            raise EvidenceInvalid(f"two roots over {old_size} records, or a path where none is needed")
        return
    # With a complete old tree its root is the first node of the proof and left out of it.
    nodes = [old_root, *path] if not old_size & (old_size - 1) else list(path)
    if not nodes:
        raise EvidenceInvalid("the consistency path is too short")
    if _ends(nodes, old_size, new_size) != (old_root, new_root):
        raise EvidenceInvalid(f"the list of {new_size} records does not begin with the list of {old_size}")


def _ends(nodes: Sequence[bytes], old_size: int, new_size: int) -> tuple[bytes, bytes]:
    at, last = old_size - 1, new_size - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    old = new = nodes[0]
    for node in nodes[1:]:
        if not last:
            raise EvidenceInvalid("the consistency path is too long")
        if at & 1 or at == last:
            old, new = node_hash(node, old), node_hash(node, new)
            while at and not at & 1:
                at, last = at >> 1, last >> 1
        else:
            new = node_hash(new, node)
        at, last = at >> 1, last >> 1
    if last:
        raise EvidenceInvalid("the consistency path is too short")
    return old, new


def _check_hashes(*hashes: bytes) -> None:
    if any(len(item) != HASH_SIZE for item in hashes):
        raise EvidenceInvalid("a part of the proof is not a SHA-256 hash")


def split(count: int) -> int:
    """Return the greatest power of two below a count that is at least 2: where the RFC divides a list."""
    return 1 << ((count - 1).bit_length() - 1)


def fold(peaks: Sequence[bytes]) -> bytes:
    """Return the root over complete subtrees, the largest first; at least one."""
    root = peaks[-1]
    for peak in reversed(peaks[:-1]):
        root = node_hash(peak, root)
    return root
