"""What becomes of text in the fonts of earlier decades is what stands in old files, and can be read again."""

import unicodedata

import duckdb
import pytest

from lienthong.quality.generating import dirt
from lienthong.quality.standardising import vietnamese
from lienthong.quality.tables import literal

TONES = ("", "\u0300", "\u0309", "\u0303", "\u0301", "\u0323")
SMALL = "".join(unicodedata.normalize("NFC", base + tone) for base in "aăâeêioôơuưy" for tone in TONES) + "đ"


@pytest.mark.parametrize(
    ("text", "in_vni"),
    [
        ("Trần Văn Hòa", "Traàn Vaên Hoøa"),
        ("Nguyễn Thị Bích", "Nguyeãn Thò Bích"),
        ("Đặng Ước", "Ñaëng Öôùc"),
        ("LÊ THỊ MỸ LỆ", "LEÂ THÒ MYÕ LEÄ"),
        ("Bùi Thế Kỷ", "Buøi Theá Kyû"),
        ("Vũ Đình Hiếu", "Vuõ Ñình Hieáu"),
    ],
)
def test_the_fonts_vni_have_a_mark_behind_the_letter(text: str, in_vni: str) -> None:
    assert _asked(dirt.vni(literal(text))) == in_vni


@pytest.mark.parametrize("letter", [*SMALL, *SMALL.upper()])
def test_every_letter_in_vni_is_read_again(letter: str) -> None:
    # Between words that show which font it is.
    text = f"Nguyễn {letter} Trần Thị Đặng"
    assert _asked(vietnamese.unicode_(dirt.vni(literal(text)))) == text


def _asked(expression: str) -> str:
    with duckdb.connect() as connection:
        ((found,),) = connection.execute(f"SELECT {expression}").fetchall()
    return str(found)
