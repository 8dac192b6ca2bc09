"""Ranges: what is sent is exactly what slicing would give."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lienthong.office.documents.ranges import part_asked_for


@pytest.mark.parametrize(
    ("header", "part"),
    [
        ("", (0, 10)),
        ("bytes=0-3", (0, 4)),
        ("bytes=4-", (4, 10)),
        ("bytes=-3", (7, 10)),
        ("bytes=-99", (0, 10)),
        ("bytes=0-99", (0, 10)),
        ("bytes=9-9", (9, 10)),
        # Not a single range of bytes: all of it.
        ("bytes=0-1,3-4", (0, 10)),
        ("bytes=-", (0, 10)),
        ("lines=0-1", (0, 10)),
        ("bytes=x-1", (0, 10)),
        # Outside of it.
        ("bytes=10-", None),
        ("bytes=5-4", None),
        ("bytes=-0", None),
    ],
)
def test_a_part_is_what_the_standard_says(header: str, part: tuple[int, int] | None) -> None:
    assert part_asked_for(header, 10) == part


@given(st.text(max_size=60), st.integers(min_value=0, max_value=1000))
def test_whatever_is_asked_lies_within_the_file(header: str, size: int) -> None:
    part = part_asked_for(header, size)
    assert part is None or 0 <= part[0] <= part[1] <= size


@given(st.integers(0, 200), st.integers(0, 200), st.integers(1, 150))
def test_first_and_last_are_slices(first: int, last: int, size: int) -> None:
    part = part_asked_for(f"bytes={first}-{last}", size)
    content = bytes(range(size))
    assert (content[part[0] : part[1]] if part else b"") == content[first : last + 1]
