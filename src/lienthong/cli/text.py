"""Text for terminals."""

from typing import Final

from lienthong.kernel.i18n import language

# English → the language's own, for the groups of a number and its decimals.
_SIGNS: Final = str.maketrans({",": ".", ".": ","})


def plain(text: str) -> str:
    """Return a text as one line in which nothing can steer a terminal: much of what is shown comes from others."""
    return "".join(each if each.isprintable() else repr(each)[1:-1] for each in text)


def number(value: float, decimals: int = 0) -> str:
    """Return a number as it is written in the language that is spoken now: 3,355.0 or 3.355,0."""
    text = f"{value:,.{decimals}f}"
    # Of our languages only English groups by commas.
    return text if language() == "en" else text.translate(_SIGNS)
