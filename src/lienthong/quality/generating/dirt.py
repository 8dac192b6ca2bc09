"""What happens to records over decades of typing, as expressions of one record's number ``k``."""

import unicodedata
from collections.abc import Callable
from typing import Final

from lienthong.quality.generating.chance import Chance
from lienthong.quality.tables import literal

_TONED: Final = "àảãáạằẳẵắặầẩẫấậèẻẽéẹềểễếệìỉĩíịòỏõóọồổỗốộờởỡớợùủũúụừửữứựỳỷỹýỵ"
_TCVN3: Final = "µ¶·¸¹»¼½¾ÆÇÈÉÊËÌÎÏÐÑÒÓÔÕÖ×ØÜÝÞßáâãäåæçèéêëìíîïñòóôõö÷øùúûüýþ"
_PLAIN: Final = ("ăâđêôơưĂÂÊÔƠƯĐ", "¨©®ª«¬\u00ad¡¢£¤¥¦§")
# Marks of the fonts VNI behind a letter: of tones alone, with a circumflex, with a breve.
_VNI_MARKS: Final = {
    "\u0300": "ø", "\u0309": "û", "\u0303": "õ", "\u0301": "ù", "\u0323": "ï",
    "\u0302": "â", "\u0302\u0300": "à", "\u0302\u0309": "å", "\u0302\u0303": "ã", "\u0302\u0301": "á",
    "\u0302\u0323": "ä",
    "\u0306": "ê", "\u0306\u0300": "è", "\u0306\u0309": "ú", "\u0306\u0303": "ü", "\u0306\u0301": "é",
    "\u0306\u0323": "ë",
}  # fmt: skip
# Letters of one sign there; ì and í are as ever.
_VNI_ALONE: Final = {"đ": "ñ", "ỉ": "æ", "ĩ": "ó", "ị": "ò", "ỵ": "î", "ơ": "ô", "ư": "ö", "ì": "ì", "í": "í"}
_HORN: Final = "\u031b"
_TONES: Final = "\u0300\u0309\u0303\u0301\u0323"
_SHORT: Final = (
    ("Phường ", "P. "), ("Quận ", "Q. "), ("Thị xã ", "TX. "), ("Thành phố ", "TP. "),
    ("Huyện ", "H. "), ("Xã ", "X. "),
)  # fmt: skip
_OPEN: Final = (("òa", "oà"), ("óa", "oá"), ("ỏa", "oả"), ("ùy", "uỳ"), ("úy", "uý"), ("ủy", "uỷ"), ("ụy", "uỵ"))


def name(chance: Chance, x: str) -> str:
    """Return a name as somebody typed it."""
    u = f"{chance.whole('k', 'typo place', f'length({x})')}"
    slip = f"{x}[1:1 + {u}] || {x}[3 + {u}:]"
    doubled = f"{x}[1:1 + {u}] || {x}[1 + {u}:]"
    return chance.cases(
        "k",
        "name",
        (
            (0.060, f"upper({x})"),
            (0.020, f"lower({x})"),
            (0.030, decomposed(x)),
            (0.030, f"strip_accents(translate({x}, 'Đđ', 'Dd'))"),
            (0.010, f"translate({x}, 'Đđ', 'Ðð')"),
            (0.030, modern(x)),
            (0.015, tcvn3(x)),
            (0.010, vni(x)),
            (0.020, f"replace({x}, ' ', '  ')"),
            (0.010, f"translate({x}, 'yỳýỷỹỵ', 'iìíỉĩị')"),
            (0.006, slip),
            (0.004, doubled),
            (0.004, f"regexp_replace({x}, ' .* ', ' ')"),
        ),
        x,
    )


def decomposed(x: str) -> str:
    """Return text with its tones as characters of their own, as NFD has them."""
    text = x
    for letter in _TONED:
        text = f"replace({text}, '{letter}', '{unicodedata.normalize('NFD', letter)}')"
    return text


def modern(x: str) -> str:
    """Return text with the tone of open oa and uy on the second vowel."""
    text = x
    for old, new in _OPEN:
        text = f"regexp_replace({text}, '{old}( |$)', '{new}\\1', 'g')"
    return text


def tcvn3(x: str) -> str:
    """Return text as its bytes in a font of TCVN3 look."""
    return f"translate({x}, '{_TONED}{_TONED.upper()}{_PLAIN[0]}', '{_TCVN3}{_TCVN3}{_PLAIN[1]}')"


def vni(x: str) -> str:
    """Return text as its bytes in a font of VNI look."""
    letters = {**_in_vni(str), **_in_vni(str.upper)}
    # Signs in between that no text has: what one letter becomes is another letter.
    between = {letter: chr(0xE000 + place) for place, letter in enumerate(letters)}
    text = f"translate({x}, {literal(''.join(between))}, {literal(''.join(between.values()))})"
    for letter, written in letters.items():
        text = f"replace({text}, {literal(between[letter])}, {literal(written)})"
    return text


def _in_vni(case: Callable[[str], str]) -> dict[str, str]:
    """Return how each letter is written there, small or large."""
    written = {}
    for letter in sorted({*_TONED, *_PLAIN[0].lower()}):
        base, *marks = list(unicodedata.normalize("NFD", letter))
        bare = unicodedata.normalize("NFC", base + _HORN) if _HORN in marks else base
        # The dot below comes before the circumflex in Unicode's order.
        signs = "".join(sorted((mark for mark in marks if mark != _HORN), key=_TONES.__contains__))
        alone = _VNI_ALONE.get(letter) or _VNI_ALONE.get(bare, bare) + _VNI_MARKS[signs]
        written[case(letter)] = case(alone)
    return written


def date(chance: Chance, x: str, what: str) -> str:
    """Return a date as somebody typed it."""
    return chance.cases(
        "k",
        what,
        (
            (0.100, f"strftime({x}, '%Y-%m-%d')"),
            (0.060, f"strftime({x}, '%-d/%-m/%Y')"),
            (0.020, f"strftime({x}, '%d/%m/%y')"),
            (0.015, f"strftime({x}, '%d.%m.%Y')"),
            (0.015, f"strftime({x}, '%Y')"),
            (0.010, f"strftime({x}, '00/00/%Y')"),
            (0.006, f"strftime({x}, '%m/%Y')"),
            (0.010, f"strftime({x}, '%m/%d/%Y')"),
            (0.004, f"CAST(date_diff('day', DATE '1899-12-30', {x}) AS VARCHAR)"),
            (0.001, f"strftime({x}, '31/02/%Y')"),
            (0.004, f"strftime({x} + INTERVAL 1 YEAR, '%d/%m/%Y')"),
            (0.004, f"strftime({x} + INTERVAL 1 DAY, '%d/%m/%Y')"),
        ),
        f"strftime({x}, '%d/%m/%Y')",
    )


def personal_number(chance: Chance, x: str, old: str) -> str:
    """Return what stands in the field of the personal number; NULL often."""
    digit = chance.whole("k", "digit", 10)
    return chance.cases(
        "k",
        "number",
        (
            (0.060, "NULL"),
            (0.030, f"ltrim({x}, '0')"),
            (0.040, old),
            (0.010, f"{x}[1:3] || ' ' || {x}[4:6] || ' ' || {x}[7:9] || ' ' || {x}[10:12]"),
            (0.006, f"{x}[1:9] || {digit} || {x}[11:12]"),
            (0.002, f"{x}[1:5] || {digit} || {x}[7:12]"),
        ),
        x,
    )


def sex(chance: Chance, x: str) -> str:
    """Return the sex as somebody typed it."""
    right = f"CASE WHEN {x} = 'm' THEN 'Nam' ELSE 'Nữ' END"
    cases = (
        (0.010, "NULL"),
        (0.030, f"lower({right})"),
        (0.020, f"CASE WHEN {x} = 'm' THEN '1' ELSE '0' END"),
        (0.003, f"CASE WHEN {x} = 'f' THEN 'Nam' ELSE 'Nữ' END"),
    )
    return chance.cases("k", "sex typed", cases, right)


def place(chance: Chance, x: str, what: str) -> str:
    """Return a place as somebody typed it: short, in capitals, in another font."""
    short = x
    for long, abbreviation in _SHORT:
        short = f"replace({short}, {literal(long)}, {literal(abbreviation)})"
    cases = (
        (0.20, short),
        (0.03, f"upper({x})"),
        (0.01, tcvn3(x)),
        (0.02, f"strip_accents(translate({x}, 'Đđ', 'Dd'))"),
    )
    return chance.cases("k", what, cases, x)
