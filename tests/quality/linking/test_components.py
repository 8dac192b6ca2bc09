"""Links make groups; what is apart parts them where they are weakest."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from lienthong.quality.linking.components import Edges, connected, separated

RECORDS = 12


def edges(*made: tuple[int, int, float]) -> Edges:
    left, right, weight = (np.array([edge[at] for edge in made]) for at in range(3))
    return Edges(left.astype(np.int64), right.astype(np.int64), weight.astype(np.float64))


def test_a_chain_is_one_group() -> None:
    label = connected(6, edges((4, 5, 1), (2, 4, 1), (0, 2, 1)))
    assert label.tolist() == [0, 1, 0, 3, 0, 0]


def test_the_weakest_link_gives_way() -> None:
    links = edges((0, 1, 9), (1, 2, 3), (2, 3, 8))
    label, cut = separated(connected(4, links), links, [(0, 3)])
    assert label.tolist() == [0, 0, 2, 2]
    assert (cut.left.tolist(), cut.right.tolist()) == ([1], [2])


def test_groups_without_what_is_apart_stay_as_they_are() -> None:
    links = edges((0, 1, 9), (2, 3, 8))
    before = connected(5, links)
    label, cut = separated(before, links, [(0, 2), (1, 4)])
    assert label.tolist() == before.tolist()
    assert not len(cut.left)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 11), st.integers(0, 11), st.integers(0, 9)).filter(lambda e: e[0] < e[1])),
    st.lists(st.tuples(st.integers(0, 11), st.integers(0, 11)).filter(lambda pair: pair[0] < pair[1]), max_size=6),
)
def test_what_is_apart_is_never_together(made: list[tuple[int, int, int]], apart: list[tuple[int, int]]) -> None:
    links = edges(*made) if made else Edges(*(np.array([], dtype=np.int64),) * 2, np.array([], dtype=np.float64))
    before = connected(RECORDS, links)
    label, _cut = separated(before, links, apart)
    assert all(label[left] != label[right] for left, right in apart)
    # Groups only ever get smaller, and every label is the smallest number of its group.
    assert all(before[record] == before[label[record]] for record in range(RECORDS))
    assert all(label[record] == min(np.flatnonzero(label == label[record])) for record in range(RECORDS))
