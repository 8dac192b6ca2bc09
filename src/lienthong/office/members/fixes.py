"""Values that a rule can propose by itself, as another value of the same record says so."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

type Values = Mapping[str, str]
type Fix = Callable[[Values], Values]
_NUMBER: Final = 12
_CENTURY, _YEAR = 3, slice(4, 6)


def _number(values: Values) -> str:
    number = values.get("personal_number", "")
    return number if len(number) == _NUMBER and number.isdigit() else ""


def _sex(values: Values) -> Values:
    """Take the sex that the personal number holds."""
    number = _number(values)
    return {"sex": "f" if int(number[_CENTURY]) % 2 else "m"} if number else {}


def _birth_year(values: Values) -> Values:
    """Take the year of birth that the personal number holds."""
    number = _number(values)
    return {"birth_date": f"{19 + int(number[_CENTURY]) // 2}{number[_YEAR]}"} if number else {}


def _swap(values: Values) -> Values:
    """Let the dates of admission and of full membership change places."""
    one, other = values.get("admission_date", ""), values.get("official_date", "")
    return {"admission_date": other, "official_date": one} if one and other else {}


def _no_card(values: Values) -> Values:
    """Take the card away: probationary members have none."""
    return {"card_number": ""} if values.get("card_number") else {}


FIXES: Final[Mapping[str, Fix]] = MappingProxyType(
    {
        "number-sex": _sex,
        "sex-missing": _sex,
        "sex-form": _sex,
        "birth-date-missing": _birth_year,
        "birth-date-form": _birth_year,
        "official-before-admission": _swap,
        "probationary-with-card": _no_card,
    }
)
"""By rule: from the values of a record to those that would be other ones; nothing where it cannot tell."""
