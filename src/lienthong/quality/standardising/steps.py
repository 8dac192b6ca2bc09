"""Values changed step by step, each distinct one once; each step that changed one is named."""

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from lienthong.quality.standardising import vietnamese
from lienthong.quality.tables import literal

# Written where there is nothing to write.
_EMPTY: Final = ("n/a", "na", "null", "none", "nan", "#n/a", "(null)", "chưa có", "chưa rõ", "không rõ", "không có")
_EMPTY_SIGNS: Final = r"[\s\-–—_.,;:?*/#0]*"
_NOT_LATIN: Final = r"[^\x{0}-\x{24F}\x{1E00}-\x{1EFF}]"
# Includes what does not print; not the soft hyphen, which is a letter in TCVN3.
_SPACES: Final = r"[\s\pZ\x{0}-\x{1F}\x{7F}-\x{9F}\x{200B}-\x{200F}\x{2060}\x{FEFF}]+"
# A space that is not one blank between words: most texts have none, and then nothing is written anew.
_ODD_SPACES: Final = (
    r"  |[\x{0}-\x{1F}\x{7F}-\x{A0}\x{1680}\x{2000}-\x{200F}\x{2028}\x{2029}\x{202F}\x{205F}\x{2060}\x{3000}\x{FEFF}]"
)
_OUTER: Final = r"^[\s\pZ,;:_*|\x60]+|[\s\pZ,;:_*|\x60]+$"


class Step(NamedTuple):
    """One step: what changes are put down to, and the expression of the value after from that before."""

    name: str
    expression: Callable[[str], str]


def treatment(steps: Sequence[Step], more: str) -> str:
    """Return the query that treats texts.

    Args:
        steps: in order.
        more: further columns, made from ``value``.

    Returns:
        A query of ``texts`` (``dictionaries``) with ``value``, ``rule`` (NULL: nothing changed), and the further ones.
    """
    query = "SELECT *, raw AS s0 FROM texts"
    for number, step in enumerate(steps, start=1):
        made = step.expression(f"s{number - 1}")
        if number > 1 and steps[number - 2] == step:
            # What a step has left alone once it leaves alone again.
            made = f"CASE WHEN s{number - 1} IS DISTINCT FROM s{number - 2} THEN {made} ELSE s{number - 1} END"
        # On its own level, so that what is used twice is computed once.
        query = f"SELECT *, {made} AS s{number} FROM ({query})"
    named = ", ".join(
        f"CASE WHEN s{number} IS DISTINCT FROM s{number - 1} THEN {literal(step.name)} END"
        for number, step in enumerate(steps, start=1)
    )
    query = f"SELECT raw, used_by, s{len(steps)} AS value, nullif(concat_ws('+', {named}), '') AS rule FROM ({query})"
    return f"SELECT *, {more} FROM ({query})"


def text_steps(*, is_vietnamese: bool, first: Sequence[Step] = ()) -> list[Step]:
    """Return what is done to every text; ``first`` before it is judged whether it was written in another font."""
    steps = [Step("nfc", composed), *first]
    if is_vietnamese:
        # Twice: what is left of a text in two fonts looks like text in one.
        steps += [Step("font", vietnamese.unicode_), Step("font", vietnamese.unicode_)]
        steps.append(Step("letter", vietnamese.letters))
    return [*steps, Step("space", spaces), Step("empty", filled)]


def composed(x: str) -> str:
    """Return the expression of a text in NFC. Latin letters without combining marks are in it already."""
    return f"CASE WHEN regexp_matches({x}, '{_NOT_LATIN}') THEN nfc_normalize({x}) ELSE {x} END"


def spaces(x: str) -> str:
    """Return the expression that leaves single spaces between words, and nothing but words at the ends."""
    # What a soft hyphen kept apart comes together.
    joined = f"CASE WHEN contains({x}, '\u00ad') THEN nfc_normalize(translate({x}, '\u00ad', '')) ELSE {x} END"
    odd = f"regexp_matches({joined}, '{_ODD_SPACES}')"
    single = f"CASE WHEN {odd} THEN regexp_replace({joined}, '{_SPACES}', ' ', 'g') ELSE {joined} END"
    bare = f"regexp_replace({single}, '{_OUTER}', '', 'g')"
    return f"CASE WHEN regexp_matches({single}, '{_OUTER}') THEN {bare} ELSE {single} END"


def filled(x: str) -> str:
    """Return the expression that is NULL where somebody wrote that there is nothing."""
    nothing = ", ".join(map(literal, _EMPTY))
    return f"CASE WHEN regexp_full_match({x}, '{_EMPTY_SIGNS}') OR lower({x}) IN ({nothing}) THEN NULL ELSE {x} END"


def key(x: str, *, is_vietnamese: bool) -> str:
    """Return the expression of a key: lower case, no diacritics, letters and digits with single spaces."""
    # strip_accents leaves Đ alone: it is a letter of its own in Unicode.
    plain = f"lower(replace({x}, ', ', ' '))"
    # One by one: translate takes three times as long as all of them.
    for letter, alike in (("đ", "d"), ("ð", "d"), ("ø", "o"), ("ł", "l"), ("ß", "s")):
        plain = f"replace({plain}, '{letter}', '{alike}')"
    plain = f"strip_accents({plain})"
    # Commas are what most texts have; only others are written anew.
    other = f"regexp_matches({plain}, '[^\\pL\\pN ]|  |^ | $')"
    words = f"CASE WHEN {other} THEN trim(regexp_replace({plain}, '[^\\pL\\pN]+', ' ', 'g')) ELSE {plain} END"
    return f"nullif({vietnamese.i_for_y(words) if is_vietnamese else words}, '')"
