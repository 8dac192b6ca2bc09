"""Groups of records that links hold together, and links that must give way where a group holds what is apart."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

type Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Edges:
    """Links between records, by their numbers; sorted by nothing in particular."""

    left: Rows
    right: Rows
    # In bits; a decision of a person outweighs everything.
    weight: NDArray[np.float64]

    def among(self, chosen: NDArray[np.bool_]) -> Self:
        """Return some of them."""
        return type(self)(self.left[chosen], self.right[chosen], self.weight[chosen])


def connected(records: int, edges: Edges) -> Rows:
    """Return for every record the smallest number of those it is connected with."""
    label = np.arange(records, dtype=np.int64)
    while True:
        least = np.minimum(label[edges.left], label[edges.right])
        before = label.copy()
        np.minimum.at(label, edges.left, least)
        np.minimum.at(label, edges.right, least)
        # What a label points to may have found a smaller one itself.
        while not np.array_equal(label, label[label]):
            label = label[label]
        if np.array_equal(before, label):
            return label


def separated(label: Rows, edges: Edges, apart: Sequence[tuple[int, int]]) -> tuple[Rows, Edges]:
    """Split every group that holds two records which are apart, where its links are weakest.

    Args:
        label: of every record, as ``connected`` gives it.
        edges: that made the groups.
        apart: records that must not be in one group.

    Returns:
        The labels after it, and the links that gave way.
    """
    inside = [(left, right) for left, right in apart if label[left] == label[right]]
    if not inside:
        return label, edges.among(np.zeros(len(edges.left), dtype=np.bool_))
    hit = np.isin(label, np.unique([label[left] for left, _right in inside]))
    chosen = hit[edges.left]
    torn = edges.among(chosen)
    # The strongest first; of equals the one with the smaller numbers, so that the result is always the same.
    order = np.lexsort((torn.right, torn.left, -torn.weight))
    groups = _Groups(inside)
    cut = np.zeros(len(order), dtype=np.bool_)
    for at in order:
        cut[at] = not groups.join(int(torn.left[at]), int(torn.right[at]))
    label = label.copy()
    for record in np.flatnonzero(hit):
        label[record] = groups.least(int(record))
    return label, torn.among(cut)


class _Groups:
    """Groups that grow, and know which records they must not take in."""

    def __init__(self, apart: Iterable[tuple[int, int]]) -> None:
        self._members: dict[int, set[int]] = {}
        self._apart: dict[int, set[int]] = defaultdict(set)
        for left, right in apart:
            self._apart[left].add(right)
            self._apart[right].add(left)
        self._of: dict[int, int] = {}

    def join(self, left: int, right: int) -> bool:
        """Join the groups of two records; False if they must stay apart."""
        one, other = self._root(left), self._root(right)
        if one == other:
            return True
        if self._apart[one] & self._members[other]:
            return False
        if len(self._members[one]) < len(self._members[other]):
            one, other = other, one
        for member in self._members.pop(other):
            self._members[one].add(member)
            self._of[member] = one
        self._apart[one] |= self._apart.pop(other, set())
        return True

    def least(self, record: int) -> int:
        return min(self._members[self._root(record)])

    def _root(self, record: int) -> int:
        root = self._of.setdefault(record, record)
        if root == record and record not in self._members:
            self._members[record] = {record}
        return root
