"""What the profile calls blocs, tiers and types, in the reader's language."""

from collections.abc import Mapping
from functools import cache
from typing import Final

from django.conf import settings
from django.utils.translation import get_language

from lienthong.profiles import load
from lienthong.profiles.base import Language, Names, OfficeTables

_LENGTH: Final = 2


@cache
def tables() -> OfficeTables:
    """Return the tables of the installation's profile."""
    return load(settings.LIENTHONG_PROFILE).office


def bloc_name(slug: str) -> str:
    """Return a bloc's name."""
    return _name(tables().blocs, slug)


def tier_name(slug: str) -> str:
    """Return a tier's name."""
    return _name(tables().tiers, slug)


def type_name(slug: str) -> str:
    """Return a type's name."""
    return _name(tables().types, slug)


def choices(names: Mapping[str, Names], blank: str = "") -> list[tuple[str, str]]:
    """Return the entries of a table for a form's field, after an empty one with that text."""
    return [("", blank), *((slug, _name(names, slug)) for slug in names)]


def _name(names: Mapping[str, Names], slug: str) -> str:
    """Return the name; the slug itself where the profile no longer has it."""
    found = names.get(slug)
    if found is None:
        return slug
    return found.of(Language((get_language() or settings.LANGUAGE_CODE)[:_LENGTH]))
