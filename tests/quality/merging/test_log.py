"""A merge that is undone leaves nothing behind."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lienthong.quality.errors import MergeBuiltUpon, MergeImpossible
from lienthong.quality.merging.log import Merged, Persons, merge, undo

AT = datetime(2026, 11, 26, tzinfo=UTC)
NAMES = ["P1", "P2", "P3", "P4"]


@st.composite
def registries(draw: st.DrawFn) -> Persons:
    of = {f"r{at}": name for at, name in enumerate([*NAMES, *draw(st.lists(st.sampled_from(NAMES), max_size=8))])}
    chosen = draw(
        st.dictionaries(
            st.tuples(st.sampled_from(NAMES), st.sampled_from("ab")), st.sampled_from(sorted(of)), max_size=4
        )
    )
    # A choice is one of the person's own records.
    return Persons(of, {key: record for key, record in chosen.items() if of[record] == key[0]})


def done(persons: Persons, into: str, *others: str, name: str = "m1") -> tuple[Persons, Merged]:
    return merge(persons, into, others, id=name, at=AT, by="steward")


@given(registries(), st.permutations(NAMES), st.integers(1, 3))
def test_merge_and_undo_is_identity(persons: Persons, names: list[str], others: int) -> None:
    after, merged = done(persons, names[0], *names[1 : 1 + others])
    assert set(after.of.values()) == set(names) - set(names[1 : 1 + others])
    assert undo(after, merged) == persons


@given(registries(), st.permutations(NAMES))
def test_merges_are_undone_in_any_order_that_is_allowed(persons: Persons, names: list[str]) -> None:
    first, one = done(persons, names[0], names[1])
    second, other = done(first, names[0], names[2], name="m2")
    assert undo(undo(second, other), one) == persons
    assert undo(undo(second, one), other).of == persons.of


def test_a_merge_built_upon_stands() -> None:
    persons = Persons({"a": "P1", "b": "P2", "c": "P3"})
    first, one = done(persons, "P1", "P2")
    second, other = done(first, "P3", "P1", name="m2")
    with pytest.raises(MergeBuiltUpon, match="m1: b"):
        undo(second, one)
    assert undo(undo(second, other), one) == persons


@pytest.mark.parametrize("others", [(), ("P1",), ("P9",)], ids=["nobody", "oneself", "unknown"])
def test_only_persons_who_are_there_are_merged(others: tuple[str, ...]) -> None:
    with pytest.raises(MergeImpossible):
        done(Persons({"a": "P1", "b": "P2"}), "P1", *others)
