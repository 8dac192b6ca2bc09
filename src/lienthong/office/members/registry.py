"""The registry that is kept here: its columns, its rules and what they are called, as its description says."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Final

from django.conf import settings
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from lienthong.quality.description import Column, Described, Kind, Title, load
from lienthong.quality.linking.settings import link_settings
from lienthong.quality.units import NO_UNITS, Units

if TYPE_CHECKING:
    from lienthong.quality.validating.rules import Rule

CELL: Final = "cell"
BIRTH: Final = "birth_date"
_NUMBERS: Final = frozenset({Kind.PERSONAL_NUMBER, Kind.CODE, Kind.PHONE})


@cache
def described() -> Described:
    """Return the description of the registry."""
    return load(settings.LIENTHONG_REGISTRY)


@cache
def rules() -> Mapping[str, "Rule"]:
    """Return the rules by their ids, in their order."""
    # Brings DuckDB along, which no other page needs.
    from lienthong.quality.validating.rules import load_rules  # noqa: PLC0415 - see above

    return {rule.id: rule for rule in load_rules(described()).rules}


@cache
def columns() -> Mapping[str, Column]:
    """Return the columns by their names, in their order."""
    return {column.name: column for column in described().registry.columns}


@cache
def name_column() -> str:
    """Return the column with a person's name."""
    return described().registry.of_kind(Kind.NAME)[0].name


@cache
def identifiers() -> Sequence[Column]:
    """Return the columns by whose values a person can be found."""
    return tuple(column for column in columns().values() if column.kind in _NUMBERS)


@cache
def sensitive() -> frozenset[str]:
    """Return the columns that are shown only to who may see sensitive data."""
    return frozenset(name for name, column in columns().items() if column.sensitive)


@cache
def units() -> Units:
    """Return the administrative units of the profile; none for one that has no table of them."""
    if settings.LIENTHONG_PROFILE != "vn":
        return NO_UNITS
    from lienthong.profiles.vn import units as vn  # noqa: PLC0415 - its table is read only where it is needed

    return Units(versions=vn.every_version(), successions=vn.every_succession(), reform=vn.REFORM)


def said(title: Title) -> str:
    """Return a text of the description in the reader's language."""
    language = (get_language() or settings.LANGUAGE_CODE)[:2]
    return str(getattr(title, language, title.en))


def column_title(name: str) -> str:
    """Return what a column is called; its name where the description has none of it any more."""
    column = columns().get(name)
    return said(column.title) if column else name


def shown(column: Column, value: str) -> str:
    """Return a kept value as people read it: a date the day first, the sex and a choice in words."""
    if column.kind is Kind.DATE and value[:4].isdigit():
        return "/".join(reversed(value.split("-")))
    if column.kind is Kind.SEX:
        return {"m": _("male"), "f": _("female")}.get(value, value)
    if column.kind is Kind.CHOICE and get_language() == described().registry.language:
        # The first of its spellings is the usual one.
        return next(iter(column.values.get(value, ())), value)
    return value


def rule_text(name: str) -> str:
    """Return what a rule says; its id where there is none of it any more."""
    rule = rules().get(name)
    return said(rule.text) if rule else name


@cache
def _comparisons() -> Mapping[str, Title]:
    found = link_settings(described())
    return {
        **{each.name: each.title for each in found.compare},
        **{each.name: each.title for each in found.conflict},
    }


def comparison_title(name: str) -> str:
    """Return what a comparison, or what speaks against one person, is called."""
    title = _comparisons().get(name)
    return said(title) if title else name
