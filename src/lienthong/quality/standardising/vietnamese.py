"""What is particular to Vietnamese text: fonts instead of characters, tone placement, i and y, abbreviations.

TCVN3 (TCVN 5712:1993, the fonts ``.Vn…``) has one byte per letter, VNI a letter and a mark. Read as Western
text both look like ``NguyÔn`` and ``Nguyeãn``. Which it is shows in which reading makes Vietnamese syllables.
"""

from typing import Final

from lienthong.quality.tables import literal

_TCVN3: Final = "µ¶·¸¹¨»¼½¾Æ©ÇÈÉÊË®ÌÎÏÐÑªÒÓÔÕÖ×ØÜÝÞßáâãä«åæçèé¬êëìíîïñòóô\u00adõö÷øùúûüýþ¡¢£¤¥¦§"
_TCVN3_LETTERS: Final = "àảãáạăằẳẵắặâầẩẫấậđèẻẽéẹêềểễếệìỉĩíịòỏõóọôồổỗốộơờởỡớợùủũúụưừửữứựỳỷỹýỵĂÂÊÔƠƯĐ"
# Signs that neither Vietnamese letters nor VNI have.
_TCVN3_ONLY: Final = "µ¶·¸¹¨»¼½¾©®ª«¬\u00ad§¡¢£¤¥¦×÷ßÞþÇ"
# Mark of VNI to combining characters, and the letters it may follow. ô stands for ơ there, ö for ư.
_ALL: Final = "aeouyôöAEOUYÔÖ"
_CIRCUMFLEX: Final = "aeoAEO"
_VNI: Final = (
    ("ùÙ", "\u0301", _ALL), ("øØ", "\u0300", _ALL), ("ûÛ", "\u0309", _ALL), ("õÕ", "\u0303", _ALL),
    ("ïÏ", "\u0323", _ALL),
    ("âÂ", "\u0302", _CIRCUMFLEX), ("áÁ", "\u0302\u0301", _CIRCUMFLEX), ("àÀ", "\u0302\u0300", _CIRCUMFLEX),
    ("åÅ", "\u0302\u0309", _CIRCUMFLEX), ("ãÃ", "\u0302\u0303", _CIRCUMFLEX), ("äÄ", "\u0302\u0323", _CIRCUMFLEX),
    ("êÊ", "\u0306", "aA"), ("éÉ", "\u0306\u0301", "aA"), ("èÈ", "\u0306\u0300", "aA"), ("úÚ", "\u0306\u0309", "aA"),
    ("üÜ", "\u0306\u0303", "aA"), ("ëË", "\u0306\u0323", "aA"),
)  # fmt: skip
_VNI_ALONE: Final = ("ôöñæóòîÔÖÑÆÓÒÎ", "ơưđỉĩịỵƠƯĐỈĨỊỴ")
# Letters that only Unicode text has: with one of them nothing is converted.
_UNICODE: Final = "[ĂăĐđĨĩŨũƠơƯưẠ-ỹ]"

_TONED: Final = "áàảãạắằẳẵặấầẩẫậéèẻẽẹếềểễệíìỉĩịóòỏõọốồổỗộớờởỡợúùủũụứừửữựýỳỷỹỵ"
_TONELESS: Final = "aaaaaăăăăăâââââeeeeeêêêêêiiiiioooooôôôôôơơơơơuuuuuưưưưưyyyyy"
# First vowel, second with its tones, first with the same tones.
_TONES: Final = (
    ("o", "a", "àáảãạ", "òóỏõọ"),
    ("o", "e", "èéẻẽẹ", "òóỏõọ"),
    ("u", "y", "ỳýỷỹỵ", "ùúủũụ"),
)
_MARK: Final = "\x02"
"""Marks a tone that moves: no text has it, as what does not print goes before."""
_ONSET: Final = "ngh|ng|nh|ch|gh|gi|kh|ph|qu|th|tr|[bcdđghklmnpqrstvx]"
_NUCLEUS: Final = (
    "uyê|uya|uyu|oai|oay|oeo|iêu|yêu|uôi|ươi|ươu|uây|uai|oa|oă|oe|oo|oi|uâ|uê|uy|uơ|ua|ui|uô|iê|yê|ia|iu|ai|ao|au|ay"
    "|âu|ây|eo|êu|ôi|ơi|ưa|ưi|ươ|ưu|[aăâeêioôơuưy]"
)
_CODA: Final = "ng|nh|ch|[cmnpt]"
SYLLABLE: Final = f"(?:{_ONSET})?(?:{_NUCLEUS})(?:{_CODA})?"

# Places: what is written short, at the beginning of a part.
_BEGIN: Final = r"(^|[\s,;(\-])"
_ABBREVIATIONS: Final = (
    (r"(?i:tp|t\.p)[.\s]*(?i:hcm|hồ chí minh)(\PL|$)", r"Thành phố Hồ Chí Minh\2"),
    (r"(?i:tp|t\.p)[.\s]*(?i:hn)(\PL|$)", r"Thành phố Hà Nội\2"),
    (r"(?i:tp|t\.p)(?:\.\s*|\s+)", "Thành phố "),
    (r"(?i:tx|t\.x)(?:\.\s*|\s+)", "Thị xã "),
    (r"(?i:tt|t\.t)(?:\.\s*|\s+)", "Thị trấn "),
    (r"[Pp]\.?\s*0*(\d+)(\D|$)", r"Phường \2\3"),
    (r"[Qq]\.?\s*0*(\d+)(\D|$)", r"Quận \2\3"),
    (r"[Pp]\.\s*", "Phường "),
    (r"[Qq]\.\s*", "Quận "),
    (r"[Hh]\.\s*", "Huyện "),
    (r"[Xx]\.\s*", "Xã "),
    (r"[Tt]\.\s*", "Tỉnh "),
)
# Where none of them can be: four of five places are done with one search instead of twelve.
_ABBREVIATED: Final = (
    r"(?:(?i:t\.?p)(?:[.\s]|(?i:hcm|hồ chí minh|hn))|(?i:t\.?[xt])[.\s]|[PpQq]\.?\s*\d|[PpQqHhXxTt]\.)"
)


def unicode_(x: str) -> str:
    """Return the expression that turns text of the fonts TCVN3 and VNI into Unicode, and leaves all else alone."""
    tcvn3 = f"translate({x}, {literal(_TCVN3)}, {literal(_TCVN3_LETTERS)})"
    suspicious = f"regexp_matches({x}, '[\\x{{80}}-\\x{{FF}}]') AND NOT regexp_matches({x}, '{_UNICODE}')"
    read = f"list_transform([{x}, {tcvn3}, {_vni(x)}], lambda t: {{'text': t, 'syllables': {_syllables('t')}}})"
    # Of those with the most syllables the first.
    best = f"list_reduce({read}, lambda a, b: CASE WHEN b.syllables > a.syllables THEN b ELSE a END).text"
    return (
        f"CASE WHEN NOT ({suspicious}) THEN {x} WHEN regexp_matches({x}, '[{_TCVN3_ONLY}]') THEN {tcvn3}"
        f" ELSE {best} END"
    )


def letters(x: str) -> str:
    """Return the expression that writes Đ (U+0110) where Ð (U+00D0) stands."""
    return f"replace(replace({x}, 'Ð', 'Đ'), 'ð', 'đ')"


def tones(x: str) -> str:
    """Return the expression that puts the tone of open oa, oe, uy on the first vowel: hòa, not hoà; quý stays."""
    # Found by few patterns and marked, then rewritten without any: DuckDB compiles every pattern for every query.
    pairs = "|".join(f"{o}[{small}]|{o.upper()}[{small}{small.upper()}]" for o, _, small, _ in _TONES)
    marked = f"regexp_replace({x}, '({pairs})(\\PL|$)', '\\1{_MARK}\\2', 'g')"
    moved = f"regexp_replace({marked}, '([qQ][uU].){_MARK}', '\\1', 'g')"
    for first, second, toned, whole in _TONES:
        for old, new in zip(toned, whole, strict=True):
            # Capitals at the beginning of a word, and throughout: Hoà, Uỷ, HOÀ.
            for before, after in (
                (first + old, new + second),
                (first.upper() + old, new.upper() + second),
                (first.upper() + old.upper(), new.upper() + second.upper()),
            ):
                moved = f"replace({moved}, '{before}{_MARK}', '{after}')"
    return f"CASE WHEN regexp_matches({x}, '(?i:o[àáảãạèéẻẽẹ]|u[ỳýỷỹỵ])(\\PL|$)') THEN {moved} ELSE {x} END"


def places(x: str) -> str:
    """Return the expression that writes out P.15, Q., TX., TP.HCM."""
    full = x
    for short, long in _ABBREVIATIONS:
        full = f"regexp_replace({full}, '{_BEGIN}{short}', '\\1{long}', 'g')"
    return f"CASE WHEN regexp_matches({x}, '{_BEGIN}{_ABBREVIATED}') THEN rtrim({full}) ELSE {x} END"


def i_for_y(x: str) -> str:
    """Return the expression that writes i for a single y in a key: Lý and Lí, Quý and Quí are one name."""
    once = "regexp_replace({}, '(^| )(qu|[bcdghklmnpqrstvx]+)y( |$)', '\\1\\2i\\3', 'g')"
    # Twice, as two such words beside each other share the space between them.
    return once.format(once.format(x))


def _vni(x: str) -> str:
    for marks, combining, after in _VNI:
        x = f"regexp_replace({x}, '([{after}])[{marks}]', '\\1{combining}', 'g')"
    return f"nfc_normalize(translate({x}, '{_VNI_ALONE[0]}', '{_VNI_ALONE[1]}'))"


def _syllables(x: str) -> str:
    """Return how many of the words can be Vietnamese."""
    words = f"regexp_extract_all(translate(lower({x}), '{_TONED}', '{_TONELESS}'), '[\\pL\\pM]+')"
    return f"len(list_filter({words}, lambda w: regexp_full_match(w, '{SYLLABLE}')))"
