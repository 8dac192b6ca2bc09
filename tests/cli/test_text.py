"""Text for terminals."""

import pytest

from lienthong.cli.text import number, plain
from lienthong.kernel import i18n


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


@pytest.mark.parametrize(
    ("language", "shown"),
    [
        ("en", ["3,355", "0", "-1,000", "7.2"]),
        ("vi", ["3.355", "0", "-1.000", "7,2"]),
        ("de", ["3.355", "0", "-1.000", "7,2"]),
    ],
)
def test_numbers_as_the_language_writes_them(language: str, shown: list[str]) -> None:
    i18n.use(language)
    try:
        assert [number(3355), number(0), number(-1000), number(7.2499, 1)] == shown
    finally:
        i18n.use("en")
