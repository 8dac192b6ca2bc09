"""How files are shown: by what they are and in whatever encoding."""

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lienthong.office.documents.models import File
from lienthong.office.documents.viewing import Kind, kind_of, text_of

if TYPE_CHECKING:
    from collections.abc import Sequence

PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"
CASES: "Sequence[tuple[str, bytes, Kind]]" = (
    ("application/pdf", b"%PDF-1.7\n", Kind.PDF),
    # Called something else, or with a few bytes before it, it is a PDF all the same.
    ("application/octet-stream", b"\r\n%PDF-1.4\n", Kind.PDF),
    ("application/pdf", b"PK\x03\x04\0\0", Kind.NONE),
    ("image/png", PNG, Kind.IMAGE),
    ("image/jpeg", b"\xff\xd8\xff\xe0\0\x10JFIF", Kind.IMAGE),
    # The browser is told not to guess, so what is called wrongly would not be seen.
    ("image/jpeg", PNG, Kind.NONE),
    ("image/svg+xml", b"<svg xmlns='http://www.w3.org/2000/svg'>", Kind.NONE),
    ("text/html", b"<script>alert(1)</script>", Kind.NONE),
    ("text/plain", b"Xin ch\xc3\xa0o", Kind.TEXT),
    ("text/plain", "Chào".encode("utf-16"), Kind.TEXT),
    ("text/plain", b"MZ\0\0\x03", Kind.NONE),
    ("text/plain", b"", Kind.TEXT),
)


@pytest.mark.parametrize(("media_type", "head", "kind"), CASES)
def test_the_first_bytes_tell_what_shows_it(media_type: str, head: bytes, kind: Kind) -> None:
    assert kind_of(File(media_type=media_type), head) is kind


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("utf-8", "Đơn vị"),
        ("utf-8-sig", "Đơn vị"),
        ("utf-16", "Đơn vị"),
        # It has Vietnamese letters as a base and the mark of their tone.
        ("cp1258", "Đơn vi\u0323"),
    ],
)
def test_texts_are_read_in_the_encodings_that_occur(encoding: str, text: str) -> None:
    assert text_of(text.encode(encoding)) == text


@given(st.text(), st.integers(0, 40))
def test_a_text_that_is_cut_off_in_a_letter_loses_no_more_than_that(text: str, cut: int) -> None:
    data = text.encode()
    shown = text_of(data[: max(len(data) - cut, 0)])
    if not text.startswith("\ufeff"):
        assert text.startswith(shown)


@given(st.binary(max_size=200))
def test_any_bytes_are_shown_as_something(data: bytes) -> None:
    assert isinstance(text_of(data), str)
