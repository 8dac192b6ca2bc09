"""Vietnamese text in ASCII, whatever Unicode form it came in."""

import unicodedata

import pytest

from lienthong.profiles.vn.text import plain


@pytest.mark.parametrize(
    ("text", "expected"), [("Đắk Lắk", "Dak Lak"), ("đường Ưng", "duong Ung"), ("Ea H'Leo", "Ea H'Leo"), ("", "")]
)
def test_plain_text_loses_marks_and_strokes(text: str, expected: str) -> None:
    assert plain(text) == expected
    assert plain(unicodedata.normalize("NFD", text)) == expected
