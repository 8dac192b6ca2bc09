"""Stamps: every Vietnamese letter is in the font, the text fits, or it is refused."""

import io
import unicodedata
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyhanko.pdf_utils.reader import PdfFileReader

from lienthong.kernel import i18n
from lienthong.signatures.errors import StampInvalid
from lienthong.signatures.stamp import Stamp, _register, draw

HANOI = timezone(timedelta(hours=7))
TIME = datetime(2026, 11, 26, 15, 4, 5, tzinfo=HANOI)
BASES = "aăâeêioôơuưyAĂÂEÊIOÔƠUƯY"
# Level, grave, hook, tilde, acute, dot below.
TONES = ("", "\u0300", "\u0309", "\u0303", "\u0301", "\u0323")
LETTERS = [unicodedata.normalize("NFC", base + tone) for base in BASES for tone in TONES] + list("đĐ₫–“”…§")


def stamp(name: str = "Nguyễn Văn", *, width: float = 240, height: float = 70, reason: str = "") -> Stamp:
    return Stamp(page=1, box=(0, 0, width, height), name=name, organ="Văn phòng", time=TIME, reason=reason)


@pytest.mark.parametrize("letter", LETTERS)
def test_every_vietnamese_letter_is_in_the_typeface(letter: str) -> None:
    assert len(letter) == 1
    assert ord(letter) in _register()


def test_letters_written_in_pieces_are_put_together() -> None:
    pieces = unicodedata.normalize("NFD", "Nguyễn Thị Hường ế ộ ữ")
    assert draw(stamp(pieces)) == draw(stamp(unicodedata.normalize("NFC", pieces)))


def test_labels_are_in_the_language_that_is_spoken() -> None:
    shown = {}
    try:
        for language in ("vi", "en", "de"):
            i18n.use(language)
            shown[language] = stamp(reason="x").texts()
    finally:
        i18n.use("en")
    assert [value for _, value in shown["vi"]] == ["Nguyễn Văn", "Văn phòng", "26.11.2026 15:04:05 +07:00", "x"]
    labels = [tuple(label for label, _ in lines) for lines in shown.values()]
    assert len(set(labels)) == 3


@settings(max_examples=40)
@given(
    words=st.lists(st.text(st.sampled_from(LETTERS[:60]), min_size=1, max_size=12), min_size=1, max_size=30),
    width=st.floats(30, 400),
    height=st.floats(10, 200),
)
def test_it_fits_its_rectangle_or_is_refused(words: list[str], width: float, height: float) -> None:
    try:
        drawn = draw(stamp(" ".join(words), width=width, height=height))
    except StampInvalid:
        return
    page = PdfFileReader(io.BytesIO(drawn)).root["/Pages"]["/Kids"][0]
    box = [float(each) for each in page["/MediaBox"]]
    assert box == pytest.approx([0, 0, width, height], abs=0.01)
    # Every line's start and size are within the rectangle.
    for line in page["/Contents"].data.split(b"\n"):
        words_of = line.split()
        if b"Tm" in words_of:
            y = float(words_of[words_of.index(b"Tm") - 1])
            assert 0 < y < height


@pytest.mark.parametrize("name", ["王", "Ан\u0430", "\U0001f600", "a\nb\x07"])
def test_letters_that_the_typeface_lacks_are_named(name: str) -> None:
    with pytest.raises(StampInvalid, match="lacks"):
        draw(stamp(name))
