"""What the profile says of documents: types, urgency, and how an organ counts."""

from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import Final

from django.conf import settings
from django.utils.translation import get_language

from lienthong.office.organs.models import Unit
from lienthong.profiles import load
from lienthong.profiles.base import DocumentType, Language, Names, Profile, Urgency

_LENGTH: Final = 2


@cache
def _profile() -> Profile:
    return load(settings.LIENTHONG_PROFILE)


@cache
def types() -> Mapping[str, DocumentType]:
    """Return the types of documents by slug, in the profile's order."""
    return {kind.slug: kind for kind in _profile().document_types}


@cache
def urgencies() -> Mapping[str, Urgency]:
    """Return the degrees of urgency by slug, from ordinary on."""
    return {urgency.slug: urgency for urgency in _profile().urgencies}


def type_name(slug: str) -> str:
    """Return what a type is called in the reader's language; the slug where the profile does not know it."""
    found = types().get(slug)
    return _said(found.names) if found else slug


def urgency_name(slug: str) -> str:
    """Return what a degree of urgency is called."""
    found = urgencies().get(slug)
    return _said(found.names) if found else slug


def is_urgent(slug: str) -> bool:
    """Tell whether a degree of urgency is more than the ordinary one."""
    found = urgencies().get(slug)
    return found is not None and found.order > 0


def _said(names: Names) -> str:
    return names.of(Language((get_language() or settings.LANGUAGE_CODE)[:_LENGTH]))


def counts_by_term(bloc: str) -> bool:
    """Tell whether organs of a bloc number by the term of office, not by the calendar year."""
    return bloc in _profile().numbering.by_term


def number(entry: int, type_: str, organ: Unit, notation: str, day: date) -> str:
    """Return number and notation as they stand on the paper.

    Args:
        entry: the number in its series.
        type_: slug of the type, whose symbol stands in it.
        organ: whose it is.
        notation: what the organ chose; empty for the profile's.
        day: the date it bears.
    """
    kind, numbering = types().get(type_), _profile().numbering
    chosen = notation or numbering.notation(organ.bloc, organ.tier, organ.code)
    return numbering.write(entry, kind.symbol if kind else None, chosen, day, organ.bloc)
