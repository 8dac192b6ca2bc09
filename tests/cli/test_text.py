"""Text for terminals."""

import pytest

from lienthong.cli.text import plain


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Tỉnh ủy Hà Nội", "Tỉnh ủy Hà Nội"),
        ("two\nlines\r", "two\\nlines\\r"),
        ("\x1b]0;title\x07", "\\x1b]0;title\\x07"),
        ("right\u202eleft", "right\\u202eleft"),
        ("\x9b31m", "\\x9b31m"),
    ],
)
def test_nothing_steers_the_terminal(text: str, shown: str) -> None:
    assert plain(text) == shown
