"""The tree of a journal (RFC 9162, section 2.1): it only grows, and makes proofs about any size it has had.

In memory are the roots of complete *tiles* of 256 records, what stands above them, and the last tile: a quarter of
a byte per record. What lies within another tile is made again from its records' hashes when a proof needs it.
Nothing that is complete ever changes, so a proof for a size that was reached may be made while another thread appends.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Final, Self

from lienthong.trust.errors import EvidenceInvalid
from lienthong.trust.merkle import EMPTY_ROOT, HASH_SIZE, fold, node_hash, split

TILE_DEPTH: Final = 8
TILE: Final = 1 << TILE_DEPTH
"""Records of a tile."""

type Leaves = Callable[[int, int], Sequence[bytes]]
"""Returns the leaf hashes of the records from one index to before another."""


class Tree:
    """A tree that only grows."""

    __slots__ = ("_above", "_last", "_leaves", "_made")

    def __init__(self, leaves: Leaves, tiles: Iterable[bytes] = ()) -> None:
        """Start with what is there already.

        Args:
            leaves: finds the leaf hashes of records in complete tiles, in whatever thread asks for a proof.
            tiles: the roots of the complete tiles, in order.
        """
        self._leaves = leaves
        self._above = _Subtrees()
        for root in tiles:
            self._above.append(root)
        # Number and content of the tile that is not complete; replaced as one, for other threads look at it.
        self._last = (self._above.size, _Subtrees())
        # The last one that was made again.
        self._made = (-1, self._last[1])

    @classmethod
    def over(cls, leaves: Sequence[bytes]) -> Self:
        """Return the tree over leaf hashes that are all in memory."""
        tree = cls(lambda start, stop: leaves[start:stop])
        for leaf in leaves:
            tree.append(leaf)
        return tree

    @property
    def size(self) -> int:
        """How many records it has."""
        number, last = self._last
        return number * TILE + last.size

    @property
    def tiles(self) -> int:
        """How many complete tiles it has."""
        return self._last[0]

    def tile(self, number: int) -> bytes:
        """Return the root of a complete tile."""
        return self._above.node(0, number)

    def append(self, leaf: bytes) -> int:
        """Add a record by its leaf hash (32 bytes) and return its index."""
        number, last = self._last
        index = number * TILE + last.size
        last.append(leaf)
        if last.size == TILE:
            self._above.append(last.node(TILE_DEPTH, 0))
            self._last = (number + 1, _Subtrees())
        return index

    def root(self, size: int | None = None) -> bytes:
        """Return the root over the first ``size`` records (all of them if not given).

        Raises:
            EvidenceInvalid: the tree has fewer records.
        """
        end = self._end(size)
        return self._root(0, end) if end else EMPTY_ROOT

    def inclusion(self, index: int, size: int | None = None) -> list[bytes]:
        """Return the path from record ``index`` to the root over ``size`` records, leaf end first.

        Raises:
            EvidenceInvalid: the tree has fewer records, or the record is not among them.
        """
        start, end = 0, self._end(size)
        if not 0 <= index < end:
            raise EvidenceInvalid(f"no record {index} among {end}")
        path = []
        while end - start > 1:
            middle = start + split(end - start)
            if index < middle:
                path.append(self._root(middle, end))
                end = middle
            else:
                path.append(self._root(start, middle))
                start = middle
        path.reverse()
        return path

    def consistency(self, old: int, new: int | None = None) -> list[bytes]:
        """Return the proof that the first ``new`` records begin with the first ``old``.

        It is empty when ``old`` is 0 or equals ``new``: there is nothing to show.

        Raises:
            EvidenceInvalid: the tree has fewer records, or ``old`` is more than ``new``.
        """
        start, end = 0, self._end(new)
        if not 0 <= old <= end:
            raise EvidenceInvalid(f"no list of {old} records within {end}")
        if old in {0, end}:
            return []
        path = []
        while old != end:
            middle = start + split(end - start)
            if old <= middle:
                path.append(self._root(middle, end))
                end = middle
            else:
                path.append(self._root(start, middle))
                start = middle
        # The verifier knows the old root already; it needs this node only when that is not it.
        if start:
            path.append(self._root(start, end))
        path.reverse()
        return path

    def _end(self, size: int | None) -> int:
        if size is None:
            return self.size
        if not 0 <= size <= self.size:
            raise EvidenceInvalid(f"no list of {size} records within {self.size}")
        return size

    def _root(self, start: int, end: int) -> bytes:
        # Start is always a multiple of the greatest power of two in the range, as in the RFC's splits.
        peaks = []
        while start < end:
            depth = (end - start).bit_length() - 1
            peaks.append(self._node(depth, start >> depth))
            start += 1 << depth
        return fold(peaks)

    def _node(self, depth: int, at: int) -> bytes:
        if depth >= TILE_DEPTH:
            return self._above.node(depth - TILE_DEPTH, at)
        number, place = divmod(at, 1 << (TILE_DEPTH - depth))
        return self._within(number).node(depth, place)

    def _within(self, number: int) -> "_Subtrees":
        last, subtrees = self._last
        if number == last:
            return subtrees
        made, subtrees = self._made
        if number == made:
            return subtrees
        subtrees = _Subtrees()
        for leaf in self._leaves(number * TILE, (number + 1) * TILE):
            subtrees.append(leaf)
        if subtrees.size != TILE or subtrees.node(TILE_DEPTH, 0) != self.tile(number):
            raise EvidenceInvalid(f"one of the {TILE} records from {number * TILE} on is missing or altered")
        self._made = (number, subtrees)
        return subtrees


class _Subtrees:
    """The complete subtrees over a list of nodes, level by level."""

    __slots__ = ("_levels",)

    def __init__(self) -> None:
        # Level k holds the roots of the complete subtrees of 2**k nodes, one after the other.
        self._levels = [bytearray()]

    @property
    def size(self) -> int:
        """How many nodes it is over."""
        return len(self._levels[0]) // HASH_SIZE

    def append(self, node: bytes) -> None:
        levels = self._levels
        level = levels[0]
        left, depth = len(level) // HASH_SIZE, 0
        level += node
        while left & 1:
            depth += 1
            node = node_hash(bytes(level[-2 * HASH_SIZE : -HASH_SIZE]), node)
            if depth == len(levels):
                levels.append(bytearray())
            level = levels[depth]
            level += node
            left >>= 1

    def node(self, depth: int, at: int) -> bytes:
        return bytes(self._levels[depth][at * HASH_SIZE : (at + 1) * HASH_SIZE])
