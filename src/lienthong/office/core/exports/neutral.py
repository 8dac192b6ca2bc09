"""Texts that a spreadsheet would take for a formula."""

import unicodedata
from typing import Final

# Excel, LibreOffice and Google Sheets begin formulas with these (− is what raised ⁻ becomes); tab and carriage return
# move on to the next cell.
_STARTS: Final = frozenset("=+-−@\t\r\n")
_QUOTE: Final = "'"


def acts(text: str) -> bool:
    """Tell whether a spreadsheet might take a text for a formula.

    Full-width, small and raised forms count as the plain sign, and what cannot be seen before it is passed over.
    """
    for character in text:
        if unicodedata.normalize("NFKC", character)[:1] in _STARTS:
            return True
        # Spaces of every kind, and format characters such as zero-width ones and the byte order mark.
        if not (character.isspace() or unicodedata.category(character) in {"Cc", "Cf"}):
            return False
    return False


def neutral(text: str) -> str:
    """Return a text for a CSV file: with an apostrophe before it if it might act, as spreadsheets mark texts."""
    return _QUOTE + text if acts(text) else text
