"""By what documents that were found are narrowed, and how many there are of each: of those the reader sees.

One statement, whatever is narrowed: it looks at no more than ``MOST`` documents, so a common word costs as much as a
rare one. Of more, a number has a plus.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from lienthong.kernel.labels import Level
from lienthong.office.core.actor import Actor
from lienthong.office.core.search import Facet, FacetValue, Sought
from lienthong.office.core.templatetags.look import level_name
from lienthong.office.documents import profile
from lienthong.office.documents.models import Document
from lienthong.office.documents.policies import visible
from lienthong.office.documents.states import Direction
from lienthong.office.documents.words import fits, wanted

MOST: Final = 1000
_SHOWN: Final = 12
"""Values of one facet, the most frequent."""


@dataclass(frozen=True, slots=True)
class _Row:
    direction: str
    label: int
    type: str
    author: str
    dated: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kind:
    """One thing to narrow by; its key is the name in the address."""

    key: str
    title: Promise
    # The value of a document, as it stands in the address; empty for none.
    value: Callable[[_Row], str]
    # Which documents have it; None for what cannot be one.
    where: Callable[[str], Q | None]
    # How it is called.
    name: Callable[[str], str] = str
    # Values in their own order, not by how many there are.
    ordered: bool = False


def _author(row: _Row) -> str:
    # Of what is labelled, a search tells no word.
    return row.author if row.label < Level.CONFIDENTIAL else ""


def _level(value: str) -> Q | None:
    return next((Q(label=int(level)) for level in Level if level.slug == value), None)


def _year(value: str) -> Q | None:
    return Q(dated__year=int(value)) if value.isascii() and value.isdecimal() and len(value) == len("2026") else None


def _month(value: str) -> Q | None:
    try:
        first = date.fromisoformat(f"{value}-01")
    except ValueError:
        return None
    return Q(dated__year=first.year, dated__month=first.month)


_KINDS: Final = (
    _Kind(
        key="direction", title=_("Direction"), value=lambda row: row.direction, ordered=True,
        where=lambda value: Q(direction=value) if value in Direction.values else None,
        name=lambda value: str(Direction(value).label),
    ),
    _Kind(
        key="label", title=_("Level"), value=lambda row: Level(row.label).slug, where=_level,
        name=lambda value: next(level_name(int(level)) for level in Level if level.slug == value),
    ),
    _Kind(
        key="type", title=_("Type"), value=lambda row: row.type, name=profile.type_name,
        where=lambda value: Q(type=value) if value in profile.types() else None,
    ),
    _Kind(
        key="author", title=_("Issued by"), value=_author,
        where=lambda value: Q(author=value, label__lt=Level.CONFIDENTIAL),
    ),
    _Kind(key="year", title=_("Year"), value=lambda row: str(row.dated or "")[:4], where=_year, ordered=True),
    _Kind(
        key="month", title=_("Month"), value=lambda row: str(row.dated or "")[:7], where=_month,
        name=lambda value: "/".join(reversed(value.split("-"))), ordered=True,
    ),
)  # fmt: skip
KEYS: Final = tuple(kind.key for kind in _KINDS)


def narrowed(given: Mapping[str, str]) -> Q:
    """Return which documents have all the values that are given; what is none is passed over."""
    found = Q()
    for kind, value in _chosen(given):
        found &= kind.where(value) or Q()
    return found


def facets_of(actor: Actor, sought: Sought, given: Mapping[str, str]) -> Sequence[Facet]:
    """Return how many of the documents that are found have which value; of what is chosen, that it is.

    Args:
        actor: who looks, and sees all that is counted.
        sought: what is looked for.
        given: the values that were chosen, by facet.
    """
    looked_for = wanted(actor.organ_id, sought.text, actor.kept)
    if not actor.placed or not looked_for:
        return []
    rows = Document.objects.filter(visible(actor), fits(**looked_for), narrowed(given))
    columns = ("direction", "label", "type", "author", "dated")
    found = [_Row(*row) for row in rows.order_by().values_list(*columns)[: MOST + 1]]
    chosen = {kind.key: value for kind, value in _chosen(given)}
    made = (_facet(kind, found, chosen.get(kind.key, "")) for kind in _KINDS)
    return [facet for facet in made if facet.values and (facet.chosen or len(facet.values) > 1)]


def _chosen(given: Mapping[str, str]) -> list[tuple[_Kind, str]]:
    named = ((kind, given.get(kind.key, "")) for kind in _KINDS)
    return [(kind, value) for kind, value in named if value and kind.where(value) is not None]


def _facet(kind: _Kind, rows: Sequence[_Row], chosen: str) -> Facet:
    plus = "+" if len(rows) > MOST else ""
    counted = Counter(value for row in rows[:MOST] if (value := kind.value(row)))
    pairs: list[tuple[str, Any]] = counted.most_common(None if kind.ordered else _SHOWN)
    if kind.ordered:
        pairs = sorted(pairs, reverse=True)[:_SHOWN]
    values = [FacetValue(value=value, name=kind.name(value), count=f"{number}{plus}") for value, number in pairs]
    if chosen and chosen not in counted:
        values.append(FacetValue(value=chosen, name=kind.name(chosen), count="0"))
    return Facet(key=kind.key, title=kind.title, values=values, chosen=chosen)
