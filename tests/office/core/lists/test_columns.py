"""Cells: whatever a text is, it is escaped as Python's own library does it."""

import html

from hypothesis import given
from hypothesis import strategies as st

from lienthong.office.core.lists.columns import written


@given(st.text(st.sampled_from("ab <>&\"'ế\x00")))
def test_every_text_is_escaped(text: str) -> None:
    assert written(text) == html.escape(text)
    assert written(text).__html__() == html.escape(text)
