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
_NUMBER: Final = re.compile("[0-9]+")
# As long as the columns are; only names of foreign signs come near it.
_LENGTH: Final = 1000
# Sorts behind every character.
_LAST: Final = "\U0010ffff"
# Icelandic letters that keyboards and old fonts put where the Vietnamese ones belong.
_LOOKALIKES: Final = str.maketrans("Ðð", "Đđ")
_SPACES: Final = re.compile(r"\s+")


def tidy(text: str) -> str:
    """Return a name as it is stored: NFC, one space between words, none around, no control characters."""
    # Nearly every text is already as it should be.
    visible = text if text.isprintable() else "".join(c for c in text if c.isprintable() or c.isspace())
    return _SPACES.sub(" ", unicodedata.normalize("NFC", visible)).strip()


def search_key(text: str) -> str:
    """Return the text in lower case without diacritics, Đ as d: what is compared when somebody searches."""
    apart = unicodedata.normalize("NFD", _plain(text).replace("đ", "d"))
    return "".join(c for c in apart if not unicodedata.combining(c))[:_LENGTH]


def end_of(beginning: str) -> str:
    """Return what sorts behind every key with this beginning: where their range ends."""
    return beginning + _LAST


def sort_key(text: str) -> str:
    """Return ASCII that sorts by bytes as a Vietnamese dictionary does; numbers by their value."""
    words = [_word(word) for word in _plain(text).split(" ")]
    # What ends the letters sorts before what parts words, and both before any letter: "an", "an ninh", "anh".
    return f"{'!'.join(letters for letters, _ in words)} {''.join(tones for _, tones in words)}"[:_LENGTH]


def person_sort_key(name: str) -> str:
    """Return the key of a person's name: by given name (the last word), then by family and middle names."""
    words = tidy(name).split(" ")
    return sort_key(" ".join([words[-1], *words[:-1]]))


def _plain(text: str) -> str:
    return tidy(text).translate(_LOOKALIKES).casefold()


def _word(word: str) -> tuple[str, str]:
    """Return the letters of a word and its tones, each as digits."""
    if _NUMBER.fullmatch(word):
        value = word.lstrip("0")
        return f"-{len(value):03d}{value}", "0"
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
