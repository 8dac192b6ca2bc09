"""Keys by which names are sorted and found: the database sorts by bytes, people by their alphabet.

The embedded PostgreSQL has no ICU, and a server's collations differ from site to site, so the order is stored:
``sort_key`` is ASCII that sorts by bytes as the Vietnamese alphabet does (TCVN: letters first, tones second).
"""

import re
import unicodedata
from typing import Final

# Letters of the alphabet in their order; f, j, w and z stand where foreign names need them.
_ALPHABET: Final = "aăâbcdđeêfghijklmnoôơpqrstuưvwxyz"
_PRIMARY: Final = {letter: f"{place:02d}" for place, letter in enumerate(_ALPHABET)}
# No tone, grave, hook above, tilde, acute, dot below: the order of Vietnamese dictionaries.
_TONES: Final = {"\u0300": "1", "\u0309": "2", "\u0303": "3", "\u0301": "4", "\u0323": "5"}
_MARKS: Final = frozenset("\u0306\u0302\u031b")
_NUMBER: Final = re.compile(r"\d+")
_DIGITS: Final = 12
_SPACES: Final = re.compile(r"\s+")


def tidy(text: str) -> str:
    """Return a name as it is stored: NFC, one space between words, none around, no control characters."""
    visible = "".join(c if c.isprintable() or c.isspace() else "" for c in unicodedata.normalize("NFC", text))
    return _SPACES.sub(" ", visible).strip()


def search_key(text: str) -> str:
    """Return the text in lower case without diacritics, Đ as d: what is compared when somebody searches."""
    apart = unicodedata.normalize("NFD", tidy(text).casefold().replace("đ", "d"))
    return "".join(c for c in apart if not unicodedata.combining(c))


def sort_key(text: str) -> str:
    """Return ASCII that sorts by bytes as a Vietnamese dictionary does; numbers by their value."""
    words = [_word(word) for word in tidy(text).casefold().split(" ")]
    return " ".join(letters for letters, _ in words) + "!" + " ".join(tones for _, tones in words)


def person_sort_key(name: str) -> str:
    """Return the key of a person's name: by given name (the last word), then by family and middle names."""
    words = tidy(name).split(" ")
    return sort_key(" ".join([words[-1], *words[:-1]]))


def _word(word: str) -> tuple[str, str]:
    """Return the letters of a word and its tones, each as digits."""
    if _NUMBER.fullmatch(word):
        return f"-{word.lstrip('0').rjust(_DIGITS, '0')}", "0"
    letters: list[str] = []
    tone = "0"
    for character in unicodedata.normalize("NFD", word):
        if character in _TONES:
            tone = _TONES[character]
        elif character in _MARKS and letters:
            letters[-1] = unicodedata.normalize("NFC", letters[-1] + character)
        elif not unicodedata.combining(character):
            letters.append(character)
    return "".join(_PRIMARY.get(letter) or f"~{ord(letter):06x}" for letter in letters), tone
