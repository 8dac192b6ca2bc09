"""Which of our languages a reader wants (RFC 9110, section 12.5.4)."""

from typing import Final

from lienthong.kernel.i18n import LANGUAGES

_MAX_RANGES: Final = 20


def preferred(accept: str) -> str:
    """Return the language of ours that an ``Accept-Language`` likes best, English if none.

    Args:
        accept: the header's value; ranges after the twentieth and malformed weights count for nothing.
    """
    best, weight = LANGUAGES[0], 0.0
    for part in accept.split(",", _MAX_RANGES)[:_MAX_RANGES]:
        range_, _, parameters = part.partition(";")
        language = range_.strip().lower().partition("-")[0]
        liked = _weight(parameters)
        if language in LANGUAGES and liked > weight:
            best, weight = language, liked
    return best


def _weight(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    if not name:
        return 1.0
    try:
        weight = float(value) if name.strip() == "q" else 0.0
    except ValueError:
        return 0.0
    return weight if 0.0 <= weight <= 1.0 else 0.0
