"""Labels: a lattice, by its laws; and text that says one thing only."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lienthong.kernel.errors import LabelInvalid
from lienthong.kernel.labels import INTERNAL, PUBLIC, Label, Level

CAVEATS = st.frozensets(st.sampled_from(["personnel", "health", "inspection", "eyes-1"]), max_size=4)
LABELS = st.builds(Label, st.sampled_from(Level), CAVEATS)


@given(a=LABELS, b=LABELS, c=LABELS)
def test_the_order_is_partial(a: Label, b: Label, c: Label) -> None:
    assert a <= a  # noqa: PLR0124 - reflexivity is what is tested
    assert not a <= b <= a or a == b
    assert not a <= b <= c or a <= c


@given(a=LABELS, b=LABELS)
def test_all_comparisons_follow_from_one(a: Label, b: Label) -> None:
    assert (a >= b) == (b <= a)
    assert (a < b) == (a <= b and a != b)
    assert (a > b) == (b < a)


@given(a=LABELS, b=LABELS, c=LABELS)
def test_join_is_the_least_upper_bound(a: Label, b: Label, c: Label) -> None:
    both = a.join(b)
    assert a <= both
    assert b <= both
    assert (a <= c and b <= c) == (both <= c)


@given(a=LABELS, b=LABELS, c=LABELS)
def test_meet_is_the_greatest_lower_bound(a: Label, b: Label, c: Label) -> None:
    both = a.meet(b)
    assert both <= a
    assert both <= b
    assert (c <= a and c <= b) == (c <= both)


@given(a=LABELS, b=LABELS, c=LABELS)
def test_it_is_a_distributive_lattice(a: Label, b: Label, c: Label) -> None:
    assert a.join(b) == b.join(a)
    assert a.meet(b) == b.meet(a)
    assert a.join(b).join(c) == a.join(b.join(c))
    assert a.meet(b).meet(c) == a.meet(b.meet(c))
    assert a.join(a.meet(b)) == a
    assert a.meet(a.join(b)) == a
    assert a.meet(b.join(c)) == a.meet(b).join(a.meet(c))


def test_labels_of_different_caveats_do_not_compare() -> None:
    secret, health = Label(Level.SECRET), Label(Level.PUBLIC, frozenset({"health"}))
    assert not secret <= health
    assert not health <= secret


@given(label=LABELS)
def test_text_comes_back(label: Label) -> None:
    assert Label.parse(str(label)) == label


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("public", PUBLIC),
        ("internal", INTERNAL),
        ("top-secret", Label(Level.TOP_SECRET)),
        ("secret/health,personnel", Label(Level.SECRET, frozenset({"personnel", "health"}))),
    ],
)
def test_the_text_is_that_of_the_protocol(text: str, label: Label) -> None:
    assert str(label) == text
    assert Label.parse(text) == label


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Secret",
        "secret ",
        "top_secret",
        "4",
        "secret/",
        "secret/,",
        "secret/a,",
        "secret/,a",
        "secret/A",
        "secret/a b",
        "secret/-a",
        "secret/ă",
        "secret/a\n",
        "secret/" + "a" * 33,
        "secret/a/b",
        "secret/" + ",".join(f"c{number}" for number in range(17)),
    ],
)
def test_what_is_no_label_is_refused(text: str) -> None:
    with pytest.raises(LabelInvalid):
        Label.parse(text)


def test_sixteen_caveats_of_32_characters_are_allowed() -> None:
    caveats = frozenset(f"{number:02}".ljust(32, "x") for number in range(16))
    assert Label.parse(str(Label(Level.SECRET, caveats))).caveats == caveats


def test_the_levels_have_their_numbers_on_the_wire() -> None:
    assert [(level.slug, int(level)) for level in Level] == [
        ("public", 0),
        ("internal", 1),
        ("confidential", 2),
        ("secret", 3),
        ("top-secret", 4),
    ]
