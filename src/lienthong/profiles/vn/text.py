"""Vietnamese text in ASCII."""

import unicodedata


def plain(text: str) -> str:
    """Return the text without diacritics, Đ and đ as D and d.

    Unicode does not decompose Đ (U+0110): stripping marks alone would leave it.
    """
    marks_apart = unicodedata.normalize("NFD", text.replace("Đ", "D").replace("đ", "d"))
    return "".join(character for character in marks_apart if not unicodedata.combining(character))
