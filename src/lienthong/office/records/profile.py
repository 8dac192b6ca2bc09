"""What the profile says of archives: terms of retention, and when files go there."""

from collections.abc import Sequence
from datetime import date
from functools import cache

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from lienthong.profiles import load
from lienthong.profiles.base import Archives


@cache
def archives() -> Archives:
    """Return the profile's rules."""
    return load(settings.LIENTHONG_PROFILE).archives


def is_term(years: int | None) -> bool:
    """Tell whether a file may be kept for so many years; None is for ever."""
    return years is None or archives().least <= years <= archives().most


def term_name(years: int | None) -> str:
    """Return a term in the reader's language."""
    if years is None:
        return _("permanently")
    return ngettext("{number} year", "{number} years", years).format(number=years)


def terms() -> Sequence[tuple[str, str]]:
    """Return the terms that a form offers, the usual ones first."""
    rules = archives()
    others = [years for years in range(rules.least, rules.most + 1) if years not in rules.usual]
    return [("", term_name(None)), *((str(years), term_name(years)) for years in (*rules.usual, *others))]


def years_after(day: date, years: int) -> date:
    """Return the same day so many years later; 1 March where there is no 29 February."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 3, 1)


def submit_by(closed_on: date) -> date:
    """Return the last day on which a file that was closed is to be submitted."""
    return years_after(closed_on, archives().submit_years)


def code_of(organ_code: str, year: int, entry: int) -> str:
    """Return the code of a work file: whose, of which year, which one."""
    return f"{organ_code}.{year}.{entry:02d}"
